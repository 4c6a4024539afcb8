package main

import (
	"fmt"
	"html"
	"strings"
)

// The plot's measures, in pixels.
const (
	plotWidth  = 900
	plotLine   = 22
	plotLabels = 470
	plotGoal   = 650 // where a figure is at its goal
	plotTop    = 40
)

// plot draws each figure as a share of its goal, from the worst round to the
// best: right of the line is better.
func (r *report) plot() string {
	var rows strings.Builder
	y := plotTop
	for _, p := range r.Parts {
		for _, f := range p.Figures {
			if f.Goal.Value == 0 || f.Value.Median == 0 {
				continue
			}
			drawn(&rows, f, y)
			y += plotLine
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		plotWidth, y+plotLine)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	fmt.Fprintf(&b, `<text x="%d" y="20" text-anchor="middle">goal</text>`+"\n", plotGoal)
	b.WriteString(rows.String())
	fmt.Fprintf(&b, `<line x1="%[1]d" y1="26" x2="%[1]d" y2="%[2]d" stroke="#333333" stroke-dasharray="4 3"/>`+"\n", plotGoal, y)
	b.WriteString("</svg>\n")
	return b.String()
}

// drawn draws one figure: a bar up to the median, a line over the rounds.
func drawn(b *strings.Builder, f figure, y int) {
	share := func(v float64) float64 {
		if f.Goal.AtMost {
			v, goal := max(v, f.Goal.Value/10), f.Goal.Value
			return min(goal/v, 1.35)
		}
		return min(max(v, 0)/f.Goal.Value, 1.35)
	}
	at := func(v float64) float64 { return plotLabels + share(v)*(plotGoal-plotLabels) }
	color := "#c0392b"
	switch f.verdict() {
	case "goal met":
		color = "#2e8b57"
	case "must met, goal not", "within the noise of the bar":
		color = "#d4a017"
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", plotLabels-8, y+12, html.EscapeString(f.Name))
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="14" fill="%s"/>`+"\n", plotLabels, y, at(f.Value.Median)-plotLabels, color)
	low, high := at(f.Value.Min), at(f.Value.Max)
	fmt.Fprintf(b, `<line x1="%.1f" y1="%[3]d" x2="%.1[2]f" y2="%[3]d" stroke="#222222" stroke-width="2"/>`+"\n", min(low, high), max(low, high), y+7)
	fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`+"\n", max(at(f.Value.Median), low, high)+6, y+12, html.EscapeString(quantity(f.Value.Median, f.Unit)))
}
