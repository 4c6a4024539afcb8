-- name: functions
SELECT array_length(ARRAY[1,2,3], 1), array_upper(ARRAY[1,2], 1), array_lower(ARRAY[1,2], 1), cardinality(ARRAY[1,2]), array_position(ARRAY['a','b'], 'b'), (ARRAY[1,2,3])[2]
-- name: change
SELECT array_to_string(array_append(ARRAY[1,2], 3), ','), array_to_string(array_prepend(0, ARRAY[1]), ','), array_to_string(array_cat(ARRAY[1], ARRAY[2]), ','), array_to_string(array_remove(ARRAY[1,2,1], 1), ','), array_to_string(array_replace(ARRAY[1,2], 2, 9), ',')
-- name: to_string
SELECT array_to_string(ARRAY[1,NULL,3], ','), array_to_string(ARRAY[1,NULL,3], ',', '*'), array_to_string(ARRAY['x','y'], ', ')
-- name: operators
SELECT ARRAY[1,2] @> ARRAY[1], ARRAY[1] <@ ARRAY[1,2], ARRAY[1,2] && ARRAY[2,3], ARRAY[1,2] = ARRAY[1,2], ARRAY[1] || ARRAY[2] = ARRAY[1,2]
-- name: any
SELECT 2 = ANY(ARRAY[1,2]), 3 <> ALL(ARRAY[1,2]), 'a' = ANY(ARRAY['a','b'])
-- name: constant
SELECT '{1,2,3}'::int[] = ARRAY[1,2,3], '{a,"b c",NULL}'::text[] IS NOT NULL, ('{x,y}'::text[])[2], array_length('{}'::int[], 1)
-- name: unnest
SELECT * FROM unnest(ARRAY[3,1,2]) AS u(x)
-- name: ordinality
SELECT x, n FROM unnest(ARRAY['b','a']) WITH ORDINALITY AS u(x, n) ORDER BY n
-- name: agg
SELECT array_to_string(array_agg(n ORDER BY n), ',') FROM numbers WHERE n BETWEEN 0 AND 100
-- name: any_constant
SELECT n FROM numbers WHERE n = ANY('{1,12}'::int[]) ORDER BY n
-- name: subscripts
SELECT (ARRAY[1,2,3])[2:3] = ARRAY[2,3], (ARRAY[1,2])[5] IS NULL, ARRAY[1,2] < ARRAY[1,3], array_to_string(ARRAY[1,2] || ARRAY[3], ','), cardinality(ARRAY[]::int[]), cardinality(NULL::int[])
-- name: dims
SELECT array_dims(ARRAY[1,2]), array_ndims(ARRAY[1])
-- name: agg_distinct
SELECT array_to_string(array_agg(DISTINCT status ORDER BY status), ','), array_to_string(array_agg(id ORDER BY id) FILTER (WHERE paid), ',') FROM orders WHERE id < 10
