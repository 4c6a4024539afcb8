package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/standalone"
)

// platform is a running `tavana serve` with the sample's tables.
type platform struct {
	process *lifecycle.Process
	env     map[string]string
	http    string
}

// platform starts a server; the lab ends it.
func (l *lab) platform(ctx context.Context, args ...string) (*platform, error) {
	home, err := os.MkdirTemp(l.dir, "h")
	if err != nil {
		return nil, err
	}
	l.later(func() { removeState(home) })
	http, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	p := &platform{http: "http://127.0.0.1:" + strconv.Itoa(http)}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(l.bin, "tavana"), append([]string{
		"serve", "--home", home, "--pg-listen", "127.0.0.1:0", "--flight-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:" + strconv.Itoa(http),
		"--data", filepath.Join(l.sample, "data"), "--log-level", "warn", "--grace", "2s",
	}, args...)...)
	if p.process, err = l.daemon(ctx, cmd, "Tavana is ready"); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(standalone.File(home))
	if err != nil {
		return nil, err
	}
	p.env = standalone.ParseEnv(string(text))
	settle(ctx, p.process.PID())
	return p, nil
}

// dsn tells a client how to connect.
func (p *platform) dsn() string {
	e := p.env
	return fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=%s sslmode=verify-full sslrootcert=%s",
		e["PGHOST"], e["PGPORT"], e["PGUSER"], e["PGPASSWORD"], e["PGDATABASE"], e["PGSSLROOTCERT"])
}

// removeState removes what a server that ran as root kept elsewhere for a home.
func removeState(home string) {
	marks, _ := filepath.Glob("/var/lib/tavana/*/home") // the pattern is right
	for _, mark := range marks {
		if owner, err := os.ReadFile(mark); err == nil && string(owner) == home+"\n" || string(owner) == home {
			_ = os.RemoveAll(filepath.Dir(mark))
		}
	}
}
