package compat_test

import "slices"

// cases lists all of them. strangers is the certificate of an authority that did
// not sign the servers'.
func cases(strangers string) []testCase {
	return slices.Concat(
		connecting(strangers), types(), parameters(), fetching(), cursors(), copying(),
		errorCases(), manyAtOnce(), transactions(), session(), introspection(),
	)
}

// q is a query that both servers take.
func q(sql string) step { return step{Do: "query", SQL: sql} }

// arg is a value for a parameter.
func arg(kind, value string) argument { return argument{Type: kind, Value: &value} }

func null(kind string) argument { return argument{Type: kind} }

func connecting(strangers string) []testCase {
	return []testCase{
		{Name: "connect", quick: true, Steps: []step{q("SELECT 1 AS one"), q("SELECT n, label FROM numbers WHERE n <= 3 ORDER BY n")}},
		{Name: "wrong password", quick: true, Steps: []step{
			{Do: "login", Changes: map[string]string{"password": "wrong"}, State: "28P01"},
		}},
		{Name: "untrusted certificate", quick: true, Steps: []step{
			{Do: "login", Changes: map[string]string{"sslrootcert": strangers}, State: "certificate"},
		}},
	}
}

// columns of the table kinds; those that come last are nested.
func columns() []string {
	return []string{
		"c_bool", "c_int2", "c_int4", "c_int8", "c_float4", "c_float8", "c_numeric", "c_wide", "c_text", "c_bytea", "c_date",
		"c_time", "c_timestamp", "c_timestamptz", "c_uuid", "c_json", "c_ints", "c_texts",
	}
}

// types has a case for each type and format, so that one that a client cannot
// read does not hide the others; and one for a row of them all.
func types() []testCase {
	var all []testCase
	for _, binary := range []bool{false, true} {
		format := "text"
		if binary {
			format = "binary"
		}
		add := func(name, sql string) {
			all = append(all, testCase{
				Name: "type/" + format + "/" + name, quick: name == "numeric",
				Steps: []step{{Do: "query", SQL: sql, Binary: binary}},
			})
		}
		for _, column := range columns() {
			add(column[len("c_"):], "SELECT id, "+column+" FROM kinds ORDER BY id")
		}
		add("row", "SELECT * FROM kinds WHERE id <= 2 ORDER BY id")
		add("interval", "SELECT CAST('1 year 2 months -3 days 04:05:06.789' AS interval) AS v, CAST(NULL AS interval) AS w FROM kinds WHERE id = 1")
		add("timetz", "SELECT CAST('12:00:00+05:30' AS timetz) AS v FROM kinds WHERE id = 1")
		add("infinity", "SELECT CAST('infinity' AS timestamp) AS v, CAST('-infinity' AS date) AS w FROM kinds WHERE id = 1")
		add("arrays", "SELECT CAST(ARRAY[1.50, NULL] AS numeric(9,2)[]) AS a, CAST(ARRAY['2024-01-01', NULL] AS date[]) AS b FROM kinds WHERE id = 1")
		add("empty", "SELECT a, b FROM empty")
	}
	return all
}

func parameters() []testCase {
	one := func(column string, values ...argument) testCase {
		c := testCase{Name: "parameter/" + column[len("c_"):], quick: column == "c_int4"}
		for _, value := range values {
			c.Steps = append(c.Steps, step{Do: "query", SQL: "SELECT id, " + column + " FROM kinds WHERE " + column + " = $1 ORDER BY id", Args: []argument{value}})
		}
		return c
	}
	echo := func(kind string, values ...argument) testCase {
		c := testCase{Name: "parameter/echo/" + kind}
		for _, value := range values {
			c.Steps = append(c.Steps, step{Do: "query", SQL: "SELECT id, CAST($1 AS " + kind + ") AS v FROM kinds WHERE id = 1", Args: []argument{value}})
		}
		return c
	}
	return []testCase{
		one("c_bool", arg("bool", "true"), null("bool")),
		one("c_int2", arg("int2", "-32768"), arg("int2", "7")),
		one("c_int4", arg("int4", "2147483647"), null("int4")),
		one("c_int8", arg("int8", "-9223372036854775808"), arg("int8", "1")),
		one("c_float8", arg("float8", "1.5"), arg("float8", "-1.7976931348623157e308")),
		one("c_numeric", arg("numeric", "99999999999999.9999"), arg("numeric", "1.5")),
		one("c_text", arg("text", "tab\tline\nquote'double\"comma,back\\slash ☃ 😀"), arg("text", "")),
		one("c_bytea", arg("bytea", "00ff5c27227f80"), arg("bytea", "")),
		one("c_date", arg("date", "0001-01-01"), arg("date", "2024-02-29")),
		one("c_time", arg("time", "23:59:59.999999")),
		one("c_timestamp", arg("timestamp", "1969-12-31T23:59:59.999999")),
		one("c_timestamptz", arg("timestamptz", "2024-02-29T14:34:56+02:00")),
		one("c_uuid", arg("uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff")),
		echo("int4", arg("int4", "-1"), null("int4")),
		echo("text", arg("text", "it's"), null("text")),
		echo("numeric(18,4)", arg("numeric", "-0.0001")),
		echo("date", arg("date", "2024-02-29"), null("date")),
		{Name: "parameter/two", Steps: []step{
			{
				Do: "query", SQL: "SELECT n, label FROM numbers WHERE n > $1 AND n <= $2 ORDER BY n",
				Args: []argument{arg("int4", "9999"), arg("int4", "10001")},
			},
		}},
		{Name: "statement reuse", quick: true, Steps: []step{{
			Do: "reuse", SQL: "SELECT n, label, half FROM numbers WHERE n = $1",
			Args: []argument{
				arg("int4", "1"), arg("int4", "2"), arg("int4", "10001"), arg("int4", "0"), arg("int4", "5"), arg("int4", "6"),
				arg("int4", "7"), arg("int4", "8"),
			},
		}}},
	}
}

func fetching() []testCase {
	const all = "SELECT n, label, half FROM numbers ORDER BY n"
	return []testCase{
		{Name: "fetch/1", Steps: []step{{Do: "fetch", SQL: all, Size: 1}}},
		{Name: "fetch/7", Steps: []step{{Do: "fetch", SQL: all, Size: 7}}},
		{Name: "fetch/1000", quick: true, Steps: []step{{Do: "fetch", SQL: all, Size: 1000}}},
		{Name: "fetch/more than all", Steps: []step{{Do: "fetch", SQL: all, Size: 20_000}}},
		{Name: "fetch/exactly all", Steps: []step{{Do: "fetch", SQL: all, Size: 10_001}}},
		{Name: "fetch/none", Steps: []step{{Do: "fetch", SQL: "SELECT a, b FROM empty", Size: 7}}},
	}
}

// cursors are those of SQL, through clients that send statements as they are.
func cursors() []testCase {
	return []testCase{
		{Name: "cursor/fetch", needs: "raw", Steps: []step{
			q("BEGIN"),
			q("DECLARE c CURSOR FOR SELECT n, label FROM numbers ORDER BY n"),
			q("FETCH 2 FROM c"), q("FETCH NEXT FROM c"), q("FETCH FORWARD 3 FROM c"), q("CLOSE c"),
			q("FETCH 1 FROM c"), q("ROLLBACK"),
		}},
		{Name: "cursor/forward only", needs: "raw", Steps: []step{
			q("BEGIN"), q("DECLARE c NO SCROLL CURSOR FOR SELECT n FROM numbers ORDER BY n"), q("FETCH 0 FROM c"), q("FETCH 2 FROM c"),
			q("FETCH 0 FROM c"), q("ROLLBACK"), q("BEGIN"), q("DECLARE c NO SCROLL CURSOR FOR SELECT n FROM numbers ORDER BY n"),
			q("FETCH 2 FROM c"), q("FETCH BACKWARD 1 FROM c"), q("ROLLBACK"),
		}},
		{Name: "cursor/to the end", needs: "raw", Steps: []step{
			q("BEGIN"),
			q("DECLARE c CURSOR FOR SELECT n FROM numbers WHERE n > 9999 ORDER BY n"),
			q("FETCH 5 FROM c"), q("FETCH 5 FROM c"), q("FETCH ALL FROM c"), q("COMMIT"),
		}},
		{Name: "cursor/all", needs: "raw", Steps: []step{
			q("BEGIN"),
			q("DECLARE c CURSOR FOR SELECT n FROM numbers WHERE n <= 12 ORDER BY n"),
			q("FETCH ALL FROM c"), q("CLOSE c"), q("COMMIT"),
		}},
		{Name: "cursor/holdable", needs: "raw", Steps: []step{
			q("BEGIN"), q("DECLARE c CURSOR WITH HOLD FOR SELECT n FROM numbers WHERE n < 9 ORDER BY n"), q("FETCH 2 FROM c"), q("COMMIT"),
			q("FETCH 2 FROM c"), q("SELECT * FROM missing"), q("BEGIN"), q("FETCH 1 FROM c"), q("ROLLBACK"), q("FETCH 1 FROM c"), q("CLOSE c"), q("FETCH 1 FROM c"),
			q("BEGIN"), q("DECLARE c CURSOR WITH HOLD FOR SELECT n FROM numbers ORDER BY n"), q("ROLLBACK"), q("FETCH 1 FROM c"),
			q("DECLARE c CURSOR WITH HOLD FOR SELECT n FROM numbers ORDER BY n"), q("FETCH 3 FROM c"), q("CLOSE ALL"), q("FETCH 1 FROM c"),
			q("DECLARE c CURSOR WITH HOLD FOR SELECT n FROM numbers ORDER BY n"), q("DISCARD ALL"), q("FETCH 1 FROM c"), q("SELECT n FROM numbers WHERE n = 1"),
		}},
		{Name: "cursor/outside a transaction", needs: "raw", Steps: []step{
			q("DECLARE c CURSOR FOR SELECT n FROM numbers"), q("FETCH 1 FROM c"),
		}},
		{Name: "cursor/twice", needs: "raw", Steps: []step{
			q("BEGIN"), q("DECLARE c CURSOR FOR SELECT 1 AS one"), q("DECLARE c CURSOR FOR SELECT 2 AS two"), q("ROLLBACK"),
		}},
		{Name: "cursor/move", needs: "raw", Steps: []step{
			q("BEGIN"), q("DECLARE c CURSOR FOR SELECT n FROM numbers WHERE n <= 20 ORDER BY n"),
			q("MOVE 5 FROM c"), q("FETCH 1 FROM c"), q("MOVE ALL FROM c"), q("CLOSE ALL"), q("COMMIT"),
		}},
	}
}

func copying() []testCase {
	one := func(name, options string) testCase {
		return testCase{Name: "copy/" + name, quick: name == "csv", Steps: []step{
			{Do: "copy", SQL: "COPY (SELECT id, c_bool, c_int8, c_float8, c_wide, c_text, c_bytea, c_date, c_timestamptz, c_uuid, c_texts FROM kinds ORDER BY id) TO STDOUT" + options},
			{Do: "copy", SQL: "COPY (SELECT n, label, half FROM numbers ORDER BY n) TO STDOUT" + options},
			{Do: "copy", SQL: "COPY (SELECT a, b FROM empty) TO STDOUT" + options},
		}}
	}
	return []testCase{
		one("text", ""), one("csv", " (FORMAT csv)"), one("binary", " (FORMAT binary)"),
		{Name: "copy/error", Steps: []step{{Do: "copy", SQL: "COPY (SELECT nothing FROM kinds) TO STDOUT", State: "42703"}}},
	}
}

func errorCases() []testCase {
	one := func(name, sql string) testCase {
		// The next query shows that the connection lives.
		return testCase{Name: "error/" + name, quick: name == "table", Steps: []step{q(sql), q("SELECT 1 AS one")}}
	}
	return []testCase{
		one("syntax", "SELEC 1"),
		one("table", "SELECT * FROM missing"),
		one("column", "SELECT missing FROM kinds"),
		one("function", "SELECT missing(1) FROM kinds"),
		one("text", "SELECT CAST(c_text AS int4) AS v FROM kinds WHERE id = 1"),
		one("range", "SELECT CAST(c_int8 AS int2) AS v FROM kinds WHERE id = 4"),
		one("date", "SELECT CAST('2024-02-30' AS date) AS v FROM kinds"),
		one("date, cast", "SELECT '2024-02-30'::date AS v FROM kinds"),
		one("ambiguous", "SELECT n FROM numbers a, numbers b"),
		one("grouping", "SELECT n, count(*) FROM numbers"),
		one("aggregate", "SELECT n FROM numbers WHERE sum(n) > 1"),
		one("subquery", "SELECT (SELECT n FROM numbers) AS v"),
		one("schema", "SELECT * FROM missing.numbers"),
		one("order by position", "SELECT n FROM numbers ORDER BY 3"),
		{Name: "cancel", quick: true, Steps: []step{
			{Do: "cancel", SQL: "SELECT count(*) AS v FROM numbers a, numbers b, numbers c WHERE a.n * b.n + c.n = -1"},
			q("SELECT 1 AS one"),
		}},
		{Name: "timeout", needs: "raw", Steps: []step{
			q("SET statement_timeout = 2000"),
			q("SELECT count(*) AS v FROM numbers a, numbers b, numbers c WHERE a.n * b.n + c.n = -1"),
			q("SELECT 1 AS one"),
		}},
	}
}

// manyAtOnce are several statements in a text, and in a pipeline.
func manyAtOnce() []testCase {
	multi := func(name, sql string) testCase {
		return testCase{Name: "multi/" + name, quick: name == "queries", Steps: []step{{Do: "multi", SQL: sql}, q("SELECT 1 AS one")}}
	}
	pipeline := func(name string, sqls ...string) testCase {
		return testCase{Name: "pipeline/" + name, quick: name == "queries", Steps: []step{{Do: "pipeline", SQLs: sqls}, q("SELECT 1 AS one")}}
	}
	return []testCase{
		multi("queries", "SELECT n FROM numbers WHERE n <= 2 ORDER BY n; SELECT label FROM numbers WHERE n = 3"),
		multi("transaction", "BEGIN; SELECT n FROM numbers WHERE n = 7; COMMIT"),
		multi("error between", "SELECT 1 AS one; SELECT * FROM missing; SELECT 2 AS two"),
		multi("syntax error behind", "SELECT 1 AS one; SELEC 2"),
		pipeline("queries", "SELECT n FROM numbers WHERE n <= 2 ORDER BY n", "SELECT label FROM numbers WHERE n = 3", "SELECT 1 AS one"),
		pipeline("error between", "SELECT 1 AS one", "SELECT * FROM missing", "SELECT 2 AS two"),
	}
}

func transactions() []testCase {
	return []testCase{
		{Name: "transaction/commit", quick: true, Steps: []step{
			{Do: "begin"},
			q("SELECT n FROM numbers WHERE n = 1"), q("SELECT label FROM numbers WHERE n = 2"),
			{Do: "commit"},
			q("SELECT n FROM numbers WHERE n = 3"),
		}},
		{Name: "transaction/rollback", Steps: []step{
			{Do: "begin"}, q("SELECT n FROM numbers WHERE n = 1"), {Do: "rollback"}, q("SELECT n FROM numbers WHERE n = 3"),
		}},
		{Name: "transaction/failed", Steps: []step{
			{Do: "begin"},
			q("SELECT * FROM missing"), q("SELECT n FROM numbers WHERE n = 1"),
			{Do: "rollback"},
			q("SELECT n FROM numbers WHERE n = 3"),
		}},
		{Name: "transaction/failed, committed", needs: "raw", Steps: []step{
			q("BEGIN"), q("SELECT * FROM missing"), q("SELECT n FROM numbers WHERE n = 1"), q("COMMIT"), q("SELECT n FROM numbers WHERE n = 3"),
		}},
		{Name: "transaction/as BI tools begin", needs: "raw", Steps: []step{
			q("START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"), q("SHOW transaction_isolation"), q("SHOW transaction_read_only"),
			q("SELECT n FROM numbers WHERE n = 1"), q("COMMIT"),
			q("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"), q("SHOW default_transaction_isolation"),
			q("BEGIN READ ONLY"), q("SELECT n FROM numbers WHERE n = 1"), q("COMMIT"),
		}},
		{Name: "transaction/chain", needs: "raw", Steps: []step{
			q("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE"), q("COMMIT AND CHAIN"), q("SHOW transaction_isolation"), q("SHOW transaction_read_only"),
			q("SHOW transaction_deferrable"), q("SET default_transaction_isolation = 'repeatable read'"), q("SELECT * FROM missing"), q("ROLLBACK AND CHAIN"),
			q("SHOW transaction_isolation"), q("SET default_transaction_isolation = 'repeatable read'"), q("COMMIT AND NO CHAIN"), q("SHOW transaction_isolation"),
			q("COMMIT AND CHAIN"),
		}},
		{Name: "transaction/warnings", needs: "raw", Steps: []step{q("COMMIT"), q("ROLLBACK"), q("BEGIN"), q("BEGIN"), q("END"), q("ABORT")}},
		{Name: "transaction/savepoint", needs: "raw", Steps: []step{
			q("BEGIN"), q("SAVEPOINT a"), q("SELECT * FROM missing"), q("ROLLBACK TO SAVEPOINT a"), q("SELECT n FROM numbers WHERE n = 1"),
			q("RELEASE SAVEPOINT a"), q("COMMIT"),
		}},
		{Name: "transaction/settings", needs: "raw", Steps: []step{
			q("BEGIN"), q("SET LOCAL extra_float_digits = 0"), q("SHOW extra_float_digits"), q("ROLLBACK"), q("SHOW extra_float_digits"),
			q("BEGIN"), q("SET extra_float_digits = 2"), q("ROLLBACK"), q("SHOW extra_float_digits"),
			q("BEGIN"), q("SET extra_float_digits = 2"), q("COMMIT"), q("SHOW extra_float_digits"),
		}},
	}
}

// session has what clients say beside queries.
func session() []testCase {
	return []testCase{
		{Name: "session/settings", needs: "raw", quick: true, Steps: []step{
			q("SET application_name = 'compat'"), q("SHOW application_name"), q("SET TimeZone = 'Europe/Berlin'"), q("SHOW TimeZone"),
			q("SELECT c_timestamptz FROM kinds WHERE id = 6"), q("SET DateStyle = ISO"), q("SHOW DateStyle"), q("SHOW server_encoding"),
			q("SET client_min_messages TO warning"), q("SHOW standard_conforming_strings"), q("RESET TimeZone"), q("SHOW TimeZone"),
			q("SET missing_setting = 1"), q("SHOW missing_setting"), q("SET statement_timeout = 'long'"),
		}},
		{Name: "session/search path", needs: "raw", Steps: []step{
			q("SET search_path = nosuch"), q("SHOW search_path"), q("SELECT current_schema() AS s"), q("SELECT current_schemas(true) AS s"), q("SELECT count(*) AS v FROM numbers"),
			q("SELECT count(*) AS v FROM main.numbers"), q("SELECT current_schemas(false) AS s, current_schema AS t FROM pg_catalog.pg_class WHERE relname = 'pg_class'"),
			q("SET search_path = nosuch, main, pg_catalog"), q("SELECT count(*) AS v FROM numbers"), q("SELECT current_schemas(true) AS s"), q("SET search_path = ''"),
			q("SELECT count(*) AS v FROM numbers"), q("SELECT current_schema() IS NULL AS s FROM pg_class WHERE oid = 1259"), q("RESET search_path"), q("SELECT count(*) AS v FROM numbers"),
			q("SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = current_schema()"), q("BEGIN"), q("SET LOCAL search_path TO nosuch"), q("SELECT current_schema() AS s"), q("COMMIT"), q("SELECT current_schema() AS s"),
		}},
		{Name: "session/names of settings", needs: "raw", Steps: []step{
			q("SHOW timezone"), q("SHOW TIME ZONE"), q("SHOW datestyle"), q("SHOW INTERVALSTYLE"), q("SHOW Transaction Isolation Level"), q(`SHOW "TIMEZONE"`),
			q("SET Custom.Setting = 'x'"), q("SHOW custom.SETTING"), q("SHOW integer_datetimes"), q("SELECT current_setting('datestyle') AS d"),
		}},
		{Name: "session/escapes", needs: "raw", Steps: []step{
			q(`SET application_name = E'a\x42\103\u0044\'\\'`), q("SHOW application_name"), q(`SET application_name = U&'\0041\+000042'`), q("SHOW application_name"),
			q(`SET application_name = U&'!0043' UESCAPE '!'`), q("SHOW application_name"), q(`SET a.b = E'\U0001F600\ud83d\ude00'`), q("SHOW a.b"),
			q(`SET application_name = E'\u12'`), q(`SET application_name = E'\ud83d'`), q(`SET application_name = U&'\12'`), q(`SET application_name = E'\xff'`),
			q(`SET U&"application\005fname" = 'z'`), q("SHOW application_name"),
		}},
		{Name: "session/functions", Steps: []step{
			q("SELECT current_user AS u, current_database() AS d, current_schema() AS s"),
			q("SELECT current_setting('server_encoding') AS e"),
		}},
		{Name: "session/prepare", needs: "raw", Steps: []step{
			q("PREPARE p (int4) AS SELECT n, label FROM numbers WHERE n = $1"), q("EXECUTE p (3)"), q("EXECUTE p (NULL)"),
			q("EXECUTE p (1, 2)"), q("PREPARE p AS SELECT 1"), q("DEALLOCATE p"), q("EXECUTE p (3)"),
		}},
		{Name: "session/discard", needs: "raw", Steps: []step{
			q("PREPARE p AS SELECT 1 AS one"), q("SET extra_float_digits = 0"), q("DISCARD ALL"), q("SHOW extra_float_digits"), q("EXECUTE p"),
			q("RESET ALL"), q("DEALLOCATE ALL"),
		}},
		{Name: "session/empty", needs: "raw", only: []string{"psycopg", "psycopg2", "pgx", "node-postgres", "pgjdbc"}, Steps: []step{
			q(""), q("-- a comment"), q("/* another */ ;"), q("SELECT 1 AS one"),
		}},
	}
}

// introspection is what clients ask of the catalogs.
func introspection() []testCase {
	return []testCase{
		{Name: "introspection/types", Steps: []step{
			q("SELECT oid, typname, typlen, typelem, typarray FROM pg_catalog.pg_type WHERE typname IN ('int4', 'text', '_numeric') ORDER BY oid"),
		}},
		{Name: "introspection/inspect", only: []string{"sqlalchemy"}, Steps: []step{{Do: "inspect", Table: "numbers"}}},
		{Name: "partitions", only: []string{"connectorx"}, quick: true, Steps: []step{
			{Do: "partitions", SQL: "SELECT n, label FROM numbers", Column: "n"},
		}},
		{Name: "scan", only: []string{"duckdb"}, Steps: []step{
			{Do: "scan", SQL: "SELECT count(*), sum(n) FROM pg.main.numbers"},
			{Do: "scan", SQL: "SELECT n, label FROM pg.main.numbers WHERE n > 9990 ORDER BY n"},
		}},
	}
}
