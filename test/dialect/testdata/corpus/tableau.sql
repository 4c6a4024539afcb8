-- In the shape of what Tableau sends to PostgreSQL: the function templates of
-- github.com/tableau/connector-plugin-sdk, samples/plugins/postgres_jdbc/dialect.tdd.
-- Tables stand in the first schema of the search path.
-- name: 01
SELECT "orders"."status" AS "status",
  SUM("orders"."amount") AS "sum:amount:ok"
FROM "orders"
GROUP BY 1
-- name: 02
SELECT CAST(EXTRACT(YEAR FROM "orders"."day") AS INTEGER) AS "yr:day:ok",
  COUNT(1) AS "cnt:orders:ok"
FROM "orders"
GROUP BY 1
HAVING (COUNT(1) > 0)
-- name: 03
SELECT DATE_TRUNC( 'MONTH', "orders"."ordered_at" ) AS "tmn:ordered_at:ok",
  SUM("orders"."quantity") AS "sum:quantity:ok"
FROM "orders"
GROUP BY 1
-- name: 04
SELECT DATE_TRUNC( 'QUARTER', CAST("orders"."day" AS TIMESTAMP) ) AS "tqr:day:ok", AVG("orders"."amount") AS "avg:amount:ok" FROM "orders" GROUP BY 1
-- name: 05
SELECT (DATE_TRUNC( 'DAY', CAST("orders"."day" AS DATE) ) + (-EXTRACT(DOW FROM "orders"."day") * INTERVAL '1 DAY')) AS "twk:day:ok", COUNT(DISTINCT "orders"."customer_id") AS "ctd:customer_id:ok" FROM "orders" GROUP BY 1
-- name: 06
SELECT CAST(FLOOR((7 + EXTRACT(DOY FROM "orders"."day") - 1 + EXTRACT(DOW FROM DATE_TRUNC('YEAR', "orders"."day"))) / 7) AS INTEGER) AS "wk:day:ok", COUNT(1) AS "n" FROM "orders" GROUP BY 1
-- name: 07
SELECT "customers"."city" AS "city", SUM((CASE WHEN "orders"."paid" THEN "orders"."amount" ELSE 0 END)) AS "usr:paid:ok" FROM "orders" INNER JOIN "customers" ON ("orders"."customer_id" = "customers"."id") GROUP BY 1
-- name: 08
SELECT "t0"."city" AS "city", "t0"."n" AS "n" FROM (
  SELECT "customers"."city" AS "city", COUNT(1) AS "n" FROM "orders" LEFT JOIN "customers" ON ("orders"."customer_id" = "customers"."id") GROUP BY 1
) "t0" WHERE (NOT ("t0"."city" IS NULL))
-- name: 09
SELECT SUBSTR(CAST("customers"."name" AS TEXT), 1, CAST(FLOOR(3) AS INTEGER)) AS "left", UPPER(CAST("customers"."name" AS TEXT)) AS "upper", BTRIM(CAST("customers"."name" AS TEXT), ' ') AS "trim", LENGTH(CAST("customers"."name" AS TEXT)) AS "len" FROM "customers"
-- name: 10
SELECT (STRPOS(CAST("customers"."name" AS TEXT), CAST('an' AS TEXT)) > 0) AS "contains", (SUBSTR(LTRIM(CAST("customers"."name" AS TEXT), ' '), 1, LENGTH(CAST('A' AS TEXT))) = CAST('A' AS TEXT)) AS "starts" FROM "customers"
-- name: 11
SELECT (SUBSTR(RTRIM(CAST("name" AS TEXT), ' '), (CASE WHEN (LENGTH(RTRIM(CAST("name" AS TEXT), ' ')) - LENGTH(CAST('e' AS TEXT))) < 0 THEN 1 ELSE LENGTH(RTRIM(CAST("name" AS TEXT), ' ')) - LENGTH(CAST('e' AS TEXT)) + 1 END), LENGTH(CAST('e' AS TEXT))) = CAST('e' AS TEXT)) AS "ends" FROM "customers"
-- name: 12
SELECT (CASE WHEN "orders"."quantity" = 0 THEN NULL ELSE ( 100 / "orders"."quantity" ) END) AS "div", "orders"."id" AS "id" FROM "orders" WHERE "orders"."id" < 20
-- name: 13
SELECT ROUND(CAST("orders"."amount" AS NUMERIC), CAST(1 AS INTEGER)) AS "round", CAST(CEIL("orders"."amount") AS BIGINT) AS "ceil", CAST(SIGN("orders"."amount") AS SMALLINT) AS "sign" FROM "orders"
-- name: 14
SELECT (CASE WHEN "orders"."amount" > 0 THEN LN("orders"."amount") ELSE NULL END) AS "ln", (CASE WHEN "orders"."amount" > 0 THEN LOG("orders"."amount") ELSE NULL END) AS "log", (CASE WHEN "orders"."amount" < 0 THEN NULL ELSE SQRT("orders"."amount") END) AS "sqrt", ("orders"."quantity"^2) AS "square" FROM "orders"
-- name: 15
SELECT LOG(CAST(2 AS NUMERIC),CAST("orders"."quantity" AS NUMERIC)) AS "log2" FROM "orders"
-- name: 16
SELECT (SELECT (REGEXP_MATCHES("customers"."name", '^([A-Z][a-z]+)'))[1]) AS "regexp_extract" FROM "customers"
-- name: 17
SELECT ("customers"."name" ~ 'an') AS "regexp_match" FROM "customers"
-- name: 18
SELECT REGEXP_REPLACE("customers"."name", '[aeiou]', '', 'g') AS "regexp_replace" FROM "customers"
-- name: 19
SELECT STDDEV_SAMP("orders"."amount") AS "std", STDDEV_POP("orders"."amount") AS "stp", VAR_SAMP("orders"."amount") AS "var", MIN("orders"."day") AS "min", MAX("orders"."ordered_at") AS "max" FROM "orders"
-- name: 20
SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY "orders"."amount") AS "med:amount:ok", "orders"."status" AS "status" FROM "orders" GROUP BY 2
-- name: 21
SELECT "orders"."id" AS "id" FROM "orders" WHERE (("orders"."day" >= (DATE '2023-12-01')) AND ("orders"."day" <= (DATE '2024-01-31')))
-- name: 22
SELECT "orders"."id" AS "id" FROM "orders" WHERE (("orders"."ordered_at" >= (TIMESTAMP '2023-12-01 00:00:00.000')) AND ("orders"."ordered_at" < (TIMESTAMP '2024-01-01 00:00:00.000')))
-- name: 23
SELECT "orders"."id" AS "id" FROM "orders" WHERE ("orders"."status" IN ('new', 'paid') AND (NOT ("orders"."note" IS NULL)))
-- name: 24
SELECT "orders"."status" AS "status" FROM "orders" INNER JOIN (
  SELECT "orders"."status" AS "status", SUM("orders"."amount") AS "$__alias__0" FROM "orders" GROUP BY 1 ORDER BY 2 DESC, 1 ASC LIMIT 2
) "t0" ON ("orders"."status" IS NOT DISTINCT FROM "t0"."status") GROUP BY 1
-- name: 25
SELECT MIN("orders"."amount") AS "TEMP(lower)", MAX("orders"."amount") AS "TEMP(upper)", COUNT("orders"."amount") AS "cnt" FROM "orders" HAVING COUNT(1) > 0
-- name: 26
SELECT (("orders"."ordered_at" + 3 * INTERVAL '1 DAY')) AS "dateadd", CAST(TO_CHAR("orders"."ordered_at", 'Day') AS TEXT) AS "datename", TO_CHAR("orders"."day", 'FMMonth') AS "month" FROM "orders"
-- name: 27
SELECT (CAST("orders"."day" AS DATE) - CAST('2023-01-01' AS DATE)) AS "datediff", EXTRACT(EPOCH FROM ("orders"."ordered_at" - TIMESTAMP '2023-01-01')) / 3600 AS "hours" FROM "orders"
-- name: 28
SELECT date_trunc('day', CAST('1900-01-01' AS DATE) + "orders"."quantity" * INTERVAL '1 DAY') AS "date" FROM "orders"
-- name: 29
SELECT SPLIT_PART("customers"."name", ' ', 1) AS "split", ASCII(CAST("customers"."name" AS TEXT)) AS "ascii", (CASE WHEN 3 >= 0 THEN REPEAT(' ', CAST(FLOOR(3) AS INTEGER)) ELSE NULL END) AS "space" FROM "customers"
-- name: 30
SELECT CAST("orders"."quantity" AS TEXT) AS "str", CAST(CAST("orders"."amount" AS NUMERIC) AS BIGINT) AS "int", CAST("orders"."day" AS TIMESTAMP) AS "datetime", CAST("orders"."paid" AS INTEGER) AS "bool" FROM "orders"
-- name: 31
SELECT COALESCE("orders"."amount", 0) AS "zn", (CASE WHEN "orders"."amount" IS NULL OR 5 IS NULL THEN NULL WHEN "orders"."amount" > 5 THEN "orders"."amount" ELSE 5 END) AS "max" FROM "orders"
-- name: 32
SELECT TO_DATE('2024-02-29', 'YYYY-MM-DD') AS "dateparse", TO_TIMESTAMP('2024-02-29 10:11:12', 'YYYY-MM-DD HH24:MI:SS') AS "ts"
-- name: 33
SELECT CORR("orders"."amount", "orders"."quantity") AS "corr", COVAR_POP("orders"."amount", "orders"."quantity") AS "cov" FROM "orders"
-- name: 34
SELECT "t0"."status" AS "status", AVG("t0"."lod") AS "avg" FROM (SELECT "orders"."status" AS "status", "orders"."customer_id" AS "customer_id", SUM("orders"."amount") AS "lod" FROM "orders" GROUP BY 1, 2) "t0" GROUP BY 1
