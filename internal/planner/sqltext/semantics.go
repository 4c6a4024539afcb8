package sqltext

import (
	"strconv"
	"strings"
)

// What PostgreSQL means, for sessions with postgres_semantics. The macros of
// package pgfunc do the rest.

// wideNumeric is what a NUMERIC without digits is: DuckDB's has three digits
// behind the point.
const (
	wideNumeric = "DECIMAL(38, 9)"
	wideScale   = 9
	wideWhole   = 38 - 9
)

// meaning writes a token that means another thing to PostgreSQL, and gives how
// many tokens are done; 0: it does not.
func (w *rewriter) meaning(i int) int {
	switch word := w.word(i); {
	case word == "~" && w.exactly(i, 1) && w.operand(i-1):
		return w.replace(i, 1, " @~ ")
	case word == "!" && w.word(i+1) == "~" && w.exactly(i, 2):
		return w.replace(i, 2, " !@~ ")
	case word == "regexp_full_match" && w.word(i+1) == "(" && w.word(i-1) != ".":
		return w.replace(i, 1, "system.main.regexp_full_match")
	case (word == "numeric" || word == "decimal" || word == "dec") && w.typed(i):
		return w.numeric(i)
	}
	return 0
}

// exactly tells whether an operator is made of exactly n tokens from the i-th
// on.
func (w *rewriter) exactly(i, n int) bool {
	if w.joined(i) && w.isOperator(i-1) {
		return false
	}
	for k := 1; k < n; k++ {
		if !w.joined(i + k) {
			return false
		}
	}
	return !w.joined(i+n) || !w.isOperator(i+n)
}

// numeric writes the type NUMERIC so that no digit is lost, and rounds to the
// digits of NUMERIC(p, s) what has halves only in decimal, as 1.005 has. Constants
// are decimal already: rounded twice, 0.00499.. could become 0.01.
func (w *rewriter) numeric(i int) int {
	if w.word(i+1) != "(" {
		return w.replace(i, 1, wideNumeric)
	}
	if w.word(i+3) != "," || w.word(i+5) != ")" {
		return 0
	}
	digits, err := strconv.Atoi(w.spelled(i + 2))
	scale, err2 := strconv.Atoi(w.spelled(i + 4))
	if err != nil || err2 != nil || scale < 1 || scale >= wideScale || digits-scale > wideWhole || digits < scale {
		return 0
	}
	typ := w.spelled(i) + "(" + w.spelled(i+2) + ", " + w.spelled(i+4) + ")"
	first := i // with pg_catalog
	if w.word(i-1) == "." {
		first -= 2
	}
	before := w.word(first - 1)
	switch {
	case before == ":" && w.decimal(first-3), before == "as" && w.decimal(first-2) && w.word(first-3) == "(":
	case w.word(i+6) == "[" || w.word(i+6) == "array": // the type of an array
	case before == ":":
		return w.replace(i, 6, wideNumeric+"::"+typ)
	case w.word(i+6) == ")" && w.casts[len(w.casts)-1] == "cast":
		w.casts = w.casts[:len(w.casts)-1]
		return w.replace(i, 7, wideNumeric+")::"+typ)
	}
	return 0
}

func (w *rewriter) spelled(i int) string {
	if i < 0 || i >= len(w.Tokens) {
		return ""
	}
	return w.SQL[w.Tokens[i].Start:w.Tokens[i].End]
}

// decimal tells whether a token is a constant that DuckDB reads digit by digit, and
// the whole of an operand.
func (w *rewriter) decimal(i int) bool {
	if w.starts(i) != i {
		return false
	}
	text := w.spelled(i)
	return w.Tokens[i].Kind == String || w.Tokens[i].Kind == Number && len(text) < 38 && strings.Trim(text, "0123456789.") == ""
}

// target gives the type that a constant is cast to.
func (w *rewriter) target(i int) string {
	switch {
	case w.word(i+1) == ":" && w.word(i+2) == ":":
		return w.unqualified(i + 3)
	case w.word(i+1) == "as" && w.typed(i+2):
		return w.unqualified(i + 2)
	}
	return ""
}

// unqualified gives the name of a type without pg_catalog before it.
func (w *rewriter) unqualified(i int) string {
	if w.word(i) == "pg_catalog" && w.word(i+1) == "." {
		i += 2
	}
	return w.word(i)
}

// measure finds what is to be written around more than one token.
func (w *rewriter) measure() {
	w.queries = make([]int, len(w.Tokens)+1)
	lists := []bool{false} // of each open parenthesis: whether tables are listed
	for i := range w.Tokens {
		w.queries[i+1] = w.queries[i]
		lists = w.listing(i, lists)
		switch w.word(i) {
		case "select", "from", "with", "values", "table":
			if w.word(i-1) == "(" {
				w.queries[i+1]++
			}
		case "generate_series", "unnest", "regexp_split_to_table", "string_to_table":
			w.column(i, lists[len(lists)-1])
		case "text", "varchar", "char", "character", "bpchar":
			w.textCast(i)
		case ")":
			w.round(i)
		}
	}
}

// swap is a text in the place of some tokens.
type swap struct {
	tokens int
	text   string
}

// listing follows where tables are listed, which FROM begins: there a comma stands
// between tables. The last one of lists is of the innermost parenthesis.
func (w *rewriter) listing(i int, lists []bool) []bool {
	last := len(lists) - 1
	switch w.word(i) {
	case "(", "[", "{":
		return append(lists, false)
	case ")", "]", "}":
		if last > 0 {
			return lists[:last]
		}
	case "from": // that of IS DISTINCT FROM stands between two operands
		if before := w.word(i - 1); before != "." && before != "as" && before != "distinct" {
			lists[last] = true
		}
	case "where", "group", "having", "order", "limit", "offset", "fetch", "window", "qualify", "union", "intersect", "except", "select":
		if w.word(i-1) != "." {
			lists[last] = false
		}
	}
	return lists
}

// column names the one column of a function in FROM as its alias, which is what
// PostgreSQL does. listed tells whether tables are listed there.
func (w *rewriter) column(i int, listed bool) {
	before := i - 1
	if w.word(before) == "." && w.name(before-1) == "pg_catalog" {
		before -= 2
	}
	switch w.word(before) {
	case "join", "lateral":
	case "from":
		if w.word(before-1) == "distinct" {
			return
		}
	case ",":
		if !listed {
			return
		}
	default:
		return
	}
	if w.word(i+1) != "(" {
		return
	}
	at := w.closing(i+1) + 1
	if w.word(at) == "as" {
		at++
	}
	if at >= len(w.Tokens) || w.word(at+1) == "(" {
		return
	}
	if kind := w.Tokens[at].Kind; kind == Quoted || kind == Word && alias(w.word(at)) {
		w.end(at, "("+w.spelled(at)+")")
	}
}

// alias tells words that name a table from those that go on behind one.
func alias(word string) bool {
	switch word {
	case "with", "tablesample", "at", "except", "positional":
		return false
	}
	return EndsOperand(word) && word != "end" && word != "null" && word != "true" && word != "false" && word != "isnull" && word != "notnull"
}

// textCast writes a cast to a text as a call of text(), which spells numbers and
// intervals as PostgreSQL does. VARCHAR(n) and CHAR(n) cut the text, which DuckDB
// keeps: they get a slice.
func (w *rewriter) textCast(i int) {
	from, end := i, i
	if w.word(end+1) == "varying" {
		end++
	}
	slice := ""
	if length := w.spelled(end + 2); w.word(end+1) == "(" && w.word(end+3) == ")" && strings.Trim(length, "0123456789") == "" {
		slice = "[1:" + length + "]"
		end += 3
	}
	if w.word(from-1) == "." && w.name(from-2) == "pg_catalog" {
		from -= 2
	}
	switch {
	case w.word(end+1) == "[": // an array's type
	case w.word(from-1) == "as" && w.word(end+1) == ")":
		open := w.pairs[end+1]
		if w.word(open-1) != "cast" || w.word(open) != "(" {
			return
		}
		w.texts[end+1] = true
		if w.spells(open+1, from-2) {
			call := w.call("text", open-1, textNames, mostCopies)
			w.swaps[open-1] = swap{1, call.name}
			w.open(open+1, call.before)
			w.swaps[from-1] = swap{end + 1 - (from - 1), call.after}
			w.end(end+1, call.end)
		}
		w.end(end+1, slice)
	case w.word(from-1) == ":" && w.word(from-2) == ":":
		start := w.starts(from - 3)
		w.texts[end] = true
		switch {
		case start < 0:
		case w.spells(start, from-3):
			call := w.call("text", start, textNames, mostCopies)
			w.open(start, call.name+"("+call.before)
			w.swaps[from-2] = swap{end + 1 - (from - 2), call.after + ")"}
			w.end(end, call.end+slice)
		case slice != "":
			w.open(start, "(")
			w.end(end, ")"+slice)
		}
	}
}

// spells tells whether an operand may be of a type that PostgreSQL writes in
// another way: it is neither a constant nor a text already, nor has a query, which
// text() would run more than once.
func (w *rewriter) spells(from, to int) bool {
	if from > to || (from == to && w.Tokens[from].Kind != Word && w.Tokens[from].Kind != Quoted) {
		return false
	}
	return w.queries[to+1] == w.queries[from] && !w.isText(from, to)
}

// isText tells whether an operand, in parentheses or not, is a cast to a text or a
// call of a function that gives one.
func (w *rewriter) isText(from, to int) bool {
	for from < to && w.word(from) == "(" && w.pairs[to] == from {
		from, to = from+1, to-1
	}
	if from > to || w.starts(to) != from {
		return false
	}
	if w.texts[to] {
		return true
	}
	if w.word(from+1) == "." && w.name(from) == "pg_catalog" {
		from += 2
	}
	return w.word(to) == ")" && w.pairs[to] == from+1 && textFunction(w.word(from))
}

// textFunction tells whether a function gives a text, whatever it is called with.
func textFunction(name string) bool {
	switch name {
	case "btrim", "chr", "initcap", "left", "lower", "lpad", "ltrim", "md5", "replace", "right", "rpad", "rtrim", "split_part", "substr", "substring",
		"text", "to_char", "trim", "upper":
		return true
	}
	return false
}

// A macro that names its argument several times multiplies the work of planning
// it, and all the more where such calls stand one inside the other.
const (
	textNames  = 4   // how often text() names its argument
	roundNames = 6   // and round()
	mostCopies = 256 // how many an argument may become by calls of text()
)

// Named is the name that an argument gets which is written once.
const Named = "tavana_argument"

// multiplied is a call that no other one has inside, as far as is known, and how many
// copies of its innermost argument are planned.
type multiplied struct{ start, copies int }

// call is how a macro is called: its name, what stands before and behind its
// argument, and behind the whole call.
type call struct{ name, before, after, end string }

// call calls a macro that names its argument so many times and starts at a token,
// behind which is what stands inside. Where that would make more than most copies,
// a list of one element gives the argument a name: it is planned and computed once.
func (w *rewriter) call(macro string, start, names, most int) call {
	copies := 1
	n := len(w.multiplied)
	for ; n > 0 && w.multiplied[n-1].start >= start; n-- {
		copies = max(copies, w.multiplied[n-1].copies)
	}
	once := copies*names > most
	if !once {
		copies *= names
	}
	w.multiplied = append(w.multiplied[:n], multiplied{start, copies})
	if !once {
		return call{name: macro}
	}
	return call{name: "list_transform", before: "[", after: "], lambda " + Named + ": " + macro + "(" + Named + ")", end: "[1]"}
}

// round looks at a call that ends at a token: one of round() with one argument that
// has such calls or a query inside names it once.
func (w *rewriter) round(end int) {
	open := w.pairs[end]
	name := open - 1
	if name < 0 || w.word(open) != "(" || w.name(name) != "round" || end == open+1 ||
		w.word(name-1) == "." && w.name(name-2) != "pg_catalog" {
		return
	}
	for i := open + 1; i < end; i++ {
		if w.word(i) == "," {
			return
		}
		i = max(i, w.pairs[i])
	}
	most := roundNames
	if w.queries[end+1] != w.queries[open] {
		most = 0
	}
	c := w.call("round", name, roundNames, most)
	if c.end == "" {
		return
	}
	w.swaps[name] = swap{1, c.name}
	w.open(open+1, c.before)
	w.open(end, c.after)
	w.end(end, c.end)
}
