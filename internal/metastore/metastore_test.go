package metastore_test

import (
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/tavana/tavana/internal/metastore"
	"github.com/tavana/tavana/internal/pgserver/pgtest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

// Many processes may start at once on an empty database.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			s, err := metastore.Open(t.Context(), url, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			defer s.Close()
			var schemas, migrations int
			const ask = `SELECT (SELECT count(*) FROM tavana.schemas), (SELECT count(*) FROM tavana.migrations WHERE version_id > 0)`
			if err := s.Pool().QueryRow(t.Context(), ask).Scan(&schemas, &migrations); err != nil {
				t.Errorf("read: %v", err)
			}
			if schemas != 1 || migrations < 2 {
				t.Errorf("%d schemas, %d migrations; want 1 and all", schemas, migrations)
			}
		})
	}
	group.Wait()
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ reason, url string }{
		"NotAURL":    {"the password of a malformed URL is not told", "postgres://u:s3cret@[bad"},
		"NoDatabase": {"waiting does not make a database", strings.Replace(server.URL(), "/tavana?", "/absent?", 1)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := metastore.Open(t.Context(), tc.url, slog.New(slog.DiscardHandler))
			if err == nil {
				s.Close()
				t.Fatalf("%s: no error", tc.reason)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: %v", tc.reason, err)
			}
		})
	}
}
