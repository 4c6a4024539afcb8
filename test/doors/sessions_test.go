package doors_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	gen "github.com/apache/arrow-go/v18/arrow/flight/gen/flight"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/tavana/tavana/internal/testenv"
)

// TestLogins: what proves who calls, and what does not.
func TestLogins(t *testing.T) {
	t.Parallel()
	p := start(t)
	key := reader(t, p)
	with := func(values ...string) context.Context {
		pairs := []string{}
		for _, v := range values {
			pairs = append(pairs, "authorization", v)
		}
		return metadata.NewOutgoingContext(t.Context(), metadata.Pairs(pairs...))
	}
	basic := func(user, password string) string {
		return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	}
	for name, ctx := range map[string]context.Context{
		"Basic":              with("Basic " + basic("ann", key)),
		"basic, no padding":  with("basic " + strings.TrimRight(basic("ann", key), "=")),
		"a key as bearer":    with("Bearer " + key),
		"bearer, lower case": with("bearer " + key),
		"twice the same":     with("Bearer "+key, "Bearer "+key),
	} {
		if rows, err := ask(ctx, dial(t, p), "SELECT current_user AS me, n FROM numbers WHERE n = 1"); err != nil || rows != 1 {
			t.Errorf("%s: %d rows, %v", name, rows, err)
		}
	}
	for name, ctx := range map[string]context.Context{
		"nothing":         t.Context(),
		"wrong key":       with("Basic " + basic("ann", "tvn_wrong")),
		"wrong name":      with("Basic " + basic("bob", key)),
		"no name":         with("Basic " + basic("", key)),
		"no base64":       with("Basic %%%"),
		"no colon":        with("Basic " + base64.StdEncoding.EncodeToString([]byte("ann"))),
		"another scheme":  with("Digest abc"),
		"an empty header": with(""),
		"a made up key":   with("Bearer tvn_00"),
		"a made up token": with("Bearer tvs_ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
		"two that differ": with("Bearer "+key, "Bearer tvn_00"),
		"long":            with("Bearer " + strings.Repeat("x", 10_000)),
	} {
		if _, err := ask(ctx, dial(t, p), "SELECT 1"); sqlstate(err) != "28P01" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A key that is revoked ends what it runs.
	c, ctx := login(t, p, "ann", key)
	info, err := c.Execute(ctx, endless)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if running(t, p) {
			p.Tavana("key", "revoke", keyID(t, p))
		}
	}()
	if _, err := fetch(ctx, c, info.GetEndpoint()[0].GetTicket()); err == nil {
		t.Error("the query of a revoked key ended without an error")
	}
	quiet(t, p, 5*time.Second)
	if _, err := ask(ctx, c, "SELECT 1"); err == nil {
		t.Error("a revoked key may ask")
	}
}

func keyID(t *testing.T, p *testenv.Platform) string {
	t.Helper()
	return records[struct{ ID string }](t, p, "SELECT key_id FROM tavana.keys k JOIN tavana.principals p USING (principal_id) WHERE p.name = $1 LIMIT 1", "ann")[0].ID
}

// TestSessions: settings belong to a session, a session to its token, and a closed
// one is gone.
func TestSessions(t *testing.T) {
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	other, asOther := admin(t, p)
	value, err := flight.NewSessionOptionValue("America/Lima")
	if err != nil {
		t.Fatal(err)
	}
	bad, _ := flight.NewSessionOptionValue("nowhere")
	result, err := c.SetSessionOptions(ctx, &flight.SetSessionOptionsRequest{SessionOptions: map[string]*flight.SessionOptionValue{
		"TimeZone": &value, "catalog": &bad, "memory_limit": &value, "schema": &bad,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.GetErrors()) != 3 || result.GetErrors()["memory_limit"].GetValue() != flight.SetSessionOptionsResultErrorInvalidName ||
		result.GetErrors()["catalog"].GetValue() != flight.SetSessionOptionsResultErrorInvalidValue {
		t.Errorf("errors: %v", result.GetErrors())
	}
	zone := func(ctx context.Context) string {
		got, err := c.GetSessionOptions(ctx, &flight.GetSessionOptionsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetSessionOptions()["TimeZone"].GetStringValue()
	}
	if got := zone(ctx); got != "America/Lima" {
		t.Errorf("TimeZone %q", got)
	}
	if got, err := other.GetSessionOptions(asOther, &flight.GetSessionOptionsRequest{}); err != nil || got.GetSessionOptions()["TimeZone"].GetStringValue() != "UTC" {
		t.Errorf("another session: %v, %v", got, err)
	}
	if _, err := c.ExecuteUpdate(ctx, "SET TimeZone = 'Asia/Tokyo'"); err != nil {
		t.Fatal(err)
	}
	if got := zone(ctx); got != "Asia/Tokyo" {
		t.Errorf("TimeZone %q", got)
	}
	if _, err := c.ExecuteUpdate(ctx, "SELECT set_config('TimeZone', 'Asia/Seoul', false) FROM pg_catalog.pg_class LIMIT 1"); err != nil {
		t.Fatal(err)
	}
	if got := zone(ctx); got != "Asia/Seoul" {
		t.Errorf("TimeZone %q after set_config", got)
	}
	if closed, err := c.CloseSession(ctx, &flight.CloseSessionRequest{}); err != nil || closed.GetStatus() != flight.CloseSessionResultClosed {
		t.Errorf("close: %v, %v", closed, err)
	}
	_, err = ask(ctx, c, "SELECT 1")
	wants(t, "a closed session", err, codes.Unauthenticated, "28P01")
	for _, one := range []string{"BEGIN", "DECLARE c CURSOR FOR SELECT 1", "COPY numbers TO STDOUT", "PREPARE a AS SELECT 1", "DISCARD ALL"} {
		_, err := ask(asOther, other, one)
		wants(t, one, err, codes.Unimplemented, "0A000")
	}
	_, err = ask(asOther, other, "SELECT 1; SELECT 2")
	wants(t, "two statements", err, codes.InvalidArgument, "42601")
	_, err = ask(asOther, other, "SELECT n FROM numbers WHERE n = ?")
	wants(t, "no values", err, codes.InvalidArgument, "42P02")
}

// parameters makes a batch of one integer column.
func parameters(values ...int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "1", Type: arrow.PrimitiveTypes.Int64}}, nil))
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(values, nil)
	return b.NewRecordBatch()
}

func TestPrepared(t *testing.T) {
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	st, err := c.Prepare(ctx, "SELECT n, t FROM numbers WHERE n < ?")
	if err != nil {
		t.Fatal(err)
	}
	if st.DatasetSchema().NumFields() != 2 || st.ParameterSchema().NumFields() != 1 {
		t.Errorf("schemas: %v, %v", st.DatasetSchema(), st.ParameterSchema())
	}
	if _, err := st.Execute(ctx); err == nil {
		t.Error("runs without values")
	}
	for _, n := range []int64{10, 0, 250} {
		values := parameters(n)
		st.SetParameters(values)
		info, err := st.Execute(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := fetch(ctx, c, info.GetEndpoint()[0].GetTicket()); err != nil || rows != n {
			t.Errorf("%d rows of %d, %v", rows, n, err)
		}
	}
	st.SetParameters(parameters(1, 20, 300))
	info, err := st.Execute(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := fetch(ctx, c, info.GetEndpoint()[0].GetTicket()); err != nil || rows != 321 {
		t.Errorf("three rows of values: %d rows, %v", rows, err)
	}
	st.SetParameters(parameters(5, 6))
	if n, err := st.ExecuteUpdate(ctx); err != nil || n != 11 {
		t.Errorf("as an update: %d, %v", n, err)
	}
	stranger, as := admin(t, p)
	if _, err := stranger.Client.GetFlightInfo(as, descriptor(t, &gen.CommandPreparedStatementQuery{PreparedStatementHandle: st.Handle()})); err == nil {
		t.Error("another session uses the statement")
	}
	if err := st.Close(ctx); err != nil {
		t.Fatal(err)
	}
	set, err := c.Prepare(ctx, "SET TimeZone = 'Asia/Tokyo'")
	if err != nil {
		t.Fatal(err)
	}
	if set.DatasetSchema() != nil && set.DatasetSchema().NumFields() > 0 {
		t.Errorf("the schema of SET: %v", set.DatasetSchema())
	}
	if n, err := set.ExecuteUpdate(ctx); err != nil || n != 0 {
		t.Errorf("SET: %d, %v", n, err)
	}
}

func descriptor(t *testing.T, command proto.Message) *flight.FlightDescriptor {
	t.Helper()
	var wrapped anypb.Any
	if err := wrapped.MarshalFrom(command); err != nil {
		t.Fatal(err)
	}
	raw, err := proto.Marshal(&wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return &flight.FlightDescriptor{Type: flight.DescriptorCMD, Cmd: raw}
}

// TestHostileMessages sends what no library would; the door answers each with an
// error, and goes on.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	goroutines := p.Metric(t, "go_goroutines")
	put := func(messages ...*flight.FlightData) error {
		stream, err := c.Client.DoPut(ctx)
		if err != nil {
			return err
		}
		for _, m := range messages {
			if err := stream.Send(m); err != nil {
				break // the answer says why
			}
		}
		_ = stream.CloseSend()
		for {
			if _, err := stream.Recv(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
	update := descriptor(t, &gen.CommandStatementUpdate{Query: "SELECT 1"})
	bind := descriptor(t, &gen.CommandPreparedStatementQuery{PreparedStatementHandle: []byte("x")})
	junk := bytes.Repeat([]byte{0xff, 0x00, 0x7f}, 400)
	for name, messages := range map[string][]*flight.FlightData{
		"nothing":         {},
		"no descriptor":   {{DataHeader: junk}},
		"junk header":     {{FlightDescriptor: update, DataHeader: junk}},
		"short header":    {{FlightDescriptor: update, DataHeader: []byte{1}}},
		"junk command":    {{FlightDescriptor: &flight.FlightDescriptor{Cmd: junk}}},
		"empty command":   {{FlightDescriptor: &flight.FlightDescriptor{}}},
		"unknown handle":  {{FlightDescriptor: bind, DataHeader: nil}},
		"a path":          {{FlightDescriptor: &flight.FlightDescriptor{Type: flight.DescriptorPATH, Path: []string{"a"}}}},
		"junk afterwards": {{FlightDescriptor: bind}, {DataHeader: junk, DataBody: junk}},
	} {
		if err := put(messages...); err == nil && name != "nothing" {
			t.Errorf("%s: no error", name)
		}
	}
	for _, raw := range [][]byte{nil, junk, {0x0a}} {
		if _, err := c.Client.GetFlightInfo(ctx, &flight.FlightDescriptor{Cmd: raw}); err == nil {
			t.Error("GetFlightInfo of junk")
		}
		if _, err := c.Client.PollFlightInfo(ctx, &flight.FlightDescriptor{Cmd: raw}); err == nil {
			t.Error("PollFlightInfo of junk")
		}
		if _, err := c.Client.GetSchema(ctx, &flight.FlightDescriptor{Cmd: raw}); err == nil {
			t.Error("GetSchema of junk")
		}
		for _, action := range []string{"CreatePreparedStatement", "ClosePreparedStatement", "CancelFlightInfo", "RenewFlightEndpoint", "CancelQuery", "BeginTransaction", "none", ""} {
			stream, err := c.Client.DoAction(ctx, &flight.Action{Type: action, Body: raw})
			if err == nil {
				_, err = stream.Recv()
			}
			if err == nil && action != "CancelFlightInfo" {
				t.Errorf("action %q of junk", action)
			}
		}
	}
	if _, err := c.Client.ListFlights(ctx, &flight.Criteria{}); err != nil {
		t.Error(err)
	}
	if rows, err := ask(ctx, c, "SELECT n FROM numbers"); err != nil || rows != 100_000 {
		t.Errorf("afterwards: %d rows, %v", rows, err)
	}
	if n := p.Metric(t, "tavana_flightsql_panics_total"); n > 0 {
		t.Errorf("%d panics", n)
	}
	testenv.Eventually(t, 20*time.Second, "no goroutine is left", func() bool { return p.Metric(t, "go_goroutines") <= goroutines+8 })
}

// TestManyStreams: one connection has many results open at once; a slow reader holds
// back its own only.
func TestManyStreams(t *testing.T) {
	t.Parallel()
	p := start(t)
	c, ctx := admin(t, p)
	slow, err := c.Execute(ctx, "SELECT n, repeat(t, 100) AS long FROM numbers")
	if err != nil {
		t.Fatal(err)
	}
	reader, err := c.DoGet(ctx, slow.GetEndpoint()[0].GetTicket())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	together(6, func(int) {
		if rows, err := ask(ctx, c, "SELECT n, t FROM numbers"); err != nil || rows != 100_000 {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
	var rows int64
	for reader.Next() {
		rows += reader.RecordBatch().NumRows()
	}
	if rows != 100_000 || reader.Err() != nil {
		t.Errorf("the slow one: %d rows, %v", rows, reader.Err())
	}
	quiet(t, p, 10*time.Second)
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	p := start(t)
	if out := p.Tavana("query", "--flight", "-f", "csv", "SELECT n, t, n = 2 AS two, CAST(NULL AS INT) AS nothing, 1.50 AS d FROM numbers WHERE n BETWEEN 1 AND 2 ORDER BY n"); out != "n,t,two,nothing,d\n1,x,f,,1.50\n2,xx,t,,1.50\n" {
		t.Errorf("csv: %q", out)
	}
	if out := p.Tavana("query", "--flight", "-f", "json", "SELECT n FROM numbers WHERE n = 7"); out != "{\"n\":7}\n" {
		t.Errorf("json: %q", out)
	}
	if out, err := p.TryTavana("query", "--flight", "SELECT * FROM nope"); err == nil || !strings.Contains(out, "42P01") {
		t.Errorf("an error: %q, %v", out, err)
	}
}
