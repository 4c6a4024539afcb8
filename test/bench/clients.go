package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	idleClients   = 2000
	activeClients = 200
	activeFor     = 4 * time.Second
)

const clientsHow = "2,000 sessions that asked one statement and then nothing, and 200 that ask `SELECT 1` as fast as they are " +
	"answered, on two cores together with their client. Memory is what the gateway's runtime holds live after two collections, " +
	"heap and stacks, less the same before the 2,000 came; resident memory beside it holds garbage of their logins, too. " +
	"A bare server reads each message and writes the same few bytes over TLS, a goroutine a connection: what is uneven in its " +
	"answers is the machine's, its client's and Go's."

// metrics reads the numbers that a server tells on /metrics.
func (p *platform) metrics(ctx context.Context) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.http+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	out := map[string]float64{}
	in := bufio.NewScanner(response.Body)
	for in.Scan() {
		if name, text, ok := strings.Cut(in.Text(), " "); ok && !strings.HasPrefix(name, "#") {
			if v, err := strconv.ParseFloat(text, 64); err == nil {
				out[name] = v
			}
		}
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return out, in.Err()
}

// live waits for two collections of the server (what it tells makes garbage
// enough) and gives its live bytes and its resident ones.
func (p *platform) live(ctx context.Context) (live, resident float64, err error) {
	const count = "go_gc_duration_seconds_count"
	m, err := p.metrics(ctx)
	if err != nil {
		return 0, 0, err
	}
	until := m[count] + 2
	failed := err
	err = await(ctx, nil, func() bool {
		m, failed = p.metrics(ctx)
		return failed != nil || m[count] >= until
	})
	if failed != nil {
		return 0, 0, failed
	}
	return m["go_memstats_heap_alloc_bytes"] + m["go_memstats_stack_inuse_bytes"], m["process_resident_memory_bytes"], err
}

// manyClients measures what idle sessions hold, and how even the answers of
// busy ones are.
func manyClients(ctx context.Context, l *lab) (result, error) {
	r := result{Title: "Many connections", How: clientsHow}
	ours, err := l.platform(ctx, "--max-connections", "3000")
	if err != nil {
		return r, err
	}
	active, err := idleMemory(ctx, l, ours, &r)
	if err != nil {
		return r, err
	}
	pooled, bare, err := rivals(ctx, l)
	if err != nil {
		return r, err
	}
	middle := map[string]samples{}
	contestant := func(name string, clients []*drain) contender {
		return contender{name, func(context.Context) (float64, error) {
			all, err := load(clients, activeFor)
			middle[name] = append(middle[name], all.quantile(0.5))
			return all.quantile(0.99) / all.quantile(0.5), err
		}}
	}
	found, err := interleave(ctx, l.rounds, []contender{
		contestant("Tavana", active), contestant("PgBouncer", pooled), contestant("bare", bare),
	})
	if err != nil {
		return r, err
	}
	r.figure(figure{Name: "p99 over p50 of 200 busy among 2,000 idle", Unit: "x", Value: found["Tavana"].spread(), Goal: atMost(3)})
	r.value("PgBouncer: p99 over p50", "x", found["PgBouncer"])
	r.limit("a bare server: p99 over p50", "x", found["bare"])
	r.value("Tavana: p50", "µs", middle["Tavana"][1:])
	r.value("PgBouncer: p50", "µs", middle["PgBouncer"][1:])
	r.limit("a bare server: p50", "µs", middle["bare"][1:])
	return r, nil
}

// idleMemory measures what idle sessions hold, and gives the busy clients that it
// connected before them.
func idleMemory(ctx context.Context, l *lab, ours *platform, r *result) ([]*drain, error) {
	active, err := crowd(ctx, l, dsnOf(ours.dsn()), activeClients)
	if err != nil {
		return nil, err
	}
	if _, err := load(active, time.Second); err != nil { // warm: what is made once is made
		return nil, err
	}
	before, residentBefore, err := ours.live(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := crowd(ctx, l, dsnOf(ours.dsn()), idleClients); err != nil {
		return nil, err
	}
	after, residentAfter, err := ours.live(ctx)
	if err != nil {
		return nil, err
	}
	held := (after - before) / idleClients / 1024
	r.figure(figure{Name: "memory of an idle connection", Unit: "KiB", Value: spread{held, held, held}, Goal: atMost(40)})
	r.value("resident memory an idle connection", "KiB", samples{(residentAfter - residentBefore) / idleClients / 1024})
	return active, nil
}

// rivals connects as many clients to PgBouncer and to a bare server, and gives the
// busy ones.
func rivals(ctx context.Context, l *lab) (pooled, bare []*drain, err error) {
	pg, err := l.postgres(ctx)
	if err != nil {
		return nil, nil, err
	}
	pool, err := l.bouncer(ctx, pg)
	if err != nil {
		return nil, nil, err
	}
	echo, err := l.serves(ctx, "echo", nil)
	if err != nil {
		return nil, nil, err
	}
	var busy [2][]*drain
	for i, dial := range []func(context.Context) (*drain, error){dsnOf(pool.dsn), echo.dial} {
		if _, err := crowd(ctx, l, dial, idleClients); err != nil {
			return nil, nil, err
		}
		if busy[i], err = crowd(ctx, l, dial, activeClients); err != nil {
			return nil, nil, err
		}
	}
	return busy[0], busy[1], nil
}

// dsnOf connects as a client of PostgreSQL does.
func dsnOf(dsn string) func(context.Context) (*drain, error) {
	return func(ctx context.Context) (*drain, error) { return dial(ctx, dsn) }
}

// crowd connects clients, each of which asks once.
func crowd(ctx context.Context, l *lab, dial func(context.Context) (*drain, error), count int) ([]*drain, error) {
	clients := make([]*drain, count)
	var group errgroup.Group
	const atOnce = 8
	group.SetLimit(atOnce)
	for i := range clients {
		group.Go(func() error {
			d, err := dial(ctx)
			if err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
			clients[i] = newDrain(d.conn, 4<<10)
			_, err = clients[i].query("SELECT 1")
			return err
		})
	}
	err := group.Wait()
	l.later(func() {
		for _, d := range clients {
			if d != nil {
				d.close()
			}
		}
	})
	return clients, err
}

// load lets all clients ask as fast as they are answered, and gives each
// answer's time in microseconds.
func load(clients []*drain, length time.Duration) (samples, error) {
	until := time.Now().Add(length)
	parts := make([]samples, len(clients))
	failed := make([]error, len(clients))
	var group sync.WaitGroup
	for i, d := range clients {
		group.Go(func() {
			for time.Now().Before(until) {
				g, err := d.query("SELECT 1")
				if err != nil {
					failed[i] = err
					return
				}
				parts[i] = append(parts[i], float64(g.wall.Nanoseconds())/1e3)
			}
		})
	}
	group.Wait()
	var all samples
	for i := range parts {
		if failed[i] != nil {
			return nil, failed[i]
		}
		all = append(all, parts[i]...)
	}
	return all, nil
}
