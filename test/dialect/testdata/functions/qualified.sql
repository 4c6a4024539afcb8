-- name: functions
SELECT pg_catalog.lower('A'), pg_catalog.count(*), pg_catalog.to_char(1, '9') FROM numbers
-- name: operator
SELECT 1 OPERATOR(pg_catalog.+) 2, 'A' OPERATOR(pg_catalog.~*) 'a'
-- name: types
SELECT '1'::pg_catalog.int4, CAST('a' AS pg_catalog.varchar), 'x'::name, CAST('y' AS name)
-- name: columns
SELECT name, s.name FROM customers s WHERE s.name = 'Ada Lovelace'
-- name: alias
SELECT 1 AS name, 2 AS jsonb, 3 AS every
-- name: lateral
SELECT c.id, o.n FROM customers c CROSS JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.id) o ORDER BY c.id
-- name: fetch
SELECT id FROM orders ORDER BY id OFFSET 2 ROWS FETCH FIRST 3 ROWS ONLY
-- name: table
TABLE words
-- name: collate
SELECT s FROM words ORDER BY s COLLATE "C"
-- name: row
SELECT (1, 2) = (1, 2), (1, 'a') IN ((1, 'a'), (2, 'b')), ROW(1, NULL) IS NULL
-- name: is_distinct
SELECT NULL IS DISTINCT FROM 1, 1 IS NOT DISTINCT FROM 1, n IS UNKNOWN FROM (SELECT true AND NULL AS n) x
-- name: pg_sleep-fails
SELECT no_such_function(1)
