package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tavana/tavana/internal/lifecycle"
)

// bouncer is a PgBouncer in front of a PostgreSQL, with TLS to its clients and
// a Unix socket to its server.
type bouncer struct {
	process *lifecycle.Process
	dsn     string
}

func (l *lab) bouncer(ctx context.Context, p *postgres) (*bouncer, error) {
	dir := filepath.Join(l.dir, "pgbouncer")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	l.later(func() { _ = os.RemoveAll(dir) })
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	config := strings.Join([]string{
		"[databases]",
		fmt.Sprintf("postgres = host=%s port=%d user=bench dbname=postgres", p.dir, p.port),
		"[pgbouncer]",
		"listen_addr = 127.0.0.1", fmt.Sprintf("listen_port = %d", port), "unix_socket_dir =",
		"auth_type = any", "pool_mode = transaction", "max_client_conn = 5000", "default_pool_size = 20",
		"client_tls_sslmode = require", "client_tls_protocols = tlsv1.3",
		"client_tls_cert_file = " + filepath.Join(dir, "server.crt"),
		"client_tls_key_file = " + filepath.Join(dir, "server.key"),
		"server_tls_sslmode = disable", "ignore_startup_parameters = extra_float_digits",
		"",
	}, "\n")
	if err := os.WriteFile(filepath.Join(dir, "pgbouncer.ini"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	for _, name := range []string{"server.crt", "server.key"} {
		text, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	account, err := own(dir)
	if err != nil {
		return nil, err
	}
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		return nil, fmt.Errorf("pgbouncer is missing: run `make bench`, which installs it: %w", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, filepath.Join(dir, "pgbouncer.ini"))
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	b := &bouncer{dsn: fmt.Sprintf("host=localhost port=%d user=bench dbname=postgres sslmode=verify-full sslrootcert=%s", port, l.root())}
	if b.process, err = l.daemon(ctx, cmd, "process up"); err != nil {
		return nil, err
	}
	return b, nil
}
