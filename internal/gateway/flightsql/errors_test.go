package flightsql

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tavana/tavana/internal/fault"
)

// TestCodesAreDocumented compares the codes with docs/errors.md: every kind has one,
// and the one that is written there.
func TestCodesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "errors.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[fault.Kind]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) > 6 {
			documented[fault.Kind(strings.Trim(cells[2], " `"))] = strings.Trim(cells[5], " `")
		}
	}
	for _, kind := range fault.Kinds() {
		code, known := grpcCodes[kind]
		var named codes.Code
		if err := named.UnmarshalJSON([]byte(`"` + documented[kind] + `"`)); err != nil || !known || named != code {
			t.Errorf("%s: documented as %q, is %v (%v)", kind, documented[kind], code, err)
		}
	}
}

// TestStatus: what a client reads, and what it does not.
func TestStatus(t *testing.T) {
	t.Parallel()
	m, err := newMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{metrics: m, config: Config{}.WithDefaults()}
	is := func(err error) *status.Status { return status.Convert(s.statusError(t.Context(), err)) }

	full := is(fault.New(fault.UndefinedTable, "table %q does not exist", "x").WithDetail("d").WithHint("h").WithPosition(7))
	if full.Code() != codes.NotFound || full.Message() != "table \"x\" does not exist\nDETAIL: d\nHINT: h\nPOSITION: 7\nSQLSTATE: 42P01" {
		t.Errorf("a fault: %v, %q", full.Code(), full.Message())
	}
	if len(full.Details()) != 1 {
		t.Errorf("details: %v", full.Details())
	}
	if again := is(fault.New(fault.QueueFull, "full")); len(again.Details()) != 2 {
		t.Errorf("details of what may be tried again: %v", again.Details())
	}
	if secret := is(errors.New("/home/secret: no such file")); strings.Contains(secret.Message(), "secret") || secret.Code() != codes.Internal {
		t.Errorf("an error that nobody explained: %q", secret.Message())
	}
	if long := is(fault.New(fault.DataException, "%s", strings.Repeat("é\x00\xff", 5000))); len(long.Message()) > maxStatus || !strings.HasSuffix(long.Message(), "SQLSTATE: 22000") {
		t.Errorf("a long text has %d bytes", len(long.Message()))
	}
	if own := is(status.Error(codes.Canceled, "x")); own.Code() != codes.Canceled || own.Message() != "x" {
		t.Errorf("the library's own: %v", own)
	}
	if junk := is(status.Error(codes.InvalidArgument, "proto: bytes")); junk.Code() != codes.InvalidArgument || strings.Contains(junk.Message(), "proto") {
		t.Errorf("what the library could not read: %v", junk)
	}
	if s.statusError(t.Context(), nil) != nil {
		t.Error("nil is an error")
	}
}
