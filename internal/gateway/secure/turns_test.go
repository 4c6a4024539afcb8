package secure

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/tavana/tavana/internal/devca"
)

// Addresses take turns, however many each of them sends; who gives up loses no
// turn of anybody else's.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := turnsOf(1)
		if err := turns.take(t.Context(), "flood"); err != nil {
			t.Fatal(err)
		}
		ctx, give := context.WithCancel(t.Context())
		var got []string
		wait := func(ctx context.Context, address string) {
			go func() {
				if turns.take(ctx, address) == nil {
					got = append(got, address)
					turns.give()
				}
			}()
			synctest.Wait()
		}
		for range 3 {
			wait(t.Context(), "flood")
		}
		wait(ctx, "impatient")
		wait(t.Context(), "good")
		wait(t.Context(), "good")
		give()
		synctest.Wait()
		turns.give()
		synctest.Wait()
		if want := []string{"flood", "good", "flood", "good", "flood"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if turns.free != 1 || len(turns.waiting) != 0 || len(turns.order) != 0 {
			t.Errorf("%d free, %d wait", turns.free, len(turns.waiting))
		}
	})
}

// A client whose first message makes TLS ask for another one computes nothing
// without a turn either.
func TestTurnAfterASecondHello(t *testing.T) {
	t.Parallel()
	authority, err := devca.Open(devca.Config{Dir: t.TempDir(), Hosts: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	theirs, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	ours, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	h := &handshaker{Conn: ours, turns: turnsOf(1), address: "a"}
	config := authority.TLS(tls.VersionTLS13)
	config.CurvePreferences = []tls.CurveID{tls.CurveP256}
	config.GetConfigForClient = heard
	certificate := config.GetCertificate
	held := false
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		held = h.turns.free == 0 // the last thing before the signature
		return certificate(hello)
	}
	client := tls.Client(theirs, &tls.Config{
		InsecureSkipVerify: true, // who the server is, is of no interest here
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256},
	})
	ended := make(chan error, 1)
	go func() {
		err := client.HandshakeContext(t.Context())
		if err == nil {
			_, err = client.Read(make([]byte, 1)) // tickets too
		}
		ended <- err
	}()
	server := tls.Server(&records{Conn: h}, config)
	if err := server.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.done()
	if !server.ConnectionState().HelloRetryRequest {
		t.Fatal("TLS asked only once")
	}
	if !held || h.turns.free != 1 {
		t.Errorf("computed with a turn: %t; %d turns are free after it", held, h.turns.free)
	}
	if _, err := server.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	go func() { _, _ = client.Write([]byte("x")) }()
	if _, err := server.Read(make([]byte, 1)); err != nil || h.turns.free != 1 {
		t.Errorf("after the handshake: %v; %d turns are free", err, h.turns.free)
	}
}
