-- name: varchar
SELECT s::varchar(3), CAST(s AS varchar(5)), CAST(upper(s) AS character varying(2)), (s || 'x')::varchar(4) || 'y', left(s, 4)::varchar(3)::varchar(2), length(s::varchar(3)), s::pg_catalog.varchar(2) FROM words
-- name: varchar_case
SELECT CASE WHEN id > 1 THEN name END::varchar(3) AS a, max(name)::varchar(2) AS b, lower(city)::char(2) AS c FROM customers GROUP BY id, name, city ORDER BY id
-- name: varchar_names
SELECT name::varchar(3), id::text, lower(name)::text, CAST(id AS text), 1::text, score::text FROM customers WHERE id < 3
-- name: char
SELECT 'abcdef'::char(3) || '|', length('ab'::char(4)), 'ab'::char(4) || '|'
-- name: numeric
SELECT 1.23456789::numeric || '|' LIKE '1.23456789%', round(1.23456789::float8::numeric, 6), CAST(x AS numeric), x::decimal * 2 FROM numbers WHERE abs(x) < 1000000
-- name: numeric_round
SELECT round(x::numeric, 2), round(x::numeric, 4), round(CAST(x AS numeric), 1), x::numeric(12, 2), CAST(x AS numeric(14, 3)), CAST(x + 0.005 AS decimal(12, 2)) FROM numbers WHERE abs(x) < 1000000
-- name: numeric_once
SELECT 0.004999999999::numeric(10,2), '0.004999999999'::numeric(10,2), CAST(0.0149999999999 AS numeric(10,2))
-- name: numeric_twice
SELECT 0.004999999999::float8::numeric(10,2) AS n
-- name: numeric_array_digits
SELECT (ARRAY[1.235, 2]::numeric(10,2)[])[1] AS n
-- name: numeric_small
SELECT round(0.0045::float8::numeric, 2), 0.0005::float8::numeric, '0.00049'::numeric, 0.123456789::float8::numeric
-- name: numeric_many
SELECT '1.23456789012345'::numeric
-- name: numeric_array
SELECT ('{1.23456,2}'::numeric[])[1] AS n
-- name: double_text
SELECT x::text || '|', CAST(x AS text) || '|', x::varchar || '|', sum(x) OVER ()::text || '|', coalesce(x, 0)::text || '|' FROM numbers
-- name: double_text_range
SELECT 1e15::float8::text || '|', 123456789012345::float8::text || '|', 0.0001::float8::text || '|', 0.00001::float8::text || '|', 1e6::real::text || '|', 123456::real::text || '|', 'NaN'::float8::text, '-Infinity'::float8::text, (-0.5)::float8::text || '|'
-- name: double_text_aggregate
SELECT status, avg(amount)::text IS NOT NULL, max(round(amount))::text || '|', count(*)::text || '|' FROM orders GROUP BY status
-- name: interval_text
SELECT (i * 1)::text, CAST(i AS text), i::varchar FROM (VALUES (interval '1 month'), (interval '1 year 2 months 3 days 04:05:06.5'), (interval '-1 day 02:00'), (interval '36 hours'), (interval '0'), (interval '-1 year 1 month'), (interval '1 day -00:00:01'), (interval '-2 mons')) v(i)
-- name: bytea
SELECT '\x6162'::bytea, length('\x616263'::bytea), CAST('\xFF00' AS bytea), '\x'::bytea, encode('\x6162'::bytea, 'hex'), convert_from('\xc3a9'::bytea, 'UTF8')
-- name: bytea_text
SELECT b::text FROM (VALUES ('\x6162ff'::bytea)) v(b)
-- name: array_text
SELECT a::text FROM (VALUES (ARRAY[1, 2])) v(a)
-- name: timestamp_text
SELECT t::text, d::text, t::date::text, t::time::text FROM moments WHERE t > '0002-01-01'
-- name: boolean
SELECT 't'::bool, 'f'::bool, 'yes'::bool, 'no'::bool, '1'::bool, true::int, 5::bool, true = 't', (n > 0)::text, (n > 0)::int FROM numbers
-- name: boolean_on
SELECT 'on'::bool, 'off'::bool, n FROM numbers
-- name: integers
SELECT x::int, x::bigint, (x * 1.0)::int, '12'::int, 2.5::int, 3.5::int, -2.5::int, 2.5::float8::int, 3.5::float8::int FROM numbers WHERE abs(x) < 1000000
-- name: integer_text-fails
SELECT 'abc'::int
-- name: integer_fraction-fails
SELECT '1.5'::int
-- name: special_dates
SELECT 'today'::date = current_date, CAST('tomorrow' AS date) - CAST('today' AS date), 'yesterday'::timestamp::date = current_date - 1, 'now'::timestamptz = now()
-- name: infinity
SELECT 'infinity'::timestamp, '-infinity'::date, 'infinity'::float8, 'infinity'::timestamp > now(), 'NaN'::float8 = 'NaN'::float8
-- name: timestamptz_short
SELECT timestamptz '2024-05-05 12:00+02'
-- name: timestamptz
SELECT timestamptz '2024-05-05 12:00:00+02', '2024-05-05T10:00:00Z'::timestamptz, '2024-05-05'::timestamptz, timestamp '2024-05-05 10:00'::date
-- name: numeric_literals
SELECT 1.5, 1e3, 3000000000, .5, 1.50 * 2, 10 / 4.0
-- name: numeric_text
SELECT x::numeric::text || '|', CAST(CAST(x AS numeric) AS varchar) || '|', round(x::numeric, 2)::text || '|' FROM numbers WHERE abs(x) < 1000
