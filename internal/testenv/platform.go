package testenv

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/standalone"
)

// Options say how a platform is started. The zero value is fine.
type Options struct {
	Data []string // folders; none: no tables
	Args []string // more arguments of `tavana serve`
	Home string   // default: a new one, short enough for sockets
}

// Platform is a running `tavana serve` with a home of its own. It is stopped
// when the test ends.
type Platform struct {
	Home string
	Env  map[string]string // connection.env

	tb      testing.TB
	spawner *lifecycle.Spawner // a test that is killed takes its server with it
	process *lifecycle.Process // nil: not started
	log     *buffer
	http    string // address of the metrics, once it was asked for
	binary  string
	options Options
}

// Start starts a platform and waits until it is ready, and has the tables of the
// sample where it was given: on a busy machine a server is ready before it has read
// all files.
func Start(tb testing.TB, options Options) *Platform {
	tb.Helper()
	if options.Home == "" {
		options.Home = Home(tb)
	}
	Worker(tb) // tavana serve needs it: say early what is missing
	p := &Platform{tb: tb, Home: options.Home, options: options, binary: Tavana(tb), spawner: lifecycle.NewSpawner()}
	tb.Cleanup(func() {
		p.Stop()
		p.spawner.Close()
		if tb.Failed() {
			tb.Logf("log of tavana serve:\n%s", p.log.String())
		}
	})
	p.Restart()
	for _, dir := range options.Data {
		tables := sampled(dir)
		if len(tables) == 0 {
			continue
		}
		Eventually(tb, time.Minute, "the tables of the sample are there", func() bool {
			list := p.Tavana("table", "list")
			return !slices.ContainsFunc(tables, func(table string) bool { return !strings.Contains(list, "."+table+" ") })
		})
	}
	return p
}

// Home makes a home that is removed when the test ends. Its path is short: Unix
// sockets lie in it.
func Home(tb testing.TB) string {
	tb.Helper()
	home, err := os.MkdirTemp("/tmp", "tvn")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = os.RemoveAll(home)
		removeState(home)
	})
	return home
}

// removeState removes what a server that ran as root kept elsewhere: the state
// of its PostgreSQL, which names the home that it belongs to.
func removeState(home string) {
	marks, _ := filepath.Glob("/var/lib/tavana/*/home")
	for _, mark := range marks {
		if owner, err := os.ReadFile(mark); err == nil && within(strings.TrimSpace(string(owner)), home) {
			_ = os.RemoveAll(filepath.Dir(mark))
		}
	}
}

// within tells whether a path is a folder, or below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// Restart starts the server, which must not run, and waits until it is ready.
func (p *Platform) Restart() {
	p.tb.Helper()
	args := []string{
		"serve", "--home", p.Home, "--pg-listen", "127.0.0.1:0", "--flight-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0",
		"--memory", "2GiB", "--grace", "2s",
	}
	for _, dir := range p.options.Data {
		args = append(args, "--data", dir)
	}
	cmd := exec.Command(p.binary, append(args, p.options.Args...)...)
	p.log, p.http = &buffer{}, ""
	cmd.Stdout, cmd.Stderr = p.log, p.log
	process, err := p.spawner.Start(cmd)
	if err != nil {
		p.tb.Fatal(err)
	}
	p.process = process
	if !p.poll(time.Minute, func() bool { return strings.Contains(p.log.String(), "Tavana is ready") }) {
		p.Kill()
		p.tb.Fatalf("tavana serve did not become ready:\n%s", p.log.String())
	}
	p.Env = p.readEnv()
}

// poll waits until a condition holds, the server has ended or time is up.
func (p *Platform) poll(limit time.Duration, holds func() bool) bool {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-p.process.Done():
			return holds()
		case <-deadline.C:
			return false
		case <-ticker.C:
		}
	}
	return true
}

func (p *Platform) readEnv() map[string]string {
	p.tb.Helper()
	text, err := os.ReadFile(standalone.File(p.Home))
	if err != nil {
		p.tb.Fatal(err)
	}
	return standalone.ParseEnv(string(text))
}

// Environ is this process's environment with the connection settings.
func (p *Platform) Environ() []string {
	env := os.Environ()
	for key, value := range p.Env {
		env = append(env, key+"="+value)
	}
	return env
}

// DSN gives a connection string for pgx, with changed settings ("user=ada").
func (p *Platform) DSN(changes ...string) string {
	e := p.Env
	return fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=%s sslmode=verify-full sslrootcert=%s %s",
		e["PGHOST"], e["PGPORT"], e["PGUSER"], e["PGPASSWORD"], e["PGDATABASE"], e["PGSSLROOTCERT"], strings.Join(changes, " "))
}

// PID is the server's process ID.
func (p *Platform) PID() int { return p.process.PID() }

// Log is what the server said so far.
func (p *Platform) Log() string { return p.log.String() }

// Stop asks the server to stop and waits. A stopped one stays stopped.
func (p *Platform) Stop() {
	p.tb.Helper()
	if p.process == nil {
		return
	}
	_ = p.process.Signal(syscall.SIGTERM)
	deadline := time.NewTimer(45 * time.Second)
	defer deadline.Stop()
	select {
	case <-p.process.Done():
	case <-deadline.C:
		p.Kill()
		p.tb.Errorf("tavana serve did not stop:\n%s", p.log.String())
	}
}

// Kill kills the server and waits until it is gone.
func (p *Platform) Kill() {
	p.process.Kill()
	<-p.process.Done()
}

// Tavana runs the command line against this home, and fails the test where it
// fails.
func (p *Platform) Tavana(args ...string) string {
	p.tb.Helper()
	out, err := p.TryTavana(args...)
	if err != nil {
		p.tb.Fatalf("tavana %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// TryTavana runs the command line against this home; it gives both outputs.
func (p *Platform) TryTavana(args ...string) (string, error) {
	p.tb.Helper()
	cmd := exec.CommandContext(p.tb.Context(), p.binary, append([]string{"--home", p.Home}, args...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err //nolint:wrapcheck // for a test
}

// buffer is a log that is written and read at the same time.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
