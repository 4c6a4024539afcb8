package attack_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tavana/tavana/internal/testenv"
)

// hostileNames are names of files, each one row whose note is the name's number.
func hostileNames() []string {
	names := []string{
		"we'ird", `quo"te`, "se;mi", "new\nline", "tab\there", "esc\x1b[31m", "$(id)", "`id`", "--drop", "-rf", "a%00b", "x#y",
		"na?me", "na*me", "na[m]e", "{a,b}", "na\\me", "https:x", "s3:x", "file:x", "a=b", "ünï", "\u202eevil", "x\u0000"[:1], " blank ",
		"select", "SELECT 1", "'); ATTACH 'x' AS y; --", "nation'; --", "pg_class", "duckdb_tables", "sqlite_master", "tavana_table_0",
		"information_schema", "main", "local", "a.b.c", "..csv", strings.Repeat("n", 200), "~", "null", "\\x41", "%s%n", "${jndi:ldap:x}",
		"=cmd|' C calc'!A0", "<script>", "x.parquet", "y.db",
	}
	return names
}

// hostileTexts are files whose contents are hostile, by name.
func hostileTexts(t *testing.T) map[string]string {
	t.Helper()
	wide := func(n int) string {
		var head, row strings.Builder
		for i := range n {
			fmt.Fprintf(&head, "c%d,", i)
			row.WriteString("1,")
		}
		return head.String() + "z\n" + row.String() + "2\n"
	}
	keys := func(n int) string {
		var out strings.Builder
		for i := range n {
			fmt.Fprintf(&out, `"k%d":1,`, i)
		}
		return "{" + out.String() + `"z":1}` + "\n"
	}
	footer := func(length uint32, body string) string {
		return "PAR1" + body + string(binary.LittleEndian.AppendUint32(nil, length)) + "PAR1"
	}
	return map[string]string{
		"columns.csv":       "\"id\"\"; DROP TABLE nation; --\",\"1) FROM read_text('x') --\",\"getenv('HOME')\",\"*\",\"x\ny\"\n1,2,3,4,5\n",
		"same.csv":          "a,a,A,a\n1,2,3,4\n",
		"empty_names.csv":   ",,\n1,2,3\n",
		"quote.csv":         "a,b\n\"never ends,1\n" + strings.Repeat("x\n", 50_000),
		"nul.csv":           "a,b\nx\x00y,1\n\x00\x00,2\n",
		"latin.csv":         "a,b\n\xff\xfe\xe9,1\n",
		"bom.csv":           "\xef\xbb\xbfa,b\n1,2\n",
		"line.csv":          "a\n" + strings.Repeat("x", 20<<20) + "\n",
		"wide.csv":          wide(20_000),
		"wider.csv":         wide(100_000),
		"ragged.csv":        "a,b\n1\n1,2,3,4\n" + strings.Repeat(",", 5000) + "\n",
		"numbers.csv":       "a,b\n1e999999,-0\n" + strings.Repeat("9", 5000) + ",1\n",
		"dates.csv":         "a\n999999999-01-01\n0000-00-00\n290309-12-22 (BC)\n",
		"formula.csv":       "a\n=1+1\n@SUM(1)\n\x1b[31m\n",
		"deep.json":         strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"deep_objects.json": strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
		"keys.json":         keys(2000),
		"many_keys.json":    keys(100_000),
		"twice.json":        `{"a":1,"a":"x","A":[]}` + "\n",
		"hostile_keys.json": `{"x\"; DROP TABLE nation; --":1,"":2,"\u0000":3,"getenv('HOME')":4}` + "\n",
		"mixed.json":        "{\"a\":1}\n{\"a\":{\"b\":[1,\"x\"]}}\n[1,2]\n\"s\"\nnull\n",
		"cut.json":          `{"a":1},{"a":`,
		"number.json":       `{"a":` + strings.Repeat("9", 100_000) + "}\n",
		"surrogate.json":    `{"a":"\ud800","b":"\udc00\ud800"}` + "\n",
		"garbage.parquet":   footer(100, strings.Repeat("\xff", 200)),
		"negative.parquet":  footer(1<<32-1, "xxxx"),
		"huge.parquet":      footer(1<<31-1, strings.Repeat("x", 64)),
		"zero.parquet":      footer(0, "x"),
		"thrift.parquet":    footer(64, strings.Repeat("\x19\xfc\xff\xff\xff\xff\x07", 10)),
		"nested.parquet":    footer(4000, strings.Repeat("\x1c", 4000)),
		"encrypted.parquet": "PARE" + strings.Repeat("x", 64) + "PARE",
		"bomb.csv.gz":       zipped(t, "a\n"+strings.Repeat("0", 1<<10), 200_000),
		"cut.csv.gz":        zipped(t, "a\n1\n", 1)[:15],
		"not.csv.gz":        "a,b\n1,2\n",
		"not.json.zst":      "{}",
	}
}

// zipped packs a text that is repeated.
func zipped(t *testing.T, text string, times int) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for range times {
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestHostileFiles: whatever lies in the data directory, its tables answer or
// say why not; no path is shown, and the others go on.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i, name := range hostileNames() {
		files[name+".csv"] = fmt.Sprintf("id,note\n%d,of %d\n", i, i)
	}
	maps.Copy(files, hostileTexts(t))
	if !whole() { // these take their time
		for _, name := range []string{"wider.csv", "line.csv", "bomb.csv.gz", "many_keys.json", "quote.csv"} {
			delete(files, name)
		}
	}
	maps.Copy(files, mutants(t))
	h := build(t, files)
	for _, folder := range []string{"k=' OR 1=1 --", "k=%2e%2e%2f%2e%2e", "k=\n", "k=", "k=__HIVE_DEFAULT_PARTITION__", "k=NULL"} {
		dir := filepath.Join(h.data, "hive", folder)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "x.csv"), "v\n1\n")
	}
	testenv.Eventually(t, 2*time.Minute, "the directory was looked at", func() bool {
		list := h.Tavana("table", "list")
		return strings.Contains(list, "hive") && strings.Contains(list, "zero") && strings.Contains(list, "wide")
	})
	conn := h.login(t, "reader")
	rows, err := conn.Query(t.Context(), "SHOW TABLES")
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, fmt.Sprint(values[len(values)-1]))
	}
	if rows.Err() != nil || len(tables) < 60 {
		t.Fatalf("%d tables, %v: %q", len(tables), rows.Err(), tables)
	}
	for i, name := range tables {
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		for k, sql := range []string{
			"SELECT * FROM " + quoted + " LIMIT 3", "EXPLAIN ANALYZE SELECT count(*) FROM " + quoted,
			"EXPLAIN (FORMAT json, ANALYZE) FROM " + quoted, "DESCRIBE " + quoted,
		} {
			if whole() || k == 0 || k == 1+i%3 {
				h.reads(t, name, sql)
			}
		}
	}
	h.idle(t)
	h.serves(t)
	h.calm(t)
}

// reads runs a statement over a hostile table: rows or an error, and no inside.
func (h *house) reads(t *testing.T, name, sql string) {
	t.Helper()
	answer, err := h.send(t, form{}, "SET statement_timeout = '20s'; "+sql)
	switch e := said(err); {
	case err != nil && e == nil:
		t.Errorf("%.200q: %v", sql, err)
	case err != nil:
		h.discreet(t, sql, e)
		if e.Code == "XX000" && !strings.HasPrefix(name, "mutant") { // of a damaged file the engine may say no more
			t.Errorf("%.200q: %s %s", sql, e.Code, e.Message)
		}
	case !strings.Contains(sql, "nation") && strings.Contains(answer, "ALGERIA"):
		t.Errorf("%.200q read another table: %.200q", sql, answer)
	default:
		if word := h.leaks(sql, answer); word != "" {
			t.Errorf("%.200q shows %q: %.3000q", sql, word, answer)
		}
		if i := slices.Index(hostileNames(), name); i >= 0 && strings.HasPrefix(sql, "SELECT") &&
			strings.Contains(answer, "of ") && !strings.Contains(answer, fmt.Sprintf("of %d ", i)) {
			t.Errorf("%q read another file: %.200q", name, answer)
		}
	}
}

// mutants are Parquet files with single bytes that are not what they were.
func mutants(t *testing.T) map[string]string {
	t.Helper()
	original, err := os.ReadFile(filepath.Join(testenv.Sample(t), "data", "region.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	count := 24
	if !whole() {
		count = 8
	}
	out := map[string]string{}
	length := int(binary.LittleEndian.Uint32(original[len(original)-8:]))
	for i := range count {
		data := slices.Clone(original)
		at := 4 + i*(len(data)-12)/count
		if i%2 == 1 { // inside the footer
			at = len(data) - 8 - length + i*length/count
		}
		data[at] ^= byte(0x55 + i)
		out[fmt.Sprintf("mutant%d.parquet", i)] = string(data)
	}
	return out
}

// TestSwappedFiles puts other things in the place of a registered file: none of
// them is read.
func TestSwappedFiles(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	path, secret := filepath.Join(h.data, "notes.csv"), filepath.Join(h.vault, "secret.csv")
	write(t, secret, "id,note\n1,"+vaultValue+"\n")
	swaps := map[string]func() error{
		"a link to a secret": func() error { return os.Symlink(secret, path) },
		"a link to passwd":   func() error { return os.Symlink("/etc/passwd", path) },
		"a link to environ":  func() error { return os.Symlink("/proc/self/environ", path) },
		"a link to nowhere":  func() error { return os.Symlink("/nowhere", path) },
		"a link to itself":   func() error { return os.Symlink(path, path) },
		"a FIFO":             func() error { return syscall.Mkfifo(path, 0o600) },
		"a folder":           func() error { return os.Mkdir(path, 0o700) },
		"a folder of links": func() error {
			if err := os.Mkdir(path, 0o700); err != nil {
				return err
			}
			return os.Symlink(secret, filepath.Join(path, "x.csv"))
		},
		"a socket": func() error { return syscall.Mknod(path, syscall.S_IFSOCK|0o600, 0) },
		"nothing":  func() error { return nil },
	}
	for _, name := range slices.Sorted(maps.Keys(swaps)) {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := swaps[name](); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			sql := "SET statement_timeout = '10s'; SELECT * FROM notes"
			answer, err := h.send(t, form{}, sql)
			e := said(err)
			if e == nil || !slices.Contains([]string{"42P01", "58030", "55000"}, e.Code) {
				t.Errorf("%s: got %q, %v", name, answer, err)
				continue
			}
			h.discreet(t, sql, e)
		}
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	write(t, path, "id,note\n5,back\n")
	testenv.Eventually(t, 30*time.Second, "the table is back", func() bool {
		answer, err := h.send(t, form{}, "SELECT * FROM notes")
		return err == nil && strings.Contains(answer, "back")
	})
	h.serves(t)
	h.calm(t)
}

// TestSwapRace puts something else in the place of a file, or of a folder above
// it, and the file back, as fast as it can, while queries read it and the catalog
// inspects it: what it leads to is not shown, and nobody is kept waiting.
func TestSwapRace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ place, with, secret string }{
		"a link for the file":          {"notes.csv", "link", "id,note\n1," + vaultValue + "\n"},
		"a link with other columns":    {"notes.csv", "link", "id," + vaultColumn + "\n1," + vaultValue + "\n"},
		"a link for the folder":        {"logs", "link", "id,note\n1," + vaultValue + "\n"},
		"a link to a folder of more":   {"logs", "link", "id," + vaultColumn + "\n1," + vaultValue + "\n"},
		"a FIFO for the file":          {"notes.csv", "fifo", ""},
		"a socket for the file":        {"notes.csv", "socket", ""},
		"a folder for the file":        {"notes.csv", "folder", ""},
		"a hard link to a larger file": {"notes.csv", "hard", "id,note\n" + strings.Repeat("9,nine\n", 10_000)},
	} {
		if !whole() && !strings.HasPrefix(name, "a link for") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(t, nil)
			if err := os.Mkdir(filepath.Join(h.data, "logs"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(h.data, "logs", "1.csv"), "id,note\n1,hello\n")
			testenv.Eventually(t, 30*time.Second, "the table is there", func() bool {
				return strings.Contains(h.Tavana("table", "list"), "logs")
			})
			h.swaps(t, c.place, c.with, c.secret)
			h.serves(t)
			h.calm(t)
		})
	}
}

// swaps runs the race of TestSwapRace.
func (h *house) swaps(t *testing.T, place, with, secret string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "secrets")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "1.csv"), secret)
	path, other := filepath.Join(h.data, place), filepath.Join(h.data, ".other")
	target := filepath.Join(dir, "1.csv")
	if place == "logs" {
		target = dir
	}
	put := map[string]func() error{
		"link":   func() error { return os.Symlink(target, other) },
		"fifo":   func() error { return syscall.Mkfifo(other, 0o600) },
		"socket": func() error { return syscall.Mknod(other, syscall.S_IFSOCK|0o600, 0) },
		"folder": func() error { return os.Mkdir(other, 0o700) },
		"hard":   func() error { return os.Link(target, other) },
	}[with]
	if err := put(); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var racer sync.WaitGroup
	racer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			for range 2 { // there, and back
				if err := unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, other, unix.RENAME_EXCHANGE); err != nil {
					t.Error(err)
				}
			}
			<-time.After(time.Duration(rand.IntN(2000)) * time.Microsecond)
		}
	})
	table, _, _ := strings.Cut(place, ".")
	read, shown, many := 0, 0, 40
	if whole() {
		many = 120
	}
	for i := range many {
		sql := "SELECT * FROM " + table
		if i%3 == 0 {
			sql = "DESCRIBE " + table
		}
		answer, err := h.send(t, form{}, "SET statement_timeout = '20s'; "+sql)
		if err == nil {
			read++
		}
		text := answer
		if e := said(err); e != nil {
			text += e.Message + e.Detail + e.Hint
			if e.Code == "57014" || e.Code == "XX000" || e.Code == "58000" {
				t.Errorf("%s: %s %s", sql, e.Code, e.Message)
			}
		}
		if strings.Contains(text, vaultValue) || strings.Contains(text, vaultColumn) {
			shown++
		}
	}
	close(stop)
	racer.Wait()
	t.Logf("%d of %d statements read the table", read, many)
	if shown > 0 {
		t.Errorf("%d of %d statements showed what is outside", shown, many)
	}
	if list, _ := h.TryTavana("table", "show", "local.main."+table); strings.Contains(list, vaultColumn) {
		t.Errorf("the catalog took what is outside: %s", list)
	}
}
