-- The tables of the cases. PostgreSQL makes them with this text; Tavana reads
-- them from the Parquet files that parquet.py writes of them.

CREATE TABLE kinds (
	id int4, c_bool bool, c_int2 int2, c_int4 int4, c_int8 int8, c_float4 float4, c_float8 float8,
	c_numeric numeric(18,4), c_wide numeric(38,9), c_text text, c_bytea bytea, c_date date, c_time time,
	c_timestamp timestamp, c_timestamptz timestamptz, c_uuid uuid, c_json json, c_ints int4[], c_texts text[]
);

INSERT INTO kinds VALUES
	(1, true, 1, 1, 1, 1.5, 1.5, 1.5, 1.5, 'plain', '\x01', '2024-02-29', '12:34:56', '2024-02-29 12:34:56',
		'2024-02-29 12:34:56+00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1}', '{1,2,3}', '{a,b}'),
	(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(3, false, -32768, -2147483648, -9223372036854775808, -3.4028235e38, -1.7976931348623157e308,
		-99999999999999.9999, -99999999999999999999999999999.999999999, '', '\x', '0001-01-01', '00:00:00',
		'0001-01-01 00:00:00', '0001-01-01 00:00:00+00', '00000000-0000-0000-0000-000000000000', '[]', '{}', '{}'),
	(4, true, 32767, 2147483647, 9223372036854775807, 3.4028235e38, 1.7976931348623157e308,
		99999999999999.9999, 99999999999999999999999999999.999999999, repeat('long é ', 3000), '\x00ff5c27227f80', '9999-12-31',
		'23:59:59.999999', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00',
		'ffffffff-ffff-ffff-ffff-ffffffffffff', '"text"', '{-2147483648,2147483647,NULL}', '{NULL,"",null,"a b","q\"q","b\\s","{x}"}'),
	(5, false, 0, 0, 0, 'NaN', 'NaN', 0, 0.000000001, E'tab\tline\nquote\'double"comma,back\\slash ☃ 😀', '\x5c',
		'1969-12-31', '00:00:00.000001', '1969-12-31 23:59:59.999999', '1969-12-31 23:59:59.999999+00',
		'7fffffff-0000-4000-8000-000000000001', 'null', '{0}', '{☃}'),
	(6, false, -1, -1, -1, '-Infinity', 'Infinity', -0.0001, -1000, ' ', '\x20', '2000-01-01', '01:02:03.000100',
		'2000-01-01 00:00:00', '2000-01-01 00:00:00+00', '00000000-0000-4000-8000-000000000000', '{"nested": {"x": [1, null]}}',
		'{NULL}', '{" "}');

CREATE TABLE numbers (n int4, label text, half numeric(9,1));
INSERT INTO numbers SELECT i, 'row ' || i, i / 2.0 FROM generate_series(1, 10001) AS i;

CREATE TABLE empty (a int4, b text);
