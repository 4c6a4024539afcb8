package flightsql

import (
	"context"
	"encoding/base64"

	gen "github.com/apache/arrow-go/v18/arrow/flight/gen/flight"
	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/fault"
)

// handshake logs in with what a message says: user and password, as Flight's first
// clients send them.
func (s *Server) handshake(ctx context.Context, payload []byte) (*client, error) {
	var basic gen.BasicAuth
	if len(payload) > maxCredentials || proto.Unmarshal(payload, &basic) != nil || basic.GetUsername() == "" {
		return nil, fault.New(fault.Unauthenticated, "no credentials were sent").
			WithHint("Send a user and an API key as Basic credentials, or an API key as a bearer token.")
	}
	from := credential{
		scheme: "basic",
		value:  base64.StdEncoding.EncodeToString([]byte(basic.GetUsername() + ":" + basic.GetPassword())),
	}
	from.connection, from.address = connectionOf(ctx)
	c, err := s.clients.of(ctx, from)
	return c, s.judged(from, err)
}
