package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/tavana/tavana/internal/telemetry"
	"github.com/tavana/tavana/internal/worker/supervisor"
)

type supervisorCmd struct {
	Socket      string `help:"Unix socket to serve on."`
	Lines       string `help:"Unix socket that takes sockets for rows, beside --socket." placeholder:"PATH"`
	Listen      string `help:"Address to serve on instead, with mutual TLS." placeholder:"HOST:PORT"`
	TLSCert     string `help:"Certificate for --listen." type:"existingfile"`
	TLSKey      string `help:"Key of the certificate." type:"existingfile"`
	TLSClientCA string `help:"Authority that signs clients' certificates." type:"existingfile"`

	Home        string   `required:"" help:"Directory for temporary files, of this supervisor alone."`
	Memory      int64    `required:"" help:"Bytes of memory that queries may have in all."`
	Spares      int      `default:"2" help:"Children to start ahead."`
	SpareMemory int64    `default:"134217728" help:"Bytes that a spare may have until it is claimed."`
	ChildUser   int      `default:"0" help:"User ID that children run as; it must be able to read the data. 0: this user."`
	ChildCmd    []string `name:"child-command" hidden:"" sep:"none" help:"Starts a child; default: this program."`
	Isolate     bool     `default:"true" negatable:"" help:"Give children no network and no capabilities."`
	Limits      string   `enum:",cgroup v2,cgroup v1,polling" default:"" help:"How memory is limited; default: the best that works."`
	Trace       string   `help:"OTLP endpoint for traces." env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
}

// Run serves leases until the context ends.
func (s *supervisorCmd) Run(ctx context.Context, c *cli) error {
	logger, err := telemetry.NewLogger(os.Stderr, c.LogLevel)
	if err != nil {
		return fmt.Errorf("logger: %w", err)
	}
	if (s.Socket == "") == (s.Listen == "") {
		return errors.New("give one of --socket and --listen")
	}
	config := supervisor.Config{
		Socket: s.Socket, Lines: s.Lines, Listen: s.Listen, Home: s.Home, Memory: s.Memory,
		Spares: s.Spares, SpareMemory: s.SpareMemory, User: s.ChildUser,
		Isolate: s.Isolate, Limits: s.Limits, Command: s.ChildCmd, Logger: logger,
	}
	if len(config.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find own program: %w", err)
		}
		config.Command = []string{self, "child"}
	}
	if s.Listen != "" {
		if config.TLS, err = s.tls(); err != nil {
			return err
		}
	}
	stop, err := telemetry.StartTraces(ctx, s.Trace, "tavana-worker", "")
	if err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	return errors.Join(supervisor.Run(ctx, config), stop(context.WithoutCancel(ctx)))
}

func (s *supervisorCmd) tls() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	pem, err := os.ReadFile(s.TLSClientCA)
	if err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("load authority: no certificate in file")
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, NextProtos: []string{"h2"},
	}, nil
}
