package session

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/query"
)

// runCopy runs COPY (query) TO STDOUT.
func (s *Session) runCopy(ctx context.Context, p *portal, n lexer.Copy, out *reply) (string, error) {
	form, err := s.copyForm(n, p.statement.plan.Facts.Columns)
	if err != nil {
		return "", err
	}
	if err := s.start(ctx, p, out); err != nil {
		return "", err
	}
	if err := out.CopyOut(len(p.statement.plan.Facts.Columns), n.Format == "binary"); err != nil {
		return "", err
	}
	rows, err := s.pull(ctx, p, fetch{form: form, sink: out.Frame}, out)
	if err != nil {
		return "", err
	}
	return "COPY " + strconv.FormatInt(rows, 10), out.CopyDone()
}

// copyForm checks COPY's options as PostgreSQL does.
func (s *Session) copyForm(n lexer.Copy, columns []query.Column) (frames.Form, error) {
	form := s.form(nil)
	o := n.Options
	form.Copy = frames.CopyOptions{
		Delimiter: o.Delimiter, Null: o.Null, Header: o.Header, Quote: o.Quote, Escape: o.Escape,
		ForceQuoteAll: o.ForceQuoteAll,
	}
	switch n.Format {
	case "binary":
		form.Encoding = frames.CopyBinary
		if o.Delimiter != "" || o.Null != nil || o.Header {
			return form, fault.New(fault.Syntax, "cannot specify DELIMITER, NULL or HEADER in BINARY mode")
		}
	case "csv":
		form.Encoding = frames.CopyCSV
	default:
		form.Encoding = frames.CopyText
	}
	if n.Format != "csv" && (o.Quote != "" || o.Escape != "" || o.ForceQuoteAll || o.ForceQuote != nil) {
		return form, fault.New(fault.Unsupported, "COPY QUOTE, ESCAPE and FORCE_QUOTE are available only in CSV mode")
	}
	for _, name := range o.ForceQuote {
		i := slices.IndexFunc(columns, func(c query.Column) bool { return strings.EqualFold(c.Name, name) })
		if i < 0 {
			return form, fault.New(fault.UndefinedColumn, "FORCE_QUOTE column %q does not exist", name)
		}
		form.Copy.ForceQuote = append(form.Copy.ForceQuote, i)
	}
	return form, copySigns(n)
}

// copySigns checks the signs of text and CSV.
func copySigns(n lexer.Copy) error {
	o := n.Options
	for name, sign := range map[string]string{"delimiter": o.Delimiter, "quote": o.Quote, "escape": o.Escape} {
		if len(sign) > 1 {
			return fault.New(fault.Unsupported, "COPY %s must be a single one-byte character", name)
		}
		if sign == "\n" || sign == "\r" {
			return fault.New(fault.InvalidParameter, "COPY %s cannot be newline or carriage return", name)
		}
	}
	if o.Null != nil && strings.ContainsAny(*o.Null, "\r\n") {
		return fault.New(fault.InvalidParameter, "COPY null representation cannot use newline or carriage return")
	}
	const letters = `\.abcdefghijklmnopqrstuvwxyz0123456789`
	if n.Format == "text" && o.Delimiter != "" && strings.Contains(letters, o.Delimiter) {
		return fault.New(fault.InvalidParameter, "COPY delimiter cannot be %q", o.Delimiter)
	}
	quote, delimiter := o.Quote, o.Delimiter
	if quote == "" {
		quote = `"`
	}
	if n.Format == "csv" && delimiter == quote {
		return fault.New(fault.InvalidParameter, "COPY delimiter and quote must be different")
	}
	if o.Null != nil && delimiter != "" && strings.Contains(*o.Null, delimiter) {
		return fault.New(fault.InvalidParameter, "COPY delimiter must not appear in the NULL specification")
	}
	return nil
}
