package metadata_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tavana/tavana/internal/gateway/flightsql/metadata"
	"github.com/tavana/tavana/internal/query"
)

// server is the least Flight SQL server that has the answers of the package.
type server struct {
	flightsql.BaseServer
	catalog metadata.Catalog
	info    *metadata.Info
}

func info(d *flight.FlightDescriptor, schema *arrow.Schema) (*flight.FlightInfo, error) {
	return &flight.FlightInfo{
		Endpoint:         []*flight.FlightEndpoint{{Ticket: &flight.Ticket{Ticket: d.GetCmd()}}},
		FlightDescriptor: d, TotalRecords: -1, TotalBytes: -1,
		Schema: flight.SerializeSchema(schema, memory.DefaultAllocator),
	}, nil
}

func stream(ctx context.Context, r array.RecordReader, err error) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	if err != nil {
		return nil, nil, err
	}
	chunks := make(chan flight.StreamChunk)
	go flight.StreamChunksFromReader(ctx, r, chunks)
	return r.Schema(), chunks, nil
}

func (s *server) GetFlightInfoCatalogs(_ context.Context, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.Catalogs)
}

func (s *server) DoGetCatalogs(ctx context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	r, err := metadata.Catalogs(ctx, s.catalog)
	return stream(ctx, r, err)
}

func (s *server) GetFlightInfoSchemas(_ context.Context, _ flightsql.GetDBSchemas, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.DBSchemas)
}

func (s *server) DoGetDBSchemas(ctx context.Context, f flightsql.GetDBSchemas) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	r, err := metadata.DBSchemas(ctx, s.catalog, f)
	return stream(ctx, r, err)
}

func (s *server) GetFlightInfoTables(_ context.Context, f flightsql.GetTables, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	if f.GetIncludeSchema() {
		return info(d, schema_ref.TablesWithIncludedSchema)
	}
	return info(d, schema_ref.Tables)
}

func (s *server) DoGetTables(ctx context.Context, f flightsql.GetTables) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	r, err := metadata.Tables(ctx, s.catalog, f, "Europe/Berlin")
	return stream(ctx, r, err)
}

func (s *server) GetFlightInfoTableTypes(_ context.Context, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.TableTypes)
}

func (s *server) DoGetTableTypes(ctx context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return stream(ctx, metadata.TableTypes(), nil)
}

func (s *server) GetFlightInfoPrimaryKeys(_ context.Context, _ flightsql.TableRef, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.PrimaryKeys)
}

func (s *server) DoGetPrimaryKeys(ctx context.Context, _ flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return stream(ctx, metadata.PrimaryKeys(), nil)
}

func (s *server) GetFlightInfoExportedKeys(_ context.Context, _ flightsql.TableRef, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.ExportedKeys)
}

func (s *server) DoGetExportedKeys(ctx context.Context, _ flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return stream(ctx, metadata.ExportedKeys(), nil)
}

func (s *server) GetFlightInfoImportedKeys(_ context.Context, _ flightsql.TableRef, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.ImportedKeys)
}

func (s *server) DoGetImportedKeys(ctx context.Context, _ flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return stream(ctx, metadata.ImportedKeys(), nil)
}

func (s *server) GetFlightInfoCrossReference(_ context.Context, _ flightsql.CrossTableRef, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.CrossReference)
}

func (s *server) DoGetCrossReference(ctx context.Context, _ flightsql.CrossTableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return stream(ctx, metadata.CrossReference(), nil)
}

func (s *server) GetFlightInfoXdbcTypeInfo(_ context.Context, _ flightsql.GetXdbcTypeInfo, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.XdbcTypeInfo)
}

func (s *server) DoGetXdbcTypeInfo(ctx context.Context, f flightsql.GetXdbcTypeInfo) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	r, err := metadata.XdbcTypeInfo(f)
	return stream(ctx, r, err)
}

//nolint:revive // the library's name
func (s *server) GetFlightInfoSqlInfo(_ context.Context, _ flightsql.GetSqlInfo, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(d, schema_ref.SqlInfo)
}

//nolint:revive // the library's name
func (s *server) DoGetSqlInfo(ctx context.Context, f flightsql.GetSqlInfo) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	r, err := s.info.Read(f)
	return stream(ctx, r, err)
}

// connect gives a client of a server that listens on this machine.
func connect(t *testing.T, s *server) *flightsql.Client {
	t.Helper()
	listening := flight.NewServerWithMiddleware(nil)
	if err := listening.Init("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	listening.RegisterFlightService(flightsql.NewFlightServer(s))
	done := make(chan error, 1)
	go func() { done <- listening.Serve() }()
	client, err := flightsql.NewClient(listening.Addr().String(), nil, nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		listening.Shutdown()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return client
}

// fetch reads all that a command gives, and holds its schema against the expected
// one, in the info and in the stream.
func fetch(t *testing.T, client *flightsql.Client, want *arrow.Schema, asked *flight.FlightInfo, err error) []arrow.RecordBatch {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	described, err := flight.DeserializeSchema(asked.GetSchema(), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	r, err := client.DoGet(t.Context(), asked.GetEndpoint()[0].GetTicket())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	for _, got := range []*arrow.Schema{described, r.Schema()} {
		if !got.Equal(want) {
			t.Fatalf("schema %v, want %v", got, want)
		}
	}
	var batches []arrow.RecordBatch
	for r.Next() {
		batch := r.RecordBatch()
		batch.Retain()
		t.Cleanup(batch.Release)
		batches = append(batches, batch)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return batches
}

// texts gives the rows, each joined by blanks.
func texts(batches []arrow.RecordBatch) []string {
	rows := []string{}
	for _, b := range batches {
		for i := range int(b.NumRows()) {
			var cells []string
			for _, column := range b.Columns() {
				cells = append(cells, column.ValueStr(i))
			}
			rows = append(rows, strings.Join(cells, " "))
		}
	}
	return rows
}

type fake struct {
	catalogs []string
	tables   []query.Table
	err      error
}

func (f fake) Catalogs(context.Context) ([]string, error) { return f.catalogs, f.err }

// Tables compares without letter case, as the catalog does.
func (f fake) Tables(_ context.Context, catalog, schema string) ([]query.Table, error) {
	var found []query.Table
	for _, table := range f.tables {
		if (catalog == "" || strings.EqualFold(catalog, table.Name.Catalog)) && (schema == "" || strings.EqualFold(schema, table.Name.Schema)) {
			found = append(found, table)
		}
	}
	return found, f.err
}

func table(catalog, schema, name string, columns ...query.Column) query.Table {
	return query.Table{Name: query.TableName{Catalog: catalog, Schema: schema, Table: name}, Columns: columns}
}

func lake() fake {
	id := query.Column{Name: "id", Type: "BIGINT"}
	return fake{
		catalogs: []string{"lake", "local", "Lake2", "empty"},
		tables: []query.Table{
			table("local", "main", "orders", id), table("local", "main", "Orders_2", id), table("local", "main", "a%b", id),
			table("lake", "raw", "events", id), table("lake", "main", "events", id), table("lake", "raw_2", "events", id),
			table("Lake2", "main", "x", id),
		},
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	client := connect(t, &server{catalog: lake(), info: metadata.NewInfo(metadata.Server{})})
	ctx := t.Context()
	ref := flightsql.TableRef{Table: "orders"}

	asked, err := client.GetCatalogs(ctx)
	if diff := cmp.Diff([]string{"Lake2", "empty", "lake", "local"}, texts(fetch(t, client, schema_ref.Catalogs, asked, err))); diff != "" {
		t.Error(diff)
	}
	asked, err = client.GetTableTypes(ctx)
	if diff := cmp.Diff([]string{"TABLE"}, texts(fetch(t, client, schema_ref.TableTypes, asked, err))); diff != "" {
		t.Error(diff)
	}
	for name, empty := range map[string]struct {
		schema *arrow.Schema
		ask    func() (*flight.FlightInfo, error)
	}{
		"PrimaryKeys":    {schema_ref.PrimaryKeys, func() (*flight.FlightInfo, error) { return client.GetPrimaryKeys(ctx, ref) }},
		"ExportedKeys":   {schema_ref.ExportedKeys, func() (*flight.FlightInfo, error) { return client.GetExportedKeys(ctx, ref) }},
		"ImportedKeys":   {schema_ref.ImportedKeys, func() (*flight.FlightInfo, error) { return client.GetImportedKeys(ctx, ref) }},
		"CrossReference": {schema_ref.CrossReference, func() (*flight.FlightInfo, error) { return client.GetCrossReference(ctx, ref, ref) }},
	} {
		asked, err := empty.ask()
		if rows := texts(fetch(t, client, empty.schema, asked, err)); len(rows) > 0 {
			t.Errorf("%s: %q, want no rows", name, rows)
		}
	}
}

func TestDBSchemas(t *testing.T) {
	t.Parallel()
	client := connect(t, &server{catalog: lake()})
	for name, tc := range map[string]struct {
		reason  string
		options *flightsql.GetDBSchemasOpts
		want    []string
	}{
		"All":         {"no filter", &flightsql.GetDBSchemasOpts{}, []string{"Lake2 main", "lake main", "lake raw", "lake raw_2", "local main"}},
		"Catalog":     {"a name", &flightsql.GetDBSchemasOpts{Catalog: new("lake")}, []string{"lake main", "lake raw", "lake raw_2"}},
		"Case":        {"of letters counts", &flightsql.GetDBSchemasOpts{Catalog: new("LAKE")}, nil},
		"NotAPattern": {"a catalog is a name", &flightsql.GetDBSchemasOpts{Catalog: new("la%")}, nil},
		"NoCatalog":   {"those without one", &flightsql.GetDBSchemasOpts{Catalog: new("")}, nil},
		"Pattern":     {"% and _", &flightsql.GetDBSchemasOpts{DbSchemaFilterPattern: new("r_w%")}, []string{"lake raw", "lake raw_2"}},
		"Escape":      {"_ itself", &flightsql.GetDBSchemasOpts{DbSchemaFilterPattern: new(`raw\_%`)}, []string{"lake raw_2"}},
		"Empty":       {"matches no name", &flightsql.GetDBSchemasOpts{DbSchemaFilterPattern: new("")}, nil},
		"Both":        {"both hold", &flightsql.GetDBSchemasOpts{Catalog: new("local"), DbSchemaFilterPattern: new("raw")}, nil},
	} {
		asked, err := client.GetDBSchemas(t.Context(), tc.options)
		got := texts(fetch(t, client, schema_ref.DBSchemas, asked, err))
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q: %s", name, got, tc.want, tc.reason)
		}
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	client := connect(t, &server{catalog: lake()})
	local := []string{"local main Orders_2 TABLE", "local main a%b TABLE", "local main orders TABLE"}
	all := slices.Concat([]string{"Lake2 main x TABLE", "lake main events TABLE", "lake raw events TABLE", "lake raw_2 events TABLE"}, local)
	for name, tc := range map[string]struct {
		reason  string
		options *flightsql.GetTablesOpts
		want    []string
	}{
		"All":       {"no filter", &flightsql.GetTablesOpts{}, all},
		"Catalog":   {"a name", &flightsql.GetTablesOpts{Catalog: new("local")}, local},
		"NoCatalog": {"those without one", &flightsql.GetTablesOpts{Catalog: new("")}, nil},
		"Schema":    {"a pattern", &flightsql.GetTablesOpts{DbSchemaFilterPattern: new("raw%")}, all[2:4]},
		"Table":     {"a pattern, by letter case", &flightsql.GetTablesOpts{TableNameFilterPattern: new("orders%")}, local[2:]},
		"Escape":    {"% itself", &flightsql.GetTablesOpts{TableNameFilterPattern: new(`%\%%`)}, local[1:2]},
		"Type":      {"what we have", &flightsql.GetTablesOpts{Catalog: new("local"), TableTypes: []string{"VIEW", "TABLE"}}, local},
		"OtherType": {"what we have not", &flightsql.GetTablesOpts{TableTypes: []string{"VIEW", "table", ""}}, nil},
	} {
		asked, err := client.GetTables(t.Context(), tc.options)
		got := texts(fetch(t, client, schema_ref.Tables, asked, err))
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q: %s", name, got, tc.want, tc.reason)
		}
	}
}
