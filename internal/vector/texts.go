package vector

import (
	"runtime"
	"unsafe"
)

// Text gives the value of a Varchar column, borrowed from the chunk; false:
// there is none.
func (c *Chunk) Text(column, row int) ([]byte, bool) {
	v := &c.Columns[column]
	if !v.Valid(row) {
		return nil, false
	}
	return (*String)(unsafe.Add(v.Data, uintptr(row)*unsafe.Sizeof(String{}))).Bytes(), true
}

// Texts is a chunk of Varchar columns in Go memory, valid until Free.
type Texts struct {
	Chunk Chunk
	pins  runtime.Pinner
}

// NewTexts makes a chunk of columns of equal length, all values set.
func NewTexts(columns ...[]string) *Texts {
	t := &Texts{}
	for _, values := range columns {
		data := make([]String, max(len(values), 1))
		for i, v := range values {
			text := []byte(v)
			if len(text) > 0 {
				t.pins.Pin(&text[0])
			}
			data[i] = NewString(text)
		}
		t.pins.Pin(&data[0])
		t.Chunk.Rows = len(values)
		t.Chunk.Columns = append(t.Chunk.Columns, Vector{Data: unsafe.Pointer(&data[0])})
	}
	return t
}

// Free lets the memory go. Safe to call twice, and on nil.
func (t *Texts) Free() {
	if t != nil {
		t.pins.Unpin()
	}
}
