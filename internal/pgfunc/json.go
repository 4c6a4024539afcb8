package pgfunc

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

func jsonContains(r *Row, out *Result) error  { return contains(r.Text(0), r.Text(1), out) }
func jsonContained(r *Row, out *Result) error { return contains(r.Text(1), r.Text(0), out) }

// contains tells whether one JSON text contains another, as jsonb's @> has it.
func contains(whole, part string, out *Result) error {
	a, err := readJSON(whole)
	if err != nil {
		return err
	}
	b, err := readJSON(part)
	if err != nil {
		return err
	}
	_, list := a.([]any)
	switch b.(type) {
	case map[string]any, []any:
	default: // an array contains a plain value as if that were an array
		if list {
			b = []any{b}
		}
	}
	if within(a, b) {
		out.Int = 1
	}
	return nil
}

func readJSON(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, errors.New("invalid input syntax for type json")
	}
	return v, nil
}

// within tells whether b's members are all in a.
func within(a, b any) bool {
	switch b := b.(type) {
	case map[string]any:
		object, ok := a.(map[string]any)
		for key, value := range b {
			other, has := object[key]
			ok = ok && has && within(other, value)
		}
		return ok
	case []any:
		list, ok := a.([]any)
		for _, value := range b {
			ok = ok && slices.ContainsFunc(list, func(e any) bool { return within(e, value) })
		}
		return ok
	}
	switch a.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}
