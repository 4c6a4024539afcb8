package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/standalone"
	"github.com/tavana/tavana/internal/telemetry"
)

type serveCommand struct {
	Data             []string      `help:"Folder whose files become tables of local.main; may be given again." placeholder:"DIR"`
	PGListen         string        `name:"pg-listen" help:"Address of the PostgreSQL door; port 0 picks a free one." default:"127.0.0.1:5432"`
	FlightListen     string        `name:"flight-listen" help:"Address of the Arrow Flight SQL door; port 0 picks a free one, none leaves it out." default:"127.0.0.1:8815"`
	HTTPListen       string        `name:"http-listen" help:"Address of health and metrics." default:"127.0.0.1:8432"`
	Memory           byteSize      `help:"Memory of all queries together, such as 8GiB. Default: most of the machine's." placeholder:"SIZE"`
	DatabaseURL      string        `name:"database-url" help:"PostgreSQL for the metadata. Default: a private one." env:"TAVANA_DATABASE_URL" placeholder:"URL"`
	PostgresDir      string        `name:"postgres-dir" help:"Folder of the programs of the private PostgreSQL." placeholder:"DIR"`
	TLSCert          string        `name:"tls-cert" help:"Certificate chain of the server, PEM. Default: a development authority." placeholder:"FILE"`
	TLSKey           string        `name:"tls-key" help:"Key of the certificate, PEM." placeholder:"FILE"`
	TLSMin           string        `name:"tls-min" help:"Least version of TLS: 1.3, or 1.2 for old clients." enum:"1.2,1.3" default:"1.3"`
	Auth             string        `help:"How clients prove their key: scram, or cleartext (over TLS)." enum:"scram,cleartext" default:"scram"`
	Planners         int           `help:"Planner processes." default:"2"`
	Spares           int           `help:"Query processes started ahead; -1: none." default:"2"`
	MaxConnections   int           `name:"max-connections" help:"Sessions at once." default:"1000"`
	MaxQueries       int           `name:"max-queries" help:"Queries that run at once; 0: four a processor." default:"0"`
	MaxWaiting       int           `name:"max-waiting" help:"Queries that wait at once." default:"100"`
	QueueTimeout     time.Duration `name:"queue-timeout" help:"Longest wait in the queue." default:"60s"`
	IdleResult       time.Duration `name:"idle-result" help:"How long an unread result holds memory that others wait for." default:"60s"`
	StatementTimeout time.Duration `name:"statement-timeout" help:"Default statement_timeout; below 0: none." default:"1h"`
	IdleSession      time.Duration `name:"idle-session" help:"Default idle_session_timeout; 0: none." default:"0s"`
	Grace            time.Duration `help:"Time for running statements when the server stops." default:"10s"`
	WorkerBinary     string        `name:"worker-binary" help:"Path of tavana-worker. Default: beside tavana." placeholder:"FILE"`
	OTLPEndpoint     string        `name:"otlp-endpoint" help:"URL that traces are sent to, such as http://127.0.0.1:4317." env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL"`
	LogLevel         string        `name:"log-level" help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
}

// Help is printed by `tavana serve --help`.
func (*serveCommand) Help() string {
	return `Examples:
  tavana serve --data ./lake
  tavana serve --data ./lake --data /srv/reports --memory 8GiB
  tavana serve --pg-listen 0.0.0.0:5432 --tls-cert server.crt --tls-key server.key`
}

// Run runs the platform until a signal.
func (s *serveCommand) Run(ctx context.Context, c *console, cli *commands) error {
	logger, err := telemetry.NewLogger(c.err, s.LogLevel)
	if err != nil {
		return err //nolint:wrapcheck // says it all
	}
	platform, err := standalone.Start(ctx, standalone.Config{
		Home: cli.Home, Data: s.Data, Listen: s.PGListen, FlightListen: s.FlightListen, HTTPListen: s.HTTPListen, Memory: int64(s.Memory),
		DatabaseURL: s.DatabaseURL, PostgresDir: s.PostgresDir,
		TLSCert: s.TLSCert, TLSKey: s.TLSKey, TLSMin: s.TLSMin, Cleartext: s.Auth == "cleartext",
		Planners: s.Planners, Spares: s.Spares, MaxConnections: s.MaxConnections,
		MaxQueries: s.MaxQueries, MaxWaiting: s.MaxWaiting, QueueTimeout: s.QueueTimeout,
		IdleResult: s.IdleResult, StatementTimeout: s.StatementTimeout, IdleSession: s.IdleSession, Grace: s.Grace,
		WorkerBinary: s.WorkerBinary, OTLPEndpoint: s.OTLPEndpoint, Version: version, Logger: logger,
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // stopped while it started: as was asked
		}
		return err //nolint:wrapcheck // says it all
	}
	welcome(c, platform)
	select {
	case <-ctx.Done():
		logger.InfoContext(ctx, "stopping")
		return platform.Close() //nolint:contextcheck // ctx has ended: the stop has a time of its own
	case <-platform.Failed():
		return errors.Join(fault.New(fault.Internal, "a door ended by itself"), platform.Close()) //nolint:contextcheck // as above
	}
}

// welcome prints what to paste.
func welcome(c *console, p *standalone.Platform) {
	file := standalone.File(p.Home())
	fmt.Fprintf(c.out, `
Tavana is ready on %[1]s:%[2]s. Paste into another terminal:

  psql:
    set -a; . '%[3]s'; set +a
    psql -c 'SHOW TABLES'

  Python (pip install 'psycopg[binary]'):
    set -a; . '%[3]s'; set +a
    python3 -c 'import psycopg; print(psycopg.connect().execute("SHOW TABLES").fetchall())'

%[4]sCtrl-C stops the server.
`, p.Connection().Host, p.Connection().Port, file, flightLines(p, file))
}

// flightLines are those of the Arrow Flight SQL door, if there is one.
func flightLines(p *standalone.Platform, file string) string {
	uri := p.Connection().FlightURI
	if uri == "" {
		return ""
	}
	return fmt.Sprintf(`  Arrow Flight SQL is spoken on %s (docs/connect.md has ADBC, Polars, pandas, Go and JDBC):
    set -a; . '%s'; set +a
    tavana query --flight 'SHOW TABLES'

`, uri, file)
}

// byteSize is a number of bytes with a unit.
type byteSize int64

// UnmarshalText reads forms such as 512MB, 8GiB and 1073741824.
func (b *byteSize) UnmarshalText(text []byte) error {
	units := []struct {
		suffix string
		factor float64
	}{
		{"kib", 1 << 10},
		{"mib", 1 << 20},
		{"gib", 1 << 30},
		{"tib", 1 << 40},
		{"kb", 1e3},
		{"mb", 1e6},
		{"gb", 1e9},
		{"tb", 1e12},
		{"b", 1},
		{"", 1},
	}
	lower := strings.ToLower(strings.TrimSpace(string(text)))
	for _, unit := range units {
		number, found := strings.CutSuffix(lower, unit.suffix)
		if !found {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(value > 0 && value*unit.factor <= 1<<60) { // NaN compares false
			break
		}
		*b = byteSize(value * unit.factor)
		return nil
	}
	return fmt.Errorf("%q is no size: write it like 8GiB or 512MB", text)
}
