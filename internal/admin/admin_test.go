package admin_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a catalog that answers with what it was asked.
type fake struct {
	*catalog.Catalog // the methods that no test calls
	err              error
}

func (f *fake) CreateKey(_ context.Context, in catalog.NewKey) (catalog.Key, string, error) {
	return catalog.Key{ID: "1", Principal: in.Principal, Scopes: in.Scopes, Expires: in.Expires}, "tvn_secret", f.err
}

func (f *fake) ListKeys(context.Context) ([]catalog.Key, error) { return nil, f.err }

func (f *fake) RotateKey(_ context.Context, id string, grace time.Duration) (catalog.Key, string, error) {
	return catalog.Key{ID: id + "+" + grace.String()}, "tvn_next", f.err
}

func (f *fake) RevokeKey(context.Context, string) error { return f.err }

func (f *fake) DropTable(_ context.Context, who query.Identity, _ query.TableName) error {
	if !who.Admin() {
		return errors.New("not an admin")
	}
	return f.err
}

func (f *fake) Queries(context.Context) []admin.Query   { return []admin.Query{{ID: "q", Fraction: 0.5}} }
func (f *fake) CancelQuery(id query.ID) bool            { return id == "q" }
func (f *fake) Status(context.Context) (s admin.Status) { return s }

// serve gives a client of a server over f, and what the server logs.
func serve(t *testing.T, f *fake) (*admin.Client, *bytes.Buffer) {
	t.Helper()
	home, err := os.MkdirTemp("", "adm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	log := &bytes.Buffer{}
	server, err := admin.Serve(t.Context(), admin.Socket(home), admin.Deps{
		Keys: f, Grants: f, Principals: f, Tables: f, Queries: f, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(admin.Socket(home))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("socket: %v, %v", info, err)
	}
	client := admin.NewClient(home)
	t.Cleanup(func() {
		client.Close()
		if err := server.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return client, log
}

func TestCallsGoThrough(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, &fake{})
	expires := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	in := catalog.NewKey{Principal: "ada", Scopes: []query.Scope{query.ScopeRead}, Expires: expires}
	var minted admin.MintedKey
	if err := client.Call(t.Context(), "key.create", in, &minted); err != nil {
		t.Fatal(err)
	}
	want := admin.MintedKey{Secret: "tvn_secret", Key: catalog.Key{
		ID: "1", Principal: "ada", Scopes: []query.Scope{query.ScopeRead}, Expires: expires,
	}}
	if diff := cmp.Diff(want, minted); diff != "" {
		t.Error(diff)
	}
	if err := client.Call(t.Context(), "key.rotate", admin.KeyID{ID: "1", Grace: time.Hour}, &minted); err != nil || minted.Key.ID != "1+1h0m0s" {
		t.Errorf("got %+v, %v", minted, err)
	}
	if err := client.Call(t.Context(), "table.drop", admin.TableFilter{}, &admin.Empty{}); err != nil {
		t.Errorf("the socket's owner is no admin: %v", err)
	}
}

func TestErrorsKeepTheirKind(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		err    error
		method string
		in     any
		want   *fault.Error
	}{
		"fault": {
			reason: "kind, message, detail and hint reach the caller",
			err:    fault.New(fault.UndefinedObject, "no key").WithDetail("d").WithHint("h"),
			method: "key.revoke", in: admin.KeyID{},
			want: &fault.Error{Kind: fault.UndefinedObject, Message: "no key", Detail: "d", Hint: "h"},
		},
		"unexplained": {
			reason: "the cause stays in the log",
			err:    errors.New("password of the database is x"),
			method: "key.list", in: admin.Empty{},
			want: &fault.Error{Kind: fault.Internal, Message: "internal error"},
		},
		"malformed": {
			reason: "a document of another shape is refused",
			method: "key.create", in: []int{1},
			want: &fault.Error{Kind: fault.Protocol, Message: "malformed call of key.create"},
		},
		"no query": {
			reason: "a query that ended cannot be cancelled",
			method: "query.cancel", in: admin.QueryID{ID: "gone"},
			want: &fault.Error{Kind: fault.UndefinedObject, Message: `no query "gone" waits or runs`},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, log := serve(t, &fake{err: c.err})
			err := client.Call(t.Context(), c.method, c.in, &admin.Empty{})
			var got *fault.Error
			if !errors.As(err, &got) {
				t.Fatalf("%s: got %v", c.reason, err)
			}
			if got.Kind != c.want.Kind || got.Message != c.want.Message || got.Detail != c.want.Detail {
				t.Errorf("%s: got %+v, want %+v", c.reason, got, c.want)
			}
			if c.want.Kind == fault.Internal && !strings.Contains(log.String(), "password") {
				t.Errorf("the log has no cause: %s", log)
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	client := admin.NewClient(filepath.Join(t.TempDir(), "none"))
	defer client.Close()
	err := client.Call(t.Context(), "status", admin.Empty{}, &admin.Status{})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}
