package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tavana/tavana/internal/testenv"
)

// benchmark is a query of TPC-H with its known answer at the sample's scale.
type benchmark struct {
	Number int    `json:"query_nr"`
	Query  string `json:"query"`
	Answer string `json:"answer"`
}

func benchmarks(t *testing.T) []benchmark {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testenv.Sample(t), "tpch.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []benchmark
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 22 {
		t.Fatalf("%d queries", len(all))
	}
	return all
}

func TestTPCH(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, b := range benchmarks(t) {
		t.Run(fmt.Sprintf("q%02d/text", b.Number), func(t *testing.T) {
			out, err := run(t, p, "psql", "-XA", "-F", "|", "-P", "footer=off", "-P", "null=NULL", "-c", b.Query)
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			compare(t, b.Answer, out)
		})
	}
	conn := connect(t, p)
	for _, b := range benchmarks(t) {
		t.Run(fmt.Sprintf("q%02d/binary", b.Number), func(t *testing.T) {
			rows, err := conn.Query(t.Context(), b.Query, pgx.QueryResultFormats{pgx.BinaryFormatCode})
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			var names []string
			for _, field := range rows.FieldDescriptions() {
				names = append(names, field.Name)
				if field.Format != pgx.BinaryFormatCode {
					t.Errorf("column %s came as text", field.Name)
				}
			}
			lines := []string{strings.Join(names, "|")}
			for rows.Next() {
				values, err := rows.Values()
				if err != nil {
					t.Fatal(err)
				}
				cells := make([]string, len(values))
				for i, value := range values {
					cells[i] = text(t, conn.TypeMap(), rows.FieldDescriptions()[i].DataTypeOID, value)
				}
				lines = append(lines, strings.Join(cells, "|"))
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			compare(t, b.Answer, strings.Join(lines, "\n"))
		})
	}
}

// text gives PostgreSQL's text form of a value that was read in binary.
func text(t *testing.T, types *pgtype.Map, oid uint32, value any) string {
	t.Helper()
	if value == nil {
		return "NULL"
	}
	out, err := types.Encode(oid, pgtype.TextFormatCode, value, nil)
	if err != nil {
		t.Fatalf("value %v of type %d: %v", value, oid, err)
	}
	return string(out)
}

// compare compares a result with the known answer: numbers as numbers (an
// answer leaves trailing zeros out; doubles to 12 digits), all else as text.
func compare(t *testing.T, want, got string) {
	t.Helper()
	wanted, had := strings.Split(strings.TrimRight(want, "\n"), "\n"), strings.Split(strings.TrimRight(got, "\n"), "\n")
	if len(wanted) != len(had) {
		t.Fatalf("%d lines, want %d\ngot  %.300q\nwant %.300q", len(had), len(wanted), got, want)
	}
	for i := 1; i < len(wanted); i++ { // the first line is names, which the answers shorten
		w, h := strings.Split(wanted[i], "|"), strings.Split(had[i], "|")
		if len(w) != len(h) {
			t.Fatalf("line %d: got %q, want %q", i, had[i], wanted[i])
		}
		for j := range w {
			if !same(w[j], h[j]) {
				t.Errorf("line %d, column %d: got %q, want %q", i, j+1, h[j], w[j])
			}
		}
	}
}

func same(want, got string) bool {
	if want == got || strings.TrimRight(want, " ") == strings.TrimRight(got, " ") {
		return true
	}
	w, okW := new(big.Rat).SetString(want)
	g, okG := new(big.Rat).SetString(got)
	if !okW || !okG {
		return false
	}
	if w.Cmp(g) == 0 {
		return true
	}
	// Only sums of doubles may differ, in their last digits: the order in which
	// threads add them is not fixed.
	if digits(want) < 15 {
		return false
	}
	difference := new(big.Rat).Abs(new(big.Rat).Sub(w, g))
	bound := new(big.Rat).Mul(new(big.Rat).Abs(w), big.NewRat(1, 1_000_000_000_000))
	return difference.Cmp(bound) <= 0
}

// digits counts the digits of a number.
func digits(text string) int {
	n := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}
