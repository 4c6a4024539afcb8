package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
)

// bareFlight is a server that sends batches which it has in memory, in the
// library's own way: those that another server gave it for a statement.
type bareFlight struct {
	flight.BaseFlightServer
	schema  *arrow.Schema
	batches []arrow.RecordBatch
}

// DoGet sends them all.
func (b *bareFlight) DoGet(_ *flight.Ticket, stream flight.FlightService_DoGetServer) error {
	w := flight.NewRecordWriter(stream, ipc.WithSchema(b.schema))
	for _, batch := range b.batches {
		if err := w.Write(batch); err != nil {
			return err
		}
	}
	return w.Close()
}

// serveFlight serves the batches of a statement with TLS. Arguments: certificate, key,
// and of the other server its address, root certificate and key; then the statement.
func serveFlight(ctx context.Context, args []string) error {
	if len(args) != 6 {
		return errors.New("certificate, key, address, root, API key and statement are needed")
	}
	certificate, err := tls.LoadX509KeyPair(args[0], args[1])
	if err != nil {
		return err
	}
	server := &bareFlight{}
	if err := server.fill(ctx, args[2:]); err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr().String())
	s := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13, DynamicRecordSizingDisabled: true,
	})))
	flight.RegisterFlightServiceServer(s, server)
	return s.Serve(listener)
}

// fill takes the batches over.
func (b *bareFlight) fill(ctx context.Context, from []string) error {
	pem, err := os.ReadFile(from[1])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client, err := flightsql.NewClient(from[0], nil, nil, grpc.WithTransportCredentials(credentials.NewTLS(
		&tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13})))
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // all was read
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+from[2])
	info, err := client.Execute(ctx, from[3])
	if err != nil {
		return err
	}
	r, err := client.DoGet(ctx, info.GetEndpoint()[0].GetTicket())
	if err != nil {
		return err
	}
	defer r.Release()
	b.schema = r.Schema()
	for r.Next() {
		batch := r.RecordBatch()
		batch.Retain()
		b.batches = append(b.batches, batch)
	}
	return r.Err()
}
