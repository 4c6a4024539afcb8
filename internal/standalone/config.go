package standalone

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/tavana/tavana/internal/fault"
)

// noDoor is the address of a door that is left out.
const noDoor = "none"

// Config says how the platform runs on this machine.
type Config struct {
	// Home is the folder of all state; made with mode 0700. Default ~/.tavana.
	Home string
	// Data are folders whose files become tables of local.main.
	Data []string
	// Listen is the address of the PostgreSQL door; port 0 picks a free one.
	// Default 127.0.0.1:5432.
	Listen string
	// FlightListen is the address of the Arrow Flight SQL door; port 0 picks a free
	// one, "none" leaves the door out. Default 127.0.0.1:8815.
	FlightListen string
	// HTTPListen is the address of health and metrics. Default 127.0.0.1:8432.
	HTTPListen string
	// Memory is what all queries may have together, in bytes. Default: what the
	// machine has, less a quarter and at least 1 GiB for everything else.
	Memory int64
	// DatabaseURL is the PostgreSQL of the metadata. Empty: a private one.
	DatabaseURL string
	// PostgresDir holds the programs of the private PostgreSQL. Empty: those of
	// the machine, or else they are downloaded.
	PostgresDir string
	// TLSCert and TLSKey are files; empty: a development authority in Home.
	TLSCert string
	TLSKey  string
	// TLSMin is the least version of TLS: "1.3" (default) or "1.2".
	TLSMin string
	// Cleartext asks clients for the key itself (over TLS) instead of SCRAM.
	Cleartext bool
	// Planners is how many planner processes run; default and minimum 2.
	Planners int
	// Spares is how many children are started ahead; default 2, below 0: none.
	Spares int
	// MaxConnections bounds the sessions; default 1000.
	MaxConnections int
	// MaxQueries bounds the queries that run at once; 0: four a processor.
	MaxQueries int
	// MaxWaiting bounds the queries that wait; default 100.
	MaxWaiting int
	// QueueTimeout is the longest wait in the queue; default 60 s.
	QueueTimeout time.Duration
	// IdleResult is how long an unread result may hold memory that others wait
	// for; default 60 s, at least 5 s.
	IdleResult time.Duration
	// StatementTimeout ends a statement, unless its session sets another one.
	// Default 1 h; below 0: never.
	StatementTimeout time.Duration
	// IdleSession ends a session that sends nothing for so long, unless it sets
	// another time. Default 0: none.
	IdleSession time.Duration
	// Grace is how long running statements may take when the server stops;
	// default 10 s.
	Grace time.Duration
	// WorkerBinary is the path of tavana-worker. Default: beside this program.
	WorkerBinary string
	// OTLPEndpoint is a URL that traces are sent to; empty: none are made.
	OTLPEndpoint string
	// Version of this program.
	Version string
	// Logger hears what happens; required.
	Logger *slog.Logger
}

// WithDefaults returns c with what was left out, and paths absolute.
func (c Config) WithDefaults() (Config, error) {
	if c.Home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return c, fmt.Errorf("find the home directory: %w", err)
		}
		c.Home = filepath.Join(user, ".tavana")
	}
	if c.WorkerBinary == "" {
		self, err := os.Executable()
		if err != nil {
			return c, fmt.Errorf("find this program: %w", err)
		}
		c.WorkerBinary = filepath.Join(filepath.Dir(self), "tavana-worker")
	}
	for _, path := range []*string{&c.Home, &c.WorkerBinary} {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return c, fmt.Errorf("absolute path of %q: %w", *path, err)
		}
		*path = absolute
	}
	setDefault(&c.Listen, "127.0.0.1:5432")
	setDefault(&c.FlightListen, "127.0.0.1:8815")
	setDefault(&c.HTTPListen, "127.0.0.1:8432")
	setDefault(&c.TLSMin, "1.3")
	setDefault(&c.Memory, machineMemory())
	setDefault(&c.Spares, 2)
	setDefault(&c.IdleResult, time.Minute)
	setDefault(&c.StatementTimeout, time.Hour)
	setDefault(&c.Grace, 10*time.Second)
	c.Planners = max(c.Planners, 2)
	c.IdleResult = max(c.IdleResult, 5*time.Second)
	c.StatementTimeout = max(c.StatementTimeout, 0)
	return c, nil
}

// Validate tells what cannot work, before anything is started.
func (c Config) Validate() error {
	const least = 512 << 20
	invalid := func(format string, args ...any) *fault.Error {
		return fault.New(fault.InvalidParameter, format, args...)
	}
	switch {
	case c.Memory < least:
		return invalid("memory of %d bytes is too little: at least 512 MiB are needed", c.Memory)
	case c.TLSMin != "1.2" && c.TLSMin != "1.3":
		return invalid("least TLS version %q: must be 1.2 or 1.3", c.TLSMin)
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return invalid("a TLS certificate and its key are given together")
	}
	if info, err := os.Stat(c.WorkerBinary); err != nil || info.IsDir() {
		return invalid("%s is missing", c.WorkerBinary).
			WithHint("tavana-worker lies beside tavana; --worker-binary names another place.")
	}
	for _, dir := range c.Data {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return invalid("data folder %q does not exist", dir)
		}
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
