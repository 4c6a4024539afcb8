package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Keys makes and ends API keys.
type Keys interface {
	CreateKey(ctx context.Context, in catalog.NewKey) (catalog.Key, string, error)
	ListKeys(ctx context.Context) ([]catalog.Key, error)
	RotateKey(ctx context.Context, id string, grace time.Duration) (catalog.Key, string, error)
	RevokeKey(ctx context.Context, id string) error
}

// Grants gives and takes the right to read schemas.
type Grants interface {
	Grant(ctx context.Context, principal, catalog, schema string) error
	Revoke(ctx context.Context, principal, catalog, schema string) error
	Grants(ctx context.Context, principal, catalog, schema string) ([]catalog.Grant, error)
}

// Principals tells and changes what the sessions of principals begin with.
type Principals interface {
	SetPrincipal(ctx context.Context, in catalog.Principal) error
	Principals(ctx context.Context) ([]catalog.Principal, error)
}

// Tables registers tables.
type Tables interface {
	AddTable(ctx context.Context, who query.Identity, in catalog.NewTable) (catalog.TableInfo, error)
	ListTables(ctx context.Context, who query.Identity, catalog, schema string) ([]catalog.TableInfo, error)
	ShowTable(ctx context.Context, who query.Identity, name query.TableName) (catalog.TableInfo, error)
	DropTable(ctx context.Context, who query.Identity, name query.TableName) error
}

// Queries tells what waits and runs, and about the server.
type Queries interface {
	Queries(ctx context.Context) []Query
	CancelQuery(id query.ID) bool
	Status(ctx context.Context) Status
}

// Deps are what the calls reach. All are required.
type Deps struct {
	Keys       Keys
	Grants     Grants
	Principals Principals
	Tables     Tables
	Queries    Queries
	Logger     *slog.Logger
}

// Server answers calls.
type Server struct {
	deps   Deps
	http   *http.Server
	done   chan struct{}
	socket string
}

// Serve listens on a socket, which it replaces: the caller makes sure that no
// other server owns it. The caller calls Close.
func Serve(ctx context.Context, socket string, deps Deps) (*Server, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove old admin socket %q: %w", socket, err)
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("listen on admin socket %q: %w", socket, err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("protect admin socket %q: %w", socket, err)
	}
	s := &Server{deps: deps, done: make(chan struct{}), socket: socket}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			deps.Logger.ErrorContext(ctx, "admin socket ended", "error", err)
		}
	}()
	return s, nil
}

// Close stops answering; calls may end until ctx does.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		_ = s.http.Close()
	}
	<-s.done
	return err
}

// operator is who calls: whoever can open the socket owns the server.
func operator() query.Identity {
	return query.Identity{Principal: "operator", Scopes: []query.Scope{query.ScopeAdmin}}
}

func (s *Server) routes() http.Handler {
	d, mux := s.deps, http.NewServeMux()
	add(mux, s, "key.create", func(ctx context.Context, in catalog.NewKey) (MintedKey, error) {
		key, secret, err := d.Keys.CreateKey(ctx, in)
		return MintedKey{Key: key, Secret: secret}, err
	})
	add(mux, s, "key.list", func(ctx context.Context, _ Empty) ([]catalog.Key, error) { return d.Keys.ListKeys(ctx) })
	add(mux, s, "key.rotate", func(ctx context.Context, in KeyID) (MintedKey, error) {
		key, secret, err := d.Keys.RotateKey(ctx, in.ID, in.Grace)
		return MintedKey{Key: key, Secret: secret}, err
	})
	add(mux, s, "key.revoke", func(ctx context.Context, in KeyID) (Empty, error) {
		return Empty{}, d.Keys.RevokeKey(ctx, in.ID)
	})
	add(mux, s, "grant.add", func(ctx context.Context, in catalog.Grant) (Empty, error) {
		return Empty{}, d.Grants.Grant(ctx, in.Principal, in.Catalog, in.Schema)
	})
	add(mux, s, "grant.remove", func(ctx context.Context, in catalog.Grant) (Empty, error) {
		return Empty{}, d.Grants.Revoke(ctx, in.Principal, in.Catalog, in.Schema)
	})
	add(mux, s, "grant.list", func(ctx context.Context, in catalog.Grant) ([]catalog.Grant, error) {
		return d.Grants.Grants(ctx, in.Principal, in.Catalog, in.Schema)
	})
	add(mux, s, "principal.set", func(ctx context.Context, in catalog.Principal) (Empty, error) {
		return Empty{}, d.Principals.SetPrincipal(ctx, in)
	})
	add(mux, s, "principal.list", func(ctx context.Context, _ Empty) ([]catalog.Principal, error) {
		return d.Principals.Principals(ctx)
	})
	add(mux, s, "table.add", func(ctx context.Context, in catalog.NewTable) (catalog.TableInfo, error) {
		return d.Tables.AddTable(ctx, operator(), in)
	})
	add(mux, s, "table.list", func(ctx context.Context, in TableFilter) ([]catalog.TableInfo, error) {
		return d.Tables.ListTables(ctx, operator(), in.Name.Catalog, in.Name.Schema)
	})
	add(mux, s, "table.show", func(ctx context.Context, in TableFilter) (catalog.TableInfo, error) {
		return d.Tables.ShowTable(ctx, operator(), in.Name)
	})
	add(mux, s, "table.drop", func(ctx context.Context, in TableFilter) (Empty, error) {
		return Empty{}, d.Tables.DropTable(ctx, operator(), in.Name)
	})
	add(mux, s, "query.list", func(ctx context.Context, _ Empty) ([]Query, error) { return d.Queries.Queries(ctx), nil })
	add(mux, s, "query.cancel", func(_ context.Context, in QueryID) (Empty, error) {
		if !d.Queries.CancelQuery(in.ID) {
			return Empty{}, fault.New(fault.UndefinedObject, "no query %q waits or runs", in.ID).
				WithHint("List them with: tavana queries list")
		}
		return Empty{}, nil
	})
	add(mux, s, "status", func(ctx context.Context, _ Empty) (Status, error) { return d.Queries.Status(ctx), nil })
	return mux
}

// add binds a method to its function.
func add[In, Out any](mux *http.ServeMux, s *Server, method string, call func(context.Context, In) (Out, error)) {
	mux.HandleFunc("POST /v1/"+method, func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil {
			s.fail(r.Context(), w, method, fault.New(fault.Protocol, "malformed call of %s", method))
			return
		}
		out, err := call(r.Context(), in)
		if err != nil {
			s.fail(r.Context(), w, method, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(out); err != nil {
			s.deps.Logger.WarnContext(r.Context(), "answer to an admin call was not taken", "method", method, "error", err)
		}
	})
}

func (s *Server) fail(ctx context.Context, w http.ResponseWriter, method string, err error) {
	f := fault.From(err)
	status := http.StatusBadRequest
	switch f.Kind {
	case fault.Internal:
		status = http.StatusInternalServerError
		s.deps.Logger.ErrorContext(ctx, "admin call failed", "method", method, "error", errors.Unwrap(f))
	case fault.Unavailable:
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(failure{Kind: f.Kind, Message: f.Message, Detail: f.Detail, Hint: f.Hint})
}
