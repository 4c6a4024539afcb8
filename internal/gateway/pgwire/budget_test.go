package pgwire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/gateway/pgwire"
)

// openTight runs a door whose messages have a mebibyte together, half of it for
// each principal, and one more message for the oldest.
func openTight(t *testing.T, wait time.Duration) *door {
	t.Helper()
	return openUnix(t, func(c *pgwire.Config) {
		c.MessageMemory, c.MaxMessage, c.MessageWait = 1<<20, 1<<20, wait
	})
}

// long makes a query of 600 KB that begins with some words.
func long(words string) string {
	sql := words + " " + strings.Repeat("x", 600_000) + "\x00"
	return typed("Q", uint32(len(sql)+4), sql)
}

// A message that there is no memory for is refused, and its session goes on; one
// that is short passes all the time.
func TestMessagesOfAllSessionsAreBounded(t *testing.T) {
	t.Parallel()
	d := openTight(t, 300*time.Millisecond)
	for range 2 { // the second one with the reserve
		d.login(t, "ada").write(long("wait"))
		<-d.manager.started
	}
	r := d.login(t, "ada")
	refused := []string{"ErrorResponse ERROR 53200", "ReadyForQuery I"}
	r.write(long("begin"))
	if diff := cmp.Diff(refused, r.trace()); diff != "" {
		t.Error(diff)
	}
	parse := "\x00" + strings.Repeat("x", 600_000) + "\x00\x00\x00"
	r.write(typed("P", uint32(len(parse)+4), parse) + typed("B", 12, strings.Repeat("\x00", 8)) + typed("S", 4, ""))
	if diff := cmp.Diff(refused, r.trace()); diff != "" {
		t.Error(diff)
	}
	d.alive(t)
	other := d.login(t, "root")
	other.write(long("begin"))
	if diff := cmp.Diff([]string{"CommandComplete BEGIN", "ParameterStatus", "ReadyForQuery T"}, other.trace()); diff != "" {
		t.Errorf("another principal: %s", diff)
	}
	d.manager.Cancel(1, []byte("abcd"))
	<-d.manager.ended
	r.write(long("begin"))
	if diff := cmp.Diff([]string{"CommandComplete BEGIN", "ParameterStatus", "ReadyForQuery T"}, r.trace()); diff != "" {
		t.Errorf("when there is memory again: %s", diff)
	}
}

// A message that makes the program fail gives its memory back.
func TestMessageOfAPanic(t *testing.T) {
	t.Parallel()
	d := openTight(t, 300*time.Millisecond)
	for range 4 { // of 600 KB each: more than there is
		r := d.login(t, "ada")
		r.write(long("panic"))
		if diff := cmp.Diff([]string{"ErrorResponse FATAL XX000", "closed"}, r.trace()); diff != "" {
			t.Error(diff)
		}
	}
}

// Whoever begins a message and does not go on is ended when others wait for the
// memory, and only then.
func TestStalledMessageGivesWay(t *testing.T) {
	t.Parallel()
	d := openTight(t, 5*time.Second)
	var stalled []*raw
	for range 3 {
		r := d.login(t, "ada")
		r.write(long("begin")[:400_000])
		stalled = append(stalled, r)
	}
	d.alive(t)
	r := d.login(t, "ada")
	r.write(long("begin"))
	if diff := cmp.Diff([]string{"CommandComplete BEGIN", "ParameterStatus", "ReadyForQuery T"}, r.trace()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ErrorResponse FATAL 53200", "closed"}, stalled[0].trace()); diff != "" {
		t.Error(diff)
	}
}

// Many that send long messages at the same time all get through: no two keep
// each other from their ends.
func TestLongMessagesTakeTurns(t *testing.T) {
	t.Parallel()
	d := openTight(t, patience)
	answers := make(chan []string)
	const many = 12
	for i := range many {
		r := d.login(t, []string{"ada", "root"}[i%2])
		go func() {
			message := long("begin")
			for at := 0; at < len(message); at += 50_000 {
				r.write(message[at:min(at+50_000, len(message))])
			}
			answers <- r.trace()
		}()
	}
	for range many {
		if diff := cmp.Diff([]string{"CommandComplete BEGIN", "ParameterStatus", "ReadyForQuery T"}, <-answers); diff != "" {
			t.Error(diff)
		}
	}
}

// Short messages that wait behind one that runs count as well, and wait in the
// client's memory when there is none.
func TestWaitingMessagesAreBounded(t *testing.T) {
	t.Parallel()
	d := openTight(t, patience)
	part := strings.Repeat("x", 30_000)
	one := typed("P", uint32(4+1+len(part)+1+2), "\x00"+part+"\x00\x00\x00")
	total := 0
	var clients []*raw
	for range 4 {
		r := d.login(t, "ada")
		r.send(&pgproto3.Query{String: "wait"})
		<-d.manager.started
		if err := r.conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, err := r.conn.Write([]byte(strings.Repeat(one, 100)))
		if err == nil {
			t.Errorf("all of %d bytes were taken", n)
		}
		total += n
		clients = append(clients, r)
	}
	// Beside half a mebibyte, the sockets of each hold something, and its own share.
	if most := 1<<19 + len(clients)*(600<<10); total > most {
		t.Errorf("%d bytes of waiting messages were taken, at most %d are right", total, most)
	}
	for _, r := range clients {
		r.conn.Close()
		<-d.manager.ended
	}
	r := d.login(t, "ada")
	r.write(long("begin") + long("begin"))
	for range 2 {
		if got := r.trace(); got[len(got)-1] != "ReadyForQuery T" {
			t.Errorf("what nobody took is not given back: %q", got)
		}
	}
}
