-- In the shape of what Grafana sends to PostgreSQL: the macros of github.com/grafana/grafana,
-- pkg/tsdb/grafana-postgresql-datasource/macros.go, expanded.
-- name: 01
SELECT floor(extract(epoch from created_at)/300)*300 AS "time", name AS metric, avg(value) AS value FROM events WHERE created_at BETWEEN '2024-03-01T00:00:00Z' AND '2024-03-01T02:00:00Z' GROUP BY 1, 2 ORDER BY 1, 2
-- name: 02
SELECT created_at AS "time", value FROM events WHERE created_at BETWEEN '2024-03-01T00:00:00Z' AND '2024-03-01T01:00:00Z' AND host = 'host-1' ORDER BY 1
-- name: 03
SELECT extract(epoch from created_at) as "time", value FROM events WHERE host IN ('host-0', 'host-2') ORDER BY 1
-- name: 04
SELECT created_at AS "time", max(value) FILTER (WHERE name = 'cpu') AS cpu, max(value) FILTER (WHERE name = 'mem') AS mem FROM events GROUP BY created_at ORDER BY created_at
-- name: 05
SELECT DISTINCT host FROM events ORDER BY host
-- name: 06
SELECT host AS __text, host AS __value FROM events GROUP BY host ORDER BY 1
-- name: 07
SELECT date_trunc('minute', created_at) AS "time", count(*) AS n FROM events GROUP BY 1 ORDER BY 1
-- name: 08
SELECT (extract(epoch from created_at)::bigint / 600) * 600 AS bucket, sum(value) FROM events GROUP BY 1 ORDER BY 1
-- name: 09
SELECT created_at AS time, value - lag(value) OVER (PARTITION BY host ORDER BY created_at) AS delta FROM events ORDER BY created_at
-- name: 10
SELECT to_timestamp(floor(extract(epoch from created_at)/900)*900) AS "time", percentile_cont(0.95) WITHIN GROUP (ORDER BY value) AS p95 FROM events GROUP BY 1 ORDER BY 1
-- name: 11
SELECT g.t AS time, coalesce(e.n, 0) AS n FROM generate_series(timestamp '2024-03-01 00:00', timestamp '2024-03-01 02:00', interval '30 minutes') AS g(t) LEFT JOIN (SELECT date_bin('30 minutes', created_at, timestamp '2024-03-01') AS t, count(*) AS n FROM events GROUP BY 1) e ON e.t = g.t ORDER BY 1
-- name: 12
SELECT name, host, (array_agg(value ORDER BY created_at DESC))[1] AS last FROM events GROUP BY name, host ORDER BY 1, 2
-- name: 13
SELECT DISTINCT ON (host) host, created_at, value FROM events ORDER BY host, created_at DESC
-- name: 14
SELECT count(*) FROM events WHERE created_at >= now() - interval '6 hours' OR created_at < '2024-03-01 00:10:00'
-- name: 15
SELECT host, json_agg(json_build_object('t', name, 'n', value) ORDER BY created_at) AS points FROM events WHERE created_at < '2024-03-01 00:10:00' GROUP BY host ORDER BY host
-- name: 16
SELECT host ~ '^host-[01]$' AS m, count(*) FROM events GROUP BY 1 ORDER BY 1
-- name: 17
SELECT host FROM events WHERE host ~* 'HOST-1' LIMIT 1
-- name: 18
SELECT round(avg(value)::numeric, 2) AS v, round(100.0 * count(value) / count(*), 1) AS filled FROM events
-- name: 19
SELECT to_char(created_at, 'HH24:MI') AS "time", string_agg(DISTINCT host, ', ' ORDER BY host) FROM events GROUP BY 1 ORDER BY 1 LIMIT 20
