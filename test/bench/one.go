package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/query"
)

// program builds oneprocess where that was not done yet, and gives its path.
func (l *lab) program(ctx context.Context) (string, error) {
	if l.one != "" {
		return l.one, nil
	}
	path := filepath.Join(l.dir, "oneprocess")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./test/bench/oneprocess")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build oneprocess: %w\n%s", err, out)
	}
	l.one = path
	return path, nil
}

// setup are the statements that make a database like that of a child: the same
// tables, with threads and memory as given.
func (l *lab) setup(memory string, threads int) ([]string, error) {
	statements := []string{"SET threads = " + strconv.Itoa(threads), "SET memory_limit = '" + memory + "'"}
	for _, table := range []string{"customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"} {
		files, err := filepath.Glob(l.data(table))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("no files of %s: run `go run ./tools/sampledata -scale 1 -out DIR`", table)
		}
		quoted := make([]string, len(files))
		for i, f := range files {
			quoted[i] = query.QuoteLiteral(f)
		}
		statements = append(statements, "CREATE VIEW "+table+" AS SELECT * FROM read_parquet(["+strings.Join(quoted, ", ")+"])")
	}
	return statements, nil
}

// server is oneprocess in one of the modes that serve over TLS.
type server struct {
	process *lifecycle.Process
	client  *drain
	dial    func(ctx context.Context) (*drain, error)
}

// listens starts a mode of oneprocess that serves over TLS, and gives its address.
func (l *lab) listens(ctx context.Context, mode string, setup []string) (p *lifecycle.Process, address string, err error) {
	path, err := l.program(ctx)
	if err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, append(append([]string{mode}, l.certificates()...), setup...)...)
	log := filepath.Join(l.dir, mode+".log")
	file, err := os.Create(log)
	if err != nil {
		return nil, "", err
	}
	defer file.Close() //nolint:errcheck // the process has its own
	cmd.Stdout, cmd.Stderr = file, file
	if p, err = l.start(cmd); err != nil {
		return nil, "", err
	}
	err = await(ctx, p.Done(), func() bool {
		text, _ := os.ReadFile(log)
		line, _, whole := strings.Cut(string(text), "\n")
		address = strings.TrimPrefix(line, "listening on ")
		return whole
	})
	if err != nil {
		text, _ := os.ReadFile(log)
		return nil, "", fmt.Errorf("start oneprocess %s: %w: %s", mode, err, text)
	}
	return p, address, nil
}

// serves starts a mode of oneprocess and connects to it.
func (l *lab) serves(ctx context.Context, mode string, setup []string) (*server, error) {
	s := &server{}
	process, address, err := l.listens(ctx, mode, setup)
	if err != nil {
		return nil, err
	}
	s.process = process
	pem, err := os.ReadFile(l.root())
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13}}
	s.dial = func(ctx context.Context) (*drain, error) {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		return newDrain(conn, drainBuffer), nil
	}
	if s.client, err = s.dial(ctx); err != nil {
		return nil, err
	}
	l.later(s.client.close)
	return s, nil
}

// ask sends a request line and drains the answer.
func (s *server) ask(request string) (got, error) {
	s.client.out = append(append(s.client.out[:0], request...), '\n')
	return s.client.ask()
}

// engine is oneprocess in the mode that runs statements of its standard input.
type engine struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

// engine starts a database in a process that lives as long as the part.
func (l *lab) engine(ctx context.Context, setup []string) (*engine, error) {
	path, err := l.program(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, append([]string{"queries"}, setup...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if _, err := l.start(cmd); err != nil {
		return nil, err
	}
	l.later(func() { _ = in.Close() })
	e := &engine{in: in, out: bufio.NewScanner(out)}
	if !e.out.Scan() || e.out.Text() != "ready" {
		return nil, errors.New("the database in one process did not start")
	}
	return e, nil
}

// run runs a statement and tells how long it took.
func (e *engine) run(sql string) (time.Duration, error) {
	line, err := json.Marshal(sql)
	if err != nil {
		return 0, err
	}
	if _, err := e.in.Write(append(line, '\n')); err != nil {
		return 0, err
	}
	if !e.out.Scan() {
		return 0, errors.New("the database in one process has ended")
	}
	ns, err := strconv.ParseInt(e.out.Text(), 10, 64)
	return time.Duration(ns), err
}
