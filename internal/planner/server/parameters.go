package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/sqltext"
)

// maxTried is the number of parameters of open type that are tried one at a
// time; where there are more, all are texts.
const maxTried = 32

// lastResort is the type of a parameter about which nothing is known, as
// PostgreSQL has it.
const lastResort = "VARCHAR"

// candidates are tried in this order where DuckDB cannot tell a parameter's
// type; the first one that binds is taken.
//
//nolint:gochecknoglobals // a constant table
var candidates = []string{lastResort, "INTEGER", "DOUBLE", "DATE", "TIMESTAMP", "INTERVAL", "BOOLEAN"}

// parameters gives the types of $1..: those that the client gave, in DuckDB's
// spelling, those that DuckDB infers, and the first that fits for the rest.
func (a *analysis) parameters(ctx context.Context) ([]string, error) {
	count, _ := a.text.Parameters()
	if count == 0 {
		return nil, nil
	}
	types := make([]string, count)
	copy(types, a.request.Statement.ParameterTypes)
	if err := a.canonical(ctx, types); err != nil {
		return nil, err
	}
	used := a.used(count)
	open, err := a.infer(ctx, types, used)
	if err != nil {
		return nil, err
	}
	for _, n := range open {
		if len(open) > maxTried {
			types[n-1] = lastResort
			continue
		}
		types[n-1] = a.try(ctx, types, n)
	}
	return types, nil
}

// canonical spells given types as DuckDB does.
func (a *analysis) canonical(ctx context.Context, types []string) error {
	known := map[string]string{"": ""}
	for i, t := range types {
		spelled, ok := known[t]
		if !ok {
			p, err := a.prepare(ctx, "SELECT CAST(NULL AS "+t+")")
			if err != nil {
				return fault.New(fault.UndefinedObject, "type %q of parameter $%d does not exist", t, i+1)
			}
			columns := p.Columns()
			p.Close()
			if len(columns) != 1 {
				return fault.New(fault.UndefinedObject, "type %q of parameter $%d does not exist", t, i+1)
			}
			spelled = columns[0].Type
			known[t] = spelled
		}
		types[i] = spelled
	}
	return nil
}

// used tells which numbers the text has at all: PostgreSQL allows gaps, and
// gives them no meaning.
func (a *analysis) used(count int) []bool {
	used := make([]bool, count)
	a.text.Replace(func(n int) string {
		used[n-1] = true
		return ""
	})
	return used
}

// overloaded is what DuckDB says of a macro that fits in more than one form.
const overloaded = "multiple overloads that match the supplied arguments"

// infer fills in the types that DuckDB tells, and gives the numbers of those
// that stay open.
func (a *analysis) infer(ctx context.Context, types []string, used []bool) (open []int, err error) {
	for i := range types {
		switch {
		case types[i] == "" && !used[i]:
			types[i] = lastResort
		case types[i] == "":
			open = append(open, i+1)
		}
	}
	if len(open) == 0 {
		return nil, nil
	}
	r := a.text.Typed(types)
	p, err := a.prepare(ctx, r.SQL)
	if e := duck.ExceptionOf(err); e != nil && strings.Contains(e.Message, overloaded) {
		return open, nil // a macro that only a type can choose among
	}
	if err != nil {
		return nil, a.explain(err, r.SQL, r)
	}
	defer p.Close()
	told := inferred(p)
	left := open[:0]
	for _, n := range open {
		if types[n-1] = told[n]; told[n] == "" {
			left = append(left, n)
		}
	}
	return left, nil
}

// inferred gives the types that a prepared statement tells, by number.
func inferred(p *duck.Prepared) map[int]string {
	types := map[int]string{}
	for _, parameter := range p.Parameters() {
		if n, err := strconv.Atoi(parameter.Name); err == nil {
			types[n] = parameter.Type
		}
	}
	return types
}

// try gives the type of parameter n with every other open one as NULL: what
// DuckDB tells then, or the first candidate that binds.
func (a *analysis) try(ctx context.Context, types []string, n int) string {
	with := func(own string) sqltext.Rewritten {
		return a.text.Replace(func(i int) string {
			switch {
			case i == n:
				return own
			case types[i-1] != "":
				return sqltext.Cast(i, types[i-1])
			}
			return "NULL"
		})
	}
	if p, err := a.prepare(ctx, with("$"+strconv.Itoa(n)).SQL); err == nil {
		told := inferred(p)[n]
		p.Close()
		if told != "" {
			return told
		}
	}
	for _, candidate := range candidates {
		p, err := a.prepare(ctx, with(sqltext.Cast(n, candidate)).SQL)
		if err != nil {
			continue
		}
		p.Close()
		return candidate
	}
	return lastResort
}
