package standalone

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/tavana/tavana/internal/fault"
)

// serverName gives the name that tells this server from others that share its
// metadata store. It is made once and lives as long as the home.
func serverName(home string) (string, error) {
	path := filepath.Join(home, "server-id")
	text, err := os.ReadFile(path) //nolint:gosec // in our own home
	if errors.Is(err, fs.ErrNotExist) {
		return newServerName(path)
	}
	if err != nil {
		return "", fmt.Errorf("read the server's name: %w", err)
	}
	id, err := uuid.Parse(strings.TrimSpace(string(text)))
	if err != nil {
		return "", fault.Wrap(err, fault.InvalidParameter, "%s does not hold a UUID", path).
			WithHint("Delete the file; the next start makes a new one.")
	}
	return id.String(), nil
}

// newServerName writes the file whole or not at all.
func newServerName(path string) (string, error) {
	name := uuid.NewString()
	if err := os.WriteFile(path+".new", []byte(name+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write the server's name: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return "", fmt.Errorf("write the server's name: %w", err)
	}
	return name, nil
}
