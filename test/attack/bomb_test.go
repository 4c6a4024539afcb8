package attack_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/testenv"
)

// TestBombsAreGivenUp: a file that ends whoever reads it is left alone after a few
// tries, says so in the list of tables, keeps no other table waiting, and is read
// when it changed.
func TestBombsAreGivenUp(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	files := map[string]string{
		"deep.json":         deep,
		"deep_objects.json": strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
	}
	if whole() { // these take their time
		files["brackets.json.gz"] = zipped(t, strings.Repeat("[", 1<<20), 512)
		files["one_line.csv.gz"] = zipped(t, strings.Repeat("0", 1<<20), 512)
	}
	h := build(t, files)
	const givenUp = "it was given up after 3 tries, until its files change: the process that read the file ended unexpectedly"
	states := func() map[string]string {
		all := map[string]string{}
		for line := range strings.Lines(h.Tavana("table", "list")) {
			name, _, _ := strings.Cut(line, " ")
			all[name] = strings.TrimSpace(line)
		}
		return all
	}
	testenv.Eventually(t, 3*time.Minute, "the files are given up", func() bool {
		now := states()
		return strings.HasSuffix(now["local.main.deep"], givenUp) && strings.HasSuffix(now["local.main.deep_objects"], givenUp) &&
			(!whole() || strings.Contains(now["local.main.brackets"], "memory") && now["local.main.one_line"] != "")
	})
	tried := strings.Count(h.Log(), "inspection ended without an answer")
	write(t, filepath.Join(h.data, "later.csv"), "id\n1\n")
	testenv.Eventually(t, 30*time.Second, "a new table is there", func() bool { return states()["local.main.later"] != "" })
	if again := strings.Count(h.Log(), "inspection ended without an answer"); again != tried {
		t.Errorf("%d inspections ended without an answer, then %d", tried, again)
	}
	for name, state := range states() {
		if len(state) > 1000 {
			t.Errorf("the state of %s has %d bytes", name, len(state))
		}
	}
	for name := range files {
		table, _, _ := strings.Cut(name, ".")
		sql := "SELECT * FROM " + table
		answer, err := h.send(t, form{}, sql)
		if e := said(err); e == nil || e.Code != "42P01" && e.Code != "58030" && e.Code != "55000" {
			t.Errorf("%s: got %.100q, %v", table, answer, err)
		} else {
			h.discreet(t, sql, e)
		}
	}
	write(t, filepath.Join(h.data, "deep.json"), `{"a": 1}`+"\n")
	testenv.Eventually(t, 30*time.Second, "a file that was mended is a table", func() bool {
		answer, err := h.send(t, form{}, "SELECT a FROM deep")
		return err == nil && answer == "1 "
	})
	h.serves(t)
	h.calm(t)
}
