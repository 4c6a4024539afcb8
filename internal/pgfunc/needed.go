package pgfunc

import (
	"regexp"
	"slices"
	"strings"
)

// mostSearched bounds the texts, in bytes, in which names are looked for: a
// longer one gets the whole library.
const mostSearched = 64 << 10

// Library is functions, and the SQL of macros that come after them.
type Library struct {
	Functions []Function
	Macros    string
}

// Whole is all there is.
func Whole(m Meaning) Library { return Library{Functions: Functions(), Macros: m.macros()} }

// Index is the library split into what a statement may need of it. It is made once,
// while nobody waits; then any number of calls may use it at once.
type Index struct {
	functions                   []Function
	common, semantics, division []macroStatement
}

// NewIndex splits the library.
func NewIndex() *Index {
	return &Index{
		functions: Functions(),
		common:    macroStatements(macros), semantics: macroStatements(semantics), division: macroStatements(division),
	}
}

// macros lists those of a meaning, in the order in which they are made.
func (x *Index) macros(m Meaning) []macroStatement {
	switch {
	case m.Postgres && m.Integers:
		return slices.Concat(x.common, x.semantics, x.division)
	case m.Postgres:
		return slices.Concat(x.common, x.semantics)
	}
	return x.common
}

// Needed gives what a statement can call: whatever has a name that stands in its
// text, and what that calls in turn. A database that runs one statement is ready
// sooner with little. U&"" spells a name in other letters: all is needed then.
func (x *Index) Needed(sql string, m Meaning) Library {
	sql = strings.ToLower(sql)
	if len(sql) > mostSearched || strings.Contains(sql, `u&"`) || strings.Contains(sql, "u&'") {
		return Whole(m)
	}
	var needed Library
	functions, statements := x.functions, x.macros(m)
	usedFunctions, usedMacros := make([]bool, len(functions)), make([]bool, len(statements))
	for texts := []string{sql}; len(texts) > 0; texts = texts[1:] {
		for i, f := range functions {
			usedFunctions[i] = usedFunctions[i] || (stands(f.Name, texts[0]) && (f.Name != quotient || m.Integers))
		}
		for i, m := range statements {
			if !usedMacros[i] && stands(m.name, texts[0]) {
				usedMacros[i] = true
				texts = append(texts, m.lower)
			}
		}
	}
	for i, f := range functions {
		if usedFunctions[i] {
			needed.Functions = append(needed.Functions, f)
		}
	}
	var all strings.Builder
	for i, m := range statements {
		if usedMacros[i] {
			all.WriteString(m.sql)
		}
	}
	needed.Macros = all.String()
	return needed
}

// stands tells whether a text in lower case may call a function: by its name, or by
// the words that DuckDB's parser makes it of.
func stands(name, text string) bool {
	if strings.Contains(text, name) {
		return true
	}
	word := spelling(name)
	return word != "" && strings.Contains(text, word)
}

// spelling gives the word that the parser makes a call of a function of; empty:
// there is none.
func spelling(name string) string {
	switch name {
	case "~~", "!~~":
		return "like"
	case "~~*", "!~~*":
		return "ilike"
	case "regexp_full_match":
		return "similar"
	case "date_part":
		return "extract"
	case quotient:
		return "/"
	}
	return ""
}

// quotient is what a division is where that of integers is one.
const quotient = "//"

// macroStatement is one CREATE MACRO.
type macroStatement struct {
	name, lower string // its name, and its text in lower case
	sql         string
}

var macroStart = regexp.MustCompile(`(?m)^CREATE TEMP MACRO ("[^"]+"|\w+)`)

func macroStatements(macros string) []macroStatement {
	found := macroStart.FindAllStringSubmatchIndex(macros, -1)
	out := make([]macroStatement, len(found))
	for i, at := range found {
		end := len(macros)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		name, sql := strings.Trim(macros[at[2]:at[3]], `"`), macros[at[0]:end]
		out[i] = macroStatement{name: strings.ToLower(name), lower: strings.ToLower(sql), sql: sql}
	}
	return out
}
