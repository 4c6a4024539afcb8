package pgserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tavana/tavana/internal/lifecycle"
)

const port = "5432" // part of the socket's name

// settings are sensible for a store of some megabytes with a few clients.
//
//nolint:gochecknoglobals // a constant table: Go has no constant slices
var settings = []string{
	"listen_addresses=",
	"unix_socket_permissions=0700",
	"max_connections=50",
	"shared_buffers=32MB",
	"work_mem=4MB",
	"maintenance_work_mem=32MB",
	"max_wal_size=256MB",
	"min_wal_size=32MB",
	"wal_level=minimal",
	"max_wal_senders=0",
	"max_worker_processes=4",
	"max_parallel_workers_per_gather=0",
	"jit=off",
	"fsync=on",
	"synchronous_commit=on",
	"huge_pages=off",
	"client_connection_check_interval=1s", // a query whose client was killed ends
	"logging_collector=off",
	"log_min_messages=warning",
	"log_line_prefix=%m [%p] ",
	"cluster_name=tavana",
}

// command makes a command of PostgreSQL that runs as its account, with nothing
// of our environment, and writes to the log.
func (s *Server) command(program string, args ...string) (*exec.Cmd, *os.File, error) {
	log, err := s.place.openLog()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(filepath.Join(s.binaries, program), args...) //nolint:gosec,noctx // a found PostgreSQL; ended by its owner, not by a context
	cmd.Dir = s.place.state
	cmd.Env = []string{"LC_ALL=C", "PATH=" + s.binaries + ":/usr/bin:/bin", "HOME=" + s.place.state}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if s.account.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.account.uid, Gid: s.account.gid}
	}
	return cmd, log, nil
}

// launch starts the server; it does not wait until it answers.
func (s *Server) launch() (*lifecycle.Process, error) {
	args := []string{
		"-D", s.place.data,
		"-k", s.place.run,
		"-p", port,
		"-c", "hba_file=" + s.place.hba,
		"-c", "ident_file=" + s.place.ident,
	}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	cmd, log, err := s.command("postgres", args...)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the process has its own
	return s.config.Spawner.Start(cmd)
}

const initdbWithin = time.Minute

// initialize makes the data folder where there is none: aside, and renamed when
// it is whole, so that one cut short is made again.
func (s *Server) initialize(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(s.place.data, "PG_VERSION")); err == nil {
		return s.checkVersion(ctx)
	}
	aside := s.place.data + ".new"
	if err := os.RemoveAll(aside); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := s.account.mkdir(aside); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	cmd, log, err := s.command("initdb", "-D", aside, "-U", role, "-E", "UTF8", "--locale=C", "--auth=peer")
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the process has its own
	process, err := s.config.Spawner.Start(cmd)
	if err != nil {
		return err
	}
	timer := time.NewTimer(initdbWithin)
	defer timer.Stop()
	select {
	case <-process.Done():
	case <-ctx.Done():
	case <-timer.C:
	}
	process.Kill()
	if err := process.Err(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, s.place.tail())
	}
	if err := os.Rename(aside, s.place.data); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// checkVersion explains binaries that are not those that made the data: the
// server's own words would hide in its log.
func (s *Server) checkVersion(ctx context.Context) error {
	made, err := os.ReadFile(filepath.Join(s.place.data, "PG_VERSION"))
	if err != nil {
		return fmt.Errorf("read the version of the data: %w", err)
	}
	var of int
	if _, err := fmt.Sscan(string(made), &of); err != nil {
		return fmt.Errorf("read the version of the data: %w", err)
	}
	have, err := versionOf(ctx, s.binaries)
	if err != nil || have == of {
		return err
	}
	other, err := matching(ctx, s.config, s.place, of)
	if err != nil {
		return fmt.Errorf("the metadata in %q are of PostgreSQL %d, and the binaries of %d: "+
			"install PostgreSQL %d, or say where its binaries are", s.place.data, of, have, of)
	}
	s.binaries = other
	return nil
}
