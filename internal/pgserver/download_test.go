package pgserver

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// jar makes an archive of the artifact's form from names and contents; a
// content that begins with "->" is a symbolic link.
func jar(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var plain, packed, whole bytes.Buffer
	archive := tar.NewWriter(&plain)
	for name, content := range files {
		header := &tar.Header{Name: name, Mode: 0o755, Typeflag: tar.TypeReg, Size: int64(len(content))}
		if target, ok := strings.CutPrefix(content, "->"); ok {
			header.Typeflag, header.Linkname, header.Size, content = tar.TypeSymlink, target, 0, ""
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, archive.Close())
	w, err := xz.NewWriter(&packed)
	must(t, err)
	_, err = w.Write(plain.Bytes())
	must(t, err)
	must(t, w.Close())
	z := zip.NewWriter(&whole)
	entry, err := z.Create("postgres.txz")
	must(t, err)
	_, err = entry.Write(packed.Bytes())
	must(t, err)
	must(t, z.Close())
	return whole.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "pg")
	must(t, unpack(jar(t, map[string]string{"./bin/postgres": "program", "lib/a.so": "->a.so.1"}), dir))
	text, err := os.ReadFile(filepath.Join(dir, "bin", "postgres"))
	if err != nil || string(text) != "program" {
		t.Errorf("unpacked program = %q, error %v", text, err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "lib", "a.so")); err != nil || target != "a.so.1" {
		t.Errorf("unpacked link = %q, error %v", target, err)
	}
}

func TestUnpackStaysInside(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	if err := unpack(jar(t, map[string]string{"../outside": "x"}), filepath.Join(parent, "pg")); err == nil {
		t.Error("a name that leads outside: no error")
	}
	if _, err := os.Stat(filepath.Join(parent, "outside")); err == nil {
		t.Error("a file was written outside")
	}
}

func TestFetchRefusesAnotherArtifact(t *testing.T) { //nolint:paralleltest // it sets the environment
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("not what was asked for"))
	}))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	config := Config{Repository: server.URL, Logger: slog.New(slog.DiscardHandler)}
	_, err := fetch(t.Context(), config, artifacts["linux/amd64"])
	if err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("error = %v, want one about the checksum", err)
	}
}
