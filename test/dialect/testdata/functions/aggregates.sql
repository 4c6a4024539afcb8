-- name: basic
SELECT count(*), count(x), sum(x), avg(x), min(x), max(x) FROM numbers
-- name: stddev
SELECT stddev(x), stddev_pop(x), variance(x), var_pop(x), stddev_samp(x) FROM numbers WHERE abs(x) < 100
-- name: bool
SELECT bool_and(n > 0), bool_or(n > 0), every(x IS NOT NULL) FROM numbers
-- name: every_filter
SELECT every(n > 0) FILTER (WHERE n > 0) FROM numbers
-- name: percentile
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x), percentile_disc(0.25) WITHIN GROUP (ORDER BY n), percentile_cont(0.95) WITHIN GROUP (ORDER BY x DESC) FROM numbers
-- name: mode
SELECT mode() WITHIN GROUP (ORDER BY status) FROM orders WHERE id < 10
-- name: percentile_array
SELECT array_to_string(percentile_cont(ARRAY[0.25,0.75]) WITHIN GROUP (ORDER BY n), ',') FROM numbers
-- name: regr
SELECT regr_slope(amount, quantity), regr_intercept(amount, quantity), regr_r2(amount, quantity), corr(amount, quantity), covar_pop(amount, quantity), covar_samp(amount, quantity), regr_count(amount, quantity) FROM orders
-- name: filter
SELECT count(*) FILTER (WHERE paid), sum(amount) FILTER (WHERE status = 'new') FROM orders
-- name: bits
SELECT bit_and(quantity), bit_or(quantity) FROM orders
-- name: distinct
SELECT count(DISTINCT status), string_agg(DISTINCT status, ',' ORDER BY status) FROM orders
-- name: grouping
SELECT status, paid, grouping(status, paid), count(*) FROM orders GROUP BY GROUPING SETS ((status), (paid), ()) ORDER BY 3, 1 NULLS LAST, 2 NULLS LAST
-- name: rollup
SELECT status, count(*) FROM orders GROUP BY ROLLUP (status) ORDER BY status NULLS LAST
-- name: window
SELECT id, row_number() OVER w, rank() OVER (ORDER BY quantity), lag(amount) OVER w, sum(amount) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), ntile(4) OVER w, first_value(id) OVER w, percent_rank() OVER w FROM orders WINDOW w AS (ORDER BY id) ORDER BY id LIMIT 10
-- name: empty
SELECT count(*), sum(n), max(n), string_agg(n::text, ','), array_agg(n) FROM numbers WHERE n = -5
-- name: names
SELECT count(*), sum(n) + 1, max(n)::int, CASE WHEN true THEN 1 END, 'x', extract(year from date '2020-01-01'), coalesce(max(n), 0), now()::date, (SELECT 1), EXISTS (SELECT 1), 1::text, lower('A') FROM numbers WHERE n < 5 AND n > 8
