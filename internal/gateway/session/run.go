package session

import (
	"cmp"
	"context"
	"strconv"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/gateway/pipeline"
	"github.com/tavana/tavana/internal/gateway/session/argument"
	"github.com/tavana/tavana/internal/pgvalue"
	"github.com/tavana/tavana/internal/query"
)

// run runs a portal for up to most rows (0: all) and completes it.
func (s *Session) run(ctx context.Context, p *portal, most int64, out *reply) error {
	if p.cursor != nil {
		return s.runQuery(ctx, p, most, out)
	}
	switch n := p.statement.node.(type) {
	case lexer.Query:
		if p.statement.constant != nil {
			return s.runConstant(p, out)
		}
		return s.runQuery(ctx, p, most, out)
	case lexer.Copy:
		return s.once(p, out, func() (string, error) { return s.runCopy(ctx, p, n, out) })
	case lexer.Fetch:
		return s.runFetch(ctx, p, n, most, out)
	case lexer.Execute:
		return s.runExecute(ctx, p, n, most, out)
	case lexer.Show, lexer.ShowObjects:
		return s.once(p, out, func() (string, error) { return s.runShow(ctx, p, out) })
	default:
		return s.once(p, out, func() (string, error) { return s.control(ctx, p, out) })
	}
}

// once runs a statement that a portal runs a single time.
func (s *Session) once(p *portal, out *reply, run func() (string, error)) error {
	if p.ran {
		return fault.New(fault.CursorState, "portal %q cannot be run", p.name)
	}
	p.ran = true
	tag, err := run()
	if err != nil {
		return err
	}
	return out.Complete(tag)
}

// runQuery goes on with a query's portal.
func (s *Session) runQuery(ctx context.Context, p *portal, most int64, out *reply) error {
	if out.describe {
		if err := out.Describe(s.columns(p)); err != nil {
			return err
		}
	}
	rows, err := s.pull(ctx, p, fetch{most: most, form: s.form(p.formats), sink: out.Frame}, out)
	if err != nil {
		return err
	}
	if !p.finished {
		return out.Suspended()
	}
	if p.statement.plan.Facts.Kind != query.Select {
		return out.Complete("EXPLAIN")
	}
	return out.Complete("SELECT " + strconv.FormatInt(rows, 10))
}

// start begins the execution of a portal's query.
func (s *Session) start(ctx context.Context, p *portal, out Client) error {
	plan, err := s.again(ctx, p.statement)
	if err != nil {
		return err
	}
	p.started = true
	o := s.options(plan)
	o.Parameters, o.Waiting, o.View = p.values, out.Waiting, s.view(ctx)
	p.execution, err = s.manager.deps.Pipeline.Run(ctx, plan, o)
	if err != nil {
		p.execution, p.finished = nil, true
		return shifted(err, p.statement.inset)
	}
	return nil
}

// options are what every run of a session's plans is given: whose it is, and the text
// that is kept of it.
func (s *Session) options(plan *pipeline.Plan) pipeline.Options {
	return pipeline.Options{
		Session: s.pid, Parallel: s.parallel, Door: s.door,
		Text: lexer.Masked(cmp.Or(plan.Statement.Original, plan.Statement.Text)),
	}
}

// fetch asks for rows of a portal.
type fetch struct {
	most int64 // 0: all
	form frames.Form
	sink func(*frames.Frame) error
}

// pull takes rows of a portal; the portal starts with the first pull, and frees
// its worker with the last row. After its end there are no more rows.
func (s *Session) pull(ctx context.Context, p *portal, f fetch, out Client) (int64, error) {
	if !p.started {
		if err := s.start(ctx, p, out); err != nil {
			return 0, err
		}
	}
	if p.finished || p.execution == nil {
		return 0, nil
	}
	rows, done, err := p.execution.Pull(ctx, f.most, f.form, f.sink)
	switch {
	case err != nil:
		p.finished = true
		p.close()
	case done:
		p.finished = true
		p.execution.Retire()
		p.execution = nil
	}
	return rows, err //nolint:wrapcheck // a fault for the client
}

// runConstant answers a query that needs no worker.
func (s *Session) runConstant(p *portal, out *reply) error {
	var rows [][]any
	if !p.ran {
		p.ran = true
		values, err := p.statement.constant.Eval(constants{s})
		if err != nil {
			return err //nolint:wrapcheck // a fault for the client
		}
		rows = append(rows, values)
	}
	if err := s.answer(p, rows, out); err != nil {
		return err
	}
	return out.Complete("SELECT " + strconv.Itoa(len(rows)))
}

// answer sends rows of the gateway's own.
func (s *Session) answer(p *portal, rows [][]any, out *reply) error {
	if out.describe {
		if err := out.Describe(s.columns(p)); err != nil {
			return err
		}
	}
	for _, row := range rows {
		encoded := make([][]byte, len(row))
		for i, v := range row {
			var err error
			if encoded[i], err = pgvalue.Encode(formatOf(p.formats, i), v); err != nil {
				return err //nolint:wrapcheck // becomes internal
			}
		}
		if err := out.Row(encoded); err != nil {
			return err
		}
	}
	return nil
}

// runExecute runs EXECUTE: the prepared statement with the given values.
func (s *Session) runExecute(ctx context.Context, p *portal, n lexer.Execute, most int64, out *reply) error {
	st, err := s.find(n.Name)
	if err != nil {
		return err
	}
	if _, ok := st.node.(lexer.Query); !ok {
		return fault.New(fault.Unsupported, "EXECUTE of a statement that is no query is not supported")
	}
	values, err := arguments(n, st)
	if err != nil {
		return err
	}
	// The portal goes on as one of the prepared statement.
	if err := s.become(p, st, values); err != nil {
		return err
	}
	err = s.run(ctx, p, most, out)
	if e := fault.From(err); e != nil && e.Position > 0 {
		return e.WithPosition(0) // it is one in the prepared text, not in the client's
	}
	return err
}

// arguments reads the values of EXECUTE.
func arguments(n lexer.Execute, st *statement) ([]query.Value, error) {
	if len(n.Args) != len(st.oids) {
		return nil, fault.New(fault.Syntax, "wrong number of parameters for prepared statement %q", n.Name).
			WithDetail("Expected %d parameters but got %d.", len(st.oids), len(n.Args))
	}
	values := make([]query.Value, len(n.Args))
	for i, text := range n.Args {
		to := argument.Parameter{Number: i + 1, OID: st.oids[i], DuckType: st.plan.Facts.Parameters[i]}
		if st.plan.Lookup != nil { // PostgreSQL reads the text itself
			data, err := argument.Text(text, to)
			if err != nil {
				return nil, err //nolint:wrapcheck // a fault for the client
			}
			values[i] = query.Value{Null: data == nil, Text: string(data)}
			continue
		}
		var err error
		values[i], err = argument.Value(text, to)
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault for the client
		}
	}
	return values, nil
}
