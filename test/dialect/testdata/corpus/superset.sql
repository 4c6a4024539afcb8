-- In the shape of what Superset sends to PostgreSQL: the time grains and literals of
-- github.com/apache/superset, superset/db_engine_specs/postgres.py, with SQLAlchemy's quoting.
-- name: 01
SELECT DATE_TRUNC('second', ordered_at) AS __timestamp, sum(amount) AS "SUM(amount)"
FROM orders
WHERE ordered_at >= TO_TIMESTAMP('2023-12-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('second', ordered_at) ORDER BY "SUM(amount)" DESC NULLS LAST, 1
LIMIT 50000
-- name: 02
SELECT DATE_TRUNC('minute', ordered_at) AS __timestamp, sum(amount) AS "SUM(amount)"
FROM orders
WHERE ordered_at >= TO_TIMESTAMP('2023-12-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('minute', ordered_at) ORDER BY "SUM(amount)" DESC NULLS LAST, 1
LIMIT 50000
-- name: 03
SELECT DATE_TRUNC('hour', ordered_at) AS __timestamp, sum(amount) AS "SUM(amount)"
FROM orders
WHERE ordered_at >= TO_TIMESTAMP('2023-12-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('hour', ordered_at) ORDER BY "SUM(amount)" DESC NULLS LAST, 1
LIMIT 50000
-- name: 04
SELECT DATE_TRUNC('day', ordered_at) AS __timestamp, sum(amount) AS "SUM(amount)"
FROM orders
WHERE ordered_at >= TO_TIMESTAMP('2023-12-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('day', ordered_at) ORDER BY "SUM(amount)" DESC NULLS LAST, 1
LIMIT 50000
-- name: 05
SELECT DATE_TRUNC('week', ordered_at) AS __timestamp, sum(amount) AS "SUM(amount)"
FROM orders
WHERE ordered_at >= TO_TIMESTAMP('2023-12-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('week', ordered_at) ORDER BY "SUM(amount)" DESC NULLS LAST, 1
LIMIT 50000
-- name: 06
SELECT DATE_TRUNC('month', ordered_at) AS __timestamp, sum(amount) AS "SUM(amount)"
FROM orders
WHERE ordered_at >= TO_TIMESTAMP('2023-12-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('month', ordered_at) ORDER BY "SUM(amount)" DESC NULLS LAST, 1
LIMIT 50000
-- name: 07
SELECT DATE_TRUNC('quarter', ordered_at) AS __timestamp, sum(amount) AS "SUM(amount)"
FROM orders
WHERE ordered_at >= TO_TIMESTAMP('2023-12-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('quarter', ordered_at) ORDER BY "SUM(amount)" DESC NULLS LAST, 1
LIMIT 50000
-- name: 08
SELECT DATE_TRUNC('year', ordered_at) AS __timestamp, sum(amount) AS "SUM(amount)"
FROM orders
WHERE ordered_at >= TO_TIMESTAMP('2023-12-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND ordered_at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
GROUP BY DATE_TRUNC('year', ordered_at) ORDER BY "SUM(amount)" DESC NULLS LAST, 1
LIMIT 50000
-- name: 09
SELECT status AS status, COUNT(*) AS count
FROM orders
WHERE day >= TO_DATE('2023-12-01', 'YYYY-MM-DD') AND day < TO_DATE('2024-02-01', 'YYYY-MM-DD') AND status IN ('new', 'paid') GROUP BY status ORDER BY count DESC, status
LIMIT 1000
-- name: 10
SELECT DATE_TRUNC('month', (timestamp 'epoch' + id * interval '1 second')) AS __timestamp, COUNT(*) AS count FROM orders GROUP BY 1
-- name: 11
SELECT status AS status, count(DISTINCT customer_id) AS "COUNT_DISTINCT(customer_id)", avg(amount) AS "AVG(amount)", max(amount) AS m FROM (SELECT * FROM orders WHERE paid) AS virtual_table GROUP BY status ORDER BY 2 DESC, 1 LIMIT 100
-- name: 12
SELECT c.city AS city, sum(o.amount) AS total FROM orders AS o JOIN customers AS c ON o.customer_id = c.id GROUP BY c.city HAVING ((sum(o.amount) > 100)) ORDER BY total DESC LIMIT 10
-- name: 13
SELECT ordered_at AS ordered_at, note AS note FROM orders WHERE note ILIKE '%gift%' OR note LIKE 'call%' ORDER BY ordered_at LIMIT 1001
-- name: 14
SELECT DATE_TRUNC('day', ordered_at) AS __timestamp, status AS status, sum(amount) AS sum FROM orders JOIN (SELECT status AS status__, sum(amount) AS mme_inner__ FROM orders GROUP BY status ORDER BY mme_inner__ DESC LIMIT 2) AS anon_1 ON status = status__ GROUP BY DATE_TRUNC('day', ordered_at), status ORDER BY sum DESC NULLS LAST, __timestamp LIMIT 10
-- name: 15
SELECT COUNT(*) AS rowcount FROM (SELECT status AS status FROM orders GROUP BY status) AS rowcount_qry
-- name: 16
SELECT min(day), max(day) FROM orders
-- name: 17
SELECT status AS status FROM orders WHERE status IS NOT NULL GROUP BY status ORDER BY status ASC LIMIT 10000
-- name: 18
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY amount) AS p90, stddev(amount) AS sd FROM orders
-- name: 19
SELECT CASE WHEN quantity < 3 THEN 'small' WHEN quantity < 6 THEN 'medium' ELSE 'large' END AS bucket, COUNT(*) FROM orders GROUP BY 1 ORDER BY 1
-- name: 20
SELECT sum(amount) / NULLIF(sum(quantity), 0) AS ratio FROM orders
-- name: 21
SELECT sum(quantity) * 1.0 / count(*) AS per FROM orders
-- name: 22
SELECT count(*) / 7 AS weekly FROM orders
-- name: 23
SELECT EXTRACT(hour FROM ordered_at) AS h, EXTRACT(dow FROM ordered_at) AS d, COUNT(*) AS c FROM orders GROUP BY h, d ORDER BY h, d LIMIT 1000
-- name: 24
SELECT to_char(day, 'YYYY-MM') AS month, SUM(amount) OVER (PARTITION BY to_char(day, 'YYYY-MM') ORDER BY id) AS running FROM orders ORDER BY id LIMIT 50
-- name: 25
SELECT json_extract_path_text(props::json, 'channel') AS channel, COUNT(*) AS count FROM orders GROUP BY channel ORDER BY channel
-- name: 26
SELECT array_agg(DISTINCT status ORDER BY status) AS a FROM orders
