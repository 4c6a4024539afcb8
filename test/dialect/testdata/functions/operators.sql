-- name: like_escape
SELECT s LIKE '%\%%', s LIKE '%\_%', s NOT LIKE '%\%%', s ILIKE '%\_W%', s NOT ILIKE '%\_W%', s ~~ '%\\%', s !~~ '%\%%', s ~~* '%\_w%', s !~~* '%\_w%' FROM words
-- name: like_plain
SELECT s LIKE 'h%', s NOT LIKE '%o', s ILIKE '_ELLO%', s LIKE '' FROM words
-- name: like_explicit
SELECT s LIKE '%!%%' ESCAPE '!', s NOT LIKE '%!_%' ESCAPE '!', s ILIKE '%x!_%' ESCAPE '!' FROM words
-- name: like_column
SELECT w.s LIKE p.q FROM words w CROSS JOIN (VALUES ('\%%'), ('h%'), ('%\_w%'), (NULL)) p(q)
-- name: like_ends
SELECT 'x' LIKE 'x\'
-- name: like_any-fails
SELECT 'a' LIKE ANY (ARRAY['a%', 'b']) FROM no_such_table
-- name: like_any
SELECT 'a' LIKE ANY (ARRAY['a%', 'b'])
-- name: regex_any
SELECT 'a' ~ ANY (ARRAY['^a', 'b'])
-- name: regex_search
SELECT s ~ 'o', s ~ '^h', s ~ 'd$', s ~ '^[a-z ]+$', s !~ '[0-9]', s ~ '(foo|x)', s ~ '' FROM words
-- name: regex_precedence
SELECT 'a' || 'b' ~ 'ab', 'ab' ~ 'a' || 'b', NOT 'ab' ~ 'c' AND 'x' ~ 'x', 'ab' ~ 'b' = true
-- name: regex_bits
SELECT ~1, ~ 5 & 7, 3 & ~2, -(~4)
-- name: regex_classes
SELECT s ~ '\w{5}', s ~ '\d', s ~ '\s', s ~ '^\S+$', s ~ '[[:alpha:]]{5}', s ~ '[[:upper:]]', s ~ '[^[:alnum:][:space:]]', s ~ '[\w]+é' FROM words
-- name: regex_lines
SELECT s ~ 'line.break', s ~ '^break', s ~ '(?n)^break', s ~ '(?i)LINE' FROM words
-- name: regex_words
SELECT s ~ '\mworld\M', s ~ '\yCase\y', s ~ '\Ahello', s ~ 'here\Z' FROM words
-- name: regex_escapes
SELECT s ~ '\x68ello', s ~ '\u0068', s ~ '\t', s ~ '***=a,b', s ~ '%_\\', s ~ '[[]', s ~ '{a' FROM words
-- name: regex_column
SELECT w.s ~ p.q, w.s !~ p.q FROM words w CROSS JOIN (VALUES ('^h'), ('\d'), ('[éÉ]'), (NULL)) p(q)
-- name: regex_qualified
SELECT 'hello' OPERATOR(pg_catalog.~) 'ell', 'hello' OPERATOR(pg_catalog.!~) 'ell', 'ABC' OPERATOR(pg_catalog.~~) 'A\BC'
-- name: regex_reference
SELECT 'aa' ~ '(a)\1'
-- name: regex_ahead
SELECT 'ab' ~ 'a(?=b)'
-- name: regex_unclosed-fails
SELECT 'ab' ~ '('
-- name: regex_number-fails
SELECT n ~ '1' FROM numbers
-- name: similar
SELECT s SIMILAR TO 'h%', s SIMILAR TO '%(o|e)%', s NOT SIMILAR TO '%[0-9]+%', s SIMILAR TO '_', s SIMILAR TO '%,%,%', s SIMILAR TO '%\%%', s SIMILAR TO '(foo|bar|[0-9])+', s SIMILAR TO '%.%' FROM words
-- name: similar_column
SELECT w.s SIMILAR TO p.q FROM words w CROSS JOIN (VALUES ('h%'), ('%[éÉ]%'), ('x|s'), (NULL)) p(q)
-- name: similar_escape
SELECT s SIMILAR TO '%!%%' ESCAPE '!' FROM words
-- name: insensitive
SELECT s ~* '\w{5}\s', s ~* '^É', s !~* 'WORLD$', s ~* '(?c)hello' FROM words
-- name: division
SELECT 7 / 2, -7 / 2, 7 / -2, 7::smallint / 2::bigint, 7 / 2 / 2, 7 % 3, -7 % 3, 7 / 2.0, 7.0 / 2, 7::float8 / 2
-- name: division_sum
SELECT sum(quantity) / count(*), sum(quantity) / 7, count(*) / 7, max(quantity) / 2, avg(quantity) / 2, sum(amount) / count(*) FROM orders
-- name: division_sum_integer
SELECT sum(i) / 2 FROM (VALUES (1), (2)) v(i)
-- name: division_window
SELECT id, id / 2, quantity / (count(*) OVER ()), sum(quantity) OVER () / 7 FROM orders WHERE id < 6 ORDER BY id
-- name: division_dates
SELECT (date '2024-03-01' - date '2024-02-01') / 7, extract(month from date '2024-05-01') / 3, ceil(extract(month from date '2024-05-01') / 3), date_part('day', date '2024-05-05') / 2
-- name: division_interval
SELECT interval '1 day' / 2, interval '1 month' / 2, interval '1 year 5 days' / 3, interval '1 hour' / 1.5, interval '-3 days' / 2
-- name: division_zero-fails
SELECT 1 / (n - n) FROM numbers
-- name: division_zero_double-fails
SELECT 1 / (x - x) FROM numbers
-- name: modulo_zero-fails
SELECT n % 0 FROM numbers
-- name: power
SELECT 2 ^ 3 ^ 2, -2 ^ 2, 2 ^ 0.5, 2 ^ -1
-- name: compare
SELECT '5' = 5, 1 = 1.0, 'a' < 'B', '10' < '9', n = '12' FROM numbers
-- name: concat
SELECT 'x' || 1, 1 || 'x', true || 'x', 'x' || NULL IS NULL, 'x' || date '2020-01-01', 'x' || 1.50
-- name: concat_double
SELECT 'x' || 1.0::float8
-- name: concat_functions
SELECT concat('a', NULL, 1, 1.50, date '2020-01-01'), concat_ws(',', 'a', NULL, 2)
-- name: concat_boolean
SELECT concat('a', true), concat_ws(',', 'a', 2.0::float8)
-- name: concat_array
SELECT array_to_string(ARRAY[1, 2] || 3, ',')
-- name: question
SELECT '{"a":1}'::jsonb ? 'a', '{"a":1}'::jsonb ? 'b', '["x"]'::jsonb ? 'x', '"s"'::jsonb ? 's', '1'::jsonb ? '1', '{"a":1}'::jsonb ?| ARRAY['b', 'a'], '{"a":1}'::jsonb ?& ARRAY['a', 'b'], '{"a":1,"b":2}'::jsonb ?& ARRAY['a', 'b']
-- name: question_where
SELECT id FROM orders WHERE props::jsonb ? 'channel' AND props::jsonb -> 'tags' ? 'a' ORDER BY id LIMIT 3
-- name: overlaps
SELECT (date '2024-01-01', date '2024-02-01') OVERLAPS (date '2024-02-01', date '2024-03-01'), (date '2024-01-01', interval '40 days') OVERLAPS (date '2024-02-01', interval '1 day'), (timestamp '2024-02-01', timestamp '2024-01-01') OVERLAPS (timestamp '2024-01-15', timestamp '2024-01-15')
-- name: distinct_from
SELECT 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL, NULL IN (1, NULL) IS NULL, 1 NOT IN (2, NULL) IS NULL
-- name: json_negative
SELECT '[1,2,3]'::jsonb -> -1, '[1,2,3]'::json ->> -3
-- name: jsonb_minus
SELECT '{"a":1,"b":2}'::jsonb - 'a'
-- name: jsonb_equal
SELECT '{"a": 1}'::jsonb = '{"a":1}'::jsonb
-- name: jsonb_join
SELECT '{"a":1}'::jsonb || '{"b":2}'::jsonb
