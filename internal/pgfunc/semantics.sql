-- What PostgreSQL means, for sessions with postgres_semantics: macros that hide
-- DuckDB's functions of the same name. Their bodies name DuckDB's own with
-- system.main. The planner writes ~ as @~ and !~ as !@~, and regexp_full_match
-- with its schema: what is left under that name is SIMILAR TO. Types of arguments
-- are told apart by overloads of functions in Go: a macro does not know the types
-- of aggregates.

-- Patterns.
CREATE TEMP MACRO "@~"(a, b) AS system.main.regexp_matches(a, tavana_regular(b));
CREATE TEMP MACRO "!@~"(a, b) AS NOT system.main.regexp_matches(a, tavana_regular(b));
CREATE TEMP MACRO regexp_full_match(a, b) AS system.main.regexp_matches(a, tavana_similar(b));
CREATE TEMP MACRO tavana_escapes(pattern) AS contains(pattern, '\');
CREATE TEMP MACRO "~~"(a, b) AS CASE WHEN tavana_escapes(b) THEN like_escape(a, b, '\') ELSE system.main."~~"(a, b) END;
CREATE TEMP MACRO "!~~"(a, b) AS CASE WHEN tavana_escapes(b) THEN not_like_escape(a, b, '\') ELSE system.main."!~~"(a, b) END;
CREATE TEMP MACRO "~~*"(a, b) AS CASE WHEN tavana_escapes(b) THEN ilike_escape(a, b, '\') ELSE system.main."~~*"(a, b) END;
CREATE TEMP MACRO "!~~*"(a, b) AS CASE WHEN tavana_escapes(b) THEN not_ilike_escape(a, b, '\') ELSE system.main."!~~*"(a, b) END;
CREATE TEMP MACRO regexp_replace(string, pattern, replacement) AS tavana_regexp_replace(string, pattern, replacement),
	(string, pattern, replacement, flags) AS tavana_regexp_replace(string, pattern, replacement, flags);
CREATE TEMP MACRO regexp_matches(string, pattern) AS unnest(CAST(CAST(tavana_regexp_matches(string, pattern) AS JSON) AS VARCHAR[][])),
	(string, pattern, flags) AS unnest(CAST(CAST(tavana_regexp_matches(string, pattern, flags) AS JSON) AS VARCHAR[][]));
CREATE TEMP MACRO regexp_split_to_array(string, pattern) AS string_split_regex(string, tavana_regular(pattern)),
	(string, pattern, flags) AS string_split_regex(string, tavana_regular(pattern, flags));

-- Text. The planner writes casts to a text as text().
CREATE TEMP MACRO text(value) AS CASE WHEN typeof(value) IN ('DOUBLE', 'FLOAT', 'DECIMAL(38,9)', 'INTERVAL', 'BLOB')
	THEN tavana_spell(CAST(value AS VARCHAR), typeof(value)) ELSE CAST(value AS VARCHAR) END;
CREATE TEMP MACRO substring(string, start) AS system.main.substring(string, tavana_start(start)),
	(string, start, length) AS system.main.substring(string, CASE WHEN start < 1 THEN 1 ELSE start END,
		CASE WHEN length < 0 THEN error('negative substring length not allowed') WHEN start >= 1 THEN length
		WHEN start + length <= 1 THEN 0 ELSE start + length - 1 END);
CREATE TEMP MACRO substr(string, start) AS system.main.substring(string, tavana_start(start)),
	(string, start, length) AS system.main.substring(string, CASE WHEN start < 1 THEN 1 ELSE start END,
		CASE WHEN length < 0 THEN error('negative substring length not allowed') WHEN start >= 1 THEN length
		WHEN start + length <= 1 THEN 0 ELSE start + length - 1 END);
CREATE TEMP MACRO format(template) AS tavana_format(template, []),
	(template, a) AS tavana_format(template, [CAST(a AS VARCHAR)]),
	(template, a, b) AS tavana_format(template, [CAST(a AS VARCHAR), CAST(b AS VARCHAR)]),
	(template, a, b, c) AS tavana_format(template, [CAST(a AS VARCHAR), CAST(b AS VARCHAR), CAST(c AS VARCHAR)]),
	(template, a, b, c, d) AS tavana_format(template, [CAST(a AS VARCHAR), CAST(b AS VARCHAR), CAST(c AS VARCHAR), CAST(d AS VARCHAR)]),
	(template, a, b, c, d, e) AS tavana_format(template, [CAST(a AS VARCHAR), CAST(b AS VARCHAR), CAST(c AS VARCHAR), CAST(d AS VARCHAR),
		CAST(e AS VARCHAR)]),
	(template, a, b, c, d, e, f) AS tavana_format(template, [CAST(a AS VARCHAR), CAST(b AS VARCHAR), CAST(c AS VARCHAR), CAST(d AS VARCHAR),
		CAST(e AS VARCHAR), CAST(f AS VARCHAR)]);
CREATE TEMP MACRO to_hex(number) AS
	lower(system.main.to_hex(CASE WHEN typeof(number) = 'INTEGER' AND number < 0 THEN number + 4294967296 ELSE number END));
CREATE TEMP MACRO sha256(bytes) AS unhex(system.main.sha256(bytes));

-- Numbers.
CREATE TEMP MACRO tavana_tie(x) AS abs(x - trunc(x)) = 0.5 AND system.main.round(x) % 2 <> 0;
CREATE TEMP MACRO round(x) AS system.main.round(x)
		- CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') AND tavana_tie(CAST(x AS DOUBLE)) THEN CAST(sign(CAST(x AS DOUBLE)) AS INTEGER) ELSE 0 END,
	(x, digits) AS system.main.round(x, digits);

-- Dates.
CREATE TEMP MACRO tavana_unit(field) AS CASE
	WHEN lower(field) IN ('second', 'seconds', 'sec', 's') THEN 1000000
	WHEN lower(field) IN ('millisecond', 'milliseconds', 'ms', 'msec') THEN 1000 END;
CREATE TEMP MACRO date_part(field, t) AS CASE
	WHEN tavana_unit(field) IS NULL THEN CAST(system.main.date_part(field, t) AS DOUBLE)
	ELSE system.main."/"(system.main.date_part('microseconds', t), CAST(tavana_unit(field) AS DOUBLE)) END;
CREATE TEMP MACRO date_trunc(field, t) AS CASE
	WHEN lower(field) IN ('century', 'centuries', 'cent', 'c', 'millennium', 'millennia', 'mil')
		THEN system.main.date_trunc(field, t - INTERVAL 1 YEAR) + INTERVAL 1 YEAR
	ELSE system.main.date_trunc(field, t) END,
	(field, t, zone) AS system.main.date_trunc(field, t, zone);
CREATE TEMP MACRO generate_series(first, last) AS unnest(system.main.generate_series(first, last)),
	(first, last, step) AS unnest(system.main.generate_series(first, last, step));

-- Macros that DuckDB itself has, which call what is hidden here: they keep their
-- meaning, also where nothing is hidden because no word of a statement asks for it.
CREATE TEMP MACRO fdiv(x, y) AS floor(system.main."/"(x, y));
CREATE TEMP MACRO fmod(x, y) AS x - y * floor(system.main."/"(x, y));
CREATE TEMP MACRO round_even(x, n) AS CASE WHEN abs(x) * power(10, n + 1) % 10 = 5
	THEN system.main.round(system.main."/"(x, 2), n) * 2 ELSE system.main.round(x, n) END;
CREATE TEMP MACRO roundbankers(x, n) AS round_even(x, n);
CREATE TEMP MACRO generate_subscripts(arr, dim) AS unnest(system.main.generate_series(1, array_length(arr, dim)));
