package session

import (
	"context"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/gateway/session/setting"
	"github.com/tavana/tavana/internal/query"
)

// answers tells the columns of a statement that the gateway answers; nil: it
// returns no rows.
func (s *Session) answers(node lexer.Node) ([]Column, error) {
	switch n := node.(type) {
	case lexer.Show:
		if n.All {
			return texts("name", "setting", "description"), nil
		}
		if _, ok := s.settings.Get(n.Name); !ok {
			return nil, unknownSetting(n.Name)
		}
		return texts(setting.Name(n.Name)), nil
	case lexer.ShowObjects:
		switch {
		case n.What == "databases":
			return texts("database_name"), nil
		case n.What == "schemas":
			return texts("database_name", "schema_name"), nil
		case n.All:
			return texts("database", "schema", "name"), nil
		}
		return texts("name"), nil
	case lexer.Fetch:
		if n.Move {
			return nil, nil
		}
		cursor, err := s.cursor(n)
		if err != nil {
			return nil, err
		}
		return columnsOf(cursor.statement.plan.Facts.Columns), nil
	case lexer.Execute:
		st, err := s.find(n.Name)
		if err != nil {
			return nil, err
		}
		return st.columns, nil
	}
	return nil, nil
}

func unknownSetting(name string) error {
	return fault.New(fault.UndefinedObject, "unrecognized configuration parameter %q", name).
		WithHint("SHOW ALL lists the parameters.")
}

func texts(names ...string) []Column {
	columns := make([]query.Column, len(names))
	for i, name := range names {
		columns[i] = query.Column{Name: name, Type: "VARCHAR"}
	}
	return columnsOf(columns)
}

// runShow answers SHOW.
func (s *Session) runShow(ctx context.Context, p *portal, out *reply) (string, error) {
	var rows [][]any
	var err error
	switch n := p.statement.node.(type) {
	case lexer.Show:
		rows, err = s.showSetting(n)
	case lexer.ShowObjects:
		rows, err = s.objects(ctx, n)
	}
	if err != nil {
		return "", err
	}
	return "SHOW", s.answer(p, rows, out)
}

func (s *Session) showSetting(n lexer.Show) ([][]any, error) {
	if !n.All {
		value, ok := s.settings.Get(n.Name)
		if !ok {
			return nil, unknownSetting(n.Name)
		}
		return [][]any{{value}}, nil
	}
	var rows [][]any
	for _, e := range s.settings.All() {
		rows = append(rows, []any{e.Name, e.Value, e.Description})
	}
	return rows, nil
}

// objects lists what the principal sees.
func (s *Session) objects(ctx context.Context, n lexer.ShowObjects) ([][]any, error) {
	if n.What == "databases" {
		v, err := s.manager.deps.Catalog.Visibility(ctx, s.who)
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault for the client
		}
		var rows [][]any
		for _, name := range v.Catalogs {
			rows = append(rows, []any{name})
		}
		return rows, nil
	}
	catalog, schema, err := s.where(ctx, n)
	if err != nil {
		return nil, err
	}
	tables, err := s.manager.deps.Catalog.Tables(ctx, s.who, catalog, schema)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	var rows [][]any
	listed := map[query.TableName]bool{}
	for _, t := range tables {
		row := []any{t.Name.Table}
		switch {
		case n.What == "schemas":
			of := query.TableName{Catalog: t.Name.Catalog, Schema: t.Name.Schema}
			if listed[of] {
				continue
			}
			listed[of] = true
			row = []any{t.Name.Catalog, t.Name.Schema}
		case n.All:
			row = []any{t.Name.Catalog, t.Name.Schema, t.Name.Table}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// where tells which part of the catalog a SHOW means; empty: all.
func (s *Session) where(ctx context.Context, n lexer.ShowObjects) (catalog, schema string, err error) {
	switch {
	case n.All || n.What == "schemas" && len(n.In) == 0:
		return "", "", nil
	case len(n.In) == 0:
		at, err := s.path(ctx)
		return s.catalog, at.searched(), err
	case len(n.In) == 2:
		return n.In[0], n.In[1], nil
	case len(n.In) > 2:
		return "", "", fault.New(fault.InvalidName, "%q has too many parts", strings.Join(n.In, "."))
	}
	known, err := s.manager.deps.Catalog.HasSchema(ctx, s.who, s.catalog, n.In[0])
	if err != nil || known {
		return s.catalog, n.In[0], err //nolint:wrapcheck // a fault for the client
	}
	return n.In[0], "", nil
}
