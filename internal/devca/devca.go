// Package devca makes the certificates of an installation that was given none:
// a certificate authority of its own, kept in a directory, and a server
// certificate signed by it for the names and addresses of the machine. Clients
// that trust root.crt can verify the server in full.
package devca

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	serverLife    = 365 * 24 * time.Hour
)

// Config says where the certificates are and what they are for.
type Config struct {
	Dir string // made with mode 0700 when it is missing
	// Hosts are names and addresses of the server beside localhost; nil: those
	// of the machine.
	Hosts []string
	// RenewBefore is how long before its end a server certificate is replaced;
	// default 30 days.
	RenewBefore time.Duration
	Now         func() time.Time // default time.Now
}

// WithDefaults returns c with what was left out.
func (c Config) WithDefaults() Config {
	if c.RenewBefore <= 0 {
		c.RenewBefore = 30 * 24 * time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Hosts == nil {
		c.Hosts = MachineHosts()
	}
	return c
}

// Authority holds the authority and the present server certificate. Its
// methods may be called concurrently.
type Authority struct {
	config Config
	root   *pair

	mu     sync.Mutex
	server *tls.Certificate
}

// Open loads the certificates in the directory, and makes those that are
// missing, near their end, or not for the wanted hosts. An authority that is
// there is never replaced while it is valid: clients trust it.
func Open(config Config) (*Authority, error) {
	config = config.WithDefaults()
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make directory of certificates: %w", err)
	}
	a := &Authority{config: config}
	var err error
	if a.root, err = a.openRoot(); err != nil {
		return nil, err
	}
	if _, err := a.current(); err != nil {
		return nil, err
	}
	return a, nil
}

// RootFile is the path of the authority's certificate, for sslrootcert.
func (a *Authority) RootFile() string { return filepath.Join(a.config.Dir, "root.crt") }

// TLS gives a server's configuration; the certificate is renewed while it runs.
func (a *Authority) TLS(minVersion uint16) *tls.Config {
	return &tls.Config{
		MinVersion: minVersion,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return a.current()
		},
	}
}

func (a *Authority) path(name string) string { return filepath.Join(a.config.Dir, name) }

func (a *Authority) openRoot() (*pair, error) {
	root, err := load(a.path("root.crt"), a.path("root.key"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		root = nil
	case err != nil:
		return nil, fmt.Errorf("load the authority (remove %s to have a new one made): %w", a.config.Dir, err)
	}
	now := a.config.Now()
	if root != nil && now.Add(serverLife).Before(root.cert.NotAfter) {
		return root, nil
	}
	if root, err = newRoot(now); err != nil {
		return nil, fmt.Errorf("make the authority: %w", err)
	}
	if err := root.save(a.path("root.crt"), a.path("root.key")); err != nil {
		return nil, fmt.Errorf("save the authority: %w", err)
	}
	return root, nil
}

// current gives the server's certificate, and makes a new one when it must.
func (a *Authority) current() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.server != nil && a.fits(a.server.Leaf) {
		return a.server, nil
	}
	server, err := load(a.path("server.crt"), a.path("server.key"))
	if err != nil || !a.fits(server.cert) {
		if server, err = a.root.issue(a.config.Hosts, a.config.Now()); err != nil {
			return nil, fmt.Errorf("issue the server's certificate: %w", err)
		}
		if err := server.save(a.path("server.crt"), a.path("server.key")); err != nil {
			return nil, fmt.Errorf("save the server's certificate: %w", err)
		}
	}
	a.server = &tls.Certificate{
		Certificate: [][]byte{server.cert.Raw, a.root.cert.Raw},
		PrivateKey:  server.key,
		Leaf:        server.cert,
	}
	return a.server, nil
}

// fits tells whether a certificate is ours, lasts, and is for all our hosts and
// no other.
func (a *Authority) fits(cert *x509.Certificate) bool {
	now := a.config.Now()
	if now.Before(cert.NotBefore) || now.Add(a.config.RenewBefore).After(cert.NotAfter) {
		return false
	}
	if cert.CheckSignatureFrom(a.root.cert) != nil {
		return false
	}
	names, addresses := splitHosts(a.config.Hosts)
	have := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		have = append(have, ip.String())
	}
	want := slices.Clone(names)
	for _, ip := range addresses {
		want = append(want, ip.String())
	}
	slices.Sort(have)
	slices.Sort(want)
	return slices.Equal(have, want)
}
