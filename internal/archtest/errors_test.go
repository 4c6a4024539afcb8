package archtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/testenv"
)

// TestErrorsAreDocumented compares docs/errors.md with the closed list of
// kinds, both ways.
func TestErrorsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(testenv.Root(t), "docs", "errors.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[fault.Kind]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue
		}
		kind := fault.Kind(strings.Trim(strings.TrimSpace(cells[2]), "`"))
		if kind.Known() {
			documented[kind] = strings.TrimSpace(cells[1])
		} else if strings.HasPrefix(strings.TrimSpace(cells[2]), "`") {
			t.Errorf("%s is documented and does not exist", kind)
		}
	}
	for _, kind := range fault.Kinds() {
		if documented[kind] != kind.SQLSTATE() {
			t.Errorf("%s: documented as %q, is %s", kind, documented[kind], kind.SQLSTATE())
		}
	}
}
