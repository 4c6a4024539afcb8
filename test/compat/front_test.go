package compat_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// front gives a PostgreSQL that listens on a Unix socket an address with TLS, so
// that clients connect to it as they do to Tavana.
type front struct {
	listener net.Listener
	tls      *tls.Config
	socket   string

	mu     sync.Mutex
	open   map[net.Conn]bool // nil: closed
	serves sync.WaitGroup
}

const (
	codeSSL    = 80877103
	codeGSSENC = 80877104
)

// newFront listens until the test ends.
func newFront(t *testing.T, config *tls.Config, socket string) *front {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &front{listener: listener, tls: config, socket: socket, open: map[net.Conn]bool{}}
	f.serves.Go(f.accept)
	t.Cleanup(f.close)
	return f
}

func (f *front) port(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(f.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (f *front) close() {
	_ = f.listener.Close()
	f.mu.Lock()
	for conn := range f.open {
		_ = conn.Close()
	}
	f.open = nil
	f.mu.Unlock()
	f.serves.Wait()
}

func (f *front) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.serves.Go(func() { f.serve(conn) })
	}
}

// keep remembers a connection, to end it at close; false: it is closed already.
func (f *front) keep(conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		return false
	}
	f.open[conn] = true
	return true
}

func (f *front) drop(conn net.Conn) {
	_ = conn.Close()
	f.mu.Lock()
	delete(f.open, conn)
	f.mu.Unlock()
}

func (f *front) serve(client net.Conn) {
	defer f.drop(client)
	if !f.keep(client) {
		return
	}
	secure, first, err := f.upgrade(client)
	if err != nil {
		return // the client sees that the connection ends
	}
	server, err := (&net.Dialer{}).DialContext(context.Background(), "unix", f.socket)
	if err != nil {
		return
	}
	defer f.drop(server)
	if !f.keep(server) {
		return
	}
	if _, err := server.Write(first); err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(secure, server) // either end may go
		_ = client.Close()
	})
	_, _ = io.Copy(server, secure)
	_ = server.Close()
	back.Wait()
}

// upgrade answers the requests before the startup packet and gives that packet.
func (f *front) upgrade(client net.Conn) (secure net.Conn, packet []byte, err error) {
	secure = client
	for {
		var header [8]byte
		if _, err := io.ReadFull(secure, header[:]); err != nil {
			return nil, nil, err
		}
		length, code := binary.BigEndian.Uint32(header[:]), binary.BigEndian.Uint32(header[4:])
		switch {
		case length < 8 || length > 10_000:
			return nil, nil, errors.New("no startup packet")
		case code == codeGSSENC:
			_, err = secure.Write([]byte{'N'})
		case code == codeSSL:
			if _, err = secure.Write([]byte{'S'}); err == nil {
				secure = tls.Server(client, f.tls)
			}
		default:
			packet = make([]byte, length)
			copy(packet, header[:])
			_, err = io.ReadFull(secure, packet[8:])
			return secure, packet, err
		}
		if err != nil {
			return nil, nil, err
		}
	}
}
