package session

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/lexer"
)

// maxPivot bounds the values that a PIVOT may find for one column: each is a
// column of the result at least.
const maxPivot = 1000

// pivot makes a PIVOT that does not name its values one that does. The values
// are asked for by statements of their own, which go the whole way: planned,
// authorized, queued and recorded. They are those of now: a prepared PIVOT keeps
// its columns.
func (s *Session) pivot(ctx context.Context, st *statement) error {
	p, ok := lexer.ParsePivot(st.inner)
	if !ok {
		return nil
	}
	tokens, err := lexer.Tokens(st.inner)
	if err != nil {
		return err //nolint:wrapcheck // a fault for the client
	}
	if slices.ContainsFunc(tokens, func(t lexer.Token) bool { return t.Kind == lexer.Param }) {
		return fault.New(fault.Unsupported, "PIVOT without a list of values takes no parameters").
			WithHint("Name the values: PIVOT table ON column IN (value, ...) USING aggregate.")
	}
	var values [][]string
	for _, text := range p.Queries(strconv.Itoa(maxPivot + 1)) {
		found, err := s.texts(ctx, text)
		if err != nil {
			return unplaced(err) // a position would be one in the text above
		}
		switch {
		case len(found) == 0:
			return fault.New(fault.DataException, "PIVOT found no values to make columns of")
		case len(found) > maxPivot:
			return fault.New(fault.ProgramLimit, "PIVOT found more than %d values to make columns of", maxPivot).
				WithHint("Name those that are wanted: PIVOT table ON column IN (value, ...) USING aggregate.")
		}
		values = append(values, found)
	}
	st.original, st.inner = st.inner, p.With(values)
	return nil
}

func unplaced(err error) error {
	if e := fault.From(err); e != nil && e.Position > 0 {
		return e.WithPosition(0)
	}
	return err
}

// texts runs a statement of one column and gives its values, which are not NULL.
func (s *Session) texts(ctx context.Context, text string) ([]string, error) {
	at, err := s.path(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := s.manager.deps.Pipeline.Plan(ctx, s.statementOf(&statement{inner: text}, at.searched()))
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	execution, err := s.manager.deps.Pipeline.Run(ctx, plan, s.options(plan))
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault for the client
	}
	defer execution.Close()
	var values []string
	_, _, err = execution.Pull(ctx, 0, frames.Form{Encoding: frames.Rows}, func(f *frames.Frame) error {
		defer f.Release()
		more, err := onlyValues(f.Data)
		values = append(values, more...)
		return err
	})
	return values, err //nolint:wrapcheck // a fault for the client
}

// onlyValues reads DataRow messages of one text each.
func onlyValues(data []byte) (values []string, err error) {
	err = eachRow(data, func(row [][]byte) error {
		if len(row) != 1 || row[0] == nil {
			return fmt.Errorf("a row that is no text")
		}
		values = append(values, string(row[0]))
		return nil
	})
	return values, err
}
