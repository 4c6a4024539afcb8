package flightsql

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tavana/tavana/internal/gateway/flightsql/metadata"
)

// command gives the info of a metadata command, whose ticket is the command itself.
func command(asked *flight.FlightDescriptor, schema *arrow.Schema) (*flight.FlightInfo, error) {
	return &flight.FlightInfo{
		Schema: flight.SerializeSchema(schema, memory.DefaultAllocator), FlightDescriptor: asked,
		Endpoint:     []*flight.FlightEndpoint{{Ticket: &flight.Ticket{Ticket: asked.GetCmd()}}},
		TotalRecords: -1, TotalBytes: -1,
	}, nil
}

// chunks gives the batches of a reader as the library sends them. It ends when all
// were taken: the library takes the rest also when its client is gone.
func chunks(ctx context.Context, from array.RecordReader, err error) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	if err != nil {
		return nil, nil, err
	}
	out := make(chan flight.StreamChunk)
	go flight.StreamChunksFromReader(ctx, from, out) // releases from, and closes out
	return from.Schema(), out, nil
}

// GetFlightInfoCatalogs answers CommandGetCatalogs.
func (s *Server) GetFlightInfoCatalogs(_ context.Context, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return command(asked, schema_ref.Catalogs)
}

// DoGetCatalogs lists the catalogs that the principal sees.
func (s *Server) DoGetCatalogs(ctx context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	from, err := metadata.Catalogs(ctx, caller(ctx))
	return chunks(ctx, from, err)
}

// GetFlightInfoSchemas answers CommandGetDbSchemas.
func (s *Server) GetFlightInfoSchemas(_ context.Context, _ flightsql.GetDBSchemas, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return command(asked, schema_ref.DBSchemas)
}

// DoGetDBSchemas lists the schemas that the principal sees.
func (s *Server) DoGetDBSchemas(ctx context.Context, in flightsql.GetDBSchemas) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	from, err := metadata.DBSchemas(ctx, caller(ctx), in)
	return chunks(ctx, from, err)
}

// GetFlightInfoTables answers CommandGetTables.
func (s *Server) GetFlightInfoTables(_ context.Context, in flightsql.GetTables, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	if in.GetIncludeSchema() {
		return command(asked, schema_ref.TablesWithIncludedSchema)
	}
	return command(asked, schema_ref.Tables)
}

// DoGetTables lists the tables that the principal sees.
func (s *Server) DoGetTables(ctx context.Context, in flightsql.GetTables) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	options, err := caller(ctx).Options(ctx)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault for the client
	}
	from, err := metadata.Tables(ctx, caller(ctx), in, options["TimeZone"])
	return chunks(ctx, from, err)
}

// GetFlightInfoTableTypes answers CommandGetTableTypes.
func (s *Server) GetFlightInfoTableTypes(_ context.Context, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return command(asked, schema_ref.TableTypes)
}

// DoGetTableTypes lists the types of tables.
func (s *Server) DoGetTableTypes(ctx context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return chunks(ctx, metadata.TableTypes(), nil)
}

// GetFlightInfoXdbcTypeInfo answers CommandGetXdbcTypeInfo.
func (s *Server) GetFlightInfoXdbcTypeInfo(_ context.Context, _ flightsql.GetXdbcTypeInfo, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return command(asked, schema_ref.XdbcTypeInfo)
}

// DoGetXdbcTypeInfo lists the types as JDBC and ODBC know them.
func (s *Server) DoGetXdbcTypeInfo(ctx context.Context, in flightsql.GetXdbcTypeInfo) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	from, err := metadata.XdbcTypeInfo(in)
	return chunks(ctx, from, err)
}

// GetFlightInfoSqlInfo answers CommandGetSqlInfo.
func (s *Server) GetFlightInfoSqlInfo(_ context.Context, _ flightsql.GetSqlInfo, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) { //nolint:revive // the library's name
	return command(asked, schema_ref.SqlInfo)
}

// DoGetSqlInfo tells what the server can do.
func (s *Server) DoGetSqlInfo(ctx context.Context, in flightsql.GetSqlInfo) (*arrow.Schema, <-chan flight.StreamChunk, error) { //nolint:revive // the library's name
	options, err := caller(ctx).Options(ctx)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault for the client
	}
	info := metadata.NewInfo(metadata.Server{
		Version: s.config.Version, StatementTimeout: s.config.IdleSession, PostgresSemantics: options["postgres_semantics"] == "on",
	})
	from, err := info.Read(in)
	return chunks(ctx, from, err)
}

// GetFlightInfoPrimaryKeys answers CommandGetPrimaryKeys.
func (s *Server) GetFlightInfoPrimaryKeys(_ context.Context, _ flightsql.TableRef, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return command(asked, schema_ref.PrimaryKeys)
}

// DoGetPrimaryKeys lists none: files have no keys.
func (s *Server) DoGetPrimaryKeys(ctx context.Context, _ flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return chunks(ctx, metadata.PrimaryKeys(), nil)
}

// GetFlightInfoExportedKeys answers CommandGetExportedKeys.
func (s *Server) GetFlightInfoExportedKeys(_ context.Context, _ flightsql.TableRef, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return command(asked, schema_ref.ExportedKeys)
}

// DoGetExportedKeys lists none.
func (s *Server) DoGetExportedKeys(ctx context.Context, _ flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return chunks(ctx, metadata.ExportedKeys(), nil)
}

// GetFlightInfoImportedKeys answers CommandGetImportedKeys.
func (s *Server) GetFlightInfoImportedKeys(_ context.Context, _ flightsql.TableRef, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return command(asked, schema_ref.ImportedKeys)
}

// DoGetImportedKeys lists none.
func (s *Server) DoGetImportedKeys(ctx context.Context, _ flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return chunks(ctx, metadata.ImportedKeys(), nil)
}

// GetFlightInfoCrossReference answers CommandGetCrossReference.
func (s *Server) GetFlightInfoCrossReference(_ context.Context, _ flightsql.CrossTableRef, asked *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return command(asked, schema_ref.CrossReference)
}

// DoGetCrossReference lists none.
func (s *Server) DoGetCrossReference(ctx context.Context, _ flightsql.CrossTableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return chunks(ctx, metadata.CrossReference(), nil)
}
