package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/query"
)

// Use is a function or a table as a statement names it.
type Use struct {
	Name     string
	Table    bool // a function that is called in FROM
	Position int  // byte offset in the serialized text; -1 unknown
}

// Tree is what the serialized syntax tree of one statement names.
type Tree struct {
	Functions  []Use
	Tables     []TableUse
	Parameters []string // as spelled after $, or the number of each ?; unique, sorted
	Shows      []string // what SHOW would list, such as "databases"
}

// TableUse is a table's name as the statement spells it; parts may be empty.
type TableUse struct {
	Name     query.TableName
	Position int // byte offset; -1 unknown
}

// SerializeError is DuckDB's own reason for giving no tree.
type SerializeError struct {
	Type     string // such as "parser" or "not implemented"
	Message  string
	Position string // byte offset, or empty
}

// Error gives DuckDB's message.
func (e *SerializeError) Error() string { return e.Message }

// ErrStatements tells that a text was not exactly one statement.
var ErrStatements = fmt.Errorf("not exactly one statement")

// Parse reads the result of DuckDB's json_serialize_sql over one statement.
func Parse(serialized []byte) (*Tree, error) {
	var root struct {
		Error      bool            `json:"error"`
		Type       string          `json:"error_type"`
		Message    string          `json:"error_message"`
		Position   string          `json:"position"`
		Statements json.RawMessage `json:"statements"`
	}
	if err := json.Unmarshal(serialized, &root); err != nil {
		return nil, fmt.Errorf("read syntax tree: %w", err)
	}
	if root.Error {
		return nil, &SerializeError{Type: root.Type, Message: root.Message, Position: root.Position}
	}
	var statements []any
	if err := json.Unmarshal(root.Statements, &statements); err != nil {
		return nil, fmt.Errorf("read syntax tree: %w", err)
	}
	if len(statements) != 1 {
		return nil, ErrStatements
	}
	w := walker{tree: &Tree{}, parameters: map[string]struct{}{}}
	w.value(statements[0])
	w.tree.Parameters = slices.Sorted(maps.Keys(w.parameters))
	return w.tree, nil
}

// walker visits every value of a tree, whatever node it hangs on: a node kind
// that a later DuckDB adds cannot hide a function.
type walker struct {
	tree       *Tree
	parameters map[string]struct{}
}

func (w *walker) value(v any) {
	switch v := v.(type) {
	case map[string]any:
		w.object(v)
	case []any:
		for _, item := range v {
			w.value(item)
		}
	}
}

func (w *walker) object(o map[string]any) {
	kind := text(o, "type")
	table, isTable := o["function"].(map[string]any)
	isTable = isTable && kind == "TABLE_FUNCTION"
	switch {
	case isTable:
		w.function(table, true)
	case kind == "BASE_TABLE":
		w.table(o)
	case kind == "SHOW_REF" && o["query"] == nil:
		w.tree.Shows = append(w.tree.Shows, strings.Trim(text(o, "table_name"), `"`))
	case kind == "VALUE_PARAMETER":
		w.parameters[text(o, "identifier")] = struct{}{}
	}
	for key, v := range o {
		switch _, ok := v.(string); {
		case key == "function_name" && ok:
			w.function(o, false)
		case key == "function" && isTable:
			w.arguments(table)
		default:
			w.value(v)
		}
	}
}

// arguments visits what is below a table function's call, but not the call.
func (w *walker) arguments(call map[string]any) {
	for key, v := range call {
		if key != "function_name" {
			w.value(v)
		}
	}
}

func (w *walker) function(o map[string]any, table bool) {
	name := strings.ToLower(text(o, "function_name"))
	w.tree.Functions = append(w.tree.Functions, Use{Name: name, Table: table, Position: location(o)})
}

func (w *walker) table(o map[string]any) {
	w.tree.Tables = append(w.tree.Tables, TableUse{
		Name: query.TableName{
			Catalog: text(o, "catalog_name"), Schema: text(o, "schema_name"), Table: text(o, "table_name"),
		},
		Position: location(o),
	})
}

// FunctionNames lists the functions, sorted and unique.
func (t *Tree) FunctionNames() []string {
	seen := map[string]struct{}{}
	for _, f := range t.Functions {
		seen[f.Name] = struct{}{}
	}
	return slices.Sorted(maps.Keys(seen))
}

func text(o map[string]any, key string) string {
	s, _ := o[key].(string)
	return s
}

// location gives a node's byte offset. DuckDB writes its "unknown" as 2^64-1.
func location(o map[string]any) int {
	n, ok := o["query_location"].(float64)
	if !ok || n > 1<<31 {
		return -1
	}
	return int(n)
}
