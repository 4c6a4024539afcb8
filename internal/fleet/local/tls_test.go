package local_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tavana/tavana/internal/devca"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/testenv"
	"github.com/tavana/tavana/internal/worker/client"
)

// authority makes a development authority and gives its folder.
func authority(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := devca.Open(devca.Config{Dir: dir, Hosts: []string{"127.0.0.1"}}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// clientConfig trusts one authority and, unless signer is empty, has a
// certificate of another.
func clientConfig(t *testing.T, trusted, signer string) *tls.Config {
	t.Helper()
	root, err := tls.LoadX509KeyPair(filepath.Join(trusted, "root.crt"), filepath.Join(trusted, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root.Leaf)
	config := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool}
	if signer == "" {
		return config
	}
	issuer, err := tls.LoadX509KeyPair(filepath.Join(signer, "root.crt"), filepath.Join(signer, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "gateway"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, issuer.Leaf, &key.PublicKey, issuer.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	config.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	return config
}

// listening starts a supervisor on TCP and gives its address.
func listening(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.Command(testenv.Worker(t), "supervisor", "--listen", "127.0.0.1:0", "--home", t.TempDir(),
		"--memory", "1073741824", "--spares", "0", "--tls-cert", filepath.Join(dir, "server.crt"),
		"--tls-key", filepath.Join(dir, "server.key"), "--tls-client-ca", filepath.Join(dir, "root.crt"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, drained := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(drained)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			var line struct {
				Message string `json:"msg"`
				Address string `json:"address"`
			}
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "worker serves" {
				address <- line.Address
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-drained
		_ = cmd.Wait()
	})
	select {
	case a := <-address:
		return a
	case <-drained:
	case <-time.After(15 * time.Second):
	}
	t.Fatal("the supervisor does not serve")
	return ""
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	ours, other := authority(t), authority(t)
	address := listening(t, ours)
	old := clientConfig(t, ours, ours)
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	cases := map[string]struct {
		config *tls.Config
		ok     bool
	}{
		"ours":                   {clientConfig(t, ours, ours), true},
		"no certificate":         {clientConfig(t, ours, ""), false},
		"of another authority":   {clientConfig(t, ours, other), false},
		"trusts another":         {clientConfig(t, other, ours), false},
		"an old version of TLS ": {old, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if !c.ok {
				ctx, cancel = context.WithTimeout(t.Context(), time.Second) // a dial goes on trying
			}
			defer cancel()
			w, err := client.Dial(ctx, client.Config{Address: address, TLS: c.config})
			if err == nil {
				defer func() { _ = w.Close() }()
				_, err = w.Status(ctx)
			}
			if (err == nil) != c.ok {
				t.Fatalf("got %v", err)
			}
			if !c.ok {
				return
			}
			s, err := w.Execute(ctx, query.Start{SQL: "SELECT 42 FROM range(2)", Limits: query.Limits{Memory: 256 << 20, Threads: 1}})
			if err != nil {
				t.Fatal(err)
			}
			// Frames go through the supervisor: there is no line over a network.
			most := int64(1)
			for _, encoding := range []frames.Encoding{frames.Rows, frames.Arrow} {
				rows, done, err := s.Pull(ctx, most, frames.Form{Encoding: encoding}, drop)
				if rows != 1 || done != (most == 0) || err != nil {
					t.Errorf("encoding %d: got %d, %v, %v", encoding, rows, done, err)
				}
				most = 0
			}
			s.Close()
		})
	}
}
