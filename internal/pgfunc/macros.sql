-- Macros for functions and operators of PostgreSQL that SQL can say exactly.
-- They live in the temporary catalog, which every search path has and into which
-- no statement of a user can write. One statement a macro; every name is in the
-- lists of package policy.

-- Operators. DuckDB's parser does not know "#", and takes "?" for a parameter: the
-- planner writes #> as @->, #>> as @->>, # as @^, ?, ?| and ?& as @!, @!| and @!&.
CREATE TEMP MACRO "~*"(a, b) AS system.main.regexp_matches(a, tavana_regular(b), 'i');
CREATE TEMP MACRO "!~*"(a, b) AS NOT system.main.regexp_matches(a, tavana_regular(b), 'i');
CREATE TEMP MACRO "@^"(a, b) AS xor(a, b);
CREATE TEMP MACRO tavana_pointer(path) AS
	CASE WHEN path = '{}' THEN '' ELSE '/' || replace(replace(replace(replace(trim(path, '{}'), '~', '~0'), '/', '~1'), '"', ''), ',', '/') END;
CREATE TEMP MACRO tavana_pointer_of_keys(path) AS
	list_aggregate(list_transform(path, lambda key: '/' || replace(replace(key, '~', '~0'), '/', '~1')), 'string_agg', '');
CREATE TEMP MACRO "@->"(j, path VARCHAR) AS json_extract(j, tavana_pointer(path)),
	(j, path VARCHAR[]) AS json_extract(j, tavana_pointer_of_keys(path));
CREATE TEMP MACRO "@->>"(j, path VARCHAR) AS json_extract_string(j, tavana_pointer(path)),
	(j, path VARCHAR[]) AS json_extract_string(j, tavana_pointer_of_keys(path));

CREATE TEMP MACRO tavana_keys(j) AS CASE json_type(j) WHEN 'OBJECT' THEN json_keys(j)
	WHEN 'ARRAY' THEN list_filter(list_transform(CAST(j AS JSON[]), lambda e: CASE WHEN json_type(e) = 'VARCHAR' THEN json_extract_string(e, '$') END), lambda e: e IS NOT NULL)
	WHEN 'VARCHAR' THEN [json_extract_string(j, '$')] WHEN 'NULL' THEN CAST([] AS VARCHAR[]) ELSE CASE WHEN j IS NOT NULL THEN CAST([] AS VARCHAR[]) END END;
CREATE TEMP MACRO "@!"(j, key) AS list_contains(tavana_keys(j), key);
CREATE TEMP MACRO "@!|"(j, keys) AS list_has_any(tavana_keys(j), CAST(keys AS VARCHAR[]));
CREATE TEMP MACRO "@!&"(j, keys) AS list_has_all(tavana_keys(j), CAST(keys AS VARCHAR[]));

-- Text.
CREATE TEMP MACRO btrim(text) AS trim(text, ' '), (text, characters) AS trim(text, characters);

-- Numbers.
CREATE TEMP MACRO to_number(text, template) AS CAST(tavana_to_number(text, template) AS DECIMAL(38, 9));
CREATE TEMP MACRO div(y, x) AS CAST(tavana_div(y, x) AS DECIMAL(38, 0));

-- Dates.
CREATE TEMP MACRO make_interval(years := 0, months := 0, weeks := 0, days := 0, hours := 0, mins := 0, secs := 0) AS
	to_months(CAST(years * 12 + months AS INTEGER)) + to_days(CAST(weeks * 7 + days AS INTEGER)) + to_hours(CAST(hours AS BIGINT))
	+ to_minutes(CAST(mins AS BIGINT)) + to_microseconds(CAST(round(secs * 1000000) AS BIGINT));
CREATE TEMP MACRO tavana_end(a, b INTERVAL) AS a + b, (a, b) AS b;
CREATE TEMP MACRO tavana_overlap(a, b, c, d) AS CASE WHEN a > c THEN a < d WHEN c > a THEN c < b ELSE a = c END;
CREATE TEMP MACRO "overlaps"(a, b, c, d) AS tavana_overlap(least(a, tavana_end(a, b)), greatest(a, tavana_end(a, b)),
	least(c, tavana_end(c, d)), greatest(c, tavana_end(c, d)));
CREATE TEMP MACRO date_bin(stride, source, origin) AS time_bucket(stride, source, origin);
CREATE TEMP MACRO clock_timestamp() AS now();
CREATE TEMP MACRO statement_timestamp() AS now();

-- Arrays.
CREATE TEMP MACRO array_lower(list, dimension) AS CASE WHEN array_length(list, dimension) > 0 THEN 1 END;
CREATE TEMP MACRO array_upper(list, dimension) AS nullif(array_length(list, dimension), 0);
CREATE TEMP MACRO cardinality(list) AS tavana_cardinality(list);
CREATE TEMP MACRO array_remove(list, element) AS list_filter(list, lambda e: e IS DISTINCT FROM element);
CREATE TEMP MACRO array_replace(list, old, new) AS
	list_transform(list, lambda e: CASE WHEN e IS NOT DISTINCT FROM old THEN new ELSE e END);

CREATE TEMP MACRO array_to_string(list, separator) AS system.main.array_to_string(list, separator),
	(list, separator, nothing) AS tavana_array_to_string(CAST(list AS VARCHAR[]), separator, nothing);
CREATE TEMP MACRO regexp_split_to_table(text, pattern) AS TABLE SELECT unnest(string_split_regex(text, tavana_regular(pattern))) AS regexp_split_to_table;
CREATE TEMP MACRO string_to_table(text, separator) AS TABLE SELECT unnest(string_to_array(text, separator)) AS string_to_table;

-- Bytes.
CREATE TEMP MACRO convert_to(text, encoding) AS
	CASE WHEN upper(replace(encoding, '-', '')) = 'UTF8' THEN system.main.encode(text) ELSE error('only the encoding UTF8 is available') END;
CREATE TEMP MACRO convert_from(bytes, encoding) AS
	CASE WHEN upper(replace(encoding, '-', '')) = 'UTF8' THEN system.main.decode(bytes) ELSE error('only the encoding UTF8 is available') END;
CREATE TEMP MACRO uuid_generate_v4() AS gen_random_uuid();
CREATE TEMP MACRO pg_typeof(value) AS CASE
	WHEN starts_with(typeof(value), 'DECIMAL') OR typeof(value) = 'HUGEINT' THEN 'numeric'
	WHEN typeof(value) = 'VARCHAR' THEN 'text' WHEN typeof(value) = 'DOUBLE' THEN 'double precision'
	WHEN typeof(value) = 'FLOAT' THEN 'real' WHEN typeof(value) = 'BLOB' THEN 'bytea'
	WHEN typeof(value) = 'TIMESTAMP' THEN 'timestamp without time zone' WHEN typeof(value) = 'TIME' THEN 'time without time zone'
	WHEN typeof(value) = '"NULL"' THEN 'unknown' ELSE lower(typeof(value)) END;

-- JSON: a json and a jsonb are one type.
CREATE TEMP MACRO json_typeof(j) AS CASE json_type(j)
	WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean'
	WHEN 'NULL' THEN 'null' ELSE CASE WHEN json_type(j) IS NULL THEN NULL ELSE 'number' END END;
CREATE TEMP MACRO jsonb_typeof(j) AS CASE json_type(j)
	WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean'
	WHEN 'NULL' THEN 'null' ELSE CASE WHEN json_type(j) IS NULL THEN NULL ELSE 'number' END END;
CREATE TEMP MACRO json_array_elements(j) AS TABLE SELECT coalesce(v, CAST('null' AS JSON)) AS value FROM (SELECT unnest(CAST(j AS JSON[])) AS v);
CREATE TEMP MACRO jsonb_array_elements(j) AS TABLE SELECT coalesce(v, CAST('null' AS JSON)) AS value FROM (SELECT unnest(CAST(j AS JSON[])) AS v);
CREATE TEMP MACRO json_array_elements_text(j) AS TABLE SELECT unnest(json_extract_string(j, '$[*]')) AS value;
CREATE TEMP MACRO jsonb_array_elements_text(j) AS TABLE SELECT unnest(json_extract_string(j, '$[*]')) AS value;
CREATE TEMP MACRO json_object_keys(j) AS TABLE SELECT unnest(json_keys(j)) AS json_object_keys;
CREATE TEMP MACRO jsonb_object_keys(j) AS TABLE SELECT unnest(json_keys(j)) AS jsonb_object_keys;
CREATE TEMP MACRO jsonb_each(j) AS TABLE SELECT key, json_extract(j, '/' || replace(replace(key, '~', '~0'), '/', '~1')) AS value
	FROM (SELECT unnest(json_keys(j)) AS key);
CREATE TEMP MACRO jsonb_each_text(j) AS TABLE SELECT key, json_extract_string(j, '/' || replace(replace(key, '~', '~0'), '/', '~1')) AS value
	FROM (SELECT unnest(json_keys(j)) AS key);
CREATE TEMP MACRO json_each_text(j) AS TABLE SELECT key, json_extract_string(j, '/' || replace(replace(key, '~', '~0'), '/', '~1')) AS value
	FROM (SELECT unnest(json_keys(j)) AS key);
CREATE TEMP MACRO jsonb_array_length(j) AS json_array_length(j);
CREATE TEMP MACRO jsonb_pretty(j) AS json_pretty(j);
CREATE TEMP MACRO to_jsonb(value) AS to_json(value);
CREATE TEMP MACRO json_extract_path(j, a) AS json_extract(j, tavana_pointer_of_keys([a])),
	(j, a, b) AS json_extract(j, tavana_pointer_of_keys([a, b])), (j, a, b, c) AS json_extract(j, tavana_pointer_of_keys([a, b, c])),
	(j, a, b, c, d) AS json_extract(j, tavana_pointer_of_keys([a, b, c, d]));
CREATE TEMP MACRO jsonb_extract_path(j, a) AS json_extract(j, tavana_pointer_of_keys([a])),
	(j, a, b) AS json_extract(j, tavana_pointer_of_keys([a, b])), (j, a, b, c) AS json_extract(j, tavana_pointer_of_keys([a, b, c])),
	(j, a, b, c, d) AS json_extract(j, tavana_pointer_of_keys([a, b, c, d]));
CREATE TEMP MACRO json_extract_path_text(j, a) AS json_extract_string(j, tavana_pointer_of_keys([a])),
	(j, a, b) AS json_extract_string(j, tavana_pointer_of_keys([a, b])), (j, a, b, c) AS json_extract_string(j, tavana_pointer_of_keys([a, b, c])),
	(j, a, b, c, d) AS json_extract_string(j, tavana_pointer_of_keys([a, b, c, d]));
CREATE TEMP MACRO jsonb_extract_path_text(j, a) AS json_extract_string(j, tavana_pointer_of_keys([a])),
	(j, a, b) AS json_extract_string(j, tavana_pointer_of_keys([a, b])), (j, a, b, c) AS json_extract_string(j, tavana_pointer_of_keys([a, b, c])),
	(j, a, b, c, d) AS json_extract_string(j, tavana_pointer_of_keys([a, b, c, d]));
