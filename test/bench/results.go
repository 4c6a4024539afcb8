package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// bar is what a figure is held against: at least, or at most, a value.
type bar struct {
	Value  float64 `json:"value,omitempty"` // zero: there is no bar
	AtMost bool    `json:"at_most,omitempty"`
}

func atLeast(v float64) bar { return bar{Value: v} }
func atMost(v float64) bar  { return bar{Value: v, AtMost: true} }

func (b bar) String() string {
	switch {
	case b.Value == 0:
		return ""
	case b.AtMost:
		return fmt.Sprintf("≤ %g", b.Value)
	default:
		return fmt.Sprintf("≥ %g", b.Value)
	}
}

func (b bar) holds(v float64) bool {
	if b.AtMost {
		return v <= b.Value
	}
	return v >= b.Value
}

// missed tells whether all rounds lie on the wrong side: what noise can explain
// is no failure.
func (b bar) missed(s spread) bool { return !b.holds(s.Min) && !b.holds(s.Max) }

// figure is one result: most are ratios, the median of the rounds' ratios.
type figure struct {
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Value spread `json:"value"`
	Must  bar    `json:"must"`
	Goal  bar    `json:"goal"`
}

// verdict says how the figure stands to its bars.
func (f figure) verdict() string {
	switch {
	case f.Goal.Value != 0 && f.Goal.holds(f.Value.Median):
		return "goal met"
	case f.Must.Value != 0 && f.Must.holds(f.Value.Median):
		return "must met, goal not"
	case f.Goal.Value == 0 && f.Must.Value == 0:
		return ""
	case f.Must.Value != 0 && f.Must.missed(f.Value):
		return "**missed**"
	case f.Must.Value == 0 && f.Goal.missed(f.Value):
		return "goal not met"
	default:
		return "within the noise of the bar"
	}
}

// measured is a value that figures are made of, or the physical limit beside
// them.
type measured struct {
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Value spread `json:"value"`
	Limit bool   `json:"limit,omitempty"`
}

// result is what a part found.
type result struct {
	Part    string     `json:"part"`
	Title   string     `json:"title"`
	How     string     `json:"how"`
	Date    string     `json:"date"`
	Commit  string     `json:"commit"`
	Rounds  int        `json:"rounds"`
	Figures []figure   `json:"figures"`
	Values  []measured `json:"values"`
}

func (r *result) figure(f figure) { r.Figures = append(r.Figures, f) }

func (r *result) value(name, unit string, s samples) {
	r.Values = append(r.Values, measured{Name: name, Unit: unit, Value: s.spread()})
	r.Rounds = max(r.Rounds, len(s))
}

func (r *result) limit(name, unit string, s samples) {
	r.value(name, unit, s)
	r.Values[len(r.Values)-1].Limit = true
}

// report is what is kept: the last result of each part.
type report struct {
	Machine  []string `json:"machine"`
	Versions []string `json:"versions"`
	Parts    []result `json:"parts"`
}

// readReport reads what earlier runs kept; nothing yet is an empty report.
func readReport(path string) (report, error) {
	var r report
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// put replaces a part's result; order is that of all parts.
func (r *report) put(n result, order []string) {
	known := map[string]result{}
	for _, p := range r.Parts {
		known[p.Part] = p
	}
	known[n.Part] = n
	r.Parts = r.Parts[:0]
	for _, name := range order {
		if p, ok := known[name]; ok {
			r.Parts = append(r.Parts, p)
		}
	}
}
