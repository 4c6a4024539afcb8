package server

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/planner/policy"
	"github.com/tavana/tavana/internal/planner/sqltext"
)

// position makes a byte offset in a serialized text one that a user counts:
// characters of the client's text, from 1. It is 0 where it is not known.
func (a *analysis) position(offset int) int {
	if offset < 0 {
		return 0
	}
	offset += a.inner
	if a.wrap {
		offset -= len(wrapOpen)
	}
	return a.characters(a.final.Original(offset))
}

// characters counts the characters of the client's text up to a byte offset of
// the text that DuckDB reads.
func (a *analysis) characters(offset int) int {
	offset = a.client.Original(offset)
	text := a.request.Statement.Text
	if offset < 0 || offset > len(text) {
		return 0
	}
	return utf8.RuneCountInString(text[:offset]) + 1
}

// explain makes DuckDB's error about a text one about the client's text.
func (a *analysis) explain(err error, sql string, r sqltext.Rewritten) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	if f.Position > 0 && sql != a.request.Statement.Text {
		f = f.WithPosition(a.characters(r.Original(byteOffset(sql, f.Position))))
	}
	return a.discreet(f)
}

// byteOffset gives where the character of a position, from 1, starts.
func byteOffset(sql string, position int) int {
	for offset := range sql {
		if position--; position == 0 {
			return offset
		}
	}
	return len(sql)
}

// discreet leaves out suggestions that do not point at a table of the
// principal's: DuckDB suggests its own system tables too. A broken DuckDB is
// marked for its end.
func (a *analysis) discreet(f *fault.Error) error {
	e := duck.ExceptionOf(f)
	if e == nil {
		return f
	}
	if e.Fatal() {
		a.instance.broken = true
	}
	f = unmasked(f)
	if f.Kind == fault.UndefinedFunction && !offered(e.Candidates) {
		return f.WithHint("")
	}
	if f.Kind != fault.UndefinedTable || (e.Candidates != "" && a.visible(e.Candidates)) {
		return f
	}
	if e.Candidates == "" && f.Hint != "" { // aliases of the statement itself
		return f
	}
	return f.WithHint("%s", hintTables)
}

// visible tells whether all of DuckDB's suggestions are tables that the
// principal may see.
func (a *analysis) visible(candidates string) bool {
	for candidate := range strings.SplitSeq(candidates, ",") {
		parts := strings.Split(strings.TrimSpace(candidate), ".")
		if !a.instance.tables.Named(strings.Trim(parts[len(parts)-1], `"`)) {
			return false
		}
	}
	return true
}

// offered tells whether the functions that DuckDB suggests are not among those
// that would be refused.
func offered(candidates string) bool {
	for candidate := range strings.SplitSeq(candidates, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(candidate), "(")
		if policy.Table(name) == policy.Refused || policy.Scalar(name) == policy.Refused {
			return false
		}
	}
	return true
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// masks are the names that a statement's own words have inside: people are told
// of the words.
//
//nolint:gochecknoglobals // a constant table
var masks = strings.NewReplacer("tavana_", "", "@->>", "#>>", "@->", "#>", "@^", "#",
	"!@~", "!~", "@~", "~", "@!", "?")

func unmasked(f *fault.Error) *fault.Error {
	clone := *f
	clone.Message, clone.Detail, clone.Hint = masks.Replace(f.Message), masks.Replace(f.Detail), masks.Replace(f.Hint)
	return &clone
}
