// Package standalone composes the whole platform on one machine: the private
// PostgreSQL, the fleet of one supervisor, the catalog with its data folders,
// the planners, the gateway and the admin socket.
//
// Parts start in that order and stop in the opposite one. Every process that is
// started dies with this one; what a killed server left is swept by the next
// start. A lock on the home keeps a second server out.
package standalone

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"github.com/tavana/tavana/internal/admin"
	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/catalog/datadir"
	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/devca"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/fleet/local"
	"github.com/tavana/tavana/internal/gateway"
	"github.com/tavana/tavana/internal/gateway/introspect"
	"github.com/tavana/tavana/internal/lifecycle"
	"github.com/tavana/tavana/internal/metastore"
	"github.com/tavana/tavana/internal/pgserver"
	planner "github.com/tavana/tavana/internal/planner/client"
	"github.com/tavana/tavana/internal/telemetry"
)

// Platform is the running platform. Start makes one.
type Platform struct {
	config   Config
	parts    lifecycle.Group
	registry *prometheus.Registry
	ready    atomic.Bool
	name     string // of this server among those that share a store

	listener     net.Listener
	flight       net.Listener // nil: no such door
	http         *telemetry.HTTP
	spawner      *lifecycle.Spawner
	store        *metastore.Store
	databaseURL  string
	fleet        *local.Fleet
	catalog      *catalog.Catalog
	planners     *planner.Pool
	introspector *introspect.Introspector
	gateway      *gateway.Gateway
	connection   Connection
}

// Start starts all parts and returns when the platform answers. The caller
// calls Close. Where a part does not start, those before it are stopped.
func Start(ctx context.Context, config Config) (*Platform, error) {
	config, err := config.WithDefaults()
	if err != nil {
		return nil, err
	}
	if err := config.Validate(); err != nil {
		return nil, err
	}
	p := &Platform{config: config, registry: telemetry.NewRegistry()}
	for _, step := range []func(context.Context) error{
		p.startHome, p.startListeners, p.startTelemetry, p.startSpawner, p.startStore, p.startFleet,
		p.startCatalog, p.startPlanners, p.startIntrospection, p.startKey, p.startGateway, p.startAdmin,
		p.startConnection,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, p.Close()) //nolint:contextcheck // the stop has a time of its own
		}
	}
	p.ready.Store(true)
	return p, nil
}

// Connection tells how clients of this machine connect.
func (p *Platform) Connection() Connection { return p.connection }

// Home is the absolute path of the home.
func (p *Platform) Home() string { return p.config.Home }

// Failed is closed when the door ended without being asked to.
func (p *Platform) Failed() <-chan struct{} { return p.gateway.Done() }

// Close stops all parts: running statements may take the grace time, and are
// cancelled then. Safe to call twice.
func (p *Platform) Close() error {
	p.ready.Store(false)
	// The parts behind the gateway get some time of their own.
	ctx, cancel := context.WithTimeout(context.Background(), p.config.Grace+20*time.Second)
	defer cancel()
	return p.parts.Stop(ctx)
}

func (p *Platform) startHome(context.Context) error {
	lock, err := lockHome(p.config.Home)
	if err != nil {
		return err
	}
	p.parts.Add("home", func(context.Context) error { return lock.Close() })
	if p.name, err = serverName(p.config.Home); err != nil {
		return err
	}
	return removeConnection(p.config.Home)
}

// startListeners takes the ports first: a taken one should not cost the start of
// a database.
func (p *Platform) startListeners(ctx context.Context) (err error) {
	if p.listener, err = p.listen(ctx, p.config.Listen, "--pg-listen"); err != nil {
		return err
	}
	if p.config.FlightListen != noDoor {
		p.flight, err = p.listen(ctx, p.config.FlightListen, "--flight-listen")
	}
	return err
}

// listen takes a port that an option names.
func (p *Platform) listen(ctx context.Context, address, option string) (net.Listener, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", address)
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, fault.Wrap(err, fault.Unavailable, "address %s is in use by another program", address).
			WithHint("Choose another one with %s; port 0 picks a free one.", option)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	p.parts.Add("listener "+address, func(context.Context) error {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err //nolint:wrapcheck // the group names the part
		}
		return nil
	})
	return listener, nil
}

func (p *Platform) startTelemetry(ctx context.Context) error {
	stop, err := telemetry.StartTraces(ctx, p.config.OTLPEndpoint, "tavana", p.config.Version)
	if err != nil {
		return err //nolint:wrapcheck // says it all
	}
	p.parts.Add("traces", stop)
	p.http, err = telemetry.ServeHTTP(ctx, telemetry.HTTPConfig{
		Listen: p.config.HTTPListen, Gatherer: p.registry, Ready: p.readiness, Logger: p.config.Logger,
	})
	if errors.Is(err, unix.EADDRINUSE) {
		return fault.Wrap(err, fault.Unavailable, "address %s for health and metrics is in use by another program", p.config.HTTPListen).
			WithHint("Choose another one with --http-listen; port 0 picks a free one.")
	}
	if err != nil {
		return err //nolint:wrapcheck // says it all
	}
	p.parts.Add("health and metrics", p.http.Close)
	return nil
}

func (p *Platform) readiness(ctx context.Context) error {
	if !p.ready.Load() {
		return fault.New(fault.Unavailable, "starting or stopping")
	}
	if err := p.store.Pool().Ping(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the metadata store is away")
	}
	if _, err := p.fleet.Status(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the fleet is away")
	}
	return nil
}

func (p *Platform) startSpawner(context.Context) error {
	p.spawner = lifecycle.NewSpawner()
	p.parts.Add("processes", func(context.Context) error {
		p.spawner.Close()
		return nil
	})
	return nil
}

func (p *Platform) startStore(ctx context.Context) error {
	url := p.config.DatabaseURL
	if url == "" {
		server, err := pgserver.Start(ctx, pgserver.Config{
			Home: p.config.Home, BinariesDir: p.config.PostgresDir, Spawner: p.spawner, Logger: p.config.Logger,
		})
		if err != nil {
			return fmt.Errorf("start the private PostgreSQL: %w", err)
		}
		p.parts.Add("private PostgreSQL", func(context.Context) error {
			server.Close()
			return nil
		})
		url = server.URL()
	}
	opened, err := metastore.Open(ctx, url, p.config.Logger)
	if err != nil {
		return fmt.Errorf("open the metadata store: %w", err)
	}
	p.store, p.databaseURL = opened, url
	p.parts.Add("metadata store", func(context.Context) error {
		opened.Close()
		return nil
	})
	return nil
}

func (p *Platform) startFleet(ctx context.Context) error {
	fleet, err := local.Start(ctx, local.Config{
		Binary: p.config.WorkerBinary, Home: filepath.Join(p.config.Home, "fleet"),
		Memory: p.config.Memory, Spares: p.config.Spares, Env: p.traceEnvironment(),
		Spawner: p.spawner, Logger: p.config.Logger, Registerer: p.registry,
	})
	if err != nil {
		return fmt.Errorf("start the fleet: %w", err)
	}
	p.fleet = fleet
	p.parts.Add("fleet", func(context.Context) error { return fleet.Close() })
	return nil
}

// traceEnvironment tells other processes of ours where traces go.
func (p *Platform) traceEnvironment() []string {
	if p.config.OTLPEndpoint == "" {
		return nil
	}
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + p.config.OTLPEndpoint}
}

func (p *Platform) startCatalog(ctx context.Context) error {
	p.catalog = catalog.New(store.New(p.store.Pool()), p.fleet, p.config.Logger)
	// The catalog follows its store until it is closed, not until the start ends.
	if err := p.catalog.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the catalog: %w", err)
	}
	p.parts.Add("catalog", func(context.Context) error {
		p.catalog.Close()
		return nil
	})
	watcher, err := datadir.Watch(context.WithoutCancel(ctx), datadir.Config{Dirs: p.config.Data, Logger: p.config.Logger}, p.catalog)
	if err != nil {
		return fmt.Errorf("watch the data folders: %w", err)
	}
	p.parts.Add("data folders", func(context.Context) error {
		watcher.Close()
		return nil
	})
	return nil
}

func (p *Platform) startPlanners(ctx context.Context) error {
	pool, err := planner.Start(ctx, planner.Config{
		Binary: p.config.WorkerBinary, Home: filepath.Join(p.config.Home, "planner"), Processes: p.config.Planners,
		Env:     p.traceEnvironment(),
		Spawner: p.spawner, Logger: p.config.Logger, Registerer: p.registry,
	})
	if err != nil {
		return fmt.Errorf("start the planners: %w", err)
	}
	p.planners = pool
	p.parts.Add("planners", func(context.Context) error {
		pool.Close()
		return nil
	})
	return nil
}

// tls gives the door's certificate, and the file that clients verify it with.
func (p *Platform) tls() (*tls.Config, string, error) {
	least := uint16(tls.VersionTLS13)
	if p.config.TLSMin == "1.2" {
		least = tls.VersionTLS12
	}
	if p.config.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(p.config.TLSCert, p.config.TLSKey)
		if err != nil {
			return nil, "", fmt.Errorf("load certificate %q: %w", p.config.TLSCert, err)
		}
		return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: least}, "system", nil
	}
	authority, err := devca.Open(devca.Config{Dir: filepath.Join(p.config.Home, "tls")})
	if err != nil {
		return nil, "", fmt.Errorf("open the development authority: %w", err)
	}
	return authority.TLS(least), authority.RootFile(), nil
}

func (p *Platform) startAdmin(ctx context.Context) error {
	server, err := admin.Serve(ctx, admin.Socket(p.config.Home), admin.Deps{
		Keys: p.catalog, Grants: p.catalog, Principals: p.catalog, Tables: p.catalog, Queries: p, Logger: p.config.Logger,
	})
	if err != nil {
		return err //nolint:wrapcheck // says it all
	}
	p.parts.Add("admin socket", server.Close)
	return nil
}

// startKey makes the key of connection.env. It lives until the sessions that
// came with it have ended.
func (p *Platform) startKey(ctx context.Context) error {
	key, secret, err := mintKey(ctx, p.catalog, p.name)
	if err != nil {
		return err
	}
	p.parts.Add("own key", func(ctx context.Context) error { return p.catalog.RevokeKey(ctx, key.ID) })
	p.connection.User, p.connection.Password, p.connection.Database = ownPrincipal, secret, catalog.DataCatalog
	return nil
}

func (p *Platform) startConnection(context.Context) error {
	if err := p.connection.write(p.config.Home); err != nil {
		return err
	}
	p.parts.Add("connection settings", func(context.Context) error { return removeConnection(p.config.Home) })
	return nil
}
