package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/devca"
	"github.com/tavana/tavana/internal/lifecycle"
)

// options are what the program is asked for.
type options struct {
	rounds  int
	rows    int
	sample  string // folder of the sample data, scale factor 1
	bin     string // folder of the binaries
	threads int
}

// lab is where parts measure: a folder, certificates, and processes that end
// with it.
type lab struct {
	options
	dir     string
	spawner *lifecycle.Spawner
	ca      *devca.Authority
	log     io.Writer

	one  string // path of the program oneprocess
	undo []func()
}

func newLab(o options, log io.Writer) (*lab, error) {
	dir, err := os.MkdirTemp("/tmp", "tvb") // short: Unix sockets lie in it
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's account passes through
		return nil, err
	}
	l := &lab{options: o, dir: dir, spawner: lifecycle.NewSpawner(), log: log}
	if l.ca, err = devca.Open(devca.Config{Dir: filepath.Join(dir, "tls"), Hosts: []string{}}); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// close ends what was started, last first, and removes the folder.
func (l *lab) close() error {
	for _, f := range slices.Backward(l.undo) {
		f()
	}
	l.spawner.Close()
	return os.RemoveAll(l.dir)
}

// mark gives a function that ends what was started since.
func (l *lab) mark() (release func()) {
	n := len(l.undo)
	return func() {
		for len(l.undo) > n {
			last := len(l.undo) - 1
			l.undo[last]()
			l.undo = l.undo[:last]
		}
	}
}

// later runs a function when the lab, or the part, ends.
func (l *lab) later(f func()) { l.undo = append(l.undo, f) }

func (l *lab) say(format string, args ...any) { _, _ = fmt.Fprintf(l.log, format+"\n", args...) }

func (l *lab) root() string { return l.ca.RootFile() }

// data gives a table's Parquet files as a pattern.
func (l *lab) data(table string) string {
	if table == "lineitem" {
		return filepath.Join(l.sample, "data", "lineitem", "*.parquet")
	}
	return filepath.Join(l.sample, "data", table+".parquet")
}

const stopGrace = 20 * time.Second

// start starts a process that ends with the lab. Its standard output is read by
// the caller.
func (l *lab) start(cmd *exec.Cmd) (*lifecycle.Process, error) {
	p, err := l.spawner.Start(cmd)
	if err != nil {
		return nil, err
	}
	l.later(func() { _ = p.Stop(stopGrace) })
	return p, nil
}

// daemon starts a process and waits until a file that it writes to holds a
// text.
func (l *lab) daemon(ctx context.Context, cmd *exec.Cmd, ready string) (*lifecycle.Process, error) {
	file, err := os.CreateTemp(l.dir, "log")
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // the process has its own
	cmd.Stdout, cmd.Stderr = file, file
	p, err := l.start(cmd)
	if err != nil {
		return nil, err
	}
	holds := func() bool {
		text, _ := os.ReadFile(file.Name())
		return strings.Contains(string(text), ready)
	}
	if err := await(ctx, p.Done(), holds); err != nil {
		text, _ := os.ReadFile(file.Name())
		return nil, fmt.Errorf("%s is not ready: %w\n%s", filepath.Base(cmd.Path), err, text)
	}
	return p, nil
}

const (
	startWait = 90 * time.Second
	lookEvery = 10 * time.Millisecond
)

// await polls until a condition holds, or what it is about has ended.
func await(ctx context.Context, ended <-chan struct{}, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ended:
			return errors.New("it has ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}
