package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	vegaPackage = "vega-datasets@3.2.1"
	vegaSHA256  = "6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3"
)

// fetchVega puts the wanted files of the package into dir.
func fetchVega(ctx context.Context, dir string) error {
	temporary, err := os.MkdirTemp("", "vega-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	pack := exec.CommandContext(ctx, "npm", "pack", "--silent", vegaPackage)
	pack.Dir, pack.Stderr = temporary, os.Stderr
	if err := pack.Run(); err != nil {
		return fmt.Errorf("npm pack: %w", err)
	}
	found, err := filepath.Glob(filepath.Join(temporary, "*.tgz"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("npm pack left %d archives", len(found))
	}
	if err := verify(found[0], vegaSHA256); err != nil {
		return err
	}
	return unpack(found[0], dir, map[string]string{
		"package/data/flights-3m.parquet": "flights.parquet",
		"package/data/airports.csv":       "airports.csv",
		"package/data/cars.json":          "cars.json",
	})
}

func verify(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return fmt.Errorf("%s has SHA-256 %s, expected %s", filepath.Base(path), got, want)
	}
	return nil
}

// unpack writes the wanted members (name in the archive to name in dir) and
// fails when one is not there.
func unpack(archive, dir string, wanted map[string]string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	members := tar.NewReader(zipped)
	for found := 0; found < len(wanted); {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the archive holds %d of %d files", found, len(wanted))
		}
		if err != nil {
			return err
		}
		name, ok := wanted[header.Name]
		if !ok {
			continue
		}
		if err := write(filepath.Join(dir, name), members); err != nil {
			return err
		}
		found++
	}
	return nil
}

func write(path string, from io.Reader) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, from); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
