-- name: round
SELECT round(x::numeric, 2), round(x::numeric), trunc(x::numeric, 1), trunc(x), ceil(x), floor(x), ceiling(x), abs(x), sign(x) FROM numbers
-- name: round_double
SELECT round(x) FROM numbers
-- name: round_negative
SELECT round(n::numeric, -2), trunc(n::numeric, -2) FROM numbers
-- name: div
SELECT n, div(n, 7), mod(n, 7), n % 7, div(x::numeric, 3) FROM numbers
-- name: log
SELECT log(2, 8), log(100), log(1000.0), ln(2.5), exp(1.5), power(2, 10), sqrt(2), cbrt(27), 2 ^ 10, pi(), degrees(1), radians(90)
-- name: width_bucket
SELECT width_bucket(x::numeric, 0, 100, 10), width_bucket(x, -10, 10, 4), width_bucket(n, 100, 0, 5) FROM numbers
-- name: width_bucket-fails
SELECT width_bucket(1, 5, 5, 10)
-- name: greatest
SELECT greatest(n, x, NULL), least(n, 5), greatest(NULL, NULL), coalesce(n, 0), nullif(n, 0) FROM numbers
-- name: num_nulls
SELECT num_nulls(n, x, NULL), num_nonnulls(n, x, 'a') FROM numbers
-- name: integer_division
SELECT 5 / 2, -5 / 2, n / 7 FROM numbers
-- name: numeric_division
SELECT 5 / 2.0, n / 4.0 FROM numbers
-- name: bits
SELECT 91 & 15, 32 | 3, 17 # 5, ~1, 1 << 4, 8 >> 2
-- name: casts
SELECT 1.5::int, 2.5::int, -1.5::int, '12'::int4, '1e3'::float8, 1::int2, 3::float4, 1::bool, 'yes'::bool, 'f'::bool, 12.345::numeric(10,1), 5::text, 7::varchar(3), 'abc'::char(2), 1::int8::text
-- name: cast_double
SELECT x::int, x::numeric(12,2), x::text FROM numbers WHERE abs(x) < 1000000
-- name: bool_text
SELECT true::text, 'on'::bool, 'off'::bool, false::int
-- name: trig
SELECT sin(1), cos(1), tan(1), asin(0.5), acos(0.5), atan(1), atan2(1, 2), cot(1), sinh(1), cosh(1), tanh(0.5)
-- name: factorial
SELECT factorial(5), gcd(12, 18), lcm(4, 6)
-- name: random
SELECT random() >= 0 AND random() < 1
-- name: div-fails
SELECT div(1, 0)
-- name: pg_typeof
SELECT pg_typeof(1), pg_typeof(1.5), pg_typeof('a'::text), pg_typeof(true), pg_typeof(now()), pg_typeof(1::bigint), pg_typeof(date '2020-01-01'), pg_typeof(1.5::float8)
-- name: generate_series
SELECT * FROM generate_series(1, 10, 3) AS g(i)
-- name: generate_series_down
SELECT i FROM generate_series(5, 1, -2) AS g(i)
-- name: values
SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v(n, s)
-- name: distinct_on
SELECT DISTINCT ON (sign(n)) sign(n), n FROM numbers ORDER BY sign(n), n DESC NULLS LAST
-- name: order_desc
SELECT n FROM numbers ORDER BY n DESC LIMIT 3
-- name: order_asc
SELECT n FROM numbers ORDER BY n LIMIT 3
-- name: round_halves
SELECT round(2.5::float8), round(3.5::float8), round(-2.5::float8), round(0.5::float8), round(2.4::float8), round(2.5), round(-2.5), round(2.5::real), round(7), round(sum(x)), round(avg(n)) FROM numbers WHERE abs(x) < 100
-- name: round_digits
SELECT round(2.675, 2), round(-2.675, 2), round(1234.5, -2), trunc(2.789, 2), trunc(-2.7::float8), ceil(-0.5), floor(-0.5)
-- name: round_nested
SELECT round(round(round(round(round(round(round(round(x / 4) / 2) / 2) / 2) / 2) / 2) / 2) / 2), round(round(sum(x)) / 2), round((SELECT max(x) FROM numbers WHERE abs(x) < 50) / 2), round(round(x)) FROM numbers WHERE abs(x) < 100 GROUP BY x, round(round(x)) ORDER BY round(round(x)), x
-- name: round_nested_window
SELECT round(round(sum(x) OVER (ORDER BY n)) / 2), round(-round(x / 2)) OPERATOR(pg_catalog.+) 0 FROM numbers WHERE abs(x) < 100 AND round(round(x)) > 1 ORDER BY n, 1
