package client

import (
	"encoding/binary"
	"testing"

	"github.com/tavana/tavana/internal/frames"
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

func TestCheck(t *testing.T) {
	t.Parallel()
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
		"header and trailer":       {binaries, 1, join(message('d', "PGCOPY"), message('d', "1"), message('d', "\xff\xff")), true},
		"one too many":             {binaries, 0, join(message('d', ""), message('d', ""), message('d', "")), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := newChecker(2, c.form).check(c.rows, c.data); got != c.ok {
				t.Errorf("check gave %v", got)
			}
		})
	}
}

// TestCheckCountsAcrossFrames has one header per pull, in whichever frame.
func TestCheckCountsAcrossFrames(t *testing.T) {
	t.Parallel()
	c := newChecker(1, frames.Form{Encoding: frames.CopyCSV, Copy: frames.CopyOptions{Header: true}})
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
		if !newChecker(2, form).check(rows, data) {
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
