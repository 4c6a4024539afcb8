package flightsql

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// door is a listener with connections that a test makes.
func door(t *testing.T, change func(*Config)) (l *listener, connect func() *bounded) {
	t.Helper()
	l, both := doorWithClients(t, change)
	return l, func() *bounded {
		b, _ := both()
		return b
	}
}

func doorWithClients(t *testing.T, change func(*Config)) (l *listener, connect func() (*bounded, net.Conn)) {
	t.Helper()
	config := Config{}.WithDefaults()
	if change != nil {
		change(&config)
	}
	m, err := newMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	l = newListener(config, m, func(string) {})
	return l, func() (*bounded, net.Conn) {
		near, far := net.Pipe()
		t.Cleanup(func() { _ = far.Close() })
		return l.admit(near), far
	}
}

// TestLoudStrangers: who says much without logging in is not heard.
func TestLoudStrangers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, connect := doorWithClients(t, nil)
		for _, in := range []bool{true, false} {
			conn, client := connect()
			if in {
				l.loggedIn(conn.name)
			}
			go func() { _, _ = client.Write(make([]byte, 2*maxHeard)) }()
			_, err := io.CopyN(io.Discard, conn, 2*maxHeard)
			if in == (err != nil) || in == closed(conn) {
				t.Errorf("logged in %v: closed %v, %v", in, closed(conn), err)
			}
			_ = conn.Close()
		}
	})
}

// closed tells whether a connection was closed.
func closed(b *bounded) bool { return !b.owner.alive(b.name) }

// TestFailedLogins: a connection is closed when many logins failed on it, one after
// the other.
func TestFailedLogins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, connect := door(t, nil)
		bad, good := connect(), connect()
		for range maxFailures - 1 {
			l.refused(bad.name)
			l.refused(good.name)
		}
		if closed(bad) || closed(good) {
			t.Fatal("closed too early")
		}
		l.loggedIn(good.name)
		l.refused(bad.name)
		l.refused(good.name)
		if !closed(bad) || closed(good) {
			t.Errorf("closed: the one that failed %v, the one that logged in %v", closed(bad), closed(good))
		}
		l.refused(bad.name) // one that is gone
		_ = good.Close()
	})
}

// TestCancelledCalls: a connection may cancel calls now and then, and many at once
// once, but not all the time.
func TestCancelledCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, connect := door(t, nil)
		calm, hasty := connect(), connect()
		l.loggedIn(calm.name)
		l.loggedIn(hasty.name)
		for range cancelBurst {
			l.cancelled(hasty.name)
		}
		for range 60 {
			for range cancelRate {
				l.cancelled(calm.name)
			}
			<-time.After(time.Second)
		}
		if closed(calm) || closed(hasty) {
			t.Errorf("closed: the calm one %v, the hasty one %v", closed(calm), closed(hasty))
		}
		for range 2 * cancelBurst {
			l.cancelled(hasty.name)
		}
		if !closed(hasty) {
			t.Error("the hasty one goes on")
		}
		_ = calm.Close()
	})
}

// TestTurns: logins of a connection come one after the other, those of others
// meanwhile; whoever waits goes with its call.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, connect := door(t, nil)
		a, b := connect(), connect()
		done, err := l.turn(t.Context(), a.name)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := l.turn(t.Context(), b.name); err != nil {
			t.Errorf("another connection waits: %v", err)
		} else {
			other()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.turn(ctx, a.name); err == nil {
			t.Error("two turns at once")
		}
		done()
		if done, err = l.turn(t.Context(), a.name); err != nil {
			t.Errorf("the next turn: %v", err)
		}
		done()
		_, _ = a.Close(), b.Close()
		if _, err := l.turn(t.Context(), a.name); err == nil {
			t.Error("a turn on a connection that is gone")
		}
	})
}

// TestPending: a connection that nobody logs in on is closed in time, or when there
// are too many of them, the oldest first.
func TestPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, connect := door(t, func(c *Config) { c.MaxPending, c.MaxConnections = 3, 5 })
		user := connect()
		l.loggedIn(user.name)
		first, second, third := connect(), connect(), connect()
		fourth := connect()
		if !closed(first) || closed(second) || closed(third) || closed(fourth) || closed(user) {
			t.Error("the oldest one does not make room")
		}
		<-time.After(31 * time.Second)
		if !closed(second) || !closed(third) || !closed(fourth) || closed(user) {
			t.Error("those that nobody logged in on are still open, or the user's is closed")
		}
		var users []*bounded
		for range 4 {
			users = append(users, connect())
			l.loggedIn(users[len(users)-1].name)
		}
		if connect() != nil {
			t.Error("one more than there may be")
		}
		for _, u := range append(users, user) {
			_ = u.Close()
		}
	})
}
