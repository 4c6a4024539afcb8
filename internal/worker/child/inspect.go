package child

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/wire"
	"github.com/tavana/tavana/internal/worker/pipe"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

type inspection struct {
	config  Config
	request *pb.InspectRequest
}

// An inspection reads heads and samples only.
const inspectMemory = 192 << 20

// inspect answers what files hold.
func inspect(ctx context.Context, conn *pipe.Conn, e *engine, i inspection) error {
	found, err := i.find(ctx, e)
	if err != nil {
		i.config.Logger.LogAttrs(ctx, slog.LevelInfo, "inspection failed", slog.Any("error", cause(fault.From(err))))
	}
	if err := conn.Send(pipe.Inspect, wire.Inspection(found, err)); err != nil {
		return fmt.Errorf("answer the inspection: %w", err)
	}
	return nil
}

// find pins the files and looks at them in a sandbox.
func (i inspection) find(ctx context.Context, e *engine) (query.Inspection, error) {
	held := &pins{home: i.config.TempDir}
	defer held.close()
	request := wire.ToInspectRequest(i.request)
	var err error
	if request.Files, err = held.pin(request.Files); err != nil {
		return query.Inspection{}, err
	}
	box := sandbox{memory: inspectMemory, threads: 1, spills: i.config.TempDir != "", temp: 1 << 30, files: readable(request.Files)}
	found, err := look(ctx, e, box, request)
	return found, held.outside(err)
}

func look(ctx context.Context, e *engine, box sandbox, r query.InspectRequest) (query.Inspection, error) {
	if len(r.Files) == 0 {
		return query.Inspection{}, fault.New(fault.TableUnreadable, "there are no files")
	}
	for _, f := range r.Files {
		if f.Size == 0 {
			return query.Inspection{}, fault.New(fault.TableUnreadable, "a file is empty")
		}
	}
	if err := box.enter(ctx, e); err != nil {
		return query.Inspection{}, err
	}
	if err := lock(ctx, e); err != nil {
		return query.Inspection{}, err
	}
	var found query.Inspection
	var err error
	switch r.Format {
	case query.Parquet:
		found, err = lookParquet(ctx, e.conn, r)
	case query.CSV:
		found, err = lookCSV(ctx, e.conn, r)
	case query.JSON:
		found, err = lookJSON(ctx, e.conn, r)
	default:
		return query.Inspection{}, fault.New(fault.Unsupported, "files of this format cannot be tables")
	}
	if err != nil {
		return query.Inspection{}, broken(r.Format, err)
	}
	if len(found.Columns) == 0 {
		return query.Inspection{}, fault.New(fault.TableUnreadable, "the files have no columns")
	}
	return found, nil
}

// broken says that files are not what they should be.
func broken(format query.Format, err error) error {
	if passing(err) {
		return err
	}
	f := fault.Wrap(err, fault.TableUnreadable, "the files cannot be read as %s", format)
	if detail := fault.From(err); detail.Kind != fault.Internal {
		f = f.WithDetail("%s", about(detail))
	}
	return f
}

// describe gives the columns that a reader gives: those in the files, then the
// partition columns that were asked for. Keys in the paths above the table's
// own folder do not count.
func describe(ctx context.Context, conn *duck.Conn, r *reader, partitions []string) ([]query.Column, error) {
	plain := *r
	plain.options = append(append([]string{}, r.options...), "hive_partitioning = false")
	columns, err := columnsOf(ctx, conn, plain.SQL())
	if err != nil || len(partitions) == 0 {
		return columns, err
	}
	hive := *r
	hive.options = append(append([]string{}, r.options...), "hive_partitioning = true")
	all, err := columnsOf(ctx, conn, hive.SQL())
	if err != nil {
		return nil, err
	}
	columns, _ = split(columns, partitions)
	for _, key := range partitions {
		_, at := split(all, []string{key})
		if len(at) == 0 {
			return nil, fault.New(fault.TableUnreadable, "not every file has the partition key %q in its path", key)
		}
		columns = append(columns, query.Column{Name: key, Type: at[0].Type})
	}
	return columns, nil
}

func columnsOf(ctx context.Context, conn *duck.Conn, source string) ([]query.Column, error) {
	p, err := conn.Prepare(ctx, "SELECT * FROM "+source)
	if err != nil {
		return nil, err //nolint:wrapcheck // becomes the inspection's fault
	}
	defer p.Close()
	return p.Columns(), nil
}

func lookParquet(ctx context.Context, conn *duck.Conn, r query.InspectRequest) (query.Inspection, error) {
	files := paths(r.Files)
	columns, err := describe(ctx, conn, &reader{function: "read_parquet", files: files}, r.PartitionColumns)
	if err != nil {
		return query.Inspection{}, err
	}
	rows, err := number(ctx, conn, "SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata("+list(literal(files))+")")
	if err != nil {
		return query.Inspection{}, err
	}
	kinds, err := number(ctx, conn, `SELECT count(DISTINCT s) FROM (
		SELECT string_agg(name || ' ' || coalesce(type, '') || ' ' || coalesce(logical_type, ''), ',' ORDER BY name) AS s
		FROM parquet_schema(`+list(literal(files))+`) WHERE num_children IS NULL GROUP BY file_name)`)
	if err != nil {
		return query.Inspection{}, err
	}
	if kinds > 1 {
		return query.Inspection{}, fault.New(fault.TableUnreadable, "the files have different columns")
	}
	return query.Inspection{Columns: columns, Rows: rows}, nil
}

// number runs a statement that gives one number.
func number(ctx context.Context, conn *duck.Conn, sql string) (int64, error) {
	text, err := conn.Query(ctx, sql)
	if err != nil {
		return 0, err //nolint:wrapcheck // becomes the inspection's fault
	}
	if len(text.Rows) != 1 || text.Rows[0][0] == nil {
		return 0, nil
	}
	n, err := strconv.ParseInt(*text.Rows[0][0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read a number: %w", err)
	}
	return n, nil
}
