package catalog_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/metastore"
	"github.com/tavana/tavana/internal/pgserver/pgtest"
	"github.com/tavana/tavana/internal/query"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

// csvHeads is an Inspector that takes the first line of each file as the names
// of its columns; a file that begins with "broken" cannot be read.
type csvHeads struct {
	calls  atomic.Int64
	during func() // runs once, within the next inspection
}

func (h *csvHeads) Inspect(_ context.Context, in query.InspectRequest) (query.Inspection, error) {
	h.calls.Add(1)
	if during := h.during; during != nil {
		h.during = nil
		during()
	}
	found := query.Inspection{Rows: 10, Options: query.ReaderOptions{Delimiter: ",", Header: true}}
	for _, f := range in.Files {
		text, err := os.ReadFile(f.Path)
		if err != nil {
			return found, fault.Wrap(err, fault.TableUnreadable, "gone")
		}
		head, _, _ := strings.Cut(string(text), "\n")
		if head == "broken" {
			return found, fault.New(fault.TableUnreadable, "no columns in %s", f.Path)
		}
		found.Columns = nil
		for name := range strings.SplitSeq(head, ",") {
			found.Columns = append(found.Columns, query.Column{Name: name, Type: "VARCHAR"})
		}
	}
	return found, nil
}

// bundle is a catalog over an empty store.
type bundle struct {
	*catalog.Catalog
	url   string
	heads *csvHeads
	admin query.Identity
}

func setup(t *testing.T) bundle {
	t.Helper()
	b := bundle{url: server.Database(t), heads: &csvHeads{}}
	b.admin = query.Identity{Principal: "root", Scopes: []query.Scope{query.ScopeAdmin}}
	b.Catalog = open(t, b.url, b.heads)
	return b
}

func open(t *testing.T, url string, inspector catalog.Inspector) *catalog.Catalog {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	meta, err := metastore.Open(t.Context(), url, logger)
	if err != nil {
		t.Fatalf("metastore: %v", err)
	}
	t.Cleanup(meta.Close)
	c := catalog.New(store.New(meta.Pool()), inspector, logger)
	if err := c.Start(t.Context()); err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func name(catalog, schema, table string) query.TableName {
	return query.TableName{Catalog: catalog, Schema: schema, Table: table}
}

func (b bundle) add(t *testing.T, n query.TableName) string {
	t.Helper()
	path := write(t, filepath.Join(t.TempDir(), "t.csv"), "a,b\n1,2\n")
	if _, err := b.AddTable(t.Context(), b.admin, catalog.NewTable{Name: n, Paths: []string{path}}); err != nil {
		t.Fatalf("add %v: %v", n, err)
	}
	return path
}

// reader makes a principal with a read key, and grants it schemas.
func (b bundle) reader(t *testing.T, principal string, schemas ...[2]string) query.Identity {
	t.Helper()
	key, _, err := b.CreateKey(t.Context(), catalog.NewKey{Principal: principal, Scopes: []query.Scope{query.ScopeRead}})
	if err != nil {
		t.Fatalf("create key: %v", err)
	}
	for _, s := range schemas {
		if err := b.Grant(t.Context(), principal, s[0], s[1]); err != nil {
			t.Fatalf("grant: %v", err)
		}
	}
	return query.Identity{Principal: principal, KeyID: key.ID, Scopes: key.Scopes}
}

func wantKind(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != kind || err == nil {
		t.Errorf("error = %v (%q), want kind %q", err, fault.KindOf(err), kind)
	}
}

func TestTableLife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := name("sales", "eu", "Orders")
	path := b.add(t, n)

	_, err := b.AddTable(t.Context(), b.admin, catalog.NewTable{Name: name("SALES", "EU", "orders"), Paths: []string{path}})
	wantKind(t, err, fault.DuplicateTable)
	reader := b.reader(t, "ann", [2]string{"Sales", "EU"})
	_, err = b.AddTable(t.Context(), reader, catalog.NewTable{Name: name("sales", "eu", "x"), Paths: []string{path}})
	wantKind(t, err, fault.PermissionDenied)
	_, err = b.ShowTable(t.Context(), reader, n)
	wantKind(t, err, fault.PermissionDenied)

	// Names match in any case, and come back as they were registered.
	got, err := b.Resolve(t.Context(), reader, []query.TableName{name("sales", "eu", "ORDERS")})
	if err != nil || len(got) != 1 || got[0].Name != n || len(got[0].Columns) != 2 || got[0].Bytes != 8 {
		t.Errorf("Resolve = %+v, %v", got, err)
	}
	opened, err := b.Open(t.Context(), reader, []query.TableName{n})
	if err != nil || len(opened) != 1 || len(opened[0].Files) != 1 || opened[0].Files[0].Inode == 0 {
		t.Fatalf("Open = %+v, %v", opened, err)
	}
	if err := b.Changed(opened); err != nil {
		t.Errorf("Changed without a change: %v", err)
	}

	wantKind(t, b.DropTable(t.Context(), reader, n), fault.PermissionDenied)
	before, _ := b.Visibility(t.Context(), reader)
	if err := b.DropTable(t.Context(), b.admin, n); err != nil {
		t.Fatal(err)
	}
	if after, _ := b.Visibility(t.Context(), reader); after.ID == before.ID {
		t.Error("visibility is the same after a table was dropped")
	}
	wantKind(t, b.DropTable(t.Context(), b.admin, n), fault.UndefinedTable)
}

func TestFilesChange(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		change  func(t *testing.T, path string)
		open    fault.Kind // of opening after the change
		columns int        // of the table once it opens again
	}{
		"Appended": {
			"the same columns open with what is there now",
			func(t *testing.T, path string) { t.Helper(); write(t, path, "a,b\n1,2\n3,4\n") }, "", 2,
		},
		"OtherColumns": {
			"a statement that was planned with other columns does not run",
			func(t *testing.T, path string) { t.Helper(); write(t, path, "a,b,c\n1,2,3\n") }, fault.TableChanged, 3,
		},
		"Replaced": {
			"a file of the same size and time is another one by its inode",
			func(t *testing.T, path string) {
				t.Helper()
				info, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				aside := write(t, path+".new", "a,b\n9,9\n")
				if err := os.Chtimes(aside, info.ModTime(), info.ModTime()); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(aside, path); err != nil {
					t.Fatal(err)
				}
			}, "", 2,
		},
		"Gone":     {"a missing file names the table", func(t *testing.T, path string) { t.Helper(); remove(t, path) }, fault.TableUnreadable, 0},
		"Not data": {"a file that cannot be read names the table", func(t *testing.T, path string) { t.Helper(); write(t, path, "broken") }, fault.TableUnreadable, 0},
		"Symlink": {
			"a link in the place of a registered file leads nowhere",
			func(t *testing.T, path string) {
				t.Helper()
				remove(t, path)
				if err := os.Symlink(write(t, path+".target", "a,b\n1,2\n"), path); err != nil {
					t.Fatal(err)
				}
			}, fault.TableUnreadable, 0,
		},
	}
	for label, tc := range cases {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			n := name("local", "main", "orders")
			path := b.add(t, n)
			opened, err := b.Open(t.Context(), b.admin, []query.TableName{n})
			if err != nil {
				t.Fatal(err)
			}
			tc.change(t, path)
			wantKind(t, b.Changed(opened), fault.TableChanged)
			if !strings.Contains(b.Changed(opened).Error(), n.String()) {
				t.Errorf("%s: %v does not name the table", tc.reason, b.Changed(opened))
			}
			_, err = b.Open(t.Context(), b.admin, []query.TableName{n})
			if tc.open != "" {
				wantKind(t, err, tc.open)
				if !strings.Contains(err.Error(), n.String()) || strings.Contains(err.Error(), filepath.Dir(path)) {
					t.Errorf("%s: %v must name the table and no path", tc.reason, err)
				}
			}
			if tc.columns == 0 {
				return
			}
			again, err := b.Open(t.Context(), b.admin, []query.TableName{n})
			if err != nil || len(again[0].Columns) != tc.columns || b.Changed(again) != nil {
				t.Errorf("%s: opened again: %+v, %v", tc.reason, again, err)
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestNearMisses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, n := range []query.TableName{name("local", "main", "lineitem"), name("secret", "s", "lineitems"), name("local", "main", "zzz")} {
		b.add(t, n)
	}
	who := b.reader(t, "ann", [2]string{"local", "main"})
	got, err := b.Resolve(t.Context(), who, []query.TableName{name("local", "main", "lineitm")})
	if err != nil || len(got) != 1 || got[0].Name.Table != "lineitem" || got[0].Name.Catalog != "local" {
		t.Errorf("near misses = %+v, %v; want local.main.lineitem alone", got, err)
	}
}

func TestChangesOfAnotherProcess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := open(t, b.url, b.heads)
	b.add(t, name("local", "main", "orders"))
	eventually(t, "the other catalog sees the table", func() bool {
		ok, err := other.Readable(t.Context(), b.admin, name("local", "main", "orders"))
		return ok && err == nil
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Not parallel: it kills the server that all tests of the package share.
//
//nolint:paralleltest // see above
func TestStoreIsKilled(t *testing.T) {
	b := setup(t)
	n := name("local", "main", "orders")
	b.add(t, n)
	who := b.reader(t, "ann", [2]string{"local", "main"})
	pid := server.PID()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// What is known goes on being answered, without the store.
	if _, err := b.Open(t.Context(), who, []query.TableName{n}); err != nil {
		t.Errorf("Open without the store: %v", err)
	}
	if c, err := b.Login(t.Context(), "ann"); err != nil || len(c.Keys) != 1 {
		t.Errorf("Login without the store: %+v, %v", c, err)
	}
	eventually(t, "a change succeeds again, and fails as unavailable until then", func() bool {
		err := b.Grant(t.Context(), "ann", "local", "main")
		if err != nil && fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("change while the store is away: %v (%v)", err, fault.KindOf(err))
		}
		return err == nil && server.PID() != pid
	})
	other := open(t, b.url, b.heads)
	if err := other.DropTable(t.Context(), b.admin, n); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the followers follow again", func() bool {
		ok, err := b.Readable(t.Context(), who, n)
		return !ok && err == nil
	})
}

func TestNothingKnownAndNoStore(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c := catalog.New(store.New(pool), &csvHeads{}, slog.New(slog.DiscardHandler))
	defer c.Close()
	_, err = c.Login(t.Context(), "ann")
	wantKind(t, err, fault.Unavailable)
}
