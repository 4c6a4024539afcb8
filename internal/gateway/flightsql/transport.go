package flightsql

import (
	"context"
	"errors"
	"net"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/tavana/tavana/internal/gateway/secure"
)

// http2 is the protocol that gRPC speaks, as ALPN names it.
const http2 = "h2"

// transport makes connections of gRPC secure, as those of the other door are. It
// implements credentials.TransportCredentials for servers.
type transport struct {
	tls  *secure.Server
	wait time.Duration // bounds a handshake, with its wait for a turn
}

// ServerHandshake implements credentials.TransportCredentials.
func (t *transport) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	ctx, cancel := context.WithTimeout(context.Background(), t.wait)
	defer cancel()
	conn, err := t.tls.Handshake(ctx, raw, hostOf(raw.RemoteAddr()))
	if err == nil && conn.ConnectionState().NegotiatedProtocol != http2 {
		err = errors.New("the client does not speak HTTP/2")
	}
	if err != nil {
		return nil, nil, errors.Join(err, raw.Close())
	}
	return conn, credentials.TLSInfo{
		State: conn.ConnectionState(), CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
	}, nil
}

// ClientHandshake implements credentials.TransportCredentials. Nobody calls it.
func (*transport) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("a server has no clients to connect to")
}

// Info implements credentials.TransportCredentials.
func (*transport) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "tls"}
}

// Clone implements credentials.TransportCredentials.
func (t *transport) Clone() credentials.TransportCredentials { return t }

// OverrideServerName implements credentials.TransportCredentials. It is for clients.
func (*transport) OverrideServerName(string) error { return nil }
