package encode_test

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
	"github.com/tavana/tavana/internal/worker/encode"
)

// texts makes a chunk of one column of text. The values are pinned until the
// test ends: the chunk's pointers to them are none for the garbage collector.
func texts(tb testing.TB, values ...string) ([]query.Column, []*vector.Type, *vector.Chunk) {
	tb.Helper()
	var pinned runtime.Pinner
	tb.Cleanup(pinned.Unpin)
	data := make([]vector.String, len(values))
	validity := uint64(0)
	for i, v := range values {
		if v != "<null>" {
			validity |= 1 << i
			text := append([]byte(v), 0)
			pinned.Pin(&text[0])
			data[i] = vector.NewString(text[:len(v)])
		}
	}
	return []query.Column{{Name: "a,b", Type: "VARCHAR"}},
		[]*vector.Type{{ID: vector.Varchar, Text: "VARCHAR"}},
		&vector.Chunk{Rows: len(values), Columns: []vector.Vector{{Data: unsafe.Pointer(&data[0]), Validity: &validity}}}
}

// payloads joins what is inside CopyData messages.
func payloads(t *testing.T, data []byte) string {
	t.Helper()
	var out []byte
	for len(data) > 0 {
		if data[0] != 'd' {
			t.Fatalf("message %q is no CopyData", data[0])
		}
		end := int(binary.BigEndian.Uint32(data[1:])) + 1
		out = append(out, data[5:end]...)
		data = data[end:]
	}
	return string(out)
}

func TestCopy(t *testing.T) {
	t.Parallel()
	null := "NIL"
	cases := map[string]struct {
		reason string
		form   frames.Form
		in     []string
		want   string
	}{
		"text": {
			reason: "what separates, and backslashes, are escaped",
			form:   frames.Form{Encoding: frames.CopyText},
			in:     []string{"plain", "<null>", "", "a\tb", "c\\d", "e\nf\r\v", "a long value that is not inlined\t"},
			want:   "plain\n\\N\n\na\\tb\nc\\\\d\ne\\nf\\r\\v\na long value that is not inlined\\t\n",
		},
		"text delimiter": {
			reason: "the delimiter of the options is escaped, the default one too, as a control character",
			form:   frames.Form{Encoding: frames.CopyText, Copy: frames.CopyOptions{Delimiter: "|", Null: &null}},
			in:     []string{"a|b", "<null>"},
			want:   "a\\|b\nNIL\n",
		},
		"csv": {
			reason: "quotes only where they must be; an empty text is not NULL",
			form:   frames.Form{Encoding: frames.CopyCSV, Copy: frames.CopyOptions{Header: true}},
			in:     []string{"plain", "<null>", "", "a,b", "c\"d", "e\nf", `\.`},
			want:   "\"a,b\"\nplain\n\n\"\"\n\"a,b\"\n\"c\"\"d\"\n\"e\nf\"\n\"\\.\"\n",
		},
		"csv forced": {
			reason: "NULL is never quoted",
			form: frames.Form{Encoding: frames.CopyCSV, Copy: frames.CopyOptions{
				ForceQuoteAll: true, Quote: "'", Escape: "\\", Null: &null,
			}},
			in:   []string{"it's", "<null>", "NIL"},
			want: "'it\\'s'\nNIL\n'NIL'\n",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			columns, types, chunk := texts(t, c.in...)
			enc, err := encode.New(columns, types, c.form)
			if err != nil {
				t.Fatal(err)
			}
			data, next, err := enc.Rows(enc.Header(nil), chunk, 0, chunk.Rows)
			if err != nil || next != chunk.Rows {
				t.Fatalf("stopped at %d: %v", next, err)
			}
			if diff := cmp.Diff(c.want, payloads(t, enc.Trailer(data))); diff != "" {
				t.Errorf("%s: %s", c.reason, diff)
			}
		})
	}
}

// TestFull: a frame that is full ends between rows, and the next one goes on
// there, also in another form.
func TestFull(t *testing.T) {
	t.Parallel()
	large := string(bytes.Repeat([]byte("x"), encode.Target))
	columns, types, chunk := texts(t, large, "second")
	enc, err := encode.New(columns, types, frames.Form{Encoding: frames.Rows})
	if err != nil {
		t.Fatal(err)
	}
	data, next, err := enc.Rows(nil, chunk, 0, 2)
	if err != nil || next != 1 || len(data) != 7+4+encode.Target {
		t.Fatalf("%d bytes up to row %d: %v", len(data), next, err)
	}
	data, next, err = enc.Rows(nil, chunk, 1, 2)
	if want := "D\x00\x00\x00\x10\x00\x01\x00\x00\x00\x06second"; err != nil || next != 2 || string(data) != want {
		t.Fatalf("%q up to row %d: %v", data, next, err)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	columns, types, chunk := texts(t, string(make([]byte, encode.MaxRow)))
	for _, encoding := range []frames.Encoding{frames.Rows, frames.CopyText, frames.CopyBinary} {
		enc, err := encode.New(columns, types, frames.Form{Encoding: encoding})
		if err != nil {
			t.Fatal(err)
		}
		before := []byte("kept")
		data, _, err := enc.Rows(before, chunk, 0, 1)
		if fault.KindOf(err) != fault.ProgramLimit || string(data) != "kept" {
			t.Errorf("encoding %d: %d bytes, %v", encoding, len(data), err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	columns, types, _ := texts(t, "x")
	cases := map[string]struct {
		form frames.Form
		want fault.Kind
	}{
		"no encoding":   {frames.Form{}, fault.Protocol},
		"many formats":  {frames.Form{Encoding: frames.Rows, Formats: []int16{0, 1}}, fault.Protocol},
		"format 2":      {frames.Form{Encoding: frames.Rows, Formats: []int16{2}}, fault.InvalidParameter},
		"zone":          {frames.Form{Encoding: frames.Rows, TimeZone: "Nowhere/At_All"}, fault.InvalidParameter},
		"quoted column": {frames.Form{Encoding: frames.CopyCSV, Copy: frames.CopyOptions{ForceQuote: []int{1}}}, fault.Protocol},
	}
	for name, c := range cases {
		if _, err := encode.New(columns, types, c.form); fault.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestCopyOfPlainTypes: a delimiter or a NULL that could be part of a number or
// a date is told from one.
func TestCopyOfPlainTypes(t *testing.T) {
	t.Parallel()
	columns, types, chunk := lineitem(t)
	plain, err := encode.New(columns, types, frames.Form{Encoding: frames.CopyCSV})
	if err != nil {
		t.Fatal(err)
	}
	read := func(enc *encode.Encoder, delimiter rune) [][]string {
		data, _, err := enc.Rows(nil, chunk, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(strings.NewReader(payloads(t, data)))
		r.Comma = delimiter
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatalf("delimiter %q: %v", delimiter, err)
		}
		return rows
	}
	want := read(plain, ',')
	for _, delimiter := range "0123456789-. :" {
		enc, err := encode.New(columns, types, frames.Form{
			Encoding: frames.CopyCSV, Copy: frames.CopyOptions{Delimiter: string(delimiter)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, read(enc, delimiter)); diff != "" {
			t.Fatalf("delimiter %q: %s", delimiter, diff)
		}
	}
	null := want[0][0]
	enc, err := encode.New(columns, types, frames.Form{Encoding: frames.CopyCSV, Copy: frames.CopyOptions{Null: &null}})
	if err != nil {
		t.Fatal(err)
	}
	data, _, err := enc.Rows(nil, chunk, 0, 1)
	if line := payloads(t, data); err != nil || !strings.HasPrefix(line, `"`+null+`",`) {
		t.Errorf("a value like NULL: %q, %v", line, err)
	}
}

// TestCopyBinary: the signature is no message of its own, also where there are no
// rows: clients read the first row behind it.
func TestCopyBinary(t *testing.T) {
	t.Parallel()
	const signature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	columns, types, chunk := texts(t, "a", "<null>")
	for rows, want := range map[int]string{
		0: "d\x00\x00\x00\x19" + signature + "\xff\xff",
		2: "d\x00\x00\x00\x1e" + signature + "\x00\x01\x00\x00\x00\x01a" + "d\x00\x00\x00\x0a\x00\x01\xff\xff\xff\xff" + "d\x00\x00\x00\x06\xff\xff",
	} {
		enc, err := encode.New(columns, types, frames.Form{Encoding: frames.CopyBinary})
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := enc.Rows(enc.Header(nil), chunk, 0, rows)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(enc.Trailer(data))); diff != "" {
			t.Errorf("%d rows: %s", rows, diff)
		}
	}
}
