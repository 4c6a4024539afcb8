package standalone

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/tavana/tavana/internal/gateway"
	"github.com/tavana/tavana/internal/gateway/introspect"
	"github.com/tavana/tavana/internal/history"
)

// startIntrospection prepares the answers to queries of the system catalogs.
func (p *Platform) startIntrospection(ctx context.Context) error {
	p.introspector = introspect.Open(ctx, p.databaseURL, p.config.Logger)
	p.parts.Add("introspection", func(context.Context) error {
		p.introspector.Close()
		return nil
	})
	return nil
}

// startGateway opens the door.
func (p *Platform) startGateway(ctx context.Context) error {
	certificate, root, err := p.tls()
	if err != nil {
		return err
	}
	log, err := history.New(history.Config{ //nolint:contextcheck // lives until it is closed
		Database: p.store.Pool(), Server: p.name, Logger: p.config.Logger, Registerer: p.registry,
	})
	if err != nil {
		return fmt.Errorf("open the history: %w", err)
	}
	p.parts.Add("history", func(ctx context.Context) error {
		log.Close(ctx)
		return nil
	})
	if cut, err := log.MarkCutOff(ctx); err != nil {
		p.config.Logger.WarnContext(ctx, "executions of an earlier run were not completed", "error", err)
	} else if cut > 0 {
		p.config.Logger.InfoContext(ctx, "executions of an earlier run were cut off", "executions", cut)
	}
	p.gateway, err = gateway.New(gateway.Deps{ //nolint:contextcheck // lives until it is shut down
		Catalog: p.catalog, Planner: p.planners, Fleet: p.fleet, History: log, Introspector: p.introspector,
		Listener: p.listener, Flight: p.flight, TLS: certificate, Logger: p.config.Logger, Registerer: p.registry,
		Config: gateway.Config{
			Memory: p.config.Memory, Queries: p.config.MaxQueries, Waiting: p.config.MaxWaiting,
			Patience: p.config.QueueTimeout, IdleResult: p.config.IdleResult,
			StatementTimeout: p.config.StatementTimeout, IdleSession: p.config.IdleSession,
			MaxConnections: p.config.MaxConnections, Cleartext: p.config.Cleartext, Version: p.config.Version,
		},
	})
	if err != nil {
		return fmt.Errorf("build the gateway: %w", err)
	}
	// The door lives until it is shut down, not until the start ends.
	serving := context.WithoutCancel(ctx)
	go func() {
		if err := p.gateway.Serve(serving); err != nil {
			p.config.Logger.ErrorContext(serving, "a door ended", "error", err)
		}
	}()
	p.parts.Add("gateway", func(ctx context.Context) error {
		soft, cancel := context.WithTimeout(ctx, p.config.Grace)
		defer cancel()
		p.gateway.Shutdown(soft)
		select {
		case <-p.gateway.Done():
		case <-time.After(5 * time.Second):
			return fmt.Errorf("the door did not end")
		}
		return nil
	})
	p.connection.Host, p.connection.Port = reachable(p.listener.Addr())
	p.connection.RootCert = root
	if p.flight != nil {
		host, port := reachable(p.flight.Addr())
		p.connection.FlightURI = "grpc+tls://" + net.JoinHostPort(host, port)
	}
	return nil
}
