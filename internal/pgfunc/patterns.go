package pgfunc

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

var errRegular = errors.New("invalid regular expression, or one that RE2 does not have")

// pattern is a compiled regular expression, or why it is none.
type pattern struct {
	*regexp.Regexp

	after *regexp.Regexp // the same behind one character, where it looks at that; else nil
	err   error
}

// compile reads a regular expression of PostgreSQL's kind as far as RE2 has it.
// Of alternatives the longest match counts, as in PostgreSQL, unless the
// expression asks for short ones.
func compile(r *Row, expression, flags string) (pattern, error) {
	p := once(r, flags+"/"+expression, func(string) pattern {
		translated, lazy, err := translate(expression, flags)
		if err != nil {
			return pattern{err: err}
		}
		var p pattern
		if p.Regexp, err = regexp.Compile(translated); err != nil {
			return pattern{err: errRegular}
		}
		if tree, err := syntax.Parse(translated, syntax.Perl); err != nil || looksBack(tree) {
			if p.after, err = regexp.Compile("(?s:.)(" + translated + ")"); err != nil {
				return pattern{err: errRegular}
			}
		}
		for _, re := range []*regexp.Regexp{p.Regexp, p.after} {
			if re != nil && !lazy {
				re.Longest()
			}
		}
		return p
	})
	return p, p.err
}

// looksBack tells whether an expression asks for what is before a match.
func looksBack(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	default:
		return slices.ContainsFunc(tree.Sub, looksBack)
	}
}

// find gives the first match that starts at a byte or behind it, and its groups.
// The text before is not searched, but ^ and its kin see it.
func (p pattern) find(text string, from int) []int {
	re, groups := p.Regexp, 0
	if p.after != nil && from > 0 {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		re, groups, from = p.after, 1, from-size
	}
	m := re.FindStringSubmatchIndex(text[from:])
	if m == nil {
		return nil
	}
	m = m[2*groups:]
	for i := range m {
		if m[i] >= 0 {
			m[i] += from
		}
	}
	return m
}

// all gives the matches that start at a byte or behind it. As in PostgreSQL, one of
// nothing may follow one of something without a gap.
func (p pattern) all(text string, from int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for from <= len(text) {
			m := p.find(text, from)
			if m == nil || !yield(m) {
				return
			}
			if from = m[1]; m[0] == m[1] {
				_, size := utf8.DecodeRuneInString(text[from:])
				from += max(size, 1)
			}
		}
	}
}

// written is an expression that was translated, or why it could not be.
type written struct {
	text string
	err  error
}

// regularText gives a regular expression as DuckDB's own functions read it.
func regularText(r *Row, out *Result) error {
	expression, flags := r.Text(0), ""
	if len(r.Types) > 1 {
		flags = r.Text(1)
	}
	w := once(r, flags+"/"+expression, func(string) written {
		return spelled(expression, flags)
	})
	out.text(w.text)
	return w.err
}

func spelled(expression, flags string) written {
	text, _, err := translate(expression, flags)
	if err == nil {
		if _, parse := syntax.Parse(text, syntax.Perl); parse != nil {
			err = errRegular
		}
	}
	return written{text, err}
}

// similarText gives a pattern of SIMILAR TO as DuckDB's own functions read it.
func similarText(r *Row, out *Result) error {
	w := once(r, r.Text(0), func(text string) written {
		expression, err := similar(text)
		if err != nil {
			return written{err: err}
		}
		return spelled(expression, "")
	})
	out.text(w.text)
	return w.err
}

const (
	maxMatches  = 1 << 18  // of one text that regexp_matches gives
	maxReplaced = 16 << 20 // bytes that replacements may add up to
)

var errMatches = errors.New("too many matches in one text")

// regexpReplace puts a text in the place of the first match, or with g of all.
func regexpReplace(r *Row, out *Result) error {
	flags := r.flags(3)
	re, err := compile(r, r.Text(1), flags)
	if err != nil {
		return err
	}
	text, with, copied := r.Text(0), r.Text(2), 0
	for m := range re.all(text, 0) {
		out.text(text[copied:m[0]])
		if !expand(out, with, text, m, len(text)+maxReplaced) {
			return errLong
		}
		copied = m[1]
		if !strings.Contains(flags, "g") {
			break
		}
	}
	out.text(text[copied:])
	return nil
}

// expand writes a replacement: \1 to \9 are groups, \& is the whole match. It
// stops before the result has more than so many bytes, and gives false then.
func expand(out *Result, with, text string, match []int, most int) bool {
	for with != "" {
		piece := with
		if at := strings.IndexByte(with, '\\'); at != 0 || len(with) == 1 {
			if at > 0 {
				piece = with[:at]
			}
			with = with[len(piece):]
		} else {
			piece, with = escaped(with[1], with[:2], text, match), with[2:]
		}
		if len(out.Text)+len(piece) > most {
			return false
		}
		out.text(piece)
	}
	return true
}

// escaped gives what the two bytes of an escape stand for, of which c is the second.
func escaped(c byte, both, text string, match []int) string {
	group := int(c) - '0'
	switch {
	case c == '&':
		group = 0
	case c == '\\':
		return `\`
	case c < '1' || c > '9':
		return both
	}
	if 2*group < len(match) && match[2*group] >= 0 {
		return text[match[2*group]:match[2*group+1]]
	}
	return ""
}

// regexpMatches gives the groups of the first match, or with g of all, as JSON:
// an array of arrays.
func regexpMatches(r *Row, out *Result) error {
	flags := r.flags(2)
	re, err := compile(r, r.Text(1), flags)
	if err != nil {
		return err
	}
	all := [][]*string{}
	for m := range re.all(r.Text(0), 0) {
		if len(all) == maxMatches {
			return errMatches
		}
		if len(m) > 2 {
			m = m[2:]
		}
		groups := make([]*string, 0, len(m)/2)
		for i := 0; i < len(m); i += 2 {
			var group *string
			if m[i] >= 0 {
				text := r.Text(0)[m[i]:m[i+1]]
				group = &text
			}
			groups = append(groups, group)
		}
		if all = append(all, groups); !strings.Contains(flags, "g") {
			break
		}
	}
	text, err := json.Marshal(all)
	out.Text = append(out.Text, text...)
	return err //nolint:wrapcheck // texts are always JSON
}

// flags gives the option letters where the call has them.
func (r *Row) flags(i int) string {
	if i < len(r.Types) {
		return r.Text(i)
	}
	return ""
}

// substring gives the first group that matches, or all of the match.
func substring(r *Row, out *Result) error {
	re, err := compile(r, r.Text(1), "")
	if err != nil {
		return err
	}
	m := re.FindStringSubmatchIndex(r.Text(0))
	first := 0
	if len(m) > 2 {
		first = 2
	}
	if m == nil || m[first] < 0 {
		out.Null = true
		return nil
	}
	out.text(r.Text(0)[m[first]:m[first+1]])
	return nil
}

// regexpMatch gives the groups of the first match, or all of it.
func regexpMatch(r *Row, out *Result) error {
	if strings.Contains(r.flags(2), "g") {
		return errors.New(`regexp_match() does not support the "global" option`)
	}
	re, err := compile(r, r.Text(1), r.flags(2))
	if err != nil {
		return err
	}
	m := re.FindStringSubmatchIndex(r.Text(0))
	if m == nil {
		out.Null = true
		return nil
	}
	if len(m) > 2 {
		m = m[2:]
	}
	for i := 0; i < len(m); i += 2 {
		text := ""
		if m[i] >= 0 {
			text = strings.Clone(r.Text(0)[m[i]:m[i+1]])
		}
		out.List = append(out.List, text)
		out.Hole = append(out.Hole, m[i] < 0)
	}
	return nil
}

func regexpLike(r *Row, out *Result) error {
	re, err := compile(r, r.Text(1), r.flags(2))
	if err == nil && re.MatchString(r.Text(0)) {
		out.Int = 1
	}
	return err
}

// found counts the matches from a character on, up to n, and gives the last one as
// bytes of the text.
func (r *Row) found(n int, flags string) (count int, last []int, err error) {
	re, err := compile(r, r.Text(1), flags)
	if err != nil {
		return 0, nil, err
	}
	text, start := r.Text(0), 0
	if len(r.Types) > 2 {
		from := int(*value[int32](r, 2))
		if from <= 0 {
			return 0, nil, fmt.Errorf(`invalid value for parameter "start": %d`, from)
		}
		for ; from > 1 && start <= len(text); from-- {
			_, size := utf8.DecodeRuneInString(text[start:])
			start += max(size, 1) // behind the text there is no match
		}
	}
	for m := range re.all(text, start) {
		count, last = count+1, m
		if count == n {
			break
		}
	}
	return count, last, nil
}

func regexpCount(r *Row, out *Result) error {
	count, _, err := r.found(-1, r.flags(3))
	out.Int = int64(count)
	return err
}

// nth gives the match that the fourth argument numbers.
func (r *Row) nth() (match []int, err error) {
	n := 1
	if len(r.Types) > 3 {
		if n = int(*value[int32](r, 3)); n <= 0 {
			return nil, fmt.Errorf(`invalid value for parameter "n": %d`, n)
		}
	}
	count, last, err := r.found(n, "")
	if err != nil || count < n {
		return nil, err
	}
	return last, nil
}

func regexpSubstr(r *Row, out *Result) error {
	m, err := r.nth()
	if m == nil {
		out.Null = true
		return err
	}
	out.text(r.Text(0)[m[0]:m[1]])
	return nil
}

func regexpInstr(r *Row, out *Result) error {
	m, err := r.nth()
	if m != nil {
		out.Int = int64(len([]rune(r.Text(0)[:m[0]])) + 1)
	}
	return err
}
