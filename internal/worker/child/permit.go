package child

import (
	"context"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/sqltext"
)

// permit refuses everything but a query, or the EXPLAIN of one. The planner
// refused it before; here nothing is taken on trust, as an allowed path can be
// written to as well as read.
func (x *execution) permit(ctx context.Context) error {
	switch x.prepared.Kind() {
	case duck.KindSelect:
		return nil
	case duck.KindExplain:
	default:
		return refused()
	}
	text := sqltext.New(x.start.SQL)
	for {
		at, _, ok := text.Explain()
		if !ok {
			return refused()
		}
		inner, err := x.engine.conn.Prepare(ctx, text.SQL[at:])
		if err != nil {
			return err //nolint:wrapcheck // a fault for the user
		}
		kind := inner.Kind()
		inner.Close()
		switch kind {
		case duck.KindSelect:
			return nil
		case duck.KindExplain:
			text = sqltext.New(text.SQL[at:])
		default:
			return refused()
		}
	}
}

func refused() error {
	return fault.New(fault.Unsupported, "only queries can be run here")
}

// explains tells whether a text is an EXPLAIN of any form.
func explains(sql string) bool {
	return sqltext.New(sql).First() == "explain"
}
