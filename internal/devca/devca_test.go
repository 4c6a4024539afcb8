package devca_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/devca"
)

// verify does a handshake as a client with sslmode=verify-full does.
func verify(t *testing.T, a *devca.Authority, host string) (*x509.Certificate, error) { //nolint:unparam // what a client sees
	t.Helper()
	root, err := os.ReadFile(a.RootFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(root) {
		t.Fatal("root.crt holds no certificate")
	}
	near, far := net.Pipe()
	defer near.Close()
	server := tls.Server(far, a.TLS(tls.VersionTLS13))
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer far.Close()
		_ = server.HandshakeContext(t.Context())
	}()
	client := tls.Client(near, &tls.Config{RootCAs: pool, ServerName: host})
	err = client.HandshakeContext(t.Context())
	near.Close()
	<-done
	if err != nil {
		return nil, err
	}
	return client.ConnectionState().PeerCertificates[0], nil
}

func TestVerifyFull(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tls")
	a, err := devca.Open(devca.Config{Dir: dir, Hosts: []string{"db.example.org", "192.0.2.7"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "db.example.org", "192.0.2.7"} {
		if _, err := verify(t, a, host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := verify(t, a, "other.example.org"); err == nil {
		t.Error("a host of no concern was verified")
	}
	for name, mode := range map[string]os.FileMode{"root.key": 0o600, "server.key": 0o600, "root.crt": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	serial := func(after time.Duration, hosts ...string) (root, server string) {
		t.Helper()
		a, err := devca.Open(devca.Config{Dir: dir, Hosts: hosts, Now: func() time.Time { return now.Add(after) }})
		if err != nil {
			t.Fatal(err)
		}
		cert, err := a.TLS(tls.VersionTLS13).GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		pem, err := os.ReadFile(a.RootFile())
		if err != nil {
			t.Fatal(err)
		}
		return string(pem), cert.Leaf.SerialNumber.String()
	}
	const day = 24 * time.Hour
	root, first := serial(0, "a.example.org")
	if sameRoot, same := serial(300*day, "a.example.org"); same != first || sameRoot != root {
		t.Error("a good certificate was replaced")
	}
	sameRoot, second := serial(340*day, "a.example.org")
	if second == first || sameRoot != root {
		t.Error("near its end: want a new certificate of the same authority")
	}
	if sameRoot, third := serial(340*day, "b.example.org"); third == second || sameRoot != root {
		t.Error("with other names: want a new certificate of the same authority")
	}
	if newRoot, _ := serial(9*365*day+2*day, "b.example.org"); newRoot == root {
		t.Error("an authority that ends within a certificate's life was kept")
	}
}

// A clock that is set back costs no authority, which clients trust; the server's
// certificate fits the clock at any time, also of a server that runs.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	now := time.Now()
	config := devca.Config{Dir: t.TempDir(), Hosts: []string{"a.example.org"}, Now: func() time.Time { return now }}
	a, err := devca.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(a.RootFile())
	if err != nil {
		t.Fatal(err)
	}
	const year = 365 * 24 * time.Hour
	for _, jump := range []time.Duration{-30 * year, 0, 5 * year, 0, -time.Minute} {
		now = time.Now().Add(jump)
		again, err := devca.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		for _, authority := range []*devca.Authority{a, again} {
			cert, err := authority.TLS(tls.VersionTLS13).GetCertificate(nil)
			if err != nil || now.Before(cert.Leaf.NotBefore) || now.After(cert.Leaf.NotAfter) {
				t.Errorf("at %s: the certificate is of other days: %v", now, err)
			}
			kept, err := os.ReadFile(authority.RootFile())
			if err != nil || string(kept) != string(root) {
				t.Errorf("at %s: the authority was replaced: %v", now, err)
			}
		}
	}
}

func TestBrokenAuthorityIsNotReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := devca.Open(devca.Config{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "root.crt"), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := devca.Open(devca.Config{Dir: dir}); err == nil {
		t.Error("a broken authority was replaced in silence")
	}
}
