package flightsql

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	gen "github.com/apache/arrow-go/v18/arrow/flight/gen/flight"
	"google.golang.org/protobuf/proto"

	"github.com/tavana/tavana/internal/fault"
)

// greetWait bounds the time that the message of a handshake may take to come.
const greetWait = 10 * time.Second

// greeting reads the message of a handshake, one of each connection at a time.
func (s *Server) greeting(stream flight.FlightService_HandshakeServer) (*flight.HandshakeRequest, error) {
	name, _ := connectionOf(stream.Context())
	c := s.listener.named(name)
	if c == nil {
		return nil, disconnected()
	}
	late := fault.New(fault.Unauthenticated, "no credentials came within %v", greetWait)
	timer := time.NewTimer(greetWait)
	defer timer.Stop()
	select {
	case c.greets <- struct{}{}: // clients of one program may share a connection
	case <-timer.C:
		return nil, late
	case <-stream.Context().Done():
		return nil, fault.From(stream.Context().Err())
	}
	var in *flight.HandshakeRequest
	came := make(chan error, 1)
	go func() { // ends with its call at the latest
		defer func() { <-c.greets }()
		m, err := stream.Recv()
		in = m
		came <- err
	}()
	select {
	case err := <-came:
		return in, err
	case <-timer.C:
		return nil, late
	}
}

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
	return c, s.judged(from, c, err)
}
