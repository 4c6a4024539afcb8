-- In the shape of what Looker sends to PostgreSQL: timeframes, durations, filters and symmetric
-- aggregates as its reference for dimension_group and its documents on joins describe them.
-- name: 01
SELECT
    (DATE("orders"."ordered_at" )) AS "orders.ordered_date",
    COUNT(*) AS "orders.count"
FROM "orders" AS "orders"
GROUP BY
    1
ORDER BY
    1 DESC
FETCH NEXT 500 ROWS ONLY
-- name: 02
SELECT (TO_CHAR(DATE_TRUNC('month', orders.ordered_at ), 'YYYY-MM')) AS "orders.ordered_month", COALESCE(SUM(orders.amount ), 0) AS "orders.total" FROM orders GROUP BY 1 ORDER BY 1 DESC LIMIT 500
-- name: 03
SELECT (TO_CHAR(DATE_TRUNC('week', orders.ordered_at ), 'YYYY-MM-DD')) AS "w", COUNT(DISTINCT orders.customer_id) AS n FROM orders GROUP BY 1 ORDER BY 1 LIMIT 500
-- name: 04
SELECT (EXTRACT(YEAR FROM orders.ordered_at )::integer) AS y, (EXTRACT(MONTH FROM orders.ordered_at )::integer) AS m, (TO_CHAR(orders.ordered_at , 'FMMonth')) AS mn, (TO_CHAR(orders.ordered_at, 'Day')) AS d FROM orders ORDER BY id LIMIT 500
-- name: 05
SELECT (TO_CHAR(orders.ordered_at, 'YYYY-MM-DD HH24:MI:SS')) AS t, (TO_CHAR(DATE_TRUNC('hour', orders.ordered_at), 'YYYY-MM-DD HH24')) AS h, (CAST(EXTRACT(HOUR FROM orders.ordered_at) AS INT)) AS hod FROM orders ORDER BY id LIMIT 500
-- name: 06
SELECT (TO_CHAR(DATE_TRUNC('quarter', CAST(DATE_TRUNC('quarter', orders.ordered_at) AS DATE)), 'YYYY-MM')) AS q, (DATE_TRUNC('year', orders.ordered_at))::date AS y FROM orders ORDER BY id LIMIT 10
-- name: 07
SELECT (MOD(EXTRACT(DOW FROM orders.ordered_at)::integer - 1 + 7, 7)) AS "day_of_week_index", COUNT(*) AS c FROM orders GROUP BY 1 ORDER BY 1
-- name: 08
SELECT COALESCE(SUM(orders.amount ), 0) AS total FROM orders WHERE ((( orders.ordered_at ) >= ((SELECT TIMESTAMP '2023-12-01')) AND ( orders.ordered_at ) < ((SELECT (TIMESTAMP '2023-12-01' + (2 || ' month')::INTERVAL)))))
-- name: 09
SELECT COUNT(*) AS n FROM orders WHERE ((( orders.ordered_at ) >= ((SELECT (DATE_TRUNC('day', CURRENT_TIMESTAMP) + (-3650 || ' day')::INTERVAL)))))
-- name: 10
SELECT COALESCE(COALESCE(CAST( ( SUM(DISTINCT (CAST(FLOOR(COALESCE(customers.score ,0)*(1000000*1.0)) AS DECIMAL(38,0))) + CAST(customers.id AS DECIMAL(38,0)) * 1000000000 ) - SUM(DISTINCT CAST(customers.id AS DECIMAL(38,0)) * 1000000000 ) ) AS DOUBLE PRECISION) / CAST((1000000*1.0) AS DOUBLE PRECISION), 0), 0) AS "total_score" FROM orders LEFT JOIN customers ON orders.customer_id = customers.id
-- name: 11
SELECT ('x' || MD5(customers.id::varchar))::bit(64)::bigint::DECIMAL(65) IS NOT NULL AS h FROM customers LIMIT 1
-- name: 12
SELECT CASE WHEN orders.amount < 100 THEN '0' WHEN orders.amount >= 100 AND orders.amount < 200 THEN '1' ELSE '2' END AS "tier__sort_", COUNT(*) FROM orders GROUP BY 1 ORDER BY 1
-- name: 13
SELECT orders.status AS "orders.status" FROM orders WHERE (UPPER(orders.status) LIKE UPPER('%a%')) AND (NOT orders.paid OR orders.paid IS NULL) GROUP BY 1 ORDER BY 1
-- name: 14
SELECT PERCENTILE_CONT(0.75) WITHIN GROUP (ORDER BY orders.amount) AS p75, AVG(orders.amount) AS a, MIN(orders.day) AS f FROM orders
-- name: 15
WITH recent AS (SELECT * FROM orders WHERE id > 100) SELECT status, COUNT(CASE WHEN paid THEN 1 ELSE NULL END) AS paid FROM recent GROUP BY 1 ORDER BY 2 DESC, 1
-- name: 16
SELECT CAST((EXTRACT(EPOCH FROM o.ordered_at) - EXTRACT(EPOCH FROM c.since::timestamp)) / 86400 AS INTEGER) AS days FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 20
-- name: 17
SELECT ((EXTRACT(DAY FROM o.ordered_at - c.since::timestamp)))::integer AS d FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 20
-- name: 18
SELECT DENSE_RANK() OVER (ORDER BY z__total DESC) AS r, status FROM (SELECT status, SUM(amount) AS z__total FROM orders GROUP BY 1) ww ORDER BY 1
-- name: 19
SELECT orders.id, (orders.ordered_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/Los_Angeles') AS "local" FROM orders ORDER BY 1 LIMIT 20
