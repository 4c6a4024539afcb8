package introspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// A result is taken from the server at once, so that no client that reads slowly
// holds one of the few connections: it is bounded, alone and with all others.
const (
	maxResult  = 32 << 20  // bytes of one result
	maxResults = 256 << 20 // bytes of all
	frameBytes = 64 << 10
)

func asError(err error, target **pgconn.PgError) bool { return errors.As(err, target) }

// Session is what a statement is answered for.
type Session struct {
	Environment func(settings, activity bool) (query.Environment, error)
	Effect      func(query.Effect) error
}

// Run gives the result of a lookup. The statement runs with the first pull,
// which says in which form.
func (l *Lookup) Run(s Session, params []query.Value) frames.Stream {
	return &result{lookup: l, session: s, params: params, started: time.Now(), cancel: func() {}}
}

// result is a frames.Stream over rows that are held here.
type result struct {
	lookup  *Lookup
	session Session
	params  []query.Value
	started time.Time

	ran    bool
	form   frames.Form
	rows   [][]byte // messages, one a row; of COPY, its header and trailer too
	extra  int      // messages in rows that are no rows
	held   int      // bytes of rows
	sent   query.Outcome
	failed error

	cancel context.CancelFunc
}

// Columns implements frames.Stream.
func (r *result) Columns(context.Context) ([]query.Column, error) {
	return r.lookup.shape.facts.Columns, nil
}

// Pull implements frames.Stream.
func (r *result) Pull(ctx context.Context, maxRows int64, form frames.Form, sink func(*frames.Frame) error) (int64, bool, error) {
	if err := r.start(ctx, form); err != nil {
		r.failed = err
		return 0, false, err
	}
	if form.Encoding == frames.Rows && !slices.Equal(form.Formats, r.form.Formats) {
		return 0, false, fault.New(fault.Unsupported, "the formats of a result cannot change between fetches")
	}
	n := len(r.rows)
	if maxRows > 0 {
		n = int(min(maxRows, int64(n)))
	}
	rows := int64(n)
	if form.Encoding != frames.Rows {
		rows = int64(n - r.extra)
	}
	r.sent.Rows += rows
	left := rows
	for n > 0 {
		var data bytes.Buffer
		taken := 0
		for taken < n && (taken == 0 || data.Len()+len(r.rows[taken]) <= frameBytes) {
			data.Write(r.rows[taken])
			taken++
		}
		clear(r.rows[:taken])
		r.rows, n = r.rows[taken:], n-taken
		count := min(int64(taken), left)
		left -= count
		r.sent.Bytes += int64(data.Len())
		if err := sink(frames.New(count, data.Bytes(), nil)); err != nil {
			return 0, false, err
		}
	}
	return rows, len(r.rows) == 0, nil
}

// start runs the statement, once.
func (r *result) start(ctx context.Context, form frames.Form) error {
	if r.ran || r.failed != nil {
		return r.failed
	}
	r.ran, r.form = true, form
	ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	v := r.lookup.verdict
	env, err := r.session.Environment(v.settings, v.activity)
	if err != nil {
		return err
	}
	var effects []query.Effect
	err = r.lookup.introspector.transaction(ctx, r.lookup.principal, env, func(conn *pgconn.PgConn) error {
		if form.Encoding == frames.Rows {
			err = r.read(ctx, conn)
		} else {
			err = r.copy(ctx, conn)
		}
		if err == nil && v.effects {
			effects, err = effectsOf(ctx, conn)
		}
		return err
	})
	if err != nil {
		return r.lookup.explain(ctx, err)
	}
	for _, e := range effects {
		if err := r.session.Effect(e); err != nil {
			return err
		}
	}
	return nil
}

// read takes the rows as they come.
func (r *result) read(ctx context.Context, conn *pgconn.PgConn) error {
	values := make([][]byte, len(r.params))
	formats := make([]int16, len(r.params))
	for n, p := range r.params {
		if !p.Null {
			values[n] = append([]byte{}, p.Text...)
		}
		if p.Binary {
			formats[n] = 1
		}
	}
	reader := conn.ExecParams(ctx, r.lookup.changed, values, r.lookup.shape.oids, formats, r.form.Formats)
	for reader.NextRow() {
		if err := r.keep(dataRow(reader.Values())); err != nil {
			_ = conn.CancelRequest(ctx) // else the rest would have to be read
			_, _ = reader.Close()
			return err
		}
	}
	_, err := reader.Close()
	return err //nolint:wrapcheck // explained by the caller
}

// dataRow writes a DataRow message.
func dataRow(values [][]byte) []byte {
	size := 6
	for _, v := range values {
		size += 4 + len(v)
	}
	out := append(make([]byte, 0, size+1), 'D')
	out = binary.BigEndian.AppendUint32(out, uint32(size))
	out = binary.BigEndian.AppendUint16(out, uint16(len(values))) //nolint:gosec // at most 1664
	for _, v := range values {
		if v == nil {
			out = binary.BigEndian.AppendUint32(out, 1<<32-1)
			continue
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(v))) //nolint:gosec // as above
		out = append(out, v...)
	}
	return out
}

// tells is the last wall before guessed OIDs: whether a message has a name of the
// mirror in it, which always has its schema's before it, in quotes, with escapes or
// without. Who takes names apart in the statement gets around this, and learns a name
// of PostgreSQL's.
func tells(message []byte) bool {
	const name = "system "
	for {
		at := bytes.IndexByte(message, '"')
		if at < 0 || len(message) <= at+1+len(name) {
			return false
		}
		message = message[at+1:]
		if end := message[len(name)]; (end == '"' || end == '\\') && bytes.EqualFold(message[:len(name)], []byte(name)) {
			return true
		}
	}
}

// keep holds a message.
func (r *result) keep(message []byte) error {
	if tells(message) {
		return fault.New(fault.UndefinedObject, "the result names an object that does not exist").
			WithHint("Use the OIDs that the system catalogs show.")
	}
	if r.held+len(message) > maxResult {
		return fault.New(fault.ProgramLimit, "the result of a query of the system catalogs is too large").
			WithHint("Such a result may have up to %d MiB.", maxResult>>20)
	}
	if err := r.lookup.introspector.shares.take(r.lookup.principal, len(message)); err != nil {
		return err
	}
	r.held += len(message)
	r.rows = append(r.rows, message)
	return nil
}

// copy runs COPY TO STDOUT.
func (r *result) copy(ctx context.Context, conn *pgconn.PgConn) error {
	if r.form.Encoding == frames.CopyBinary {
		r.extra = 1 // the trailer; the header comes with the first row
	}
	if r.form.Encoding != frames.CopyBinary && r.form.Copy.Header {
		r.extra = 1
	}
	_, err := conn.CopyTo(ctx, copySink{r}, r.copySQL())
	return err //nolint:wrapcheck // explained by the caller
}

// copySink makes CopyData messages of what the server's held.
type copySink struct{ *result }

// Write takes the contents of one message.
func (s copySink) Write(p []byte) (int, error) {
	out := binary.BigEndian.AppendUint32([]byte{'d'}, uint32(4+len(p))) //nolint:gosec // bounded by what a server sends
	return len(p), s.keep(append(out, p...))
}

func (r *result) copySQL() string {
	o, options := r.form.Copy, []string(nil)
	add := func(format string, args ...any) { options = append(options, fmt.Sprintf(format, args...)) }
	switch r.form.Encoding {
	case frames.CopyBinary:
		add("FORMAT binary")
	case frames.CopyCSV:
		add("FORMAT csv")
	default:
		add("FORMAT text")
	}
	for name, value := range map[string]string{"DELIMITER": o.Delimiter, "QUOTE": o.Quote, "ESCAPE": o.Escape} {
		if value != "" {
			add("%s %s", name, literal(value))
		}
	}
	if o.Null != nil {
		add("NULL %s", literal(*o.Null))
	}
	if o.Header {
		add("HEADER true")
	}
	if o.ForceQuoteAll {
		add("FORCE_QUOTE *")
	}
	if o.ForceQuote != nil {
		columns := r.lookup.shape.facts.Columns
		list := make([]string, len(o.ForceQuote))
		for n, column := range o.ForceQuote {
			list[n] = quote(columns[column].Name)
		}
		add("FORCE_QUOTE (%s)", strings.Join(list, ", "))
	}
	return "COPY (" + r.lookup.changed + "\n) TO STDOUT WITH (" + strings.Join(options, ", ") + ")"
}

// effectsOf reads what a statement asked for.
func effectsOf(ctx context.Context, conn *pgconn.PgConn) ([]query.Effect, error) {
	all, err := conn.Exec(ctx, "SELECT pg_catalog.current_setting('tavana.effects')").ReadAll()
	if err != nil || len(all) != 1 || len(all[0].Rows) != 1 {
		return nil, err //nolint:wrapcheck // explained by the caller
	}
	var out []query.Effect
	for line := range bytes.Lines(all[0].Rows[0][0]) {
		var e struct {
			Set       string `json:"set"`
			Value     string `json:"value"`
			Local     bool   `json:"local"`
			Cancel    int32  `json:"cancel"`
			Terminate int32  `json:"terminate"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("read an effect: %w", err)
		}
		out = append(out, query.Effect(e))
	}
	return out, nil
}

// Cancel implements frames.Stream: the context of the pull ends it.
func (r *result) Cancel(frames.Reason) {}

// Close implements frames.Stream.
func (r *result) Close() query.Outcome {
	r.lookup.introspector.shares.give(r.lookup.principal, r.held)
	r.held, r.rows = 0, nil
	return r.sent
}

// Progress implements frames.Stream.
func (r *result) Progress() frames.Progress { return frames.Progress{Fraction: -1} }
