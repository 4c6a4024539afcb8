package session

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// dataRows writes rows of one text each.
func dataRows(values ...string) []byte {
	var b bytes.Buffer
	for _, v := range values {
		b.WriteByte('D')
		b.Write(binary.BigEndian.AppendUint32(nil, uint32(10+len(v))))
		b.Write([]byte{0, 1})
		b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(v))))
		b.WriteString(v)
	}
	return b.Bytes()
}

func TestOnlyValues(t *testing.T) {
	t.Parallel()
	want := []string{"a", "", "it's"}
	if got, err := onlyValues(dataRows(want...)); err != nil || !slices.Equal(got, want) {
		t.Errorf("values %q, %v, want %q", got, err, want)
	}
	null := append([]byte{'D', 0, 0, 0, 10, 0, 1}, 0xff, 0xff, 0xff, 0xff)
	for reason, data := range map[string][]byte{
		"cut off": dataRows("abc")[:12], "another message": append([]byte("C"), dataRows("abc")[1:]...), "NULL": null, "a head alone": {'D'},
	} {
		if got, err := onlyValues(data); err == nil {
			t.Errorf("%s: %q, want an error", reason, got)
		}
	}
}

func FuzzOnlyValues(f *testing.F) {
	f.Add(dataRows("a", "bc"))
	f.Add([]byte{'D', 0xff, 0xff, 0xff, 0xff, 0, 1, 0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := onlyValues(data)
		if err == nil && !bytes.Equal(withoutFields(data), withoutFields(dataRows(values...))) {
			t.Errorf("%x was read as %q", data, values)
		}
	})
}

// withoutFields leaves out the number of fields, which the checker of frames
// has looked at.
func withoutFields(data []byte) []byte {
	out := bytes.Clone(data)
	for at := 0; at+11 <= len(out); at += 1 + int(binary.BigEndian.Uint32(out[at+1:])) {
		out[at+5], out[at+6] = 0, 0
	}
	return out
}
