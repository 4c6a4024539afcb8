package catalog

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// TableInfo is all that the catalog knows of a table; for administrators, as it
// tells paths.
type TableInfo struct {
	Table    query.Table // with its files as they were registered
	Origin   string      // "data": found in a data directory; "added": by hand
	Location string      // the file, or the folder that holds all files
	Problem  string      // why it cannot be read; empty: it can
	Updated  time.Time
}

// NewTable asks for a table over given files.
type NewTable struct {
	Name    query.TableName
	Paths   []string // absolute: files, folders or patterns; all of one format
	Replace bool     // an added table of that name may be replaced
}

// AddTable registers a table over files anywhere on this machine; only an admin
// may. Its catalog and schema are made where they are missing. Folders and
// patterns stand for the files that they hold now.
func (c *Catalog) AddTable(ctx context.Context, who query.Identity, in NewTable) (TableInfo, error) {
	v, err := c.asAdmin(ctx, who)
	if err != nil {
		return TableInfo{}, err
	}
	if err := checkName(in.Name); err != nil {
		return TableInfo{}, err
	}
	if have := v.table(who, in.Name); have != nil && (!in.Replace || have.Origin != store.OriginAdded) {
		return TableInfo{}, duplicate(in.Name)
	}
	set, err := source.Collect(in.Paths)
	if err != nil {
		return TableInfo{}, err
	}
	row := store.Table{
		Origin: store.OriginAdded, Location: set.Base,
		Table: query.Table{Name: in.Name, Format: set.Format, Files: set.Files, PartitionColumns: set.Keys},
	}
	if err := c.inspect(ctx, &row); err != nil {
		return TableInfo{}, err
	}
	err = c.store.AddTable(ctx, row, in.Replace, source.Fold)
	if errors.Is(err, store.ErrDuplicate) {
		return TableInfo{}, duplicate(in.Name)
	}
	if err != nil {
		return TableInfo{}, away(err)
	}
	c.changed(ctx)
	return c.ShowTable(ctx, who, in.Name)
}

func duplicate(name query.TableName) error {
	return fault.New(fault.DuplicateTable, "relation %q already exists", name.String())
}

// ShowTable tells all about a table; only an admin may ask.
func (c *Catalog) ShowTable(ctx context.Context, who query.Identity, name query.TableName) (TableInfo, error) {
	v, err := c.asAdmin(ctx, who)
	if err != nil {
		return TableInfo{}, err
	}
	t := v.table(who, name)
	if t == nil {
		return TableInfo{}, undefined(name)
	}
	return info(t), nil
}

// ListTables tells all about all tables, broken ones too; only an admin may ask.
func (c *Catalog) ListTables(ctx context.Context, who query.Identity, catalog, schema string) ([]TableInfo, error) {
	if _, err := c.asAdmin(ctx, who); err != nil {
		return nil, err
	}
	rows, err := c.list(ctx, who, catalog, schema)
	infos := make([]TableInfo, 0, len(rows))
	for _, row := range rows {
		infos = append(infos, info(row))
	}
	return infos, err
}

func info(t *store.Table) TableInfo {
	return TableInfo{Table: t.Table, Origin: t.Origin, Location: t.Location, Problem: t.Problem, Updated: t.Updated}
}

// DropTable forgets a table that was added by hand; its files stay. Only an
// admin may. What lies in a data directory comes and goes with its files.
func (c *Catalog) DropTable(ctx context.Context, who query.Identity, name query.TableName) error {
	v, err := c.asAdmin(ctx, who)
	if err != nil {
		return err
	}
	t := v.table(who, name)
	if t == nil {
		return undefined(name)
	}
	if t.Origin == store.OriginData {
		return fault.New(fault.Unsupported, "table %q follows the files of a data directory", t.Table.Name.String()).
			WithHint("Move its files away, and the table goes with them.")
	}
	return c.drop(ctx, t)
}

func (c *Catalog) drop(ctx context.Context, t *store.Table) error {
	if err := c.store.DropTable(ctx, t.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return away(err)
	}
	c.changed(ctx)
	return nil
}

func (c *Catalog) asAdmin(ctx context.Context, who query.Identity) (*view, error) {
	v, err := c.as(ctx, who)
	if err != nil {
		return nil, err
	}
	if !who.Admin() {
		return nil, fault.New(fault.PermissionDenied, "permission denied: this needs the scope \"admin\"")
	}
	return v, nil
}

const longestName = 255

// checkName refuses names that would hide or clash with those of the engines.
func checkName(n query.TableName) error {
	for _, part := range []string{n.Catalog, n.Schema, n.Table} {
		if part == "" || len(part) > longestName || source.TableName(part) != part {
			return fault.New(fault.InvalidName, "invalid name %q", part).
				WithHint("A name has 1 to %d bytes of printable UTF-8, and no space at its ends.", longestName)
		}
	}
	reserved := []string{"system", "temp", "main", "memory", "pg_catalog", "information_schema"}
	if slices.Contains(reserved, source.Fold(n.Catalog)) {
		return fault.New(fault.InvalidName, "the catalog name %q is reserved", n.Catalog)
	}
	schema := source.Fold(n.Schema)
	if schema == "information_schema" || strings.HasPrefix(schema, "pg_") {
		return fault.New(fault.InvalidName, "the schema name %q is reserved", n.Schema)
	}
	return nil
}

// inspect fills in columns, options and statistics from the files of row.
func (c *Catalog) inspect(ctx context.Context, row *store.Table) error {
	t := &row.Table
	base := row.Location
	if len(t.Files) == 1 && base == t.Files[0].Path {
		base = filepath.Dir(base)
	}
	found, err := c.inspector.Inspect(ctx, query.InspectRequest{
		Files: t.Files, Format: t.Format, PartitionColumns: t.PartitionColumns, Base: base,
	})
	if err != nil {
		return unfit(*row, base, err)
	}
	if len(found.Columns) == 0 {
		return unreadable(t.Name, "its files have no columns", nil)
	}
	t.Columns, t.Options, t.Rows = found.Columns, found.Options, found.Rows
	for _, key := range t.PartitionColumns {
		if !slices.ContainsFunc(t.Columns, func(c query.Column) bool { return source.Fold(c.Name) == source.Fold(key) }) {
			t.Columns = append(t.Columns, query.Column{Name: key, Type: "VARCHAR"})
		}
	}
	t.Bytes = 0
	for _, f := range t.Files {
		t.Bytes += f.Size
	}
	return nil
}

// unfit turns an inspection's error into one about the table. What is the
// platform's fault, or passes, stays what it is.
func unfit(row store.Table, base string, err error) error {
	f := fault.From(err)
	switch f.Kind {
	case fault.Unavailable, fault.Cancelled, fault.Timeout, fault.ShuttingDown, fault.Internal, fault.QueueFull, fault.WorkerLost,
		fault.DiskFull:
		return err
	}
	reason := f.Message
	if f.Detail != "" {
		reason += " (" + f.Detail + ")"
	}
	// A path names what a reader of tables need not know.
	reason = strings.ReplaceAll(reason, base+string(filepath.Separator), "")
	reason = strings.ReplaceAll(reason, base, filepath.Base(base))
	reason = oneLine(reason)
	return unreadable(row.Table.Name, reason, err)
}

// oneLine keeps the beginning of a reason: what DuckDB says of a file that it
// cannot make out goes on with all that it tried, over many lines, and quotes the
// file, whose lines may be long.
func oneLine(reason string) string {
	const most, longest = 2, 300
	lines := slices.DeleteFunc(strings.Split(reason, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
	for i := range lines {
		if lines[i] = strings.TrimSpace(lines[i]); len(lines[i]) > longest {
			lines[i] = strings.ToValidUTF8(lines[i][:longest], "") + "..."
		}
	}
	short := strings.Join(lines[:min(most, len(lines))], ": ")
	if strings.Count(short, "(") > strings.Count(short, ")") {
		short += ")"
	}
	return short
}
