package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Store connects to the private PostgreSQL of the platform's metadata.
func (p *Platform) Store(ctx context.Context) (*pgx.Conn, error) {
	folder, err := p.StoreSocket()
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, "host="+folder+" port=5432 user=tavana dbname=tavana connect_timeout=2")
	if err != nil {
		return nil, fmt.Errorf("connect to the metadata: %w", err)
	}
	return conn, nil
}

// StoreSocket is the folder of that PostgreSQL's socket. The file that it leaves in
// its data tells it.
func (p *Platform) StoreSocket() (string, error) {
	marks, err := filepath.Glob("/var/lib/tavana/*/home")
	if err != nil {
		return "", err
	}
	for _, mark := range append(marks, filepath.Join(p.Home, "postgres", "home")) {
		if home, err := os.ReadFile(mark); err == nil && strings.TrimSpace(string(home)) == p.Home {
			return filepath.Join(filepath.Dir(mark), "run"), nil
		}
	}
	return "", errors.New("no private PostgreSQL")
}
