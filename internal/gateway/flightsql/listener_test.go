package flightsql

import (
	"context"
	"io"
	"net"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// from is a connection's end whose other end has an address.
type from struct {
	net.Conn
	address string
}

func (f from) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(f.address), Port: 1} }

// door is a listener with connections that a test makes.
type door struct {
	*listener
	t *testing.T
}

func open(t *testing.T, change func(*Config)) door {
	t.Helper()
	config := Config{}.WithDefaults()
	if change != nil {
		change(&config)
	}
	m, err := newMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	return door{newListener(config, m, func(string) {}), t}
}

// connect makes a connection of an address; nil: there was no room.
func (d door) connect(address string) (c *connection, client net.Conn) {
	d.t.Helper()
	near, far := net.Pipe()
	d.t.Cleanup(func() { _ = far.Close() })
	c = d.admit(from{near, address})
	if c != nil {
		d.t.Cleanup(func() { _ = c.Close() })
	}
	return c, far
}

// enter logs somebody in on a new connection.
func (d door) enter(who string, scopes ...query.Scope) (*connection, error) {
	d.t.Helper()
	c, _ := d.connect("192.0.2.1")
	if c == nil {
		d.t.Fatal("there is no room for a connection")
	}
	return c, d.loggedIn(c.name, query.Identity{Principal: who, Scopes: scopes})
}

// closed tells whether a connection was closed.
func closed(c *connection) bool { return !c.owner.alive(c.name) }

// TestLoudStrangers: who says much without logging in is heard when somebody has, and
// not before.
func TestLoudStrangers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, nil)
		for _, late := range []bool{true, false} {
			c, client := d.connect("192.0.2.1")
			go func() { _, _ = client.Write(make([]byte, 2*maxHeard)) }()
			heard := make(chan int64, 1)
			go func() {
				n, _ := io.CopyN(io.Discard, c, 2*maxHeard)
				heard <- n
			}()
			synctest.Wait()
			want := int64(2 * maxHeard)
			if late {
				_ = d.loggedIn(c.name, query.Identity{Principal: "ann"})
			} else {
				<-time.After(31 * time.Second) // the time for a login is over
				want = maxHeard + 32<<10
			}
			if n := <-heard; late && n != want || !late && n > want || late == closed(c) {
				t.Errorf("logged in %v: heard %d bytes, closed %v", late, n, closed(c))
			}
		}
	})
}

// TestFailedLogins: a connection is closed when many logins failed on it, unless
// somebody has logged in there.
func TestFailedLogins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, nil)
		bad, _ := d.connect("192.0.2.1")
		good, err := d.enter("ann")
		if err != nil {
			t.Fatal(err)
		}
		for range maxFailures - 1 {
			d.refused(bad.name)
			d.refused(good.name)
		}
		if closed(bad) || closed(good) {
			t.Fatal("closed too early")
		}
		d.refused(bad.name)
		d.refused(good.name)
		if !closed(bad) || closed(good) {
			t.Errorf("closed: the stranger's %v, the one with a login %v", closed(bad), closed(good))
		}
		d.refused(bad.name) // one that is gone
	})
}

// TestCancelledCalls: a connection may cancel calls now and then, and many at once
// once, but not all the time.
func TestCancelledCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, nil)
		calm, _ := d.enter("ann")
		hasty, _ := d.enter("ben")
		for range cancelBurst {
			d.cancelled(hasty.name)
		}
		for range 60 {
			for range cancelRate {
				d.cancelled(calm.name)
			}
			<-time.After(time.Second)
		}
		if closed(calm) || closed(hasty) {
			t.Errorf("closed: the calm one %v, the hasty one %v", closed(calm), closed(hasty))
		}
		for range 2 * cancelBurst {
			d.cancelled(hasty.name)
		}
		if !closed(hasty) {
			t.Error("the hasty one goes on")
		}
	})
}

// TestTurns: logins of a connection come one after the other, those of others
// meanwhile; whoever waits goes with its call, or when it took too long.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, nil)
		a, _ := d.enter("ann")
		b, _ := d.enter("ben")
		done, err := d.turn(t.Context(), a.name)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := d.turn(t.Context(), b.name); err != nil {
			t.Errorf("another connection waits: %v", err)
		} else {
			other()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.turn(ctx, a.name); fault.KindOf(err) != fault.Timeout {
			t.Errorf("two turns at once: %v", err)
		}
		if _, err := d.turn(t.Context(), a.name); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a wait without an end: %v", err)
		}
		done()
		if done, err = d.turn(t.Context(), a.name); err != nil {
			t.Fatalf("the next turn: %v", err)
		}
		done()
		_ = a.Close()
		if _, err := d.turn(t.Context(), a.name); err == nil {
			t.Error("a turn on a connection that is gone")
		}
	})
}

// TestPending: a connection that nobody logs in on is closed in time, or where there
// are too many of them: first the oldest of the address that has the most.
func TestPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(c *Config) { c.MaxPending = 4 })
		far, _ := d.connect("198.51.100.7")
		var flood []*connection
		for range 20 {
			c, _ := d.connect("203.0.113.9")
			flood = append(flood, c)
		}
		if closed(far) || !closed(flood[0]) || closed(flood[19]) {
			t.Errorf("closed: one far away %v, the first of the flood %v, its last %v", closed(far), closed(flood[0]), closed(flood[19]))
		}
		if left := slices.DeleteFunc(flood, closed); len(left) != 3 {
			t.Errorf("%d of the flood are left, want 3", len(left))
		}
		<-time.After(31 * time.Second)
		if !closed(far) || d.waits != 0 || len(d.open) != 0 {
			t.Errorf("after the time for a login: closed %v; %d wait, %d are open", closed(far), d.waits, len(d.open))
		}
	})
}

// TestShares: one principal has half of the connections, and the last ones are for
// admins.
func TestShares(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(c *Config) { c.MaxConnections, c.Reserved = 10, 2 })
		var all []*connection
		for i := range 8 {
			who := "ann"
			if i >= 5 {
				who = "u" + strconv.Itoa(i)
			}
			c, err := d.enter(who)
			if err != nil {
				t.Fatalf("%d: %v", i, err)
			}
			all = append(all, c)
			if i != 4 {
				continue
			}
			if _, err := d.enter("ann"); fault.KindOf(err) != fault.TooManyConnections {
				t.Errorf("more than half for one: %v", err)
			}
			d.closePending()
		}
		if _, err := d.enter("ben"); fault.KindOf(err) != fault.TooManyConnections {
			t.Errorf("a place of the admins': %v", err)
		}
		d.closePending()
		boss, err := d.enter("root", query.ScopeAdmin)
		if err != nil {
			t.Errorf("an admin: %v", err)
		}
		for _, c := range append(all, boss) {
			_ = c.Close()
		}
		if len(d.each) != 0 || len(d.open) != 0 {
			t.Errorf("left: %v, %d are open", d.each, len(d.open))
		}
	})
}

// closePending closes connections that nobody has logged in on.
func (d door) closePending() {
	d.mu.Lock()
	all := slices.Clone(d.pending)
	d.mu.Unlock()
	for _, c := range all {
		if !c.known.Load() {
			_ = c.Close()
		}
	}
}

// TestReads: few messages are read at a time, fewer of one principal; a place is given
// back, also by a message that did not come in time.
func TestReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReads()
		ctx, end := context.WithCancel(t.Context())
		hang := func() error {
			<-ctx.Done()
			return ctx.Err()
		}
		for range mostReadsEach {
			go func() {
				if err := r.read(t.Context(), "ann", hang); fault.KindOf(err) != fault.Protocol {
					t.Errorf("a message that does not come: %v", err)
				}
			}()
		}
		synctest.Wait()
		if err := r.read(t.Context(), "ben", func() error { return nil }); err != nil {
			t.Errorf("another principal: %v", err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.read(short, "ann", func() error { return nil }); fault.KindOf(err) != fault.Timeout {
			t.Errorf("beyond a share: %v", err)
		}
		if err := r.read(t.Context(), "ann", func() error { return nil }); fault.KindOf(err) != fault.OutOfMemory {
			t.Errorf("beyond a share, for long: %v", err)
		}
		end()
		synctest.Wait()
		if err := r.read(t.Context(), "ann", func() error { return nil }); err != nil {
			t.Errorf("with all places free: %v", err)
		}
		synctest.Wait()
		if held, _ := r.places.Held(); held != 0 {
			t.Errorf("%d places are held", held)
		}
	})
}
