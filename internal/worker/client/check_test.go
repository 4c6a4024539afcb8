package client

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/tavana/tavana/internal/arrowframe"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// row makes a DataRow with as many NULLs as fields.
func row(fields int) []byte {
	body := binary.BigEndian.AppendUint16(nil, uint16(fields))
	for range fields {
		body = append(body, 0xff, 0xff, 0xff, 0xff)
	}
	return message('D', string(body))
}

func message(kind byte, body string) []byte {
	out := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4))
	return append(out, body...)
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// checked makes a checker for columns of a type each.
func checked(tb testing.TB, form frames.Form, types ...string) *checker {
	tb.Helper()
	columns := make([]query.Column, len(types))
	for i, typ := range types {
		columns[i].Type = typ
	}
	c, err := newChecker(columns, form)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// batch makes the frame of one BIGINT and one VARCHAR of five bytes.
func batch(rows int64, offsets [2]uint32) []byte {
	const text = "seven"
	nodes := []arrowframe.Node{{Length: 1}, {Length: 1}}
	out := arrowframe.AppendDescription(nil, rows, nodes, []int{0, 8, 0, 8, len(text)})
	out = binary.LittleEndian.AppendUint64(out, 7)
	out = binary.LittleEndian.AppendUint32(out, offsets[0])
	out = binary.LittleEndian.AppendUint32(out, offsets[1])
	return append(out, (text + strings.Repeat("\x00", arrowframe.Padded(len(text))-len(text)))...)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	arrow := frames.Form{Encoding: frames.Arrow}
	good := batch(1, [2]uint32{0, 5})
	rows := frames.Form{Encoding: frames.Rows}
	text := frames.Form{Encoding: frames.CopyText}
	header := frames.Form{Encoding: frames.CopyCSV, Copy: frames.CopyOptions{Header: true}}
	binaries := frames.Form{Encoding: frames.CopyBinary}
	cases := map[string]struct {
		form frames.Form
		rows int64
		data []byte
		ok   bool
	}{
		"nothing":                  {rows, 0, nil, true},
		"two rows":                 {rows, 2, join(row(2), row(2)), true},
		"rows without messages":    {rows, 1, nil, false},
		"fewer messages than rows": {rows, 3, join(row(2), row(2)), false},
		"more messages than rows":  {rows, 1, join(row(2), row(2)), false},
		"negative rows":            {rows, -1, row(2), false},
		"too few fields":           {rows, 1, row(1), false},
		"too many fields":          {rows, 1, row(3), false},
		"second row is wrong":      {rows, 2, join(row(2), row(3)), false},
		"other kind":               {rows, 1, message('E', "SFATAL"), false},
		"copy among rows":          {rows, 2, join(row(2), message('d', "x")), false},
		"ready for query":          {rows, 2, join(row(2), message('Z', "I")), false},
		"no count of fields":       {rows, 1, message('D', ""), false},
		"cut header":               {rows, 1, row(2)[:4], false},
		"cut body":                 {rows, 1, row(2)[:9], false},
		"length below itself":      {rows, 1, []byte{'D', 0, 0, 0, 3, 0, 2}, false},
		"length of 4 GiB":          {rows, 1, []byte{'D', 0xff, 0xff, 0xff, 0xff, 0, 2}, false},
		"trailing byte":            {rows, 1, append(row(2), 'D'), false},
		"copy":                     {text, 2, join(message('d', "a\n"), message('d', "")), true},
		"row in a copy":            {text, 1, row(2), false},
		"end of copy":              {text, 1, join(message('d', "a\n"), message('c', "")), false},
		"no header was asked for":  {text, 1, join(message('d', "a\n"), message('d', "1\n")), false},
		"header":                   {header, 1, join(message('d', "a\n"), message('d', "1\n")), true},
		"two headers":              {header, 0, join(message('d', "a\n"), message('d', "b\n")), false},
		"trailer":                  {binaries, 1, join(message('d', "PGCOPY1"), message('d', "\xff\xff")), true},
		"batch":                    {arrow, 1, good, true},
		"batch of other rows":      {arrow, 2, good, false},
		"batch that says two rows": {arrow, 2, batch(2, [2]uint32{0, 5}), false},
		"two batches":              {arrow, 2, join(good, good), false},
		"cut batch":                {arrow, 1, good[:len(good)-8], false},
		"no batch":                 {arrow, 0, nil, false},
		"offset beyond the text":   {arrow, 1, batch(1, [2]uint32{0, 6}), false},
		"offsets that fall":        {arrow, 1, batch(1, [2]uint32{5, 0}), false},
		"row instead of a batch":   {arrow, 1, row(2), false},
		"one too many":             {binaries, 0, join(message('d', ""), message('d', "")), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := checked(t, c.form, "BIGINT", "VARCHAR").check(c.rows, c.data); got != c.ok {
				t.Errorf("check gave %v", got)
			}
		})
	}
}

// TestCheckRefuses: a column that Arrow has no type for is told before anything runs.
func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	_, err := newChecker([]query.Column{{Name: "a", Type: "GEOMETRY"}}, frames.Form{Encoding: frames.Arrow})
	if fault.KindOf(err) != fault.Unsupported {
		t.Error(err)
	}
}

// TestCheckCountsAcrossFrames has one header per pull, in whichever frame.
func TestCheckCountsAcrossFrames(t *testing.T) {
	t.Parallel()
	c := checked(t, frames.Form{Encoding: frames.CopyCSV, Copy: frames.CopyOptions{Header: true}}, "BIGINT")
	two := join(message('d', "a\n"), message('d', "1\n"))
	if !c.check(1, two) || !c.check(2, two) || c.check(1, two) {
		t.Error("a second header went through")
	}
}

// FuzzCheck compares with the plain rule: what passes is whole messages of one
// kind, as many as rows, of the right count of fields.
func FuzzCheck(f *testing.F) {
	f.Add(true, int64(2), join(row(2), row(2)))
	f.Add(false, int64(1), message('d', "a\n"))
	f.Add(true, int64(1), []byte{'D', 0xff, 0xff, 0xff, 0xff, 0, 2})
	f.Fuzz(func(t *testing.T, isRows bool, rows int64, data []byte) {
		form, kind := frames.Form{Encoding: frames.CopyText}, byte('d')
		if isRows {
			form, kind = frames.Form{Encoding: frames.Rows}, 'D'
		}
		if !checked(t, form, "BIGINT", "BIGINT").check(rows, data) {
			return
		}
		var n int64
		for rest := data; len(rest) > 0; n++ {
			size := int(binary.BigEndian.Uint32(rest[1:5])) + 1
			if rest[0] != kind || isRows && binary.BigEndian.Uint16(rest[5:7]) != 2 {
				t.Fatalf("message %d of %q passed", n, data)
			}
			rest = rest[size:]
		}
		if n != rows {
			t.Errorf("%d messages passed as %d rows", n, rows)
		}
	})
}
