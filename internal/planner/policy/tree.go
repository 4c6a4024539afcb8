package policy

import (
	"bytes"
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
	Labels     []Label  // of the outermost select list
}

// TableUse is a table's name as the statement spells it; parts may be empty.
type TableUse struct {
	Name     query.TableName
	Position int // byte offset; -1 unknown
}

// SerializeError is DuckDB's own reason for giving no tree.
type SerializeError struct {
	Type    string // such as "parser" or "not implemented"
	Message string
}

// Error gives DuckDB's message.
func (e *SerializeError) Error() string { return e.Message }

// ErrStatements tells that a text was not exactly one statement.
var ErrStatements = fmt.Errorf("not exactly one statement")

// Parse reads the result of DuckDB's json_serialize_sql over one statement.
func Parse(serialized []byte) (*Tree, error) {
	w := walker{decoder: json.NewDecoder(bytes.NewReader(serialized)), tree: &Tree{}, parameters: map[string]struct{}{}}
	root, err := w.value("")
	if err != nil {
		return nil, fmt.Errorf("read syntax tree: %w", err)
	}
	if root.failed {
		return nil, &SerializeError{Type: root.texts["error_type"], Message: root.texts["error_message"]}
	}
	if w.statements != 1 {
		return nil, ErrStatements
	}
	w.tree.Labels = Labels(serialized)
	w.tree.Parameters = slices.Sorted(maps.Keys(w.parameters))
	return w.tree, nil
}

// walker visits every value of a tree, whatever node it hangs on: a node kind
// that a later DuckDB adds cannot hide a function. It keeps only what it looks
// for: a tree is a hundred times its statement.
type walker struct {
	decoder    *json.Decoder
	tree       *Tree
	parameters map[string]struct{}
	statements int
}

// node is what is kept of an object until its end.
type node struct {
	texts    map[string]string
	location int
	call     int  // index of the function under "function"; -1: none
	function int  // index of the function that this object is; -1: none
	query    bool // "query" is an object
	failed   bool
	scalar   any // what a plain value is
}

func newNode() node { return node{location: -1, call: -1, function: -1} }

// value reads the next value, which stands under key. Only of an object is the
// node meaningful.
func (w *walker) value(key string) (node, error) {
	n := newNode()
	token, err := w.decoder.Token()
	if err != nil {
		return n, err //nolint:wrapcheck // wrapped once, by Parse
	}
	switch token {
	case json.Delim('{'):
		return w.object()
	case json.Delim('['):
		for w.decoder.More() {
			if key == "statements" {
				w.statements++
			}
			if _, err := w.value(""); err != nil {
				return n, err
			}
		}
		_, err := w.decoder.Token()
		return n, err //nolint:wrapcheck // wrapped once, by Parse
	}
	n.scalar = token
	return n, nil
}

func (w *walker) object() (node, error) {
	n := newNode()
	for w.decoder.More() {
		token, err := w.decoder.Token()
		if err != nil {
			return n, err //nolint:wrapcheck // wrapped once, by Parse
		}
		key, _ := token.(string)
		if err := w.member(&n, key); err != nil {
			return n, err
		}
	}
	w.end(&n)
	_, err := w.decoder.Token()
	return n, err //nolint:wrapcheck // wrapped once, by Parse
}

// member reads the value of one key of an object.
func (w *walker) member(n *node, key string) error {
	child, err := w.value(key)
	switch key {
	case "type", "function_name", "catalog_name", "schema_name", "table_name", "identifier",
		"error_type", "error_message", "query_location", "error":
		n.keep(key, child.scalar)
	case "function":
		n.call = child.function
	case "query":
		n.query = child.texts != nil
	}
	return err
}

// keep remembers a plain value.
func (n *node) keep(key string, raw any) {
	if n.texts == nil {
		n.texts = map[string]string{}
	}
	switch v := raw.(type) {
	case string:
		n.texts[key] = v
	case bool:
		n.failed = n.failed || (key == "error" && v)
	case float64: // DuckDB writes its "unknown" as 2^64-1
		if key == "query_location" && v < 1<<31 {
			n.location = int(v)
		}
	}
}

// end takes what an object names into the tree.
func (w *walker) end(n *node) {
	kind := n.texts["type"]
	if name, ok := n.texts["function_name"]; ok {
		n.function = len(w.tree.Functions)
		w.tree.Functions = append(w.tree.Functions, Use{Name: strings.ToLower(name), Position: n.location})
	}
	switch {
	case kind == "TABLE_FUNCTION" && n.call >= 0:
		w.tree.Functions[n.call].Table = true
	case kind == "BASE_TABLE":
		w.tree.Tables = append(w.tree.Tables, TableUse{
			Name: query.TableName{
				Catalog: n.texts["catalog_name"], Schema: n.texts["schema_name"], Table: n.texts["table_name"],
			},
			Position: n.location,
		})
	case kind == "SHOW_REF" && !n.query:
		w.tree.Shows = append(w.tree.Shows, strings.Trim(n.texts["table_name"], `"`))
	case kind == "VALUE_PARAMETER":
		w.parameters[n.texts["identifier"]] = struct{}{}
	}
}

// FunctionNames lists the functions, sorted and unique.
func (t *Tree) FunctionNames() []string {
	seen := map[string]struct{}{}
	for _, f := range t.Functions {
		seen[f.Name] = struct{}{}
	}
	return slices.Sorted(maps.Keys(seen))
}
