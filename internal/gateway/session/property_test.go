package session_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// model is what Status must be.
type model struct{ state byte }

// after tells the state that a message leads to; failed: it gave an error.
func (m *model) after(message string, failed bool) {
	switch {
	case failed && m.state == 'T':
		m.state = 'E'
	case failed:
	case strings.HasSuffix(message, "BEGIN"):
		m.state = 'T'
	case strings.HasSuffix(message, "COMMIT"), strings.HasSuffix(message, "ROLLBACK"):
		m.state = 'I'
	}
}

// messages that change the state alone, each whole: the property test strings
// them together at random.
func messages() []string {
	var out []string
	for _, sql := range []string{
		"BEGIN", "COMMIT", "ROLLBACK", "SELECT 1", "FROM rows(3)", "SELECT bad", "FROM broken_rows(1)", "FROM refused", "FROM idle_rows(0)",
		"DECLARE c CURSOR FOR FROM rows(4)", "FETCH 2 FROM c", "FETCH ALL FROM p", "MOVE 1 IN c", "CLOSE c", "CLOSE ALL", "DISCARD ALL",
		"COPY (FROM rows(3)) TO STDOUT", "COPY (FROM broken) TO STDOUT", "SET a.b = 1", "SHOW a.b", "RESET ALL",
		"PREPARE q AS FROM rows(5)", "EXECUTE q", "DEALLOCATE ALL", "SELECT 'x", "USE lake", "SHOW TABLES",
	} {
		out = append(out, "Q "+sql, "P |"+sql, "P s|"+sql)
	}
	for _, portal := range []string{"", "p", "c"} {
		for _, statement := range []string{"", "s"} {
			out = append(out, fmt.Sprintf("B %s|%s", portal, statement))
		}
		for range 4 {
			out = append(out, "E "+portal+"|2", "E "+portal+"|0")
		}
		out = append(out, "DP "+portal, "CP "+portal)
	}
	return append(out, "CS s", "DS s", "S", "S", "S", "S", "S", "S", "S", "S")
}

// TestProperty plays random messages: Status follows the model, nothing is open
// outside of transactions or after a failure, and nothing is open in the end.
func TestProperty(t *testing.T) { //nolint:tparallel // three hundred short ones, in a row
	t.Parallel()
	all := messages()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := newDoor(t)
			d.way.wasDone = seed%2 == 0
			var played []string
			bound := map[string]string{} // text of portals, as the model knows them
			prepared := map[string]string{}
			m := model{state: 'I'}
			for range 200 {
				message := all[r.IntN(len(all))]
				if d.skip && message != "S" {
					continue
				}
				played = append(played, message)
				before := len(d.out.lines)
				d.play(message)
				failed := false
				for _, line := range d.out.lines[before:] {
					failed = failed || strings.HasPrefix(line, "error")
				}
				follow(&m, message, failed, prepared, bound)
				if got := d.s.Status(); got != m.state {
					t.Fatalf("status %c, want %c after\n%s\n%s", got, m.state, strings.Join(played, "\n"), strings.Join(d.out.lines[before:], "\n"))
				}
				rest := m.state == 'E' || failed || m.state == 'I' && (message == "S" || message[0] == 'Q')
				if n := d.way.open.Load(); rest && n != 0 {
					t.Fatalf("%d executions are open after\n%s", n, strings.Join(played, "\n"))
				}
			}
		})
	}
}

// follow brings the model forward: which text an Execute runs decides.
func follow(m *model, message string, failed bool, prepared, bound map[string]string) {
	kind, rest, _ := strings.Cut(message, " ")
	name, text, _ := strings.Cut(rest, "|")
	switch {
	case failed || kind == "Q":
		m.after(message, failed)
	case kind == "P":
		prepared[name] = text
	case kind == "B":
		bound[name] = prepared[text]
	case kind == "E":
		m.after(bound[name], false)
	}
}
