package sqltext

import (
	"slices"
	"strings"
)

// Postgres writes what PostgreSQL spells in another way than DuckDB as DuckDB
// spells it, where DuckDB has no meaning of its own for the words:
//
//   - functions with another name (synonyms, by PostgreSQL's name),
//   - the prefix pg_catalog of functions and types, and OPERATOR(pg_catalog.+),
//   - the operators #>, #>> and #, which DuckDB's lexer does not know,
//   - the types jsonb and name,
//   - the operators ?, ?| and ?& between two operands,
//   - constants of arrays, '{1,2}'::int[], of bytes, '\x00ff'::bytea, and 'today'::date
//     and its kin,
//   - (regexp_matches(..))[1], as BI tools take a group of a match.
//
// A synonym of two words is a call inside another call, which ends behind FILTER
// and OVER.
//
// With semantics, what means another thing to PostgreSQL than to DuckDB is written
// as what it means: ~ and !~, NUMERIC and VARCHAR(n).
func Postgres(sql string, synonyms map[string]string, semantics bool) Rewritten {
	w := &rewriter{
		Text: New(sql), synonyms: synonyms, semantics: semantics, opens: map[int][]string{}, ends: map[int][]byte{},
		swaps: map[int]swap{}, begin: map[int]int{}, texts: map[int]bool{},
	}
	w.pair()
	if semantics {
		w.measure()
	}
	for i := 0; i < len(w.Tokens); {
		if open := w.opens[i]; open != nil { // those of outer casts came last
			slices.Reverse(open)
			w.put(strings.Join(open, ""), w.Tokens[i].Start, w.Tokens[i].Start)
		}
		for n := w.at(i); n > 0; n-- {
			if text := w.ends[i]; len(text) > 0 {
				w.put(string(text), w.Tokens[i].End, w.Tokens[i].End)
			}
			i++
		}
	}
	w.out.WriteString(w.SQL[w.copied:])
	return Rewritten{SQL: w.out.String(), edits: w.edits}
}

type rewriter struct {
	Text

	synonyms   map[string]string
	semantics  bool
	pairs      []int            // of each parenthesis, bracket, CASE and END: the other one; else 0
	opens      map[int][]string // what is to stand before a token
	ends       map[int][]byte   // what is to stand behind one
	swaps      map[int]swap     // what is to stand in the place of some
	begin      map[int]int      // what starts has found
	texts      map[int]bool     // tokens with which a cast to a text ends
	multiplied []multiplied     // calls of macros that multiply, but for those inside of others
	queries    []int            // how many queries in parentheses begin before each token
	out        strings.Builder
	edits      []edit
	copied     int
	casts      []string // open parentheses: cast or try_cast where one is that of it
}

// pair finds what closes what.
func (w *rewriter) pair() {
	w.pairs = make([]int, len(w.Tokens))
	var open []int
	for i := range w.Tokens {
		word := w.word(i)
		if (word == "case" || word == "end") && w.named(i) {
			continue
		}
		switch word {
		case "(", "[", "case":
			open = append(open, i)
		case ")", "]", "end":
			last := len(open) - 1
			if last >= 0 && w.word(open[last]) == map[string]string{")": "(", "]": "[", "end": "case"}[word] {
				w.pairs[i], w.pairs[open[last]] = open[last], i
				open = open[:last]
			}
		}
	}
}

// named tells whether a word is the name of a column or an alias, as only a name
// stands behind a point or AS.
func (w *rewriter) named(i int) bool {
	before := w.word(i - 1)
	return before == "." || before == "as"
}

// put writes text in the place of the bytes from one offset to another.
func (w *rewriter) put(text string, from, to int) {
	from = max(from, w.copied)
	w.out.WriteString(w.SQL[w.copied:from])
	w.edits = append(w.edits, edit{at: w.out.Len(), long: len(text), from: from, to: to})
	w.out.WriteString(text)
	w.copied = to
}

func (w *rewriter) replace(i, n int, text string) int {
	w.put(text, w.Tokens[i].Start, w.Tokens[i+n-1].End)
	return n
}

// at looks at the i-th token and gives how many are done.
func (w *rewriter) at(i int) int {
	if w.semantics {
		if swap, ok := w.swaps[i]; ok {
			return w.replace(i, swap.tokens, swap.text)
		}
		if n := w.meaning(i); n > 0 {
			return n
		}
	}
	switch word := w.word(i); {
	case word == "(":
		cast := ""
		if before := w.word(i - 1); before == "cast" || before == "try_cast" {
			cast = before
		}
		w.casts = append(w.casts, cast)
	case word == ")":
		if len(w.casts) > 0 {
			w.casts = w.casts[:len(w.casts)-1]
		}
	case word == "#":
		return w.hash(i)
	case w.Tokens[i].Kind == Question:
		return w.question(i)
	case word == "operator" && w.word(i+1) == "(":
		return w.operator(i)
	case w.name(i) == "pg_catalog" && w.word(i+1) == "." && w.word(i-1) != "." && (w.word(i+3) == "(" || w.typed(i)):
		w.put("", w.Tokens[i].Start, w.Tokens[i+1].End)
		return 2
	case w.Tokens[i].Kind == Word && w.word(i+1) == "(" && w.synonyms[word] != "" && (w.word(i-1) != "." || w.name(i-2) == "pg_catalog"):
		return w.synonym(i, w.synonyms[word])
	case word == "regexp_matches" && w.subscripted(i):
		return w.replace(i, 1, "regexp_match")
	case word == "jsonb" || word == "name":
		return w.typeName(i, word)
	case w.Tokens[i].Kind == String:
		return w.constant(i)
	}
	return 1
}

// subscripted tells whether a call stands in parentheses with a subscript behind:
// (f(..))[1], which DuckDB's regexp_matches, a boolean, cannot have.
func (w *rewriter) subscripted(i int) bool {
	if w.word(i-1) != "(" || w.word(i+1) != "(" {
		return false
	}
	end := w.closing(i + 1)
	return w.word(end+1) == ")" && w.word(end+2) == "["
}

// word gives a token's text as Text.word does, and nothing before the first.
func (w *rewriter) word(i int) string {
	if i < 0 {
		return ""
	}
	return w.Text.word(i)
}

// name gives a name, quoted or not.
func (w *rewriter) name(i int) string {
	if i >= 0 && i < len(w.Tokens) && w.Tokens[i].Kind == Quoted {
		return strings.Trim(w.SQL[w.Tokens[i].Start:w.Tokens[i].End], `"`)
	}
	return w.word(i)
}

// typed tells whether a type is expected at the i-th token: after :: or inside
// CAST(.. AS.
func (w *rewriter) typed(i int) bool {
	if w.word(i-1) == "." && w.name(i-2) == "pg_catalog" {
		i -= 2
	}
	if i >= 2 && w.word(i-1) == ":" && w.word(i-2) == ":" {
		return true
	}
	return w.word(i-1) == "as" && len(w.casts) > 0 && w.casts[len(w.casts)-1] != ""
}

func (w *rewriter) synonym(i int, name string) int {
	outer, inner, two := strings.Cut(name, " ")
	if !two {
		return w.replace(i, 1, name)
	}
	end := w.closing(i + 1)
	if w.word(end+1) == "filter" && w.word(end+2) == "(" {
		end = w.closing(end + 2)
	}
	if w.word(end+1) == "over" {
		if end += 2; w.word(end) == "(" {
			end = w.closing(end)
		}
	}
	w.end(min(end, len(w.Tokens)-1), ")")
	return w.replace(i, 1, outer+"("+inner)
}

// open has a text stand before a token, before what is to stand there already.
func (w *rewriter) open(i int, text string) {
	if text != "" {
		w.opens[i] = append(w.opens[i], text)
	}
}

// end has a text stand behind a token, after what is to stand there already.
func (w *rewriter) end(i int, text string) { w.ends[i] = append(w.ends[i], text...) }

// closing gives the parenthesis that closes the one at a token; the last token
// where none does.
func (w *rewriter) closing(open int) int {
	if open < len(w.pairs) && w.pairs[open] > open {
		return w.pairs[open]
	}
	return len(w.Tokens) - 1
}

func (w *rewriter) typeName(i int, word string) int {
	constant := word == "jsonb" && i+1 < len(w.Tokens) && w.Tokens[i+1].Kind == String
	if !constant && !w.typed(i) {
		return 1
	}
	if word == "jsonb" {
		return w.replace(i, 1, "json")
	}
	return w.replace(i, 1, "varchar")
}

// joined tells whether a token follows the one before it without a gap.
func (w *rewriter) joined(i int) bool {
	return i > 0 && i < len(w.Tokens) && w.Tokens[i-1].End == w.Tokens[i].Start
}

// isOperator tells whether a token is part of an operator's name.
func (w *rewriter) isOperator(i int) bool {
	word := w.word(i)
	return len(word) == 1 && strings.IndexByte("~!@^&|`+-*/<>=%#?", word[0]) >= 0
}

// hash writes the operators that begin with #. A # before a digit is DuckDB's:
// the number of a column.
func (w *rewriter) hash(i int) int {
	if i > 0 && w.joined(i) && w.isOperator(i-1) {
		return 1
	}
	n := 1
	for w.joined(i+n) && w.isOperator(i+n) {
		n++
	}
	next := w.Tokens[min(i+1, len(w.Tokens)-1)]
	switch op := w.SQL[w.Tokens[i].Start:w.Tokens[i+n-1].End]; {
	case op == "#>":
		return w.replace(i, n, "@->")
	case op == "#>>":
		return w.replace(i, n, "@->>")
	case op == "#" && (next.Kind != Number || !w.joined(i+1)):
		return w.replace(i, n, "@^")
	}
	return n
}

// operator writes OPERATOR(pg_catalog.+) as the bare operator.
func (w *rewriter) operator(i int) int {
	at := i + 2
	if w.name(at) == "pg_catalog" && w.word(at+1) == "." {
		at += 2
	}
	from := at
	for w.isOperator(at) {
		at++
	}
	if at == from || w.word(at) != ")" {
		return 1
	}
	op := w.SQL[w.Tokens[from].Start:w.Tokens[at-1].End]
	switch op {
	case "#>":
		op = "@->"
	case "#>>":
		op = "@->>"
	case "#":
		op = "@^"
	case "~":
		if w.semantics && w.operand(i-1) {
			op = "@~"
		}
	case "!~":
		if w.semantics {
			op = "!@~"
		}
	}
	return w.replace(i, at+1-i, " "+op+" ")
}

// bytes writes '\x6162'::bytea, where all digits are bytes to PostgreSQL, as
// '\x61\x62': DuckDB has a \x for each byte.
func (w *rewriter) bytes(i int) int {
	digits, ok := strings.CutPrefix(w.spelled(i), `'\x`)
	digits, closed := strings.CutSuffix(digits, "'")
	if !ok || !closed || len(digits)%2 != 0 || strings.Trim(digits, "0123456789abcdefABCDEF") != "" ||
		w.word(i-1) != "bytea" && w.target(i) != "bytea" {
		return 0
	}
	var b strings.Builder
	b.WriteByte('\'')
	for ; digits != ""; digits = digits[2:] {
		b.WriteString(`\x` + digits[:2])
	}
	b.WriteByte('\'')
	return w.replace(i, 1, b.String())
}

// question writes ?, ?| and ?& between two operands: DuckDB takes a ? for a
// parameter.
func (w *rewriter) question(i int) int {
	n := 1
	if next := w.word(i + 1); w.joined(i+1) && (next == "|" || next == "&") {
		n = 2
	}
	after := i + n
	if !w.operand(i-1) || after >= len(w.Tokens) || (w.Tokens[after].Kind == Symbol && w.word(after) != "(") || w.Tokens[after].Kind == Question {
		return 1
	}
	if w.Tokens[after].Kind == Word && !EndsOperand(w.word(after)) && w.word(after) != "array" && w.word(after) != "cast" {
		return 1
	}
	op := w.SQL[w.Tokens[i].Start:w.Tokens[i+n-1].End]
	return w.replace(i, n, " @!"+op[1:]+" ")
}

// constant writes constants that DuckDB reads in another way.
func (w *rewriter) constant(i int) int {
	switch w.target(i) {
	case "date", "timestamp", "timestamptz", "time":
		now := ""
		switch strings.ToLower(w.spelled(i)) {
		case "'now'":
			now = "now()"
		case "'today'":
			now = "current_date"
		case "'yesterday'":
			now = "(current_date - 1)"
		case "'tomorrow'":
			now = "(current_date + 1)"
		}
		if now != "" {
			return w.replace(i, 1, now)
		}
		return 1
	}
	if n := w.bytes(i); n > 0 {
		return n
	}
	if w.step(i) {
		return w.replace(i, 1, "CAST("+w.spelled(i)+" AS INTERVAL)")
	}
	return w.array(i)
}

// step tells whether a constant is the step of a series of times, as '1 day' is:
// the last argument of generate_series, with a letter in it.
func (w *rewriter) step(i int) bool {
	if w.word(i-1) != "," || w.word(i+1) != ")" || w.pairs[i+1] == 0 || w.word(w.pairs[i+1]-1) != "generate_series" {
		return false
	}
	return strings.ContainsAny(strings.ToLower(w.spelled(i)), "abcdefghijklmnopqrstuvwxyz")
}

// array writes '{1,2}'::int[] as ARRAY['1', '2']::int[]: texts are cast one by
// one. Arrays of arrays stay as they are, which is an error.
func (w *rewriter) array(i int) int {
	text := w.SQL[w.Tokens[i].Start:w.Tokens[i].End]
	if !strings.HasPrefix(text, "'{") || !strings.HasSuffix(text, "}'") || w.word(i+1) != ":" || w.word(i+2) != ":" {
		return 1
	}
	at := i + 3
	for ; at < len(w.Tokens) && w.Tokens[at].Kind == Word; at++ {
		continue
	}
	if at == i+3 || w.word(at) != "[" || w.word(at+1) != "]" {
		return 1
	}
	elements, ok := elements(text[2 : len(text)-2])
	if !ok {
		return 1
	}
	return w.replace(i, 1, "ARRAY["+strings.Join(elements, ", ")+"]")
}

// elements gives those of an array in PostgreSQL's text as SQL constants. The
// text is that of an SQL constant: its quotes are doubled already.
func elements(text string) ([]string, bool) {
	if strings.TrimSpace(text) == "" {
		return nil, true
	}
	var out []string
	for {
		element, rest, ok := element(strings.TrimLeft(text, " \t\n"))
		if !ok {
			return nil, false
		}
		out = append(out, element)
		switch {
		case rest == "":
			return out, true
		case rest[0] != ',':
			return nil, false
		}
		text = rest[1:]
	}
}

// element gives the element that a text begins with as an SQL constant.
func element(text string) (constant, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		return quotedElement(text)
	}
	end := strings.IndexByte(text, ',')
	if end < 0 {
		end = len(text)
	}
	word := strings.TrimRight(text[:end], " \t\n")
	switch {
	case word == "" || strings.ContainsAny(word, `{}"\`):
		return "", "", false
	case strings.EqualFold(word, "null"):
		return "NULL", text[end:], true
	}
	return "'" + word + "'", text[end:], true
}

func quotedElement(text string) (constant, rest string, ok bool) {
	var b strings.Builder
	end := 1
	for ; end < len(text) && text[end] != '"'; end++ {
		if text[end] == '\\' && end+1 < len(text) {
			end++
		}
		b.WriteByte(text[end])
	}
	if end >= len(text) {
		return "", "", false
	}
	return "'" + b.String() + "'", strings.TrimLeft(text[end+1:], " \t\n"), true
}
