package compat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// step is one thing that a client does. The fields without a name in JSON are
// for the test alone.
type step struct {
	Do      string            `json:"do"`
	SQL     string            `json:"sql"`
	SQLs    []string          `json:"sqls,omitempty"`
	Args    []argument        `json:"args,omitempty"`
	Binary  bool              `json:"binary,omitempty"`
	Size    int               `json:"size,omitempty"`
	Changes map[string]string `json:"changes,omitempty"`
	Table   string            `json:"table,omitempty"`
	Column  string            `json:"column,omitempty"`

	// State is the SQLSTATE, or another state of a runner's, that both must give:
	// for what both could get wrong in the same way.
	State string `json:"-"`
}

// argument is a value of a parameter; nil: NULL.
type argument struct {
	Type  string  `json:"type"`
	Value *string `json:"value"`
}

// testCase is steps on one connection.
type testCase struct {
	Name  string `json:"name"`
	Steps []step `json:"steps"`

	quick bool     // also in the quick pass
	only  []string // the clients that it is for; none: all that can
	needs string   // a thing that clients may lack, beside the kinds of the steps
}

// seen is what a client saw of one step.
type seen map[string]any

// clientTime is how long a client may take for all cases.
const clientTime = 6 * time.Minute

// TestClients runs the cases through every client on both servers. The quick pass
// has a handful of cases; TAVANA_MATRIX=full asks for all.
func TestClients(t *testing.T) {
	t.Parallel()
	both := start(t)
	all := cases(both.strangers)
	full := os.Getenv("TAVANA_MATRIX") == "full"
	if !full {
		all = slices.DeleteFunc(all, func(c testCase) bool { return !c.quick })
	}
	book := &ledger{known: knownFailures(), ran: map[failure]int{}, failed: map[failure]int{}}
	t.Cleanup(func() { book.close(t) })
	for _, c := range clients() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mine := slices.DeleteFunc(slices.Clone(all), func(one testCase) bool { return !c.can(one, full) })
			want, got := c.run(t, both.postgres, mine), c.run(t, both.tavana, mine)
			for i, one := range mine {
				t.Run(one.Name, func(t *testing.T) { book.enter(t, c.name, one.Name, judge(one, want[i], got[i])) })
			}
		})
	}
}

// can tells whether a client has a way to do a case, in the full pass or the quick
// one.
func (c client) can(one testCase, full bool) bool {
	if len(one.only) > 0 && !slices.Contains(one.only, c.name) {
		return false
	}
	needs := []string{one.needs}
	for _, s := range one.Steps {
		needs = append(needs, s.Do)
		if !full && slices.Contains(c.slow, s.Do) {
			return false
		}
		if s.Binary {
			needs = append(needs, "binary")
		}
		if len(s.Args) > 0 {
			needs = append(needs, "arguments")
		}
	}
	return !slices.ContainsFunc(needs, func(need string) bool { return c.lacks[need] != "" })
}

// run runs a client's program on a server, and gives what it saw of each case.
func (c client) run(t *testing.T, s server, all []testCase) [][]seen {
	t.Helper()
	input, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), clientTime)
	defer cancel()
	cmd := c.launch(ctx, t, filepath.Join("clients", c.file))
	cmd.Env = append(s.environ(), cmd.Env...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &said
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		at := min(bytes.Count(out.Bytes(), []byte("\n")), len(all)-1)
		t.Fatalf("%s: %v, in case %s\n%s", s.name, err, all[at].Name, said.String())
	}
	found := make([][]seen, 0, len(all))
	decoder := json.NewDecoder(&out)
	for _, one := range all {
		var line struct {
			Case  string `json:"case"`
			Steps []seen `json:"steps"`
		}
		if err := decoder.Decode(&line); err != nil || line.Case != one.Name {
			t.Fatalf("%s: case %s: got a line of %q, %v\n%s", s.name, one.Name, line.Case, err, said.String())
		}
		found = append(found, line.Steps)
	}
	return found
}

// judge compares what a client saw of a case on both servers, and tells what is
// wrong.
func judge(c testCase, want, got []seen) string {
	if len(want) != len(c.Steps) || len(got) != len(c.Steps) {
		return "steps are missing: " + cmp.Diff(want, got)
	}
	var complaints []string
	for i, s := range c.Steps {
		if complaint := judgeStep(s, want[i], got[i]); complaint != "" {
			complaints = append(complaints, complaint)
		}
	}
	return strings.Join(complaints, "\n")
}

func judgeStep(s step, want, got seen) string {
	notes := "PostgreSQL: " + note(want) + "\nTavana: " + note(got)
	if s.State != "" && (state(want) != s.State || state(got) != s.State) {
		return s.Do + " " + s.SQL + ": want the state " + s.State + ", got " + state(want) + " and " + state(got) + "\n" + notes
	}
	if diff := cmp.Diff(compared(want), compared(withoutMore(want, got))); diff != "" {
		return s.Do + " " + s.SQL + ": -PostgreSQL +Tavana\n" + diff + notes
	}
	return ""
}

// withoutMore takes the position of an error off what Tavana said where PostgreSQL
// tells none: to say more is no fault.
func withoutMore(want, got seen) seen {
	truth, failed := want["error"].(map[string]any)
	said, also := got["error"].(map[string]any)
	if !failed || !also || truth["position"] != nil && truth["position"] != 0.0 {
		return got
	}
	out, failure := maps.Clone(got), maps.Clone(said)
	failure["position"] = truth["position"]
	if _, told := truth["position"]; !told {
		delete(failure, "position")
	}
	out["error"] = failure
	return out
}

// compared is what is compared of a step: all but the note.
func compared(s seen) seen {
	out := seen{}
	for key, value := range s {
		if key != "note" {
			out[key] = value
		}
	}
	return out
}

func note(s seen) string {
	text, _ := s["note"].(string)
	return text
}

// state is the SQLSTATE of a step's error; empty: it did not fail.
func state(s seen) string {
	failure, ok := s["error"].(map[string]any)
	if !ok {
		return ""
	}
	if text, ok := failure["state"].(string); ok {
		return text
	}
	return "none"
}
