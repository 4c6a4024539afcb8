package introspect

import "github.com/tavana/tavana/internal/fault"

// place is where a relation stands in the text.
type place struct {
	at, end     int
	name, alias string
	only        bool
}

// place puts the mirror's relations in their places: its views, or, where a
// statement asks for columns that only tables have, the queries of these views.
func (w *walker) place() {
	if w.physical && w.qualified { // what is put in its place has no schema
		w.unsupported("a system column, such as xmin, beside one with the schema of its table")
	}
	for _, p := range w.places {
		by := mirror + "." + quote(p.name)
		if w.physical && has(w.about.tables, p.name) {
			by = w.about.physical[p.name]
			row := p.alias
			if row == "" {
				row = p.name
				by += " AS " + quote(p.name)
			}
			_, whole := w.single[row]
			if w.stars || whole || p.only || w.about.physical[p.name] == "" {
				w.fail(fault.New(fault.Unsupported, "system columns, such as xmin, together with whole rows of table %q are not supported", p.name).
					WithHint("Name each column that is needed."), p.at)
			}
		}
		w.verdict.edits = append(w.verdict.edits, edit{p.at, p.end, by})
	}
}

// columns notes which kinds of columns are asked for.
func (w *walker) columns(n tree, parts []string) {
	list, _ := n["fields"].([]any)
	switch {
	case len(parts) < len(list):
		w.stars = true
	case systemColumn(parts[len(parts)-1]):
		w.physical = true
	case len(parts) == 1:
		w.single[parts[0]] = struct{}{}
	}
}

func systemColumn(name string) bool {
	switch name {
	case "tableoid", "cmax", "xmax", "cmin", "xmin", "ctid":
		return true
	}
	return false
}
