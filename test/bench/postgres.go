package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/lifecycle"
)

// postgres is a running PostgreSQL 15 with TLS, made for this run.
type postgres struct {
	process *lifecycle.Process
	account *syscall.Credential
	dir     string
	port    int
	dsn     string
}

const postgresVersion = "15"

// postgresSettings are those that a server of this size would be given; nothing
// about how rows are sent is changed.
func postgresSettings(dir string, port int) []string {
	return []string{
		"port=" + strconv.Itoa(port), "listen_addresses=localhost", "unix_socket_directories=" + dir,
		"ssl=on", "ssl_cert_file=" + filepath.Join(dir, "server.crt"), "ssl_key_file=" + filepath.Join(dir, "server.key"),
		"shared_buffers=1GB", "work_mem=64MB", "max_connections=300", "max_wal_size=4GB", "fsync=off", "autovacuum=off",
		"logging_collector=off",
	}
}

// command makes a command of PostgreSQL that runs as its account: it refuses to
// run as root.
func (p *postgres) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(postgresDir(), program), args...)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.account}
	return cmd
}

func postgresDir() string { return "/usr/lib/postgresql/" + postgresVersion + "/bin" }

// postgres makes a cluster and starts it.
func (l *lab) postgres(ctx context.Context) (*postgres, error) {
	p := &postgres{dir: filepath.Join(l.dir, "pg")}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return nil, err
	}
	l.later(func() { _ = os.RemoveAll(p.dir) })
	for _, name := range []string{"server.crt", "server.key"} {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(l.root()), name))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(p.dir, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	var err error
	if p.account, err = own(p.dir); err != nil {
		return nil, err
	}
	data := filepath.Join(p.dir, "data")
	if out, err := p.command(ctx, "initdb", "-D", data, "-U", "bench", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync").
		CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if p.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	args := []string{"-D", data}
	for _, setting := range postgresSettings(p.dir, p.port) {
		args = append(args, "-c", setting)
	}
	if p.process, err = l.daemon(ctx, p.command(ctx, "postgres", args...), "ready to accept connections"); err != nil {
		return nil, err
	}
	p.dsn = fmt.Sprintf("host=localhost port=%d user=bench dbname=postgres sslmode=verify-full sslrootcert=%s", p.port, l.root())
	return p, nil
}

// own gives a folder to an account that PostgreSQL and PgBouncer run as: for
// root that is postgres, for anybody else oneself.
func own(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // nil: as oneself
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, int(uid), int(gid)))
	})
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// freePort gives a port of the loopback interface that nobody listens on now.
func freePort(ctx context.Context) (int, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close() //nolint:errcheck // it was for its number
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("no TCP address")
	}
	return address.Port, nil
}

// The tables that both servers have. PostgreSQL's types are those that Tavana
// announces.
const (
	lineitemColumns = `l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber bigint,
		l_quantity numeric(15,2), l_extendedprice numeric(15,2), l_discount numeric(15,2), l_tax numeric(15,2),
		l_returnflag text, l_linestatus text, l_shipdate date, l_commitdate date, l_receiptdate date,
		l_shipinstruct text, l_shipmode text, l_comment text`
	supplierColumns = `s_suppkey bigint PRIMARY KEY, s_name text, s_address text, s_nationkey integer, s_phone text,
		s_acctbal numeric(15,2), s_comment text`
)

// load copies rows of a table from one server to the other, and lets PostgreSQL
// do at once what it would do at the first read.
func (p *postgres) load(ctx context.Context, from *platform, table, columns string, rows int) error {
	source, err := pgconn.Connect(ctx, from.dsn())
	if err != nil {
		return err
	}
	defer source.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	target, err := pgconn.Connect(ctx, p.dsn)
	if err != nil {
		return err
	}
	defer target.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	if err := target.Exec(ctx, "CREATE TABLE "+table+" ("+columns+")").Close(); err != nil {
		return err
	}
	reader, writer := io.Pipe()
	go func() {
		_, err := source.CopyTo(ctx, writer, fmt.Sprintf("COPY (SELECT * FROM %s LIMIT %d) TO STDOUT", table, rows))
		_ = writer.CloseWithError(err) // never fails
	}()
	if _, err := target.CopyFrom(ctx, reader, "COPY "+table+" FROM STDIN"); err != nil {
		return fmt.Errorf("load %s: %w", table, err)
	}
	return target.Exec(ctx, "VACUUM (FREEZE, ANALYZE) "+table).Close()
}
