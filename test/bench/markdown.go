package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// What is between the marks is written by the program, the rest by hand.
const (
	opening = "<!-- what follows is written by `make bench` -->"
	closing = "<!-- what was written by `make bench` ends here -->"
)

const preface = "# Benchmarks\n\n"

// write writes the report as JSON, Markdown and SVG.
func (r *report) write(base string) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	before, after := preface, "\n"
	text, err := os.ReadFile(base + ".md")
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		var ok bool
		if before, after, ok = strings.Cut(string(text), opening); !ok {
			return fmt.Errorf("%s.md has no line %s", base, opening)
		}
		if _, after, ok = strings.Cut(after, closing); !ok {
			return fmt.Errorf("%s.md has no line %s", base, closing)
		}
	}
	page := before + opening + "\n\n" + r.markdown(filepath.Base(base)) + "\n" + closing + after
	for suffix, content := range map[string]string{".json": string(data) + "\n", ".md": page, ".svg": r.plot()} {
		if err := os.WriteFile(base+suffix, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) markdown(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Machine: %s.\n", strings.Join(r.Machine, "; "))
	fmt.Fprintf(&b, "Versions: %s.\n\n", strings.Join(r.Versions, "; "))
	fmt.Fprintf(&b, "![Each figure as a share of its goal](%s.svg)\n", name)
	for i := range r.Parts {
		r.Parts[i].markdown(&b)
	}
	return b.String()
}

func (r *result) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n%s, commit %s, %d rounds.\n\n", r.Title, r.How, r.Date, r.Commit, r.Rounds)
	if len(r.Figures) > 0 {
		b.WriteString("| figure | median | min to max | must | goal | verdict |\n|---|---:|---:|---:|---:|---|\n")
	}
	for _, f := range r.Figures {
		fmt.Fprintf(b, "| %s | **%s** | %s | %s | %s | %s |\n", f.Name, quantity(f.Value.Median, f.Unit),
			ranged(f.Value), f.Must, f.Goal, f.verdict())
	}
	if len(r.Values) > 0 {
		b.WriteString("\n| measured | median | min to max |\n|---|---:|---:|\n")
	}
	for _, v := range r.Values {
		name := v.Name
		if v.Limit {
			name += " (the limit)"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, quantity(v.Value.Median, v.Unit), ranged(v.Value))
	}
}

func ranged(s spread) string {
	if s.Min == s.Max {
		return ""
	}
	return digits(s.Min) + " to " + digits(s.Max)
}

func quantity(v float64, unit string) string {
	if unit == "x" {
		return digits(v) + "x"
	}
	return digits(v) + " " + unit
}

// digits gives three significant ones, more where they stand before the point.
func digits(v float64) string {
	switch magnitude := max(v, -v); {
	case magnitude >= 100:
		return fmt.Sprintf("%.0f", v)
	case magnitude >= 10:
		return fmt.Sprintf("%.1f", v)
	case magnitude >= 1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}
