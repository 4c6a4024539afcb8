package standalone_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/standalone"
)

// TestConnectionEnv reads the lines back as a shell does, and as ParseEnv does.
func TestConnectionEnv(t *testing.T) {
	t.Parallel()
	for name, root := range map[string]string{
		"plain":     "/home/ada/.tavana/tls/root.crt",
		"space":     "/home/ada lovelace/root.crt",
		"shell":     "/home/$USER;`id`&/#root.crt",
		"quote":     "/home/ada's \"own\" $HOME\\`x`/root.crt",
		"not ASCII": "/home/adé/root.crt",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := standalone.Connection{
				Host: "localhost", Port: "5432", User: "admin", Password: "tvn_0123abc", Database: "local", RootCert: root,
				FlightURI: "grpc+tls://localhost:8815",
			}
			want := map[string]string{
				"PGHOST": "localhost", "PGPORT": "5432", "PGUSER": "admin", "PGPASSWORD": "tvn_0123abc", "PGDATABASE": "local",
				"PGSSLMODE": "verify-full", "PGSSLROOTCERT": root,
				"TAVANA_KEY": "tvn_0123abc", "TAVANA_FLIGHT_URI": "grpc+tls://localhost:8815",
			}
			text := strings.Join(c.Env(), "\n") + "\n"
			if diff := cmp.Diff(want, standalone.ParseEnv(text)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			out, err := exec.CommandContext(t.Context(), "sh", "-c", text+`printf %s "$PGSSLROOTCERT"`).CombinedOutput()
			if err != nil || string(out) != root {
				t.Errorf("a shell reads %q, %v; want %q", out, err, root)
			}
			if name == "plain" && strings.ContainsAny(text, `'"`) {
				t.Errorf("plain values are quoted:\n%s", text)
			}
		})
	}
}
