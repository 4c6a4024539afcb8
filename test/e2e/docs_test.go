package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/standalone"
	"github.com/tavana/tavana/internal/testenv"
)

// block is a fenced block of a document.
type block struct{ language, text string }

// blocks gives the fenced blocks of a document.
func blocks(t *testing.T, file string) []block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testenv.Root(t), file))
	if err != nil {
		t.Fatal(err)
	}
	var found []block
	open := false
	for line := range strings.Lines(string(text)) {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !open:
			open = true
			found = append(found, block{language: strings.TrimSpace(language)})
		case fence:
			open = false
		case open:
			found[len(found)-1].text += line
		}
	}
	if open || len(found) == 0 {
		t.Fatalf("%s: blocks: %v, one is open: %v", file, found, open)
	}
	return found
}

// newcomer is who follows the documents: with a home of its own, the built
// programs in the path, and the platform that README says to start.
type newcomer struct {
	home, dir string
	replace   *strings.Replacer // what the documents leave to the reader
}

// run runs a text with a program's words, and gives both outputs.
func (n *newcomer) run(t *testing.T, text string, program ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], append(program[1:], n.replace.Replace(text))...)
	cmd.Dir, cmd.Env = n.dir, n.environ(t)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (n *newcomer) environ(t *testing.T) []string {
	t.Helper()
	bin := filepath.Dir(testenv.Tavana(t))
	return []string{"HOME=" + n.home, "PATH=" + bin + ":" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TAVANA_CACHE=" + testenv.Cache(t)}
}

// serve starts the platform by a line of README, on free ports, until the test
// ends.
func (n *newcomer) serve(t *testing.T, line string) {
	t.Helper()
	var log strings.Builder
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c",
		"exec "+n.replace.Replace(line)+" --pg-listen 127.0.0.1:0 --flight-listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --memory 2GiB")
	cmd.Dir, cmd.Env = testenv.Root(t), n.environ(t)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil || t.Failed() {
			t.Errorf("%s: %v\n%s", line, err, log.String())
		}
	})
	testenv.Eventually(t, time.Minute, "the platform of README is ready", func() bool {
		_, err := os.Stat(standalone.File(filepath.Join(n.home, ".tavana")))
		return err == nil
	})
}

// TestDocumentsRun: what README and the documents tell to type works as it
// stands. What README leaves to the reader, a folder, is put in.
func TestDocumentsRun(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(testenv.Root(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	home := testenv.Home(t)
	n := &newcomer{home: home, dir: testenv.Root(t), replace: strings.NewReplacer(
		"/path/to/files", filepath.Join(testenv.Sample(t), "data"))}

	readme, served := blocks(t, "README.md"), 0
	var rest []block
	for _, b := range readme {
		left := ""
		for line := range strings.Lines(b.text) {
			command, _, _ := strings.Cut(line, "#")
			words := strings.Fields(command)
			switch {
			case len(words) == 2 && words[0] == "make": // they would run this test, or build what is tested
				if !strings.Contains(string(makefile), "\n"+words[1]+":") {
					t.Errorf("README: %s is no target of the Makefile", words[1])
				}
			case len(words) > 1 && words[0] == "bin/tavana" && words[1] == "serve":
				served++
				n.serve(t, strings.TrimSpace(command))
			default:
				left += line
			}
		}
		rest = append(rest, block{b.language, left})
	}
	if served != 1 {
		t.Fatalf("README starts %d platforms", served)
	}
	for _, b := range rest {
		n.follow(t, "README.md", b)
	}
	// From here on as a reader elsewhere, with a key and the certificate.
	client := t.TempDir()
	root, err := os.ReadFile(filepath.Join(home, ".tavana", "tls", "root.crt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(client, "root.crt"), root, 0o644); err != nil {
		t.Fatal(err)
	}
	n.dir = client
	env, err := os.ReadFile(standalone.File(filepath.Join(home, ".tavana")))
	if err != nil {
		t.Fatal(err)
	}
	place := "port=" + standalone.ParseEnv(string(env))["PGPORT"]
	for _, file := range []string{"docs/connect.md", "docs/operations.md"} {
		for _, b := range blocks(t, file) {
			out := n.follow(t, file, b)
			for line := range strings.Lines(out) {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, "tvn_") {
					n.replace = strings.NewReplacer("host=HOST", "host=localhost "+place+" password="+line)
				}
			}
		}
	}
}

// follow does what a block says; it gives the output.
func (n *newcomer) follow(t *testing.T, file string, b block) string {
	t.Helper()
	const connected = ". ~/.tavana/connection.env; "
	var out string
	var err error
	switch b.language {
	case "sh":
		text := n.withIDs(t, b.text)
		out, err = n.run(t, "set -eu\n"+text, "sh", "-c")
	case "python":
		out, err = n.run(t, b.text, "sh", "-c", "set -a; "+connected+`exec "$0" -c "$1"`, python(t))
	case "go":
		if !strings.HasPrefix(b.text, "package main") {
			return "" // a line for a program; the other tests connect with pgx so
		}
		out, err = n.program(t, "example.go", b.text, "go", "run")
	case "java":
		out, err = n.program(t, "Example.java", b.text,
			"java", "--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp", filepath.Join(jars(t), "*"))
	default:
		t.Errorf("%s: a block of language %q", file, b.language)
	}
	if err != nil {
		t.Errorf("%s:\n%s\n%v\n%s", file, b.text, err, out)
	}
	return out
}

// program writes a whole program to a file, and runs it by the words of a command
// from where the modules of this project are found, connected.
func (n *newcomer) program(t *testing.T, file, text string, command ...string) (string, error) {
	t.Helper()
	file = filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	at := *n
	at.dir = testenv.Root(t)
	run := `set -a; . ~/.tavana/connection.env; GOCACHE=$0 GOMODCACHE=$1; set +a; shift; exec "$@"`
	return at.run(t, file, append([]string{"sh", "-c", run, goEnv(t, "GOCACHE"), goEnv(t, "GOMODCACHE")}, command...)...)
}

// goEnv gives a folder of the Go tool: a newcomer's home has none yet.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// withIDs puts a key's ID in, made for it, and leaves out what needs a running
// query: the tests of cancel do that.
func (n *newcomer) withIDs(t *testing.T, text string) string {
	t.Helper()
	var lines strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, "QUERY-ID") {
			continue
		}
		if strings.Contains(line, "KEY-ID") {
			out, err := n.run(t, "tavana key create someone", "sh", "-c")
			_, after, _ := strings.Cut(out, "Key ")
			if err != nil || after == "" {
				t.Fatalf("a key: %v, %s", err, out)
			}
			line = strings.ReplaceAll(line, "KEY-ID", strings.Fields(after)[0])
		}
		lines.WriteString(line)
	}
	return lines.String()
}
