package introspect

import (
	"container/list"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// firstOfOurs is the first OID of what was made in a database, such as the
// mirror.
const firstOfOurs = 16384

// shape is what a statement takes and returns.
type shape struct {
	facts *query.Facts
	oids  []uint32
}

// describe asks the server for a statement's parameters and columns.
func (i *Introspector) describe(ctx context.Context, l *Lookup, s query.Statement) (*shape, error) {
	oids, err := i.types(ctx, s)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(oids) + l.changed
	if have := i.shapes.find(key); have != nil {
		return have, nil
	}
	var found *shape
	err = i.transaction(ctx, l.principal, query.Environment{}, func(conn *pgconn.PgConn) error {
		d, err := conn.Prepare(ctx, "", l.changed, oids)
		if err != nil {
			return err //nolint:wrapcheck // explained by the caller
		}
		found = i.shapeOf(d, s)
		return nil
	})
	if err != nil {
		return nil, l.explain(ctx, err)
	}
	i.shapes.add(key, found)
	return found, nil
}

func (i *Introspector) shapeOf(d *pgconn.StatementDescription, s query.Statement) *shape {
	f := &query.Facts{
		SQL: s.Text, Kind: query.Select, OIDs: d.ParamOIDs, Parameters: make([]string, len(d.ParamOIDs)),
		Columns: make([]query.Column, len(d.Fields)), Fingerprint: "catalogs",
	}
	for n, field := range d.Fields {
		// A whole row of a view of the mirror is one of what the view stands for.
		if theirs, ok := i.server.rows[field.DataTypeOID]; ok {
			field.DataTypeOID = theirs
		}
		f.Columns[n] = query.Column{Name: field.Name, Postgres: query.PostgresType{
			OID: field.DataTypeOID, Size: field.DataTypeSize, Typmod: field.TypeModifier,
		}}
	}
	return &shape{facts: f, oids: d.ParamOIDs}
}

// types gives the OIDs of a statement's parameters: the client's own, or those
// of the types that PREPARE names.
func (i *Introspector) types(ctx context.Context, s query.Statement) ([]uint32, error) {
	if s.ParameterOIDs != nil || len(s.ParameterTypes) == 0 {
		for n, oid := range s.ParameterOIDs {
			if err := i.allowed(oid, n); err != nil {
				return nil, err
			}
		}
		return s.ParameterOIDs, nil
	}
	leave, err := i.shares.enter(ctx, s.Identity.Principal)
	if err != nil {
		return nil, err
	}
	defer leave()
	oids := make([]uint32, len(s.ParameterTypes))
	for n, name := range s.ParameterTypes {
		if err := i.pool.QueryRow(ctx, "SELECT COALESCE(to_regtype($1)::oid, 0)", name).Scan(&oids[n]); err != nil {
			return nil, explain(ctx, err)
		}
		if oids[n] == 0 || oids[n] >= firstOfOurs {
			return nil, fault.New(fault.UndefinedObject, "type %q does not exist", strings.ToValidUTF8(name, ""))
		}
		if err := i.allowed(oids[n], n); err != nil {
			return nil, err
		}
	}
	return oids, nil
}

// allowed tells whether a parameter may have a type.
func (i *Introspector) allowed(oid uint32, n int) error {
	if oid >= firstOfOurs {
		return fault.New(fault.UndefinedObject, "the type of parameter $%d, with OID %d, does not exist", n+1, oid)
	}
	if _, barred := i.server.barred[oid]; barred {
		return fault.New(fault.Unsupported, "the type of parameter $%d is not supported in queries of the system catalogs", n+1)
	}
	return nil
}

// shapes remembers what statements return: the tables of the system do not
// change while this runs.
type shapes struct {
	mu    sync.Mutex
	order list.List // of *entry, the last used first
	byKey map[string]*list.Element
	bytes int
}

type entry struct {
	key   string
	shape *shape
}

const (
	shapeBytes = 8 << 20
	perColumn  = 120
)

func newShapes() *shapes { return &shapes{byKey: map[string]*list.Element{}} }

func (s *shapes) find(key string) *shape {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byKey[key]
	if e == nil {
		return nil
	}
	s.order.MoveToFront(e)
	return entryOf(e).shape
}

func (s *shapes) add(key string, found *shape) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[key] != nil {
		return
	}
	s.byKey[key] = s.order.PushFront(&entry{key, found})
	s.bytes += size(key, found)
	for s.bytes > shapeBytes && s.order.Len() > 0 {
		last := s.order.Back()
		old := entryOf(last)
		s.order.Remove(last)
		delete(s.byKey, old.key)
		s.bytes -= size(old.key, old.shape)
	}
}

func entryOf(e *list.Element) *entry {
	v, _ := e.Value.(*entry) // nothing else is put there
	return v
}

func size(key string, s *shape) int {
	return 2*len(key) + perColumn*(1+len(s.facts.Columns)+len(s.oids))
}
