// Package pgserver runs the private PostgreSQL that keeps the metadata where no
// other database was given.
//
// It listens on a Unix socket only. The owner has no password: the server asks the
// kernel who connects (peer), and takes the account that runs Tavana, which is
// mapped to the database role "tavana"; roles that Tavana makes with a password of
// their own log in by it, to the databases that they are granted. The folders of data and socket have mode
// 0700.
//
// PostgreSQL refuses to run as root. Started by root it runs as the account
// postgres, else nobody, with its state below /var/lib/tavana, which that account
// can reach; else it runs as the user, below the home. The layout:
//
//	lock              held while a Server runs: two never share one state
//	data/             PostgreSQL's own, of its account, 0700
//	run/              the socket, of its account, 0700
//	pg_hba.conf       written at each start, as is pg_ident.conf
//	postgres.log      the server's words
//	home              which home this state is of
//	origin            the machine and the file system of that home
//
// A server that was killed is started again, with growing pauses; it dies with
// its parent, and recovers from its log.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/lifecycle"
)

// Spawner starts a process that dies with this one.
type Spawner interface {
	Start(cmd *exec.Cmd) (*lifecycle.Process, error)
}

// Config says where and how the server runs.
type Config struct {
	// Home is the folder of Tavana's state; required.
	Home string
	// BinariesDir holds postgres and initdb, of version 15 or later. Empty: the
	// newest of the machine, or else they are downloaded.
	BinariesDir string
	// StateDir is the folder of the server's state. Empty: Home/postgres, or as
	// root /var/lib/tavana/<hash of home>.
	StateDir string
	// Repository is the Maven repository that binaries are downloaded from.
	// Empty: Maven Central.
	Repository string
	// Spawner starts the processes; required.
	Spawner Spawner
	// Logger hears of starts and ends; required.
	Logger *slog.Logger
}

const (
	role     = "tavana"
	database = "tavana"

	startWithin = 90 * time.Second // recovery of a long log included
	stopWithin  = 10 * time.Second
	firstPause  = 100 * time.Millisecond
	longPause   = 5 * time.Second
	steadyAfter = 30 * time.Second // up for so long: the next pause is short again
	tries       = 20               // of the first start, while an earlier run still ends
)

// Server is a running PostgreSQL. It is safe for concurrent use.
type Server struct {
	config   Config
	place    place
	account  account
	binaries string
	lock     *os.File

	process *lifecycle.Process // the first one; then supervise's own
	stop    chan struct{}
	once    sync.Once
	done    chan struct{}
}

// Start starts the server, makes its files where there are none, and returns
// when it answers. The caller calls Close.
func Start(ctx context.Context, config Config) (*Server, error) {
	s := &Server{config: config, stop: make(chan struct{}), done: make(chan struct{})}
	if err := s.start(ctx); err != nil {
		s.release()
		return nil, fmt.Errorf("start the private PostgreSQL: %w", err)
	}
	go s.supervise() //nolint:gosec // it outlives the start, until Close
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	var err error
	if s.account, err = findAccount(); err != nil {
		return err
	}
	if err := s.occupy(ctx); err != nil {
		return err
	}
	if s.binaries, err = findBinaries(ctx, s.config, s.place); err != nil {
		return err
	}
	if err := s.initialize(ctx); err != nil {
		return err
	}
	if err := s.firstLaunch(ctx); err != nil {
		return err
	}
	if err := s.createDatabase(ctx); err != nil {
		s.quit(s.process)
		return err
	}
	return nil
}

// occupy makes the state's folders and takes its lock. Where states of many homes
// lie side by side, those of homes that are gone are removed.
func (s *Server) occupy(ctx context.Context) (err error) {
	shared := s.account.switched && s.config.StateDir == ""
	sweeper := sweeper{parent: states, logger: s.config.Logger}
	if shared {
		if err := makeParent(states); err != nil {
			return fmt.Errorf("make the folder of states: %w", err)
		}
		held, err := sweeper.begin(ctx)
		if err != nil {
			return err
		}
		defer func() {
			unlock(held)
			sweeper.remove(ctx)
		}()
	}
	if s.place, err = preparePlace(s.config, s.account); err != nil {
		return err
	}
	if s.lock, err = s.place.acquire(); err != nil {
		return err
	}
	if shared {
		sweeper.aside()
	}
	return nil
}

// firstLaunch starts the server until one stays: what is left of a killed
// earlier run may hold the data for some moments more.
func (s *Server) firstLaunch(ctx context.Context) error {
	var err error
	for try := range tries {
		if try > 0 && !s.pause(ctx, firstPause*time.Duration(try)) {
			return err
		}
		if err = s.place.clearStale(ctx); err != nil {
			return err
		}
		if s.process, err = s.launch(); err != nil {
			return err
		}
		if err = s.ready(ctx, s.process); err == nil {
			return nil
		}
		s.quit(s.process)
		if ctx.Err() != nil || !errors.Is(err, errEnded) {
			return err
		}
	}
	return err
}

// URL is where clients of this account connect.
func (s *Server) URL() string { return s.url(database) }

func (s *Server) url(db string) string {
	values := url.Values{"host": {s.place.run}, "port": {port}, "user": {role}, "sslmode": {"disable"}}
	return "postgres:///" + db + "?" + values.Encode()
}

// Close stops the server: running statements are ended, and everything is
// written. Safe to call twice.
func (s *Server) Close() {
	s.once.Do(func() { close(s.stop) })
	<-s.done
}

// supervise owns the process: it starts it again when it ended by itself, and
// ends it at Close.
func (s *Server) supervise() {
	defer close(s.done)
	defer s.release()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	process, since, pause := s.process, time.Now(), firstPause
	for {
		select {
		case <-s.stop:
			s.quit(process)
			return
		case <-process.Done():
		}
		if time.Since(since) > steadyAfter {
			pause = firstPause
		}
		s.config.Logger.Warn("private PostgreSQL ended; it is started again",
			"error", process.Err(), "pause", pause, "log", s.place.log)
		for restarted := false; !restarted; {
			if !s.pause(ctx, pause) {
				return
			}
			pause = min(2*pause, longPause)
			if err := s.place.clearStale(ctx); err != nil {
				s.config.Logger.Warn("clear what a dead PostgreSQL left", "error", err)
			}
			next, err := s.launch()
			if err != nil {
				s.config.Logger.Error("private PostgreSQL does not start", "error", err)
				continue
			}
			process, since, restarted = next, time.Now(), true
		}
	}
}

// pause waits, and tells whether the server is still wanted.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.stop:
		return false
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// quit ends a process: a fast shutdown, and harder where that takes too long.
func (s *Server) quit(process *lifecycle.Process) {
	if err := process.Signal(syscall.SIGINT); err == nil {
		timer := time.NewTimer(stopWithin)
		defer timer.Stop()
		select {
		case <-process.Done():
			return
		case <-timer.C:
		}
	}
	process.Kill()
	<-process.Done()
}

func (s *Server) release() {
	if s.lock != nil {
		unlock(s.lock)
	}
}

var errEnded = errors.New("the server ended")

// ready waits until the server answers.
func (s *Server) ready(ctx context.Context, process *lifecycle.Process) error {
	retry := time.NewTicker(25 * time.Millisecond)
	defer retry.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-process.Done():
			return fmt.Errorf("%w: %w: %s", errEnded, process.Err(), s.place.tail())
		case <-ctx.Done():
			return fmt.Errorf("wait for the server: %w: %s", err, s.place.tail())
		case <-retry.C:
		}
	}
}

func (s *Server) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is lost with it
	var have bool
	const ask = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, ask, database).Scan(&have); err != nil {
		return fmt.Errorf("look for the database: %w", err)
	}
	if !have {
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+database); err != nil {
			return fmt.Errorf("create the database: %w", err)
		}
	}
	// Other roles than the owner connect where they are granted to, only.
	for _, name := range []string{database, "postgres", "template1"} {
		if _, err := conn.Exec(ctx, "REVOKE ALL ON DATABASE "+name+" FROM PUBLIC"); err != nil {
			return fmt.Errorf("close the database to others: %w", err)
		}
	}
	return nil
}
