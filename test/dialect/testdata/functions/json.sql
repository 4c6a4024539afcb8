-- name: get
SELECT props::json -> 'channel', props::json ->> 'channel', (props::jsonb ->> 'n')::int, props::jsonb -> 'tags' ->> 0 FROM orders ORDER BY id LIMIT 5
-- name: path
SELECT props::json #> '{tags,0}', props::json #>> '{tags,1}', props::jsonb #>> '{channel}', props::json #>> ARRAY['tags','0'] FROM orders ORDER BY id LIMIT 5
-- name: extract_path
SELECT json_extract_path_text(props::json, 'channel'), jsonb_extract_path_text(props::jsonb, 'channel') FROM orders ORDER BY id LIMIT 5
-- name: extract_path_deep
SELECT json_extract_path_text(props::json, 'tags', '0') FROM orders ORDER BY id LIMIT 5
-- name: typeof
SELECT json_typeof('[1]'::json), jsonb_typeof('{}'::jsonb), json_typeof('1'::json), jsonb_typeof('null'::jsonb), json_typeof('"a"'::json), json_typeof('true'::json), json_typeof(NULL::json)
-- name: elements
SELECT value FROM json_array_elements('[1,"a",null,{"b":2}]'::json)
-- name: elements_text
SELECT value FROM jsonb_array_elements_text('[1,"a",null]'::jsonb)
-- name: lateral
SELECT id, tag FROM orders CROSS JOIN LATERAL jsonb_array_elements_text(props::jsonb -> 'tags') AS e(tag) WHERE id < 5 ORDER BY id, tag
-- name: build
SELECT json_build_object('a', 1, 'b', 'x'), jsonb_build_array(1, 'a', NULL), to_json('a"b'::text), to_jsonb(1)
-- name: agg
SELECT json_agg(n ORDER BY n) FROM numbers WHERE n BETWEEN 0 AND 12
-- name: agg_plain
SELECT jsonb_agg(n) FROM numbers WHERE n = 12
-- name: agg_filter
SELECT json_agg(n) FILTER (WHERE n > 5) FROM numbers WHERE n = 12
-- name: object_agg
SELECT jsonb_object_agg(n::text, x) FROM numbers WHERE n = 12
-- name: keys
SELECT * FROM json_object_keys('{"b":1,"a":2}'::json) AS k(key) ORDER BY key
-- name: length
SELECT json_array_length('[1,2]'::json), jsonb_array_length('[]'::jsonb)
-- name: each
SELECT key, value FROM jsonb_each_text('{"b":1,"a":"x"}'::jsonb) ORDER BY key
-- name: contains
SELECT '{"a":1,"b":2}'::jsonb @> '{"a":1}'::jsonb
-- name: exists_key
SELECT '{"a":1}'::jsonb ? 'a'
-- name: compare
SELECT id FROM orders WHERE props::jsonb ->> 'channel' = 'web' AND (props::jsonb ->> 'n')::int = 2 ORDER BY id
-- name: nested
SELECT '{"a":{"b":[1,2]}}'::json -> 'a' -> 'b' ->> 0, '{"a":{"b":[1,2]}}'::jsonb #>> '{a,b,1}', '{"a":1}'::jsonb ->> 'x', json_build_object('a', NULL, 'b', true, 'c', 1.5, 'd', date '2024-01-01')
-- name: agg_objects
SELECT json_agg(json_build_object('i', id) ORDER BY id) FROM customers WHERE id < 3
-- name: agg_rows
SELECT json_agg(c) FROM (SELECT id, name FROM customers WHERE id < 3) c
-- name: jsonb_set
SELECT jsonb_set('{"a":1}'::jsonb, '{a}', '2')
-- name: path_query
SELECT jsonb_path_query_first('{"a":[1,2]}'::jsonb, '$.a[1]')
