package attack_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/testenv"
)

// TestSecretsInStatements: what somebody puts into a statement or a startup packet
// is in no log, and not in the history, which keeps statements without their
// constants.
func TestSecretsInStatements(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	const secret = "tvn_5ecret_zq"
	statements := []string{
		"SELECT n_name, 'tvn_5ecret_zq' FROM nation",
		"SELECT n_name FROM nation WHERE n_comment = $x$tvn_5ecret_zq$x$",
		"/* tvn_5ecret_zq */ SELECT n_name -- tvn_5ecret_zq\n FROM nation",
		"SELECT (n_name || 'tvn_5ecret_zq')::INTEGER FROM nation",
		"SELECT error('tvn_5ecret_zq' || n_name) FROM nation",
		"SELECT relname FROM pg_class WHERE relname = 'tvn_5ecret_zq'",
		"PREPARE p AS SELECT n_name FROM nation WHERE n_name = $1; EXECUTE p ('tvn_5ecret_zq')",
		"SELECT 'tvn_5ecret_zq", "SELECT nosuch('tvn_5ecret_zq')", "SET tavana.key = 'tvn_5ecret_zq'", "PASSWORD tvn_5ecret_zq",
	}
	for _, sql := range statements {
		for _, extended := range []bool{false, true} {
			_, _ = h.send(t, form{extended: extended}, sql)
		}
		for _, way := range []string{"prepared", "update"} {
			_, _ = h.send(t, form{flight: way}, sql)
		}
	}
	for _, change := range []string{"password=" + secret, "user=" + secret, "dbname=" + secret, "options='-c x=" + secret + "'"} {
		if conn, err := pgconn.Connect(t.Context(), h.DSN(append(h.as("reader"), change)...)); err == nil {
			_ = conn.Close(t.Context())
		}
	}
	for line := range strings.Lines(h.Log()) {
		if strings.Contains(line, secret) {
			t.Errorf("the log has it: %.2000s", line)
		}
	}
	var kept string
	testenv.Eventually(t, 30*time.Second, "the history has the statements", func() bool {
		const ask = "SELECT to_json(e) FROM tavana.executions e WHERE ended_at IS NOT NULL"
		out, err := exec.CommandContext(t.Context(), "psql", "-XAt", "-h", h.metastore(t), "-U", "tavana", "-d", "tavana", "-c", ask).Output()
		kept = string(out)
		return err == nil && strings.Count(kept, "\n") >= 12
	})
	if strings.Contains(kept, secret) {
		t.Errorf("the history has it: %s", kept)
	}
	if !strings.Contains(kept, `SELECT n_name, ? FROM nation`) {
		t.Errorf("the history lacks the statements: %s", kept)
	}
	h.calm(t)
}

// metastore is the folder of the private PostgreSQL's socket.
func (h *house) metastore(t *testing.T) string {
	t.Helper()
	for _, process := range testenv.Descendants(t, h.PID()) {
		if _, rest, ok := strings.Cut(process.Command, "/postgres -D "); ok {
			_, rest, _ = strings.Cut(rest, " -k ")
			folder, _, _ := strings.Cut(rest, " ")
			return folder
		}
	}
	return ""
}
