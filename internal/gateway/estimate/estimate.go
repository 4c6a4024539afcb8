// Package estimate gives an execution its size before it runs: from DuckDB's
// plan, its cardinalities and the sizes of files, with fixed factors. It has
// learned nothing yet and says so: its confidence is low, and what it gets
// wrong is caught by spilling and by the kernel's limit.
package estimate

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/tavana/tavana/internal/query"
)

// Config bounds what is given.
type Config struct {
	Least   int64 // bytes of memory for the smallest query; default 256 MiB
	Most    int64 // bytes of memory for the largest; required
	Threads int   // a query; default the machine's processors
	Temp    int64 // bytes of spill space a query; default 16 GiB
}

// WithDefaults returns c with what was left out.
func (c Config) WithDefaults() Config {
	if c.Least <= 0 {
		c.Least = 256 << 20
	}
	if c.Threads <= 0 {
		c.Threads = runtime.NumCPU()
	}
	if c.Temp <= 0 {
		c.Temp = 16 << 30
	}
	c.Least = min(c.Least, c.Most)
	return c
}

// The factors. They are rough on purpose; a row's width is not in the plan.
const (
	process     = 96 << 20 // of DuckDB itself, with its buffers for results
	rowWidth    = 48       // bytes a row that an operator keeps
	hashFactor  = 2        // a hash table over its rows
	scanBuffers = 24 << 20 // a thread that reads a file
)

// Estimator sizes executions.
type Estimator struct{ cfg Config }

// New makes an Estimator.
func New(cfg Config) *Estimator { return &Estimator{cfg: cfg.WithDefaults()} }

// Estimate sizes one execution. Its Steps tell how, in words.
func (e *Estimator) Estimate(facts *query.Facts, tables []query.Table) query.Estimate {
	w := walk{}
	w.add(process, "the process itself")
	w.node(facts.Plan)
	out := query.Estimate{
		Threads: e.cfg.Threads, Temp: e.cfg.Temp, Rows: -1, Scan: 0, Confidence: 0.2,
	}
	if facts.Kind == query.Select && streams(facts.Plan, tables) {
		out.Threads = 1
		w.add(0, "one thread: rows go from the files to the client as they are")
	}
	if len(tables) > 0 {
		w.add(int64(out.Threads)*scanBuffers, "buffers of %d threads that read files", out.Threads)
	}
	for _, t := range tables {
		out.Scan += t.Bytes
	}
	if facts.Plan == nil {
		w.add(0, "no plan: only sizes of files are known")
		w.add(out.Scan/4, "a quarter of the files' %s", size(out.Scan))
		out.Confidence = 0.1
	} else if facts.Kind != query.Explain {
		out.Rows = facts.Plan.Cardinality
	}
	out.Memory = e.class(w.memory)
	w.steps = append(w.steps, fmt.Sprintf("together %s, given %s", size(w.memory), size(out.Memory)))
	out.Steps = w.steps
	return out
}

// class rounds up to the least memory times a power of two, within the most.
func (e *Estimator) class(need int64) int64 {
	given := e.cfg.Least
	for given < need && given < e.cfg.Most {
		given *= 2
	}
	return min(given, e.cfg.Most)
}

// walk adds up what operators keep.
type walk struct {
	memory int64
	steps  []string
}

func (w *walk) add(bytes int64, why string, args ...any) {
	w.memory += bytes
	w.steps = append(w.steps, fmt.Sprintf(why, args...)+": "+size(bytes))
}

func (w *walk) node(n *query.PlanNode) {
	if n == nil {
		return
	}
	rows, what := kept(n)
	if bytes := need(rows, n.Operator); bytes > 1<<20 {
		w.add(bytes, "%s of %d rows", what, rows)
	}
	for _, child := range n.Children {
		w.node(child)
	}
}

// need gives the bytes for rows that an operator keeps, without overflow.
func need(rows int64, operator string) int64 {
	width := int64(rowWidth)
	if strings.HasPrefix(operator, "HASH") || strings.Contains(operator, "DISTINCT") {
		width *= hashFactor
	}
	const most = 1 << 50
	return min(rows, most/width) * width
}

// kept gives the rows that an operator holds at once, and what it does.
func kept(n *query.PlanNode) (rows int64, what string) {
	operator := strings.ToUpper(n.Operator)
	switch {
	case strings.Contains(operator, "JOIN"), strings.Contains(operator, "CROSS_PRODUCT"):
		// The right side is the one that is built.
		if len(n.Children) == 2 {
			return max(n.Children[1].Cardinality, 0), "the built side of a join"
		}
	case strings.Contains(operator, "GROUP_BY"), strings.Contains(operator, "DISTINCT"):
		return max(n.Cardinality, 0), "groups"
	case operator == "ORDER_BY", strings.Contains(operator, "WINDOW"):
		return input(n), "sorted rows"
	case strings.Contains(operator, "CTE"), strings.Contains(operator, "MATERIALIZE"):
		return input(n), "rows of a common table expression"
	}
	return 0, ""
}

// input gives the rows that come into an operator.
func input(n *query.PlanNode) int64 {
	rows := max(n.Cardinality, 0)
	for _, child := range n.Children {
		rows = max(rows, child.Cardinality)
	}
	return rows
}

func size(bytes int64) string {
	if bytes >= 10<<30 {
		return fmt.Sprintf("%d GiB", bytes>>30)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}
