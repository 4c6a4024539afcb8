package session_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type script struct {
	reason string
	send   []string
	want   []string
}

func (c script) run(t *testing.T) {
	t.Helper()
	t.Parallel()
	if diff := cmp.Diff(c.want, newDoor(t).play(c.send...)); diff != "" {
		t.Errorf("%s: %s", c.reason, diff)
	}
}

func TestSimple(t *testing.T) {
	t.Parallel()
	cases := map[string]script{
		"empty": {"nothing, and comments only, are an empty query", []string{"Q ", "Q -- ping", "Q  ; "}, []string{
			"empty", "ready I", "empty", "ready I", "empty", "ready I",
		}},
		"rows":    {"columns, rows, tag", []string{"Q FROM rows(5)"}, []string{"columns n:20/0", "5 rows", "SELECT 5", "ready I"}},
		"none":    {"no rows have columns too", []string{"Q FROM rows(0)"}, []string{"columns n:20/0", "SELECT 0", "ready I"}},
		"explain": {"its tag has no count", []string{"Q EXPLAIN FROM rows(2)"}, []string{"columns n:20/0", "2 rows", "EXPLAIN", "ready I"}},
		"many": {"one ReadyForQuery for all", []string{"Q FROM rows(1); SET application_name = 'x'; SELECT 1"}, []string{
			"columns n:20/0", "1 rows", "SELECT 1", "SET",
			"columns ?column?:23/0", "row 1", "SELECT 1", "parameter application_name=x", "ready I",
		}},
		"stop": {"what follows an error is not run, positions count from the whole text", []string{"Q SELECT 'é'; SELECT bad; SELECT 2"}, []string{
			"columns ?column?:25/0", "row é", "SELECT 1", "error 42703 20", "ready I",
		}},
		"syntax": {"a text that cannot be split runs nothing", []string{"Q SELECT 1; SELECT 'x"}, []string{"error 42601 18", "ready I"}},
		"control syntax": {"an error in the grammar of one runs none", []string{"Q SELECT 1; BEGIN nonsense"}, []string{
			"error 42601 17", "ready I",
		}},
		"late":      {"an error after rows", []string{"Q FROM broken_rows(3)"}, []string{"columns n:20/0", "3 rows", "error 22012 0", "ready I"}},
		"refused":   {"an error before rows", []string{"Q FROM refused"}, []string{"columns n:20/0", "error 53400 0", "ready I"}},
		"parameter": {"has no value", []string{"Q SELECT $1 FROM rows(1)"}, []string{"error 42P02 0", "ready I"}},
		"rolled back": {"an error undoes the settings of its query", []string{
			"Q SET application_name = 'x'; SELECT bad", "Q SHOW application_name",
		}, []string{
			"SET", "error 42703 36", "ready I", "columns application_name:25/0", "row ", "SHOW", "ready I",
		}},
		"asyncpg": {"the reset of its pool", []string{"Q SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;"}, []string{
			"columns pg_advisory_unlock_all:2278/0", "row ", "SELECT 1", "CLOSE CURSOR ALL", "UNLISTEN", "RESET", "ready I",
		}},
	}
	for name, c := range cases {
		t.Run(name, c.run)
	}
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	cases := map[string]script{
		"block":    {"states and tags", []string{"Q BEGIN", "Q FROM rows(1)", "Q END"}, []string{"BEGIN", "ready T", "columns n:20/0", "1 rows", "SELECT 1", "ready T", "COMMIT", "ready I"}},
		"failed":   {"nothing but the end until the end", []string{"Q BEGIN", "Q SELECT bad", "Q SELECT 1", "Q BEGIN", "Q ", "Q COMMIT"}, []string{"BEGIN", "ready T", "error 42703 8", "ready E", "error 25P02 0", "ready E", "error 25P02 0", "ready E", "empty", "ready E", "ROLLBACK", "ready I"}},
		"start":    {"a tag of its own", []string{"Q START TRANSACTION; END"}, []string{"START TRANSACTION", "COMMIT", "ready I"}},
		"again":    {"BEGIN in a block warns", []string{"Q BEGIN; BEGIN"}, []string{"BEGIN", "WARNING 25001", "BEGIN", "ready T"}},
		"outside":  {"COMMIT and ROLLBACK outside warn", []string{"Q COMMIT", "Q ROLLBACK"}, []string{"WARNING 25P01", "COMMIT", "ready I", "WARNING 25P01", "ROLLBACK", "ready I"}},
		"chain":    {"the next block begins at once", []string{"Q BEGIN; COMMIT AND CHAIN", "Q ROLLBACK AND CHAIN", "Q ROLLBACK"}, []string{"BEGIN", "COMMIT", "ready T", "ROLLBACK", "ready T", "ROLLBACK", "ready I"}},
		"no chain": {"outside of a block it is an error", []string{"Q COMMIT AND CHAIN"}, []string{"error 25P01 0", "ready I"}},
		"settings": {"ROLLBACK undoes SET, COMMIT ends SET LOCAL, and both are told before the next query", []string{
			"Q BEGIN; SET TimeZone = 'Asia/Tehran'", "Q ROLLBACK", "Q BEGIN; SET LOCAL TimeZone = 'Asia/Tokyo'", "Q COMMIT",
			"Q BEGIN; SET TimeZone = 'Asia/Tehran'; ROLLBACK",
		}, []string{
			"BEGIN", "SET", "parameter TimeZone=Asia/Tehran", "ready T", "ROLLBACK", "parameter TimeZone=UTC", "ready I",
			"BEGIN", "SET", "parameter TimeZone=Asia/Tokyo", "ready T", "COMMIT", "parameter TimeZone=UTC", "ready I",
			"BEGIN", "SET", "ROLLBACK", "ready I",
		}},
		"chained modes": {"are those of the block before, also of one that failed", []string{
			"Q BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE; SET default_transaction_isolation = 'repeatable read'", "Q COMMIT AND CHAIN; SHOW transaction_isolation",
			"Q SELECT bad", "Q COMMIT AND CHAIN", "Q SHOW transaction_read_only; SHOW transaction_deferrable", "Q COMMIT; SHOW transaction_isolation",
		}, []string{
			"BEGIN", "SET", "ready T", "COMMIT", "columns transaction_isolation:25/0", "row serializable", "SHOW", "ready T",
			"error 42703 8", "ready E", "ROLLBACK", "ready T", "columns transaction_read_only:25/0", "row on", "SHOW",
			"columns transaction_deferrable:25/0", "row on", "SHOW", "ready T",
			"COMMIT", "columns transaction_isolation:25/0", "row repeatable read", "SHOW", "ready I",
		}},
		"defaults of modes": {"are for the transactions that follow", []string{"Q BEGIN; SET default_transaction_read_only = on; SHOW transaction_read_only", "Q COMMIT; BEGIN; SHOW transaction_read_only; COMMIT"}, []string{
			"BEGIN", "SET", "columns transaction_read_only:25/0", "row off", "SHOW", "parameter default_transaction_read_only=on", "ready T",
			"COMMIT", "BEGIN", "columns transaction_read_only:25/0", "row on", "SHOW", "COMMIT", "ready I",
		}},
		"local": {"SET LOCAL outside warns", []string{"Q SET LOCAL extra_float_digits = 0"}, []string{"WARNING 25P01", "SET", "ready I"}},
		"catalog": {"ROLLBACK undoes USE", []string{"Q BEGIN; USE lake; ROLLBACK", "Q SELECT current_catalog"}, []string{
			"BEGIN", "USE", "ROLLBACK", "ready I", "columns current_catalog:19/0", "row local", "SELECT 1", "ready I",
		}},
		"isolation": {"lasts for its block", []string{"Q BEGIN ISOLATION LEVEL SERIALIZABLE", "Q SHOW transaction_isolation; ROLLBACK; SHOW transaction isolation level"}, []string{
			"BEGIN", "ready T", "columns transaction_isolation:25/0", "row serializable", "SHOW", "ROLLBACK",
			"columns transaction_isolation:25/0", "row read committed", "SHOW", "ready I",
		}},
		"savepoint outside": {"needs a block", []string{"Q SAVEPOINT a", "Q ROLLBACK TO a", "Q RELEASE a"}, []string{
			"error 25P01 0", "ready I", "error 25P01 0", "ready I", "error 25P01 0", "ready I",
		}},
		"savepoint": {"heals a failed block", []string{
			"Q BEGIN; SAVEPOINT a", "Q SELECT bad", "Q SAVEPOINT b", "Q ROLLBACK TO SAVEPOINT a", "Q RELEASE a", "Q ROLLBACK TO a", "Q COMMIT",
		}, []string{
			"BEGIN", "SAVEPOINT", "ready T", "error 42703 8", "ready E", "error 25P02 0", "ready E", "ROLLBACK", "ready T",
			"RELEASE", "ready T", "error 3B001 0", "ready E", "ROLLBACK", "ready I",
		}},
		"savepoint settings": {"are taken back, with those of later marks", []string{
			"Q BEGIN; SAVEPOINT a; SET application_name = 'x'; SAVEPOINT b", "Q ROLLBACK TO a", "Q RELEASE b",
		}, []string{
			"BEGIN", "SAVEPOINT", "SET", "SAVEPOINT", "parameter application_name=x", "ready T",
			"ROLLBACK", "parameter application_name=", "ready T", "error 3B001 0", "ready E",
		}},
		"discard": {"not inside a block", []string{"Q BEGIN", "Q DISCARD ALL"}, []string{"BEGIN", "ready T", "error 25001 0", "ready E"}},
		"discard all": {"the connection is as new", []string{
			"Q USE lake; SET application_name = 'x'; PREPARE p AS FROM rows(1)", "Q DISCARD ALL", "Q SELECT current_catalog", "Q EXECUTE p",
		}, []string{
			"USE", "SET", "PREPARE", "parameter application_name=x", "ready I", "DISCARD ALL", "parameter application_name=", "ready I",
			"columns current_catalog:19/0", "row local", "SELECT 1", "ready I", "error 26000 0", "ready I",
		}},
	}
	for name, c := range cases {
		t.Run(name, c.run)
	}
}

func TestExtended(t *testing.T) {
	t.Parallel()
	cases := map[string]script{
		"whole": {"no unasked description", []string{"P |FROM rows(3)", "B |", "E |", "S"}, []string{"3 rows", "SELECT 3", "ready I"}},
		"described": {"parameters, columns and formats", []string{"P a|SELECT $1 FROM rows(1)", "DS a", "B p|a|7|1", "DP p", "E p", "S"}, []string{
			"parameters [20], columns n:20/0", "portal, columns n:20/1", "1 rows", "SELECT 1", "ready I",
		}},
		"declared": {"a type that the client declared is told back", []string{"P a|SELECT $1 FROM rows(1)|23", "DS a", "S"}, []string{"parameters [23], columns n:20/0", "ready I"}},
		"reused":   {"a named statement lives on", []string{"P a|FROM rows(1)", "B |a", "E |", "S", "B |a", "E |", "S"}, []string{"1 rows", "SELECT 1", "ready I", "1 rows", "SELECT 1", "ready I"}},
		"pages": {"suspended until the end, then no more rows", []string{"P |FROM rows(5)", "B |", "E |2", "E |2", "E |2", "E |2", "S"}, []string{
			"2 rows", "suspended", "2 rows", "suspended", "1 rows", "SELECT 1", "SELECT 0", "ready I",
		}},
		"sync": {"portals die at Sync outside a block", []string{"P |FROM rows(5)", "B p|", "E p|1", "S", "E p|1", "S"}, []string{"1 rows", "suspended", "ready I", "error 34000 0", "ready I"}},
		"block": {"and live on inside", []string{"Q BEGIN", "P |FROM rows(3)", "B p|", "E p|1", "S", "E p|1", "S", "Q COMMIT", "E p|", "S"}, []string{
			"BEGIN", "ready T", "1 rows", "suspended", "ready T", "1 rows", "suspended", "ready T", "COMMIT", "ready I", "error 34000 0", "ready I",
		}},
		"begin": {"by the extended protocol", []string{"P |BEGIN", "B |", "DP ", "E |", "P |FROM rows(1)", "B |", "E |", "S", "P |COMMIT", "B |", "E |", "S"}, []string{
			"portal, no data", "BEGIN", "1 rows", "SELECT 1", "ready T", "COMMIT", "ready I",
		}},
		"once":        {"a statement without rows runs once", []string{"P |SET extra_float_digits = 3", "B |", "E |", "E |", "S"}, []string{"SET", "error 55000 0", "ready I"}},
		"empty":       {"an empty statement", []string{"P |/* */", "DS ", "B |", "DP ", "E |", "S"}, []string{"parameters [], no data", "portal, no data", "empty", "ready I"}},
		"several":     {"are no prepared statement", []string{"P |SELECT 1; SELECT 2", "S"}, []string{"error 42601 0", "ready I"}},
		"names taken": {"statements and portals", []string{"P a|FROM rows(1)", "P a|FROM rows(1)", "S", "B p|a", "B p|a", "S"}, []string{"error 42P05 0", "ready I", "error 42P03 0", "ready I"}},
		"unknown":     {"statements and portals", []string{"B |nope", "S", "DS nope", "S", "DP nope", "S", "E nope", "S"}, []string{"error 26000 0", "ready I", "error 26000 0", "ready I", "error 34000 0", "ready I", "error 34000 0", "ready I"}},
		"unnamed":     {"a simple query drops the unnamed statement", []string{"P |FROM rows(1)", "S", "Q SELECT 1", "B |", "S"}, []string{"ready I", "columns ?column?:23/0", "row 1", "SELECT 1", "ready I", "error 26000 0", "ready I"}},
		"values":      {"their number must be right", []string{"P a|SELECT $1 FROM rows(1)", "B |a", "S", "B |a|x", "S"}, []string{"error 08P01 0", "ready I", "error 22P02 0", "ready I"}},
		"formats":     {"their number must be right", []string{"P a|FROM rows(1)", "B |a||1,1", "S"}, []string{"error 08P01 0", "ready I"}},
		"failed": {"everything but the end of the block", []string{"P a|FROM rows(1)", "P b|ROLLBACK", "P |BEGIN", "B |", "E |", "S", "E nope", "S", "DS a", "S", "B |a", "S", "P |FROM rows(1)", "S", "B |b", "E |", "S"}, []string{
			"BEGIN", "ready T", "error 34000 0", "ready E", "error 25P02 0", "ready E", "error 25P02 0", "ready E", "error 25P02 0", "ready E", "ROLLBACK", "ready I",
		}},
		"pipelined error": {"skips to Sync, and undoes the settings of its transaction", []string{
			"P |SET application_name = 'x'", "B |", "E |", "P |SELECT bad", "B |", "E |", "S", "P |SHOW application_name", "B |", "E |", "S",
		}, []string{"SET", "error 42703 8", "ready I", "row ", "SHOW", "ready I"}},
		"position":    {"counts from the client's text", []string{"P |  /* é */ SELECT bad", "S"}, []string{"error 42703 18", "ready I"}},
		"constant":    {"in binary, twice", []string{"P |SELECT 7 AS x", "B |||1", "DP ", "E |", "E |", "S"}, []string{"portal, columns x:23/1", "row \x00\x00\x00\a", "SELECT 1", "SELECT 0", "ready I"}},
		"closed":      {"names are free again", []string{"P a|FROM rows(1)", "B p|a", "CP p", "B p|a", "CS a", "P a|FROM rows(2)", "S", "B |a", "E |", "S"}, []string{"ready I", "2 rows", "SELECT 2", "ready I"}},
		"idle result": {"the next Execute says so", []string{"P |FROM idle", "B |", "E |1", "S"}, []string{"error 57P05 0", "ready I"}},
	}
	for name, c := range cases {
		t.Run(name, c.run)
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	declared := "Q BEGIN; DECLARE c CURSOR FOR FROM rows(5)"
	head := []string{"BEGIN", "DECLARE CURSOR", "ready T"}
	cases := map[string]script{
		"fetch": {"forward, by counts and to the end", []string{declared, "Q FETCH 2 FROM c; MOVE 1 IN c; FETCH ALL c; FETCH c"}, []string{
			"columns n:20/0", "2 rows", "FETCH 2", "MOVE 1", "columns n:20/0", "2 rows", "FETCH 2", "columns n:20/0", "FETCH 0", "ready T",
		}},
		"again": {"FETCH 0 reads the row again, if there is one", []string{declared, "Q FETCH 0 FROM c; FETCH ALL FROM c; FETCH 0 FROM c", "Q CLOSE c; DECLARE c CURSOR FOR FROM rows(5); FETCH 1 FROM c; FETCH 0 FROM c"}, []string{
			"columns n:20/0", "FETCH 0", "columns n:20/0", "5 rows", "FETCH 5", "columns n:20/0", "FETCH 0", "ready T",
			"CLOSE CURSOR", "DECLARE CURSOR", "columns n:20/0", "1 rows", "FETCH 1", "error 55000 0", "ready E",
		}},
		"backward": {"only forward", []string{declared, "Q FETCH BACKWARD 1 FROM c"}, []string{"error 55000 0", "ready E"}},
		"close":    {"and then it is gone", []string{declared, "Q CLOSE c", "Q FETCH c"}, []string{"CLOSE CURSOR", "ready T", "error 34000 0", "ready E"}},
		"taken":    {"one namespace", []string{declared, "P |FROM rows(1)", "B c|", "S"}, []string{"error 42P03 0", "ready E"}},
		"commit":   {"ends it", []string{declared, "Q FETCH c; COMMIT", "Q FETCH c"}, []string{"columns n:20/0", "1 rows", "FETCH 1", "COMMIT", "ready I", "error 34000 0", "ready I"}},
		"rollback": {"ends it", []string{declared, "Q FETCH c; ROLLBACK"}, []string{"columns n:20/0", "1 rows", "FETCH 1", "ROLLBACK", "ready I"}},
		"describe": {"psycopg describes a SQL cursor as a portal", []string{declared, "DP c", "S"}, []string{"portal, columns n:20/0", "ready T"}},
		"execute":  {"a SQL cursor is a portal", []string{declared, "E c|2", "S"}, []string{"2 rows", "suspended", "ready T"}},
		"extended fetch": {"in the formats of its own portal", []string{declared, "P |FETCH 3 FROM c", "DS ", "B |||1", "DP ", "E |", "S"}, []string{
			"parameters [], columns n:20/0", "portal, columns n:20/1", "3 rows", "FETCH 3", "ready T",
		}},
		"limited fetch": {"a row limit below the count", []string{declared, "P |FETCH 3 FROM c", "B |", "E |2", "E |2", "S"}, []string{"2 rows", "suspended", "1 rows", "FETCH 1", "ready T"}},
		"fetch of a portal": {"by its name", []string{"Q BEGIN", "P |FROM rows(3)", "B p|", "E p|1", "S", "Q FETCH ALL FROM p"}, []string{
			"ready T", "columns n:20/0", "2 rows", "FETCH 2", "ready T",
		}},
		"early": {"a FETCH may be prepared before its cursor", []string{"Q BEGIN", "P f|FETCH 1 FROM c", "P |DECLARE c CURSOR FOR FROM rows(1)", "B |", "E |", "B |f", "DP ", "E |", "S"}, []string{
			"DECLARE CURSOR", "portal, columns n:20/0", "1 rows", "FETCH 1", "ready T",
		}},
	}
	for name, c := range cases {
		if c.send[0] == declared {
			c.want = append(slices.Clip(head), c.want...)
		} else {
			c.want = append([]string{"BEGIN", "ready T"}, c.want...)
			if name == "fetch of a portal" {
				c.want = append([]string{"BEGIN", "ready T", "1 rows", "suspended"}, c.want[2:]...)
			}
		}
		t.Run(name, c.run)
	}
	refused := map[string]script{
		"outside": {"needs a block", []string{"Q DECLARE c CURSOR FOR FROM rows(1)"}, []string{"error 25P01 0", "ready I"}},
		"hold": {"goes on after COMMIT, and after what fails later", []string{
			"Q BEGIN; DECLARE c CURSOR WITH HOLD FOR FROM rows(5); FETCH 1 FROM c; COMMIT", "Q FETCH 1 FROM c", "Q SELECT bad", "Q BEGIN; FETCH 1 FROM c; ROLLBACK",
			"Q BEGIN; SAVEPOINT a", "Q SELECT bad", "Q ROLLBACK TO a; ROLLBACK", "Q FETCH 1 FROM c; CLOSE c", "Q FETCH 1 FROM c",
		}, []string{
			"BEGIN", "DECLARE CURSOR", "columns n:20/0", "1 rows", "FETCH 1", "COMMIT", "ready I", "columns n:20/0", "1 rows", "FETCH 1", "ready I",
			"error 42703 8", "ready I", "BEGIN", "columns n:20/0", "1 rows", "FETCH 1", "ROLLBACK", "ready I",
			"BEGIN", "SAVEPOINT", "ready T", "error 42703 8", "ready E", "ROLLBACK", "ROLLBACK", "ready I",
			"columns n:20/0", "1 rows", "FETCH 1", "CLOSE CURSOR", "ready I", "error 34000 0", "ready I",
		}},
		"hold, rolled back": {"with its transaction", []string{
			"Q BEGIN; DECLARE c CURSOR WITH HOLD FOR FROM rows(5); FETCH 1 FROM c; ROLLBACK", "Q FETCH 1 FROM c", "Q DECLARE c CURSOR WITH HOLD FOR FROM rows(5); SELECT bad", "Q FETCH 1 FROM c",
		}, []string{
			"BEGIN", "DECLARE CURSOR", "columns n:20/0", "1 rows", "FETCH 1", "ROLLBACK", "ready I", "error 34000 0", "ready I",
			"DECLARE CURSOR", "error 42703 53", "ready I", "error 34000 0", "ready I",
		}},
		"hold, alone": {"needs no block, and ends with DISCARD ALL and with the session", []string{
			"Q DECLARE c CURSOR WITH HOLD FOR FROM rows(5)", "Q FETCH 2 FROM c", "Q DISCARD ALL", "Q FETCH 1 FROM c", "Q DECLARE c CURSOR WITH HOLD FOR FROM rows(5); FETCH 1 FROM c",
		}, []string{
			"DECLARE CURSOR", "ready I", "columns n:20/0", "2 rows", "FETCH 2", "ready I", "DISCARD ALL", "ready I", "error 34000 0", "ready I",
			"DECLARE CURSOR", "columns n:20/0", "1 rows", "FETCH 1", "ready I",
		}},
		"query":   {"its position counts from the whole text", []string{"Q BEGIN; DECLARE c CURSOR FOR SELECT bad"}, []string{"BEGIN", "error 42703 36", "ready E"}},
		"unknown": {"no such cursor", []string{"Q CLOSE c"}, []string{"error 34000 0", "ready I"}},
	}
	for name, c := range refused {
		t.Run(name, c.run)
	}
}

func TestPrepareAndCopy(t *testing.T) {
	t.Parallel()
	cases := map[string]script{
		"execute": {"with values", []string{"Q PREPARE p (int) AS SELECT $1 FROM rows(2)", "Q EXECUTE p(7)", "Q DEALLOCATE p", "Q EXECUTE p(7)"}, []string{
			"PREPARE", "ready I", "columns n:20/0", "2 rows", "SELECT 2", "ready I", "DEALLOCATE", "ready I", "error 26000 0", "ready I",
		}},
		"arguments": {"their number and kind", []string{"Q PREPARE p AS SELECT $1 FROM rows(2)", "Q EXECUTE p", "Q EXECUTE p(1 + 1)", "Q EXECUTE p(E'\\x31')"}, []string{
			"PREPARE", "ready I", "error 42601 0", "ready I", "error 0A000 0", "ready I", "columns n:20/0", "2 rows", "SELECT 2", "ready I",
		}},
		"shared": {"one namespace with Parse", []string{"P a|FROM rows(1)", "S", "Q EXECUTE a; DEALLOCATE ALL", "B |a", "S"}, []string{
			"ready I", "columns n:20/0", "1 rows", "SELECT 1", "DEALLOCATE ALL", "ready I", "error 26000 0", "ready I",
		}},
		"circle": {"EXECUTE of an EXECUTE ends", []string{"P b|FROM rows(1)", "P a|EXECUTE b", "CS b", "P b|EXECUTE a", "S", "Q EXECUTE a"}, []string{"ready I", "error 0A000 0", "ready I"}},
		"inner":  {"positions count from the whole text", []string{"Q PREPARE p AS SELECT bad"}, []string{"error 42703 21", "ready I"}},
		"place": {"EXECUTE has none in the text", []string{"Q PREPARE p AS FROM stale", "Q DEALLOCATE q; EXECUTE p", "Q   EXECUTE p", "P q|  EXECUTE p", "B |q", "E |", "S", "P |  FROM stale", "B |", "E |", "S"}, []string{
			"PREPARE", "ready I", "error 26000 0", "ready I", "columns n:20/0", "error 42P01 0", "ready I", "error 42P01 0", "ready I", "error 42P01 8", "ready I",
		}},
		"pages": {"EXECUTE is suspended as its query is", []string{"P a|FROM rows(3)", "P |EXECUTE a", "DS ", "B |", "E |2", "E |2", "S"}, []string{"parameters [], columns n:20/0", "2 rows", "suspended", "1 rows", "SELECT 1", "ready I"}},
		"copy":  {"text", []string{"Q COPY (FROM rows(3)) TO STDOUT"}, []string{"copy 1 false", "3 rows", "copy done", "COPY 3", "ready I"}},
		"binary": {"by the extended protocol", []string{"P |COPY t_rows(3) TO STDOUT WITH BINARY", "S", "P |COPY (FROM rows(3)) TO STDOUT (FORMAT \"binary\")", "DS ", "B |", "E |", "S"}, []string{
			"ready I", "parameters [], no data", "copy 1 true", "3 rows", "copy done", "COPY 3", "ready I",
		}},
		"copy error":    {"after data", []string{"Q COPY (FROM broken_rows(3)) TO STDOUT"}, []string{"copy 1 false", "3 rows", "error 22012 0", "ready I"}},
		"copy from":     {"refused", []string{"Q COPY t FROM STDIN", "Q COPY (FROM rows(1)) TO '/tmp/x'"}, []string{"error 0A000 0", "ready I", "error 0A000 0", "ready I"}},
		"copy position": {"counts from the whole text", []string{"Q COPY (SELECT bad) TO STDOUT"}, []string{"error 42703 14", "ready I"}},
		"copy options": {"are checked", []string{"Q COPY (FROM rows(1)) TO STDOUT (DELIMITER 'ab')", "Q COPY (FROM rows(1)) TO STDOUT (QUOTE '!')", "Q COPY (FROM rows(1)) TO STDOUT (FORMAT csv, FORCE_QUOTE (x))"}, []string{
			"error 0A000 0", "ready I", "error 0A000 0", "ready I", "error 42703 0", "ready I",
		}},
	}
	for name, c := range cases {
		t.Run(name, c.run)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	cases := map[string]script{
		"tables":    {"of the current schema", []string{"Q SHOW TABLES", "Q SHOW TABLES FROM lake", "Q SHOW ALL TABLES"}, []string{"columns name:25/0", "row b", "SHOW", "ready I", "columns name:25/0", "row a", "SHOW", "ready I", "columns database:25/0 schema:25/0 name:25/0", "row lake|main|a", "row local|main|b", "SHOW", "ready I"}},
		"databases": {"what may be seen", []string{"Q SHOW DATABASES"}, []string{"columns database_name:25/0", "row lake", "row local", "SHOW", "ready I"}},
		"spelling":  {"PostgreSQL's, not the client's", []string{"Q SHOW timezone"}, []string{"columns TimeZone:25/0", "row UTC", "SHOW", "ready I"}},
		"unknown":   {"a setting that nobody knows", []string{"Q SHOW nope", "Q SET nope = 1", "Q SET my.own = 1; SHOW my.own"}, []string{"error 42704 0", "ready I", "error 42704 0", "ready I", "SET", "columns my.own:25/0", "row 1", "SHOW", "ready I"}},
		"use":       {"a schema or catalog that there is", []string{"Q USE extra; SELECT current_schema()", "Q USE nope"}, []string{"USE", "columns current_schema:19/0", "row extra", "SELECT 1", "ready I", "error 3F000 0", "ready I"}},
	}
	for name, c := range cases {
		t.Run(name, c.run)
	}
}
