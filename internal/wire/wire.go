// Package wire turns the nouns of package query, faults and frames' forms into
// the messages of proto/tavana/v1 and back.
//
// Functions named after a noun make the message; functions with the prefix To
// make the noun. What came from another process is not trusted: unknown
// enumeration values become the zero value or the safest one, never a panic.
package wire

import (
	"time"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// Fault makes the message of an error: nil for nil, and Internal without its
// text for what nobody explained.
func Fault(err error) *pb.Fault {
	e := fault.From(err)
	if e == nil {
		return nil
	}
	return &pb.Fault{
		Kind:     string(e.Kind),
		Message:  e.Message,
		Detail:   e.Detail,
		Hint:     e.Hint,
		Position: int32(min(e.Position, maxPosition)), //nolint:gosec // bounded above
	}
}

const maxPosition = 1 << 30

// ToFault gives the error of a message: nil for nil. A kind that this program
// does not know becomes Internal. Texts are cut: they come from processes that
// run what users wrote, and go on to clients and into the history.
func ToFault(m *pb.Fault) *fault.Error {
	if m == nil {
		return nil
	}
	kind := fault.Kind(m.GetKind())
	if !kind.Known() {
		kind = fault.Internal
	}
	return &fault.Error{
		Kind:     kind,
		Message:  fault.Shorten(m.GetMessage()),
		Detail:   fault.Shorten(m.GetDetail()),
		Hint:     fault.Shorten(m.GetHint()),
		Position: max(int(m.GetPosition()), 0),
	}
}

// TableName makes the message of a table's name.
func TableName(n query.TableName) *pb.TableName {
	return &pb.TableName{Catalog: n.Catalog, Schema: n.Schema, Table: n.Table}
}

// ToTableName gives a table's name.
func ToTableName(m *pb.TableName) query.TableName {
	return query.TableName{Catalog: m.GetCatalog(), Schema: m.GetSchema(), Table: m.GetTable()}
}

// TableNames makes the messages of names.
func TableNames(names []query.TableName) []*pb.TableName { return each(names, TableName) }

// ToTableNames gives names.
func ToTableNames(ms []*pb.TableName) []query.TableName { return each(ms, ToTableName) }

// Columns makes the messages of columns.
func Columns(columns []query.Column) []*pb.Column {
	return each(columns, func(c query.Column) *pb.Column { return &pb.Column{Name: c.Name, Type: c.Type} })
}

// ToColumns gives columns.
func ToColumns(ms []*pb.Column) []query.Column {
	return each(ms, func(m *pb.Column) query.Column { return query.Column{Name: m.GetName(), Type: m.GetType()} })
}

// Files makes the messages of files.
func Files(files []query.File) []*pb.File {
	return each(files, func(f query.File) *pb.File {
		return &pb.File{Path: f.Path, Size: f.Size, ModifiedNs: f.Modified.UnixNano(), Inode: f.Inode}
	})
}

// ToFiles gives files.
func ToFiles(ms []*pb.File) []query.File {
	return each(ms, func(m *pb.File) query.File {
		return query.File{
			Path: m.GetPath(), Size: m.GetSize(), Modified: time.Unix(0, m.GetModifiedNs()), Inode: m.GetInode(),
		}
	})
}

// Format makes the message's value of a format.
func Format(f query.Format) pb.Format {
	switch f {
	case query.Parquet:
		return pb.Format_FORMAT_PARQUET
	case query.CSV:
		return pb.Format_FORMAT_CSV
	case query.JSON:
		return pb.Format_FORMAT_JSON
	default:
		return pb.Format_FORMAT_UNSPECIFIED
	}
}

// ToFormat gives a format, or the empty one.
func ToFormat(m pb.Format) query.Format {
	switch m {
	case pb.Format_FORMAT_PARQUET:
		return query.Parquet
	case pb.Format_FORMAT_CSV:
		return query.CSV
	case pb.Format_FORMAT_JSON:
		return query.JSON
	default:
		return ""
	}
}

// Options makes the message of reader options.
func Options(o query.ReaderOptions) *pb.ReaderOptions {
	return &pb.ReaderOptions{
		Delimiter: o.Delimiter, Quote: o.Quote, Escape: o.Escape, NewLine: o.NewLine,
		Header: o.Header, SkipRows: o.SkipRows,
		DateFormat: o.DateFormat, TimestampFormat: o.TimestampFormat,
		Comment: o.Comment, JsonFormat: o.JSONFormat, Compression: o.Compression,
	}
}

// ToOptions gives reader options.
func ToOptions(m *pb.ReaderOptions) query.ReaderOptions {
	return query.ReaderOptions{
		Delimiter: m.GetDelimiter(), Quote: m.GetQuote(), Escape: m.GetEscape(), NewLine: m.GetNewLine(),
		Header: m.GetHeader(), SkipRows: m.GetSkipRows(),
		DateFormat: m.GetDateFormat(), TimestampFormat: m.GetTimestampFormat(),
		Comment: m.GetComment(), JSONFormat: m.GetJsonFormat(), Compression: m.GetCompression(),
	}
}

// Tables makes the messages of tables.
func Tables(tables []query.Table) []*pb.Table {
	return each(tables, func(t query.Table) *pb.Table {
		return &pb.Table{
			Name: TableName(t.Name), Columns: Columns(t.Columns), Format: Format(t.Format),
			Files: Files(t.Files), Rows: t.Rows, Options: Options(t.Options), PartitionColumns: t.PartitionColumns,
		}
	})
}

// ToTables gives tables; Bytes is the sum over their files.
func ToTables(ms []*pb.Table) []query.Table {
	return each(ms, func(m *pb.Table) query.Table {
		t := query.Table{
			Name: ToTableName(m.GetName()), Columns: ToColumns(m.GetColumns()), Format: ToFormat(m.GetFormat()),
			Files: ToFiles(m.GetFiles()), Rows: m.GetRows(), Options: ToOptions(m.GetOptions()),
			PartitionColumns: m.GetPartitionColumns(),
		}
		for _, f := range t.Files {
			t.Bytes += f.Size
		}
		return t
	})
}

// Settings makes the message of settings.
func Settings(s query.Settings) *pb.Settings {
	return &pb.Settings{TimeZone: s.TimeZone, IntegerDivision: s.IntegerDivision, PostgresSemantics: s.PostgresSemantics}
}

// ToSettings gives settings.
func ToSettings(m *pb.Settings) query.Settings {
	return query.Settings{TimeZone: m.GetTimeZone(), IntegerDivision: m.GetIntegerDivision(), PostgresSemantics: m.GetPostgresSemantics()}
}

// each maps a slice; nil stays nil.
func each[A, B any](in []A, f func(A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
