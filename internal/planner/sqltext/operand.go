package sqltext

import "strings"

// keywords are the words that no operand ends with, though they stand before
// operands and operators: those that DuckDB reserves, but for constants and END,
// and BETWEEN and VALUES.
const keywords = " all analyse analyze and anti any array as asc asof asymmetric at authorization between binary both by case cast check " +
	"collate collation column columns concurrently constraint create cross default deferrable desc describe distinct do else except " +
	"fetch for foreign freeze from full generated glob group having ilike in initially inner intersect into is join lambda lateral " +
	"leading left like limit map natural not offset on only or order outer overlaps pivot pivot_longer pivot_wider placing positional " +
	"primary qualify references returning right select semi show similar some struct summarize symmetric table tablesample then to " +
	"trailing try_cast union unique unpack unpivot using values variadic verbose when where window with "

// EndsOperand tells whether an operand may end with a word that is no quoted
// name.
func EndsOperand(word string) bool {
	return !strings.Contains(keywords, " "+strings.ToLower(word)+" ")
}

// operand tells whether an operand ends with the i-th token, so that what follows
// is an operator between two operands.
func (w *rewriter) operand(i int) bool {
	if i < 0 || i >= len(w.Tokens) {
		return false
	}
	switch w.Tokens[i].Kind {
	case String, Number, Parameter, Quoted:
		return true
	case Word:
		return w.word(i-1) == "." || EndsOperand(w.word(i))
	default:
		word := w.word(i)
		return word == ")" || word == "]"
	}
}

// starts gives the token at which the operand of a cast starts that ends with the
// i-th token; -1: it is not known.
func (w *rewriter) starts(i int) int {
	if found, ok := w.begin[i]; ok {
		return found
	}
	found := w.first(i)
	switch before := w.word(found - 1); {
	case found < 1:
	case before == "collate":
		found = -1
	case before == "over":
		found = w.starts(found - 2)
	case found >= 2 && before == ":" && w.word(found-2) == ":":
		found = w.starts(found - 3)
	case before == "." && w.name(found-2) == "pg_catalog" && w.word(found-3) == ":":
		found = w.starts(found - 5)
	case w.operand(found - 1):
		found = -1 // such as DATE '2024-01-01'
	}
	w.begin[i] = found
	return found
}

// first gives the start of one constant, name, call or parenthesis.
func (w *rewriter) first(i int) int {
	if i < 0 {
		return -1
	}
	kind, word := w.Tokens[i].Kind, w.word(i)
	switch {
	case word == ")" || word == "]":
		return w.group(i)
	case word == "end" && !w.named(i):
		if w.pairs[i] > 0 || w.word(0) == "case" {
			return w.pairs[i]
		}
	case kind == Word || kind == Quoted:
		return w.names(i)
	case kind == String || kind == Number || kind == Parameter:
		return i
	}
	return -1
}

// group gives the start of what ends with a closing parenthesis or bracket: a
// call with its name, an element with its list, or the parenthesis.
func (w *rewriter) group(end int) int {
	i := w.pairs[end]
	if i == 0 && w.word(0) != "(" && w.word(0) != "[" {
		return -1
	}
	before := w.word(i - 1)
	switch {
	case before == "array":
		return i - 1
	case w.word(i) == "[" && w.operand(i-1):
		return w.starts(i - 1)
	case before == "over" || before == "filter":
		return w.starts(i - 2)
	case before == "group" && w.word(i-2) == "within":
		return w.starts(i - 3)
	case before == "cast" || before == "try_cast":
		return i - 1
	case before == "left" || before == "right":
		return i - 1
	case i > 0 && (w.Tokens[i-1].Kind == Quoted || w.Tokens[i-1].Kind == Word) && w.operand(i-1):
		return w.names(i - 1)
	}
	return i
}

// names gives the start of a name with its qualifiers.
func (w *rewriter) names(i int) int {
	if !w.operand(i) {
		return -1
	}
	switch before := w.word(i - 1); { // types of more than one word
	case w.word(i) == "precision" && before == "double", w.word(i) == "varying" && before == "character":
		i--
	case w.word(i) == "zone" && before == "time" && (w.word(i-2) == "with" || w.word(i-2) == "without"):
		i -= 3
	}
	for i >= 2 && w.word(i-1) == "." && w.name(i-2) != "pg_catalog" {
		if kind := w.Tokens[i-2].Kind; kind != Word && kind != Quoted {
			return w.starts(i - 2)
		}
		i -= 2
	}
	if i >= 2 && w.word(i-1) == "." && w.word(i-3) != ":" {
		i -= 2
	}
	return i
}
