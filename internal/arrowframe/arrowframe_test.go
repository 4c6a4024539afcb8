package arrowframe_test

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tavana/tavana/internal/arrowframe"
	"github.com/tavana/tavana/internal/arrowtype"
	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/testenv"
)

// samples are values of every layout, as JSON.
func samples() []struct{ typ, values string } {
	return []struct{ typ, values string }{
		{`"NULL"`, `[null, null]`},
		{"BOOLEAN", `[true, false, null, true, true, false, true, null, true]`},
		{"TINYINT", `[1, -128, 127]`},
		{"UBIGINT", `[1, null, 18446744073709551615]`},
		{"DOUBLE", `[1.5, null]`},
		{"DECIMAL(20,2)", `["1.50", null, "-123456789012345678.99"]`},
		{"DATE", `["2020-01-02", null]`},
		{"TIME", `["01:02:03", null]`},
		{"TIMESTAMP_NS", `["2020-01-02 03:04:05.123456789", null]`},
		{"TIMESTAMP WITH TIME ZONE", `["2020-01-02T03:04:05Z", null]`},
		{"INTERVAL", `[{"months": 1, "days": 2, "nanoseconds": 3}, null]`},
		{"VARCHAR", `["a", null, "", "a longer text"]`},
		{"BLOB", `["YWI=", null]`},
		{"INTEGER[]", `[[1, null, 3], null, [], [4]]`},
		{"VARCHAR[2]", `[["a", null], null, ["b", "cc"]]`},
		{"STRUCT(a INTEGER, b VARCHAR[])", `[{"a": 1, "b": ["x"]}, null, {"a": null, "b": null}]`},
		{"MAP(VARCHAR, DOUBLE)", `[[{"key": "a", "value": 1}, {"key": "b", "value": null}], null, []]`},
		{"STRUCT(a MAP(INTEGER, STRUCT(b BOOLEAN, c TINYINT[3]))[])[]", `[[{"a": [[{"key": 1, "value": {"b": true, "c": [1, 2, null]}}], null]}], null]`},
	}
}

func schemaOf(tb testing.TB, types ...string) *arrow.Schema {
	tb.Helper()
	var columns []query.Column
	for _, typ := range types {
		columns = append(columns, query.Column{Name: "c", Type: typ})
	}
	schema, err := arrowtype.Schema(columns, "")
	if err != nil {
		tb.Fatal(err)
	}
	return schema
}

// union gives an array of a union, which has no JSON.
func union(tb testing.TB) arrow.Array {
	tb.Helper()
	b := array.NewSparseUnionBuilder(memory.DefaultAllocator, schemaOf(tb, "UNION(n BIGINT, s VARCHAR)").Field(0).Type.(*arrow.SparseUnionType))
	b.Append(0)
	b.Child(0).(*array.Int64Builder).Append(5)
	b.Child(1).AppendNull()
	b.Append(1)
	b.Child(0).AppendNull()
	b.Child(1).(*array.StringBuilder).Append("text")
	return b.NewArray()
}

// arrays gives the samples.
func arrays(tb testing.TB) []arrow.Array {
	tb.Helper()
	all := []arrow.Array{union(tb)}
	for _, s := range samples() {
		a, _, err := array.FromJSON(memory.DefaultAllocator, schemaOf(tb, s.typ).Field(0).Type, strings.NewReader(s.values))
		if err != nil {
			tb.Fatalf("%s: %v", s.typ, err)
		}
		all = append(all, a)
	}
	return all
}

// parts are what a frame is made of.
type parts struct {
	rows    int64
	nodes   []arrowframe.Node
	lengths []int
	body    []byte
}

func (p *parts) add(a arrow.ArrayData) {
	nulls := a.NullN()
	if a.DataType().ID() == arrow.NULL {
		p.nodes = append(p.nodes, arrowframe.Node{Length: int64(a.Len()), Nulls: int64(a.Len())})
		return
	}
	p.nodes = append(p.nodes, arrowframe.Node{Length: int64(a.Len()), Nulls: int64(nulls)})
	buffers := a.Buffers()
	if a.DataType().ID() == arrow.SPARSE_UNION {
		buffers = buffers[1:]
	}
	for i, b := range buffers {
		var data []byte
		if b != nil {
			data = b.Bytes()
		}
		if bitmap := (a.Len() + 7) / 8; i == 0 && len(data) > bitmap && a.DataType().ID() != arrow.SPARSE_UNION {
			data = data[:bitmap]
		}
		if i == 0 && nulls == 0 && a.DataType().ID() != arrow.SPARSE_UNION {
			data = nil
		}
		p.lengths = append(p.lengths, len(data))
		p.body = append(append(p.body, data...), make([]byte, arrowframe.Padded(len(data))-len(data))...)
	}
	for _, c := range a.Children() {
		p.add(c)
	}
}

func (p *parts) frame() []byte {
	return append(arrowframe.AppendDescription(nil, p.rows, p.nodes, p.lengths), p.body...)
}

func partsOf(columns ...arrow.Array) *parts {
	p := &parts{rows: int64(columns[0].Len())}
	for _, c := range columns {
		p.add(c.Data())
	}
	return p
}

// TestEveryLayout: what goes in is what a client reads, for each type alone, in
// memory of any alignment.
func TestEveryLayout(t *testing.T) {
	t.Parallel()
	for _, a := range arrays(t) {
		t.Run(a.DataType().String(), func(t *testing.T) {
			t.Parallel()
			schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: a.DataType(), Nullable: true}}, nil)
			frame := partsOf(a).frame()
			shifted := append(make([]byte, 1), frame...)[1:]
			batches, err := testenv.ReadArrow(schema, frame, shifted)
			if err != nil || len(batches) != 2 {
				t.Fatalf("%d batches: %v", len(batches), err)
			}
			for _, b := range batches {
				if !array.Equal(a, b.Column(0)) {
					t.Errorf("got %v, want %v", b.Column(0), a)
				}
			}
		})
	}
}

// TestMalformed changes one thing of a good frame.
func TestMalformed(t *testing.T) {
	t.Parallel()
	const types = "INTEGER|VARCHAR|STRUCT(a VARCHAR[])|BOOLEAN[2]|NULL|MAP(VARCHAR, INTEGER)|UNION(n BIGINT, s VARCHAR)"
	values := []string{
		`[1, null]`, `["ab", null]`, `[{"a": ["x", "yz"]}, null]`, `[[true, null], [false, true]]`, `[null, null]`,
		`[[{"key": "k", "value": 1}], []]`,
	}
	names := strings.Split(types, "|")
	schema := schemaOf(t, names...)
	layout, err := arrowframe.NewLayout(schema)
	if err != nil {
		t.Fatal(err)
	}
	var columns []arrow.Array
	for i, v := range values {
		a, _, err := array.FromJSON(memory.DefaultAllocator, schema.Field(i).Type, strings.NewReader(v))
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, a)
	}
	columns = append(columns, union(t))
	// Fields: 0 int, 1 text, 2 struct, 3 list, 4 text, 5 array, 6 bool, 7 null, 8 map,
	// 9 entries, 10 key, 11 value, 12 union, 13 number, 14 text.
	// Buffers: 0-1 int, 2-4 text, 5 struct, 6-7 list, 8-10 text, 11 array, 12-13 bool,
	// 14-15 map, 16 entries, 17-19 key, 20-21 value, 22 ids.
	body := func(p *parts, buffer int) []byte {
		at := 0
		for _, n := range p.lengths[:buffer] {
			at += arrowframe.Padded(n)
		}
		return p.body[at : at+p.lengths[buffer]]
	}
	offset := func(buffer, index int, value uint32) func(p *parts) {
		return func(p *parts) { binary.LittleEndian.PutUint32(body(p, buffer)[4*index:], value) }
	}
	cases := map[string]struct {
		change func(p *parts)
		late   bool // Parse lets it through, Check does not
	}{
		"rows":                      {change: func(p *parts) { p.rows = 3 }},
		"rows below zero":           {change: func(p *parts) { p.rows = -1 }},
		"length of a column":        {change: func(p *parts) { p.nodes[0].Length = 1 }},
		"length beyond 31 bits":     {change: func(p *parts) { p.rows, p.nodes[7] = 1<<31, arrowframe.Node{Length: 1 << 31, Nulls: 1 << 31} }},
		"length of a member":        {change: func(p *parts) { p.nodes[3].Length = 1 }},
		"length of a fixed list":    {change: func(p *parts) { p.nodes[6].Length = 3 }},
		"length of a union member":  {change: func(p *parts) { p.nodes[13].Length = 1 }},
		"more nulls than values":    {change: func(p *parts) { p.nodes[0].Nulls = 3 }},
		"nulls without a bitmap":    {change: func(p *parts) { p.nodes[10].Nulls = 1 }},
		"nulls of a union":          {change: func(p *parts) { p.nodes[12].Nulls = 1 }},
		"nulls of type null":        {change: func(p *parts) { p.nodes[7].Nulls = 1 }},
		"nulls of entries":          {change: func(p *parts) { p.nodes[9].Nulls = 1 }},
		"no bitmap":                 {change: func(p *parts) { p.lengths[0] = 0; p.body = p.body[8:] }},
		"short values":              {change: func(p *parts) { p.lengths[1] = 7 }},
		"short offsets":             {change: func(p *parts) { p.lengths[3] = 8 }},
		"short bits":                {change: func(p *parts) { p.lengths[13] = 0 }},
		"short ids":                 {change: func(p *parts) { p.lengths[22] = 1 }},
		"buffer beyond the end":     {change: func(p *parts) { p.lengths[4] = math.MaxInt }},
		"buffer of negative length": {change: func(p *parts) { p.lengths[4] = -8 }},
		"bytes behind the end":      {change: func(p *parts) { p.body = append(p.body, make([]byte, 8)...) }},
		"bytes are missing":         {change: func(p *parts) { p.body = p.body[:len(p.body)-8] }},
		"count of nulls":            {change: func(p *parts) { p.nodes[0].Nulls = 2 }, late: true},
		"bits of nulls":             {change: func(p *parts) { body(p, 0)[0] = 3 }, late: true},
		"first offset":              {change: offset(3, 0, 1), late: true},
		"falling offset":            {change: offset(3, 1, 3), late: true},
		"offset of 4 GiB":           {change: offset(3, 1, math.MaxUint32), late: true},
		"last offset":               {change: offset(3, 2, 1), late: true},
		"last offset of a list":     {change: offset(7, 2, 3), late: true},
		"last offset of a map":      {change: offset(15, 2, 0), late: true},
		"type id":                   {change: func(p *parts) { body(p, 22)[1] = 2 }, late: true},
		"negative type id":          {change: func(p *parts) { body(p, 22)[1] = 0xff }, late: true},
	}
	if _, err := testenv.ReadArrow(schema, partsOf(columns...).frame()); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := partsOf(columns...)
			p.body = append([]byte(nil), p.body...)
			c.change(p)
			batch, err := layout.Parse(p.frame())
			if err == nil && c.late {
				err = layout.Check(batch)
			} else if c.late {
				t.Errorf("Parse gave %v", err)
			}
			if !errors.Is(err, arrowframe.ErrMalformed) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("cut", func(t *testing.T) {
		t.Parallel()
		whole := partsOf(columns...).frame()
		for n := range whole {
			if _, err := layout.Parse(whole[:n]); !errors.Is(err, arrowframe.ErrMalformed) {
				t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
			}
		}
	})
}

func TestNewLayoutRefuses(t *testing.T) {
	t.Parallel()
	for _, typ := range []arrow.DataType{
		arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView, arrow.LargeListOf(arrow.PrimitiveTypes.Int8),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String},
		arrow.DenseUnionOf([]arrow.Field{{Name: "a", Type: arrow.Null}}, []arrow.UnionTypeCode{0}),
	} {
		schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: arrow.ListOf(typ)}}, nil)
		if _, err := arrowframe.NewLayout(schema); err == nil {
			t.Errorf("%s has a layout", typ)
		}
	}
}

// FuzzFrame: whatever passes Parse and Check is read by a client's library, every
// value of it.
func FuzzFrame(f *testing.F) {
	all := arrays(f)
	for i, a := range all {
		f.Add(uint8(i), partsOf(a).frame())
	}
	f.Fuzz(func(t *testing.T, typ uint8, data []byte) {
		a := all[int(typ)%len(all)]
		schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: a.DataType(), Nullable: true}}, nil)
		layout, err := arrowframe.NewLayout(schema)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := layout.Parse(data)
		if err != nil || layout.Check(batch) != nil || batch.Rows > 1<<16 {
			return
		}
		batches, err := testenv.ReadArrow(schema, data)
		if err != nil {
			t.Fatal(err)
		}
		if got := batches[0].NumRows(); got != batch.Rows {
			t.Fatalf("%d rows, want %d", got, batch.Rows)
		}
		for _, c := range batches[0].Columns() {
			visit(c)
		}
	})
}

// visit looks at every value of an array, and of those in it.
func visit(a arrow.Array) {
	for i := range a.Len() {
		switch a := a.(type) {
		case *array.String:
			_ = strings.Clone(a.Value(i))
		case *array.Binary:
			_ = append([]byte(nil), a.Value(i)...)
		case *array.Boolean:
			_ = a.Value(i)
		case *array.SparseUnion:
			_ = a.Field(a.ChildID(i)).IsNull(i)
		case array.ListLike:
			from, to := a.ValueOffsets(i)
			for j := from; j < to; j++ {
				_ = a.ListValues().IsNull(int(j))
			}
		default:
			_ = a.ValueStr(i)
		}
	}
	for _, c := range a.Data().Children() {
		visit(array.MakeFromData(c))
	}
}
