-- In the shape of what Metabase sends to PostgreSQL: the date functions, casts, JSON unfolding
-- and regular expressions of github.com/metabase/metabase, src/metabase/driver/postgres.clj.
-- name: 01
SELECT "orders"."status" AS "status", COUNT(*) AS "count" FROM "orders" GROUP BY "orders"."status" ORDER BY "orders"."status" ASC
-- name: 02
SELECT CAST("orders"."ordered_at" AS date) AS "ordered_at", SUM("orders"."amount") AS "sum" FROM "orders" GROUP BY CAST("orders"."ordered_at" AS date) ORDER BY CAST("orders"."ordered_at" AS date) ASC
-- name: 03
SELECT DATE_TRUNC('month', "orders"."ordered_at") AS "ordered_at", COUNT(*) AS "count" FROM "orders" GROUP BY DATE_TRUNC('month', "orders"."ordered_at") ORDER BY DATE_TRUNC('month', "orders"."ordered_at") ASC
-- name: 04
SELECT (DATE_TRUNC('week', ("orders"."ordered_at" + INTERVAL '1 day')) + INTERVAL '-1 day') AS "ordered_at", COUNT(*) AS "count" FROM "orders" GROUP BY (DATE_TRUNC('week', ("orders"."ordered_at" + INTERVAL '1 day')) + INTERVAL '-1 day') ORDER BY 1 ASC
-- name: 05
SELECT CAST(extract(dow from "orders"."ordered_at") AS integer) + 1 AS "dow", COUNT(*) AS "count" FROM "orders" GROUP BY 1 ORDER BY 1
-- name: 06
SELECT CAST(extract(quarter from "orders"."ordered_at") AS integer) AS "q", CAST(extract(month from "orders"."ordered_at") AS integer) AS "m", CAST(extract(week from "orders"."ordered_at") AS integer) AS "w" FROM "orders" ORDER BY "orders"."id" LIMIT 2000
-- name: 07
SELECT DATE_TRUNC('hour', timezone('Asia/Tehran', timezone('UTC', "orders"."ordered_at"))) AS "at", COUNT(*) AS "count" FROM "orders" GROUP BY 1 ORDER BY 1
-- name: 08
SELECT "source"."customer_id" AS "customer_id", AVG("source"."sum") AS "avg" FROM (SELECT "orders"."customer_id" AS "customer_id", "orders"."status" AS "status", SUM("orders"."amount") AS "sum" FROM "orders" GROUP BY "orders"."customer_id", "orders"."status") AS "source" GROUP BY "source"."customer_id" ORDER BY "source"."customer_id" ASC
-- name: 09
SELECT PERCENTILE_CONT(0.5) within group (order by "orders"."amount") AS "median", PERCENTILE_CONT(0.9) within group (order by "orders"."amount") AS "p" FROM "orders"
-- name: 10
SELECT CAST(extract(year from age(DATE_TRUNC('day', "orders"."ordered_at"), DATE_TRUNC('day', CAST("customers"."since" AS timestamp)))) AS integer) AS "years", "orders"."id" FROM "orders" JOIN "customers" ON "orders"."customer_id" = "customers"."id" ORDER BY "orders"."id"
-- name: 11
SELECT CAST((extract(month from age(DATE_TRUNC('day', o.ordered_at), DATE_TRUNC('day', CAST(c.since AS timestamp)))) + (extract(year from age(DATE_TRUNC('day', o.ordered_at), DATE_TRUNC('day', CAST(c.since AS timestamp)))) * 12)) AS integer) AS "months", o.id FROM orders o JOIN customers c ON o.customer_id = c.id ORDER BY o.id
-- name: 12
SELECT CAST(o.ordered_at AS date) - CAST(c.since AS date) AS "days" FROM orders o JOIN customers c ON o.customer_id = c.id ORDER BY o.id
-- name: 13
SELECT (CAST(o.ordered_at AS date) - CAST(c.since AS date)) / 7 AS "weeks" FROM orders o JOIN customers c ON o.customer_id = c.id ORDER BY o.id
-- name: 14
SELECT CAST(TRUNC(extract(epoch from o.ordered_at) - extract(epoch from CAST(c.since AS timestamp))) AS integer) AS "seconds" FROM orders o JOIN customers c ON o.customer_id = c.id ORDER BY o.id
-- name: 15
SELECT substring("customers"."name" FROM '[A-Z][a-z]+$') AS "last" FROM "customers" ORDER BY "customers"."id"
-- name: 16
SELECT CASE WHEN 1 < 1 THEN '' ELSE SPLIT_PART("customers"."name", ' ', 1) END AS "first" FROM "customers" ORDER BY "customers"."id"
-- name: 17
SELECT (props::jsonb#>> array['channel']::text[])::text AS "channel", COUNT(*) AS "count" FROM orders GROUP BY "channel" ORDER BY "channel"
-- name: 18
SELECT (props::json#>> array['tags', '0']::text[])::text AS "tag", (props::json#>> array['n']::text[])::bigint AS "n" FROM orders ORDER BY id
-- name: 19
SELECT "orders"."id" AS "id" FROM "orders" WHERE ("orders"."ordered_at" >= timestamp with time zone '2023-12-01 00:00:00.000Z') AND ("orders"."ordered_at" < timestamp with time zone '2024-01-01 00:00:00.000Z') ORDER BY "orders"."id"
-- name: 20
SELECT COUNT(*) AS "count" FROM "orders" WHERE "orders"."ordered_at" >= DATE_TRUNC('year', CAST(CAST((NOW() + INTERVAL '-5 year') AS timestamp) AS timestamp))
-- name: 21
SELECT FLOOR((("orders"."amount" - 0.0) / 50.0)) * 50.0 + 0.0 AS "amount", COUNT(*) AS "count" FROM "orders" GROUP BY 1 ORDER BY 1 ASC
-- name: 22
SELECT "customers"."name" AS "name" FROM "customers" WHERE (LOWER("customers"."name") LIKE '%ada%') OR ("customers"."city" <> 'Paris' OR "customers"."city" IS NULL) ORDER BY "customers"."id"
-- name: 23
SELECT SUM(CASE WHEN "orders"."amount" > 100 THEN 1 ELSE 0.0 END) / COUNT(*) AS "share", STDDEV_POP("orders"."amount") AS "stddev", VAR_POP("orders"."amount") AS "var" FROM "orders"
-- name: 24
SELECT "orders"."id", SUM("orders"."amount") OVER (ORDER BY "orders"."id" ASC ROWS UNBOUNDED PRECEDING) AS "sum", LAG("orders"."amount", 1) OVER (ORDER BY "orders"."id") AS "lag" FROM "orders" ORDER BY "orders"."id" LIMIT 100
-- name: 25
SELECT "orders"."id" AS "id", "C"."name" AS "C__name" FROM "orders" LEFT JOIN "customers" AS "C" ON "orders"."customer_id" = "C"."id" ORDER BY "orders"."id" LIMIT 2000
-- name: 26
SELECT CONCAT("customers"."name", ' (', "customers"."city", ')') AS "label", regexp_replace("customers"."name", '\s+', '_') AS "r" FROM "customers" ORDER BY "customers"."id"
-- name: 27
SELECT CAST("orders"."amount" AS DOUBLE PRECISION) / NULLIF("orders"."quantity", 0) AS "ratio", CAST("orders"."quantity" AS TEXT) AS "t" FROM "orders" ORDER BY "orders"."id"
-- name: 28
SELECT TO_CHAR("orders"."ordered_at", 'YYYY-MM-DD"T"HH24:MI') AS "t", "orders"."ordered_at"::date::text AS "d" FROM "orders" ORDER BY "orders"."id"
