package session

import (
	"context"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
)

// control runs a statement that returns no rows, and gives its tag.
func (s *Session) control(ctx context.Context, p *portal, out Client) (string, error) {
	switch n := p.statement.node.(type) {
	case lexer.Begin:
		return s.beginBlock(n, out)
	case lexer.Commit:
		return s.endBlock(true, n.Chain, out)
	case lexer.Rollback:
		return s.endBlock(false, n.Chain, out)
	case lexer.Set:
		return s.set(n, out)
	case lexer.SetTransaction:
		prefix := "transaction_"
		if n.Session {
			prefix = "default_transaction_"
		}
		return "SET", s.modes(n.Modes, prefix, !n.Session)
	case lexer.Reset:
		return s.reset(n)
	case lexer.Declare:
		return s.declare(p, n)
	case lexer.CloseCursor:
		return s.closeCursor(n)
	case lexer.Prepare:
		return s.sqlPrepare(ctx, n)
	case lexer.Deallocate:
		return s.deallocate(n)
	case lexer.Discard:
		return s.discard(n)
	case lexer.Use:
		return s.use(ctx, n)
	case lexer.Listen:
		return s.listen(n)
	case lexer.Savepoint:
		return s.savepoint(n)
	case lexer.Unsupported:
		return "", fault.New(fault.Unsupported, "%s is not supported", n.What)
	default:
		return "", fault.New(fault.Unsupported, "this statement is not supported")
	}
}

func (s *Session) set(n lexer.Set, out Client) (string, error) {
	if n.Local && s.state == idle {
		err := out.Notice(warning(fault.NoTransaction, "SET LOCAL can only be used in transaction blocks"))
		return "SET", err
	}
	if n.Default {
		return "SET", s.settings.SetDefault(n.Name) //nolint:wrapcheck // a fault for the client
	}
	return "SET", s.settings.Set(n.Name, n.Values, n.Local) //nolint:wrapcheck // a fault for the client
}

func (s *Session) reset(n lexer.Reset) (string, error) {
	if n.All {
		s.settings.ResetAll()
		return "RESET", nil
	}
	return "RESET", s.settings.Reset(n.Name) //nolint:wrapcheck // a fault for the client
}

// sqlPrepare runs PREPARE: types are spelled as DuckDB knows them.
func (s *Session) sqlPrepare(ctx context.Context, n lexer.Prepare) (string, error) {
	if s.statements[n.Name] != nil {
		return "", fault.New(fault.DuplicateStatement, "prepared statement %q already exists", n.Name)
	}
	st, err := parse(n.Query)
	if err != nil {
		return "", shifted(err, n.QueryOffset)
	}
	if _, ok := st.node.(lexer.Query); !ok {
		return "", fault.New(fault.Syntax, "a query is expected here").WithPosition(n.QueryOffset + 1)
	}
	st.inner = st.text
	st.types = make([]string, len(n.Types))
	for i, t := range n.Types {
		st.types[i] = strings.Clone(strings.TrimSpace(t))
	}
	if err := s.plannedTypes(ctx, st); err != nil {
		return "", shifted(err, n.QueryOffset)
	}
	return "PREPARE", s.keep(n.Name, st)
}

func (s *Session) deallocate(n lexer.Deallocate) (string, error) {
	if n.All {
		for name := range s.statements {
			if name != "" {
				s.CloseStatement(name)
			}
		}
		return "DEALLOCATE ALL", nil
	}
	if _, err := s.find(n.Name); err != nil {
		return "", err
	}
	s.CloseStatement(n.Name)
	return "DEALLOCATE", nil
}

func (s *Session) discard(n lexer.Discard) (string, error) {
	if n.What == "all" {
		if s.state != idle {
			return "", fault.New(fault.ActiveTransaction, "DISCARD ALL cannot run inside a transaction block")
		}
		s.closePortals()
		s.settings.ResetAll()
		s.catalog = s.home
		_, _ = s.deallocate(lexer.Deallocate{All: true}) // cannot fail for all
	}
	if n.What == "temporary" {
		n.What = "temp"
	}
	return "DISCARD " + strings.ToUpper(n.What), nil
}

// use makes a catalog, a schema of the current catalog, or both current.
func (s *Session) use(ctx context.Context, n lexer.Use) (string, error) {
	catalog, schema := s.catalog, mainSchema
	switch len(n.Name) {
	case 1:
		ok, err := s.manager.deps.Catalog.HasSchema(ctx, s.who, s.catalog, n.Name[0])
		if err != nil {
			return "", err //nolint:wrapcheck // a fault for the client
		}
		if ok {
			schema = n.Name[0]
		} else {
			catalog = n.Name[0]
		}
	case 2:
		catalog, schema = n.Name[0], n.Name[1]
	default:
		return "", fault.New(fault.InvalidName, "%q has too many parts", strings.Join(n.Name, "."))
	}
	ok, err := s.manager.deps.Catalog.HasSchema(ctx, s.who, catalog, schema)
	if err != nil {
		return "", err //nolint:wrapcheck // a fault for the client
	}
	if !ok {
		return "", fault.New(fault.InvalidSchema, "schema %q does not exist", catalog+"."+schema).
			WithHint("SHOW SCHEMAS lists the schemas that you can use.")
	}
	s.catalog = catalog
	return "USE", s.settings.Set("search_path", []string{schema}, false) //nolint:wrapcheck // a fault for the client
}

func (s *Session) listen(n lexer.Listen) (string, error) {
	if n.Verb == "unlisten" {
		return "UNLISTEN", nil // nothing is listened to
	}
	return "", fault.New(fault.Unsupported, "%s is not supported", strings.ToUpper(n.Verb))
}
