package attack_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/tavana/tavana/internal/testenv"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == fakeChild {
		if err := subverted(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// whole tells whether every case is to run in every form.
func whole() bool { return os.Getenv("TAVANA_ATTACK") == "whole" }

// What a neighbour has, and nobody else may learn of. The names are met nowhere
// else, so that one in a message is a leak.
const (
	vaultTable  = "payroll_zq"
	vaultColumn = "salary_zq"
	vaultValue  = "topsecret_zq"
)

// house is a platform with a reader, who may read local.main, and a neighbour's
// table in vault.secrets.
type house struct {
	*testenv.Platform

	data  string // the folder of local.main
	vault string // that of the neighbour
	key   string // of the reader
}

// build makes the files of a house and starts it. files are more files of
// local.main, by name.
func build(t *testing.T, files map[string]string, args ...string) *house {
	t.Helper()
	h := &house{data: t.TempDir(), vault: t.TempDir()}
	nation := "n_nationkey,n_name,n_comment\n"
	for i, name := range []string{"ALGERIA", "BRAZIL", "CANADA", "EGYPT"} {
		nation += fmt.Sprintf("%d,%s,about %s\n", i, name, name)
	}
	write(t, filepath.Join(h.data, "nation.csv"), nation)
	write(t, filepath.Join(h.data, "notes.csv"), "id,note\n1,hello\n2,world\n")
	for name, text := range files {
		write(t, filepath.Join(h.data, name), text)
	}
	write(t, filepath.Join(h.vault, vaultTable+".csv"), "person_zq,"+vaultColumn+"\n"+vaultValue+",99\n")
	h.Platform = testenv.Start(t, testenv.Options{Data: []string{h.data}, Args: args})
	testenv.Eventually(t, 30*time.Second, "the tables are there", func() bool {
		list := h.Tavana("table", "list")
		return strings.Contains(list, "nation") && strings.Contains(list, "notes")
	})
	h.Tavana("table", "add", "vault.secrets."+vaultTable, filepath.Join(h.vault, vaultTable+".csv"))
	h.key = h.newKey(t, "reader")
	h.Tavana("grant", "reader", "local.main")
	return h
}

// newKey makes a key that may read, and gives its secret.
func (h *house) newKey(t *testing.T, principal string) string {
	t.Helper()
	for word := range strings.FieldsSeq(h.Tavana("key", "create", principal)) {
		if strings.HasPrefix(word, "tvn_") {
			return word
		}
	}
	t.Fatal("no secret was printed")
	return ""
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// login connects as reader or admin.
func (h *house) login(t *testing.T, user string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(h.DSN(h.as(user)...))
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("connect as %s: %v", user, err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// as gives the settings of a connection of a user.
func (h *house) as(user string) []string {
	if user == "reader" {
		return []string{"user=reader", "password=" + h.key}
	}
	return nil
}

// serves tells that the platform works for somebody else.
func (h *house) serves(t *testing.T) {
	t.Helper()
	conn := h.login(t, "admin")
	defer func() { _ = conn.Close(t.Context()) }()
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM nation").Scan(&n); err != nil || n != 4 {
		t.Errorf("a neighbour afterwards: got %d, %v", n, err)
	}
}

// idle waits until no child runs a query.
func (h *house) idle(t *testing.T) {
	t.Helper()
	testenv.Eventually(t, 20*time.Second, "no child runs a query", func() bool { return h.Status(t).Children == 0 })
}

// said gives the server's error; nil when err is none of its.
func said(err error) *pgconn.PgError {
	e, _ := errors.AsType[*pgconn.PgError](err)
	return e
}

// inner are words of the platform's inside and of its neighbours, which no
// client may read.
func (h *house) inner() []string {
	words := []string{
		"tavana_", "_introspection", "session_list", "current_setting('", `"system `, "stand-in", "standin", ".sock", "/proc/", "/sys/fs", "/var/lib/tavana", "/etc/", "/home/", "/root",
		"goroutine", "panic", "runtime error", "github.com", "grpc", "rpc error", "postgres:", "unixpacket", "descriptor 3",
		vaultTable, vaultColumn, vaultValue, "person_zq", h.Home, h.data, h.vault, h.Env["PGPASSWORD"], h.key,
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// leaks gives the first inner word that a text holds and the statement, whose
// author may be quoted, does not.
func (h *house) leaks(statement, text string) string {
	statement, text = strings.ToLower(statement), strings.ToLower(text)
	for _, word := range h.inner() {
		word = strings.ToLower(word)
		if strings.Contains(text, word) && !strings.Contains(statement, word) {
			return word
		}
	}
	return ""
}

// discreet tells that an error shows nothing of the inside.
func (h *house) discreet(t *testing.T, statement string, e *pgconn.PgError) {
	t.Helper()
	text := strings.Join([]string{e.Message, e.Detail, e.Hint, e.Where, e.SchemaName, e.TableName, e.File, e.Routine, e.InternalQuery}, "\n")
	if word := h.leaks(statement, text); word != "" {
		t.Errorf("the error of %.200q shows %q: %s", statement, word, text)
	}
	if len(text) > 32<<10 {
		t.Errorf("the error of %.200q has %d bytes", statement, len(text))
	}
}
