package pgfunc

import (
	"testing"
	"time"

	"github.com/tavana/tavana/internal/vector"
)

// texts makes the row of a call with texts.
func callOf(values ...string) (*Row, func()) {
	columns := make([][]string, len(values))
	r := &Row{Zone: time.UTC}
	for i, v := range values {
		columns[i] = []string{v}
		r.Types = append(r.Types, &vector.Type{ID: vector.Varchar})
	}
	t := vector.NewTexts(columns...)
	r.Columns = t.Chunk.Columns
	return r, t.Free
}

// The whole of it is held against PostgreSQL in test/dialect; here are the forms
// that a change is likely to break.
func TestDateTemplates(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 2, 9, 14, 5, 6, 7_089_000, time.UTC)
	for template, want := range map[string]string{
		"YYYY-MM-DD HH24:MI:SS.US": "2024-02-09 14:05:06.007089",
		"FMDay, FMDDth FMMonth":    "Friday, 9th February",
		"Day|month|DY|Mon|rm":      "Friday   |february |FRI|Feb|ii  ",
		`"YYYY: "YYYY \"`:          `YYYY: 2024 "`,
		"HH12 am P.M. CC AD Q J":   "02 pm P.M. 21 AD 1 2460350",
		"IYYY-IW-ID Y,YYY":         "2024-06-5 2,024",
		"":                         "",
	} {
		var out Result
		if err := readTemplate(template).write(&out, ofTime(at, false)); err != nil || string(out.Text) != want {
			t.Errorf("template %q: %q %v, want %q", template, out.Text, err, want)
		}
	}
	var out Result
	if err := readTemplate("Month").write(&out, ofInterval(vector.Months{Months: 1})); err == nil {
		t.Error("an interval has no month's name, but none was missed")
	}
}

func TestNumberTemplatesRefuse(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"9.9.9": "multiple decimal points", "S9S": `cannot use "S" twice`, "9PR9": `"9" must be ahead of "PR"`,
		"9EEEE9": `"EEEE" must be the last pattern used`, "9V9.9": `cannot use "V" and decimal point together`,
		"S9PR": `cannot use "PR" and "S"/"PL"/"MI"/"SG" together`,
	} {
		if f := readNumberTemplate(template); f.err == nil || f.err.Error() != want {
			t.Errorf("template %q: %v, want %q", template, f.err, want)
		}
	}
}

func FuzzDateTemplates(f *testing.F) {
	f.Add("2024-02-09 14:05", "YYYY-MM-DD HH24:MI", int64(1), int32(5))
	f.Add("44 BC xii", `FX YYYY BC "x" RM TZH:TZM`, int64(-62_135_596_800_000_000), int32(-17))
	f.Fuzz(func(t *testing.T, text, format string, micros int64, months int32) {
		template := readTemplate(format)
		var out Result
		if err := template.write(&out, ofTime(time.UnixMicro(micros).UTC(), true)); err != nil {
			t.Errorf("a moment in %q: %v", format, err)
		}
		_ = template.write(&out, ofInterval(vector.Months{Months: months, Days: months, Micros: micros}))
		r, free := callOf(text, format)
		defer free()
		if toDate(r, &out) == nil && toTimestamp(r, &out) != nil {
			t.Errorf("%q as %q is a date and no timestamp", text, format)
		}
	})
}

func FuzzNumberTemplates(f *testing.F) {
	f.Add("-1234.5", "FM9,990.99S", "1234.50", true)
	f.Add("<12>", "L00V9PR", "0", false)
	f.Fuzz(func(t *testing.T, text, format, number string, negative bool) {
		template := readNumberTemplate(format)
		if template.err != nil {
			return
		}
		if len(number) > 0 && number[0] >= '0' && number[0] <= '9' {
			template.fillIn(nil, number, negative)
		}
		r, free := callOf(text, format)
		defer free()
		var out Result
		_ = toNumber(r, &out)
	})
}

func FuzzPatterns(f *testing.F) {
	f.Add("foobar", "o(.)b", "i")
	f.Add(`a\b`, `\y(a)|b\Z`, "gn")
	f.Fuzz(func(t *testing.T, text, expression, flags string) {
		r, free := callOf(text, expression, flags)
		defer free()
		var out Result
		like := regexpLike(r, &out)
		match := regexpMatch(r, &Result{})
		if like == nil && match == nil && out.Int == 0 && substring(r, &out) == nil && !out.Null {
			t.Errorf("%q matches %q in one way only", text, expression)
		}
	})
}
