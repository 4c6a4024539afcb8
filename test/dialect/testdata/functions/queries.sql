-- name: order_desc
SELECT amount FROM orders ORDER BY amount DESC LIMIT 10
-- name: order_asc
SELECT amount FROM orders ORDER BY amount LIMIT 10
-- name: order_explicit
SELECT id FROM orders ORDER BY amount DESC NULLS LAST, id LIMIT 5
-- name: order_two
SELECT paid, note, id FROM orders ORDER BY paid DESC, note DESC, id LIMIT 8
-- name: order_window
SELECT id, row_number() OVER (ORDER BY amount DESC, id), first_value(id) OVER (ORDER BY amount DESC, id), rank() OVER (PARTITION BY paid ORDER BY note DESC), lag(id) OVER (ORDER BY amount DESC, id) FROM orders WHERE id < 12
-- name: order_aggregate
SELECT array_to_string(array_agg(note ORDER BY note DESC, id), ',', '-'), (array_agg(id ORDER BY amount DESC, id))[1], string_agg(note, ',' ORDER BY note DESC, id) FROM orders WHERE id < 12
-- name: order_distinct_on
SELECT DISTINCT ON (status) status, id FROM orders ORDER BY status, amount DESC, id
-- name: order_rollup
SELECT status, count(*) FROM orders GROUP BY ROLLUP (status) ORDER BY status DESC
-- name: order_union
SELECT n FROM numbers UNION ALL SELECT 5 ORDER BY n DESC LIMIT 3
-- name: order_subquery
SELECT max(n) FROM (SELECT n FROM numbers ORDER BY n DESC LIMIT 1) t
-- name: order_alias
SELECT -quantity AS quantity FROM orders WHERE id < 5 ORDER BY quantity
-- name: order_expression
SELECT -quantity AS quantity FROM orders WHERE id < 5 ORDER BY quantity + 0
-- name: order_text
SELECT s FROM words ORDER BY s
-- name: alias_in_list
SELECT quantity + 1 AS quantity, quantity * 2 AS twice FROM orders WHERE id < 4 ORDER BY id
-- name: group_alias
SELECT upper(status) AS status, count(*) FROM orders GROUP BY status
-- name: group_new_alias
SELECT quantity % 3 AS q, count(*) FROM orders GROUP BY q
-- name: group_hides-fails
SELECT substr(status, 1, 1) AS day, count(*) FROM orders GROUP BY day
-- name: having_alias-fails
SELECT status, count(*) AS n FROM orders GROUP BY status HAVING n > 3
-- name: cube
SELECT status, paid, grouping(status), count(*) FROM orders GROUP BY CUBE (status, paid)
-- name: frames
SELECT id, sum(id) OVER (ORDER BY quantity GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW), sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW), last_value(id) OVER (ORDER BY id), nth_value(id, 2) OVER (ORDER BY id) FROM orders WHERE id < 8
-- name: ranks
SELECT id, lag(id, 2, 0::bigint) OVER (ORDER BY id), lead(status) OVER (ORDER BY id), cume_dist() OVER (ORDER BY quantity), percent_rank() OVER (ORDER BY quantity), ntile(3) OVER (ORDER BY id) FROM orders WHERE id < 8
-- name: filter_window
SELECT id, sum(amount) FILTER (WHERE status = 'new') OVER (ORDER BY id), count(*) FILTER (WHERE paid) OVER () FROM orders WHERE id < 6
-- name: ties
SELECT id FROM orders ORDER BY quantity DESC FETCH FIRST 2 ROWS WITH TIES
-- name: fetch
SELECT id FROM orders ORDER BY id FETCH FIRST ROW ONLY
-- name: series_alias
SELECT d FROM generate_series(1, 3) d
-- name: series_alias_date
SELECT d::date AS day, count(o.id) FROM generate_series(date '2023-11-22', date '2023-11-25', interval '1 day') AS d LEFT JOIN orders o ON o.day = d::date GROUP BY 1
-- name: series_step
SELECT d::date FROM generate_series(timestamp '2024-01-01', timestamp '2024-01-03', '1 day') AS g(d)
-- name: series_list
SELECT generate_series(1, 3) AS n
-- name: series_list_dates
SELECT generate_series(timestamp '2024-01-01', timestamp '2024-01-02', interval '12 hours')::date AS d, 'x' AS x
-- name: series_list_column
SELECT id, generate_series(1, id) AS i FROM customers WHERE id < 4
-- name: series_ordinality
SELECT x, n FROM generate_series(5, 7) WITH ORDINALITY AS g(x, n)
-- name: unnest_alias
SELECT x FROM unnest(ARRAY['a', 'b']) x
-- name: unnest_comma
SELECT x, y FROM (VALUES (ARRAY['a', 'b'])) t(a), unnest(t.a) x, pg_catalog.generate_series(1, 2) AS y WHERE x IS DISTINCT FROM 'c' ORDER BY 1, 2
-- name: generate_subscripts
SELECT generate_subscripts(ARRAY['a', 'b', 'c'], 1) AS i
-- name: unnest_list
SELECT unnest(ARRAY[1, 2, 3]) AS a, unnest(ARRAY['x', 'y']) AS b
-- name: lateral
SELECT o.id, x.n FROM orders o, LATERAL (SELECT count(*) AS n FROM customers c WHERE c.id = o.customer_id) x WHERE o.id < 3
-- name: array_query
SELECT array_to_string(ARRAY(SELECT id FROM customers ORDER BY id LIMIT 3), ',')
-- name: regexp_matches_list
SELECT s, array_to_string(regexp_matches(s, '([a-z])o'), '|') FROM words
-- name: regexp_matches_all
SELECT array_to_string(regexp_matches('foobarbequebazilbarfbonk', '(b[^b]+)(b[^b]+)', 'g'), '|')
-- name: regexp_matches_plain
SELECT regexp_matches(s, 'o.') FROM words
-- name: regexp_split_table
SELECT x FROM regexp_split_to_table('a1b22c', '[0-9]+') AS t(x)
-- name: string_table
SELECT x FROM string_to_table('a,b', ',') AS t(x)
-- name: row_json
SELECT row_to_json(c) FROM (SELECT id, name FROM customers WHERE id < 3) c
-- name: json_each_text
SELECT key, value FROM json_each_text('{"a":1,"b":"x"}'::json)
-- name: correlation_one
SELECT corr(x, y) FROM (VALUES (1, 1)) v(x, y)
-- name: overflow_integer-fails
SELECT 2147483647 + 1
-- name: overflow_bigint-fails
SELECT 9223372036854775807 + n FROM numbers WHERE n > 0
-- name: overflow_exp-fails
SELECT exp(1000.0::float8)
-- name: power_zero-fails
SELECT power(0, -1)
-- name: sqrt_negative-fails
SELECT sqrt(-1)
-- name: ln_zero-fails
SELECT ln(0)
-- name: recordset
SELECT a, b FROM jsonb_to_recordset('[{"a":1,"b":"x"}]'::jsonb) AS t(a int, b text)
