package compat_test

// client is a program that the cases run through.
type client struct {
	name   string
	file   string // in clients/
	launch launch
	// lacks are kinds of steps that the client has no way to do, with the reason.
	lacks map[string]string
	// slow are kinds of steps that take the client long: not for the quick pass.
	slow []string
}

const (
	onlyQueries  = "it reads one query into a table"
	noCursor     = "it has no fetch size"
	noPipeline   = "it sends a statement when the one before is answered"
	oneStatement = "it takes one statement at a time"
	noCopy       = "it has no COPY"
	noPartition  = "it does not split queries"
	noInspection = "it does not inspect databases"
	noScan       = "it attaches no database"
)

// clients lists them all. What every other client lacks, too, is added by
// lacking.
func clients() []client {
	return []client{
		{name: "psql", file: "psql.py", launch: withPython, lacks: map[string]string{
			"arguments": "psql 15 has no parameters", "binary": "it prints text", "reuse": "psql 15 has no parameters",
			"pipeline": noPipeline, "begin": "it has no transactions of its own",
		}},
		{name: "psycopg2", file: "psycopg2_.py", launch: withPython, lacks: map[string]string{
			"binary": "it reads text", "pipeline": noPipeline,
		}},
		{name: "psycopg", file: "psycopg_.py", launch: withPython},
		{name: "asyncpg", file: "asyncpg_.py", launch: withPython, lacks: map[string]string{"pipeline": noPipeline}},
		{name: "sqlalchemy", file: "sqlalchemy_.py", launch: withPython, lacks: map[string]string{
			"binary": "it reads as its driver does", "pipeline": noPipeline, "multi": oneStatement, "copy": noCopy,
			"cancel": "only its driver can cancel", "raw": "it begins transactions by itself",
		}},
		{name: "pg8000", file: "pg8000_.py", launch: withPython, lacks: map[string]string{
			"binary": "it reads text", "pipeline": noPipeline, "fetch": noCursor,
			"cancel": "it cannot cancel", "begin": "its native interface has no transactions of its own",
		}},
		{name: "pgx", file: "pgx/main.go", launch: withGo},
		{name: "node-postgres", file: "node-postgres.js", launch: withNode, lacks: map[string]string{
			"pipeline": noPipeline, "begin": "it has no transactions of its own",
		}},
		{name: "postgres.js", file: "postgres-js.js", launch: withNode, lacks: map[string]string{
			"binary": "it reads text",
		}},
		{name: "pgjdbc", file: "Pgjdbc.java", launch: withJava, lacks: map[string]string{
			"pipeline": "its batches take no queries",
		}},
		{name: "psqlodbc", file: "psqlodbc.py", launch: withPython, lacks: map[string]string{
			"binary": "it reads text", "pipeline": noPipeline, "copy": noCopy,
		}},
		{name: "polars", file: "polars_.py", launch: withPython, lacks: map[string]string{
			"arguments": onlyQueries, "binary": "ADBC always reads binary", "reuse": onlyQueries, "pipeline": onlyQueries,
			"multi": onlyQueries, "fetch": onlyQueries, "copy": onlyQueries, "cancel": onlyQueries, "begin": onlyQueries, "raw": onlyQueries,
		}},
		{name: "pandas", file: "pandas_.py", launch: withPython, lacks: map[string]string{
			"binary": "it reads as its driver does", "reuse": onlyQueries, "pipeline": onlyQueries, "multi": onlyQueries,
			"copy": onlyQueries, "cancel": onlyQueries, "begin": onlyQueries, "raw": onlyQueries,
		}},
		{name: "adbc", file: "adbc.py", launch: withPython, lacks: map[string]string{
			"binary": "it always reads binary", "pipeline": noPipeline, "multi": oneStatement, "copy": "it reads by COPY, and hands out none",
			"raw": "it sends what is no query by COPY, too",
		}},
		{name: "connectorx", file: "connectorx_.py", launch: withPython, lacks: map[string]string{
			"arguments": onlyQueries, "reuse": onlyQueries, "pipeline": onlyQueries, "multi": onlyQueries, "fetch": onlyQueries,
			"copy": onlyQueries, "cancel": onlyQueries, "begin": onlyQueries, "raw": onlyQueries,
		}, slow: []string{"login"}}, // its pool tries again for half a minute
		{name: "duckdb", file: "duckdb_.py", launch: withPython, lacks: map[string]string{
			"arguments": onlyQueries, "binary": "it always reads binary", "reuse": onlyQueries, "pipeline": onlyQueries,
			"multi": onlyQueries, "fetch": onlyQueries, "copy": onlyQueries, "cancel": onlyQueries, "begin": onlyQueries, "raw": onlyQueries,
		}},
	}
}
