package child

import (
	"html"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
)

// scrubber takes the paths of files out of plans: where data lies is not the
// business of those who may only query it.
type scrubber struct {
	paths *strings.Replacer
	last  *vector.Texts
}

const hidden = "(file)"

func newScrubber(tables []query.Table) *scrubber {
	escapes := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	known := map[string]bool{}
	for _, t := range tables {
		for _, f := range t.Files {
			known[f.Path] = true
			// What was cut off in a long list still has its folder.
			if dir := filepath.Dir(f.Path); dir != "/" {
				known[dir+"/"] = true
			}
		}
	}
	var forms []string
	for path := range known {
		forms = append(forms, path, escapes.Replace(path), // in JSON and Graphviz
			strings.ReplaceAll(path, `"`, `\\"`), // in Mermaid
			html.EscapeString(path))
	}
	// The longest first: a path must go before its folder does.
	slices.SortFunc(forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	pairs := make([]string, 0, 2*len(forms))
	for _, f := range slices.Compact(forms) {
		pairs = append(pairs, f, hidden)
	}
	return &scrubber{paths: strings.NewReplacer(pairs...)}
}

// chunk gives the same rows without paths, valid until the next call.
func (s *scrubber) chunk(c *vector.Chunk) *vector.Chunk {
	columns := make([][]string, len(c.Columns))
	for i := range columns {
		columns[i] = make([]string, c.Rows)
		for row := range c.Rows {
			text, _ := c.Text(i, row)
			columns[i][row] = s.text(string(text))
		}
	}
	s.close()
	s.last = vector.NewTexts(columns...)
	return &s.last.Chunk
}

func (s *scrubber) close() {
	if s != nil {
		s.last.Free()
	}
}

func (s *scrubber) text(plan string) string {
	return s.paths.Replace(boxes(plan))
}

const (
	border    = "│"
	fileNames = "Filename(s):"
)

// boxes empties the lists of file names in a drawing of boxes, where long paths
// go over several lines. Boxes stand side by side: what belongs together is
// found by the column at which it begins.
func boxes(plan string) string {
	if !strings.Contains(plan, border) {
		return plan
	}
	inside := map[int]bool{} // columns of cells that go on with file names
	lines := strings.Split(plan, "\n")
	for n, line := range lines {
		cells := strings.Split(line, border)
		if len(cells) == 1 {
			clear(inside)
			continue
		}
		column := 0
		for i, cell := range cells {
			text := strings.TrimSpace(cell)
			width := len([]rune(cell))
			switch {
			case text == "":
				delete(inside, column)
			case strings.HasPrefix(text, fileNames):
				inside[column] = true
				cells[i] = strings.Repeat(" ", width)
			case inside[column]:
				cells[i] = strings.Repeat(" ", width)
			}
			column += width + 1
		}
		lines[n] = strings.Join(cells, border)
	}
	return strings.Join(lines, "\n")
}
