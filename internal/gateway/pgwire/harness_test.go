package pgwire_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/xdg-go/scram"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/devca"
	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/gateway/pgwire"
	"github.com/tavana/tavana/internal/query"
)

// patience bounds every wait of these tests; none of them waits for its end.
const patience = 20 * time.Second

// keys knows two principals: ada may read, root is an admin; each has two keys.
type keys struct{ away error }

func (k keys) Login(_ context.Context, principal string) (catalog.Credentials, error) {
	found := catalog.Credentials{Salt: []byte("0123456789abcdef"), Iterations: 4096}
	scope := query.ScopeRead
	switch principal {
	case "ada":
	case "root":
		scope = query.ScopeAdmin
	default:
		return found, k.away
	}
	for _, secret := range []string{"tvn_one", "tvn_two"} {
		client, err := scram.SHA256.NewClientUnprepped("", secret, "")
		if err != nil {
			return found, fmt.Errorf("scram: %w", err)
		}
		stored, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(found.Salt), Iters: 4096})
		if err != nil {
			return found, fmt.Errorf("scram: %w", err)
		}
		hash := sha256.Sum256([]byte(secret))
		found.Keys = append(found.Keys, catalog.Credential{
			ID: secret, Hash: hash[:], StoredKey: stored.StoredKey, ServerKey: stored.ServerKey, Scopes: []query.Scope{scope},
		})
	}
	return found, k.away
}

func (keys) Touch(context.Context, string) error { return nil }

func (keys) KeyPrincipal(context.Context, [sha256.Size]byte) (string, error) { return "", nil }

// door is a server that runs.
type door struct {
	*pgwire.Server
	manager *manager
	address net.Addr
	root    string // file of the authority; empty on a Unix socket
	done    chan error
}

// openTCP runs a door with TLS on a loopback port.
func openTCP(t *testing.T, change func(*pgwire.Config)) *door {
	t.Helper()
	authority, err := devca.Open(devca.Config{Dir: t.TempDir(), Hosts: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := pgwire.Config{Listener: listener, TLS: authority.TLS(tls.VersionTLS13)}
	return open(t, config, change, authority.RootFile())
}

// openUnix runs a door on a Unix socket, where keys are asked for in clear.
func openUnix(t *testing.T, change func(*pgwire.Config)) *door {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	return open(t, pgwire.Config{Listener: listener, AuthMethod: pgwire.Cleartext}, change, "")
}

func open(t *testing.T, config pgwire.Config, change func(*pgwire.Config), root string) *door {
	t.Helper()
	m := newManager()
	auth := authn.New(keys{}, authn.Config{})
	config.Auth, config.Sessions = auth, m
	if change != nil {
		change(&config)
	}
	server, err := pgwire.New(config)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Server: server, manager: m, address: config.Listener.Addr(), root: root, done: make(chan error, 1)}
	go func() { d.done <- server.Serve(context.Background()) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
		if err := <-d.done; err != nil {
			t.Errorf("serve: %v", err)
		}
		auth.Close()
	})
	return d
}

// raw is a client that sends what it likes.
type raw struct {
	t    *testing.T
	conn net.Conn
	*pgproto3.Frontend
}

func (d *door) dial(t *testing.T) *raw {
	t.Helper()
	conn, err := net.Dial(d.address.Network(), d.address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &raw{t: t, conn: conn, Frontend: pgproto3.NewFrontend(conn, conn)}
}

// login dials a Unix door and logs in.
func (d *door) login(t *testing.T, user string) *raw {
	t.Helper()
	r := d.dial(t)
	r.send(&pgproto3.StartupMessage{ProtocolVersion: 196608, Parameters: map[string]string{"user": user}})
	r.expect("AuthenticationCleartextPassword")
	r.send(&pgproto3.PasswordMessage{Password: "tvn_one"})
	r.expect("AuthenticationOk", "ParameterStatus", "ParameterStatus", "ParameterStatus", "ParameterStatus", "BackendKeyData", "ReadyForQuery I")
	return r
}

func (r *raw) send(messages ...pgproto3.FrontendMessage) {
	r.t.Helper()
	for _, m := range messages {
		r.Send(m)
	}
	if err := r.Flush(); err != nil {
		r.t.Fatalf("send: %v", err)
	}
}

func (r *raw) write(data string) {
	r.t.Helper()
	if _, err := io.WriteString(r.conn, data); err != nil {
		r.t.Fatalf("write: %v", err)
	}
}

// trace takes messages until the server waits for the client or closes.
func (r *raw) trace() []string {
	r.t.Helper()
	var lines []string
	for {
		m, err := r.Receive()
		if err != nil {
			if errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "timeout") {
				r.t.Fatalf("after %q: %v", lines, err)
			}
			return append(lines, "closed")
		}
		lines = append(lines, short(m))
		if _, ok := m.(*pgproto3.ReadyForQuery); ok {
			return lines
		}
	}
}

// expect takes as many messages as are named.
func (r *raw) expect(want ...string) {
	r.t.Helper()
	for _, line := range want {
		m, err := r.Receive()
		if err != nil {
			r.t.Fatalf("want %s: %v", line, err)
		}
		if got := short(m); got != line {
			r.t.Fatalf("got %s, want %s", got, line)
		}
	}
}

// short writes a message in one line.
func short(m pgproto3.BackendMessage) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
	switch m := m.(type) {
	case *pgproto3.ReadyForQuery:
		return name + " " + string(m.TxStatus)
	case *pgproto3.CommandComplete:
		return name + " " + string(m.CommandTag)
	case *pgproto3.ErrorResponse:
		return fmt.Sprintf("%s %s %s", name, m.Severity, m.Code)
	case *pgproto3.DataRow:
		return fmt.Sprintf("%s %s", name, m.Values)
	case *pgproto3.RowDescription:
		return fmt.Sprintf("%s %s/%d/%d", name, m.Fields[0].Name, m.Fields[0].DataTypeOID, m.Fields[0].Format)
	case *pgproto3.CopyData:
		return fmt.Sprintf("%s %q", name, m.Data)
	}
	return name
}

// alive tells whether the door still serves.
func (d *door) alive(t *testing.T) {
	t.Helper()
	r := d.login(t, "ada")
	r.send(&pgproto3.Query{String: "rows 1"})
	r.expect("RowDescription v/25/0", "DataRow [x]", "CommandComplete SELECT 1", "ReadyForQuery I")
}
