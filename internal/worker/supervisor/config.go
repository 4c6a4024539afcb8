// Package supervisor serves tavana.v1.WorkerService: each Execute call is a
// lease of one child process, which lives and dies with the call.
//
// The child is the least trusted process of all: it runs a user's query in an
// engine written in C++. The supervisor bounds its memory through the kernel,
// its time, and what it may send.
package supervisor

import (
	"crypto/tls"
	"log/slog"
	"runtime"
	"time"
)

// Config says how a supervisor runs its children.
type Config struct {
	Socket string      // path of the Unix socket to serve on; its directory is made with mode 0700
	Lines  string      // path of the socket that takes lines for rows (see package line); empty: none
	Listen string      // host:port to serve on instead, with TLS
	TLS    *tls.Config // for Listen: it must ask for client certificates

	Home    string   // directory of its own: temporary directories of children
	Command []string // starts a child; it inherits its pipe as descriptor 3
	Env     []string // environment of children; TMPDIR and HOME are added

	Memory        int64 // bytes that leases and spares may have in all
	CPUs          int   // told by Status; default: what the runtime sees
	Spares        int   // children started ahead; default 0
	SpareMemory   int64 // bytes, the limit of a spare until it is claimed; default 128 MiB
	InspectMemory int64 // bytes, the limit of an inspection; default 320 MiB
	// Inspections is how many may run at once, beside Memory, so that a busy
	// server still sees its files change; default 2. The machine must have
	// Memory + Inspections * InspectMemory.
	Inspections     int
	InspectDeadline time.Duration // default 60 s
	KillAfter       time.Duration // from the request to cancel to SIGKILL; default 500 ms
	StopGrace       time.Duration // for leases to end when the supervisor stops; default 2 s
	Sample          time.Duration // between looks at a child's memory; default 20 ms

	User    int    // user and group that children run as; 0: the supervisor's own
	Isolate bool   // a network namespace of its own for each child, no capabilities, where allowed
	Limits  string // takes a way to limit memory (see package limit) instead of the best
	Logger  *slog.Logger
}

// WithDefaults fills what is not set.
func (c Config) WithDefaults() Config {
	orInt(&c.CPUs, runtime.GOMAXPROCS(0))
	orInt(&c.Inspections, 2)
	orInt(&c.SpareMemory, 128<<20)
	orInt(&c.InspectMemory, 320<<20)
	orInt(&c.InspectDeadline, time.Minute)
	orInt(&c.KillAfter, 500*time.Millisecond)
	orInt(&c.StopGrace, 2*time.Second)
	orInt(&c.Sample, 20*time.Millisecond)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func orInt[T int | int64 | time.Duration](v *T, fallback T) {
	if *v <= 0 {
		*v = fallback
	}
}
