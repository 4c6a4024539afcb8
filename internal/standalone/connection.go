package standalone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/query"
)

const (
	ownPrincipal = "admin"         // whom connection.env connects as
	ownOwner     = "tavana serve " // and the server's name own the keys that live as long as a server
)

// Connection is how clients of this machine connect.
type Connection struct {
	Host     string
	Port     string
	User     string
	Password string
	Database string
	RootCert string // file, or "system"
	// FlightURI is where Arrow Flight SQL is spoken, such as
	// grpc+tls://localhost:8815; empty: nowhere.
	FlightURI string
}

// File gives the path of the settings in a home.
func File(home string) string { return filepath.Join(home, "connection.env") }

// Env gives the settings as libpq's environment variables, and those that the examples
// of Arrow Flight SQL read, quoted for a shell where they need it.
func (c Connection) Env() []string {
	env := []string{
		"PGHOST=" + quote(c.Host),
		"PGPORT=" + quote(c.Port),
		"PGUSER=" + quote(c.User),
		"PGPASSWORD=" + quote(c.Password),
		"PGDATABASE=" + quote(c.Database),
		"PGSSLMODE=verify-full",
		"PGSSLROOTCERT=" + quote(c.RootCert),
		"TAVANA_KEY=" + quote(c.Password),
	}
	if c.FlightURI != "" {
		env = append(env, "TAVANA_FLIGHT_URI="+quote(c.FlightURI))
	}
	return env
}

// ParseEnv reads lines of connection.env: the variables with their values.
func ParseEnv(text string) map[string]string {
	env := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			env[name] = unquote(value)
		}
	}
	return env
}

// quote leaves plain values as they are, so that readers of KEY=value lines that
// know no quotes have them; others go into quotes that shells, systemd and
// dotenv readers take in the same way.
func quote(value string) string {
	special := func(r rune) bool {
		return !strings.ContainsRune("_-./:@%+,", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	switch {
	case !strings.ContainsFunc(value, special):
		return value
	case !strings.Contains(value, "'"):
		return "'" + value + "'"
	default:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(value) + `"`
	}
}

// unquote undoes quote.
func unquote(value string) string {
	if len(value) < 2 || value[0] != value[len(value)-1] {
		return value
	}
	inner := value[1 : len(value)-1]
	switch value[0] {
	case '\'':
		return inner
	case '"':
		return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, "$", "\\`", "`").Replace(inner)
	default:
		return value
	}
}

// write puts the settings where only this account reads them, whole or not at
// all.
func (c Connection) write(home string) error {
	temporary := File(home) + ".new"
	if err := os.WriteFile(temporary, []byte(strings.Join(c.Env(), "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("write connection settings: %w", err)
	}
	if err := os.Rename(temporary, File(home)); err != nil {
		return fmt.Errorf("write connection settings: %w", err)
	}
	return nil
}

func removeConnection(home string) error {
	if err := os.Remove(File(home)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove connection settings: %w", err)
	}
	return nil
}

// mintKey makes this start's own key, and ends those of earlier starts of the
// same server that could not end theirs.
func mintKey(ctx context.Context, tables *catalog.Catalog, server string) (catalog.Key, string, error) {
	keys, err := tables.ListKeys(ctx)
	if err != nil {
		return catalog.Key{}, "", fmt.Errorf("list keys: %w", err)
	}
	for _, key := range keys {
		if key.Owner == ownOwner+server && key.Revoked.IsZero() {
			if err := tables.RevokeKey(ctx, key.ID); err != nil {
				return catalog.Key{}, "", fmt.Errorf("end the key of an earlier start: %w", err)
			}
		}
	}
	key, secret, err := tables.CreateKey(ctx, catalog.NewKey{
		Principal:   ownPrincipal,
		Owner:       ownOwner + server,
		Scopes:      []query.Scope{query.ScopeAdmin},
		Description: "connection.env; ends with the server",
	})
	if err != nil {
		return catalog.Key{}, "", fmt.Errorf("make the key of connection.env: %w", err)
	}
	return key, secret, nil
}

// reachable gives host and port by which this machine reaches a listener, as
// the certificate names them.
func reachable(address net.Addr) (host, port string) {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String(), ""
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	return host, port
}
