package duck

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/tavana/tavana/internal/query"
	"github.com/tavana/tavana/internal/vector"
)

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var scalars = map[bindings.Type]vector.Type{
	bindings.TypeSQLNull:     {ID: vector.Null, Text: `"NULL"`},
	bindings.TypeBoolean:     {ID: vector.Boolean, Text: "BOOLEAN"},
	bindings.TypeTinyInt:     {ID: vector.TinyInt, Text: "TINYINT"},
	bindings.TypeSmallInt:    {ID: vector.SmallInt, Text: "SMALLINT"},
	bindings.TypeInteger:     {ID: vector.Integer, Text: "INTEGER"},
	bindings.TypeBigInt:      {ID: vector.BigInt, Text: "BIGINT"},
	bindings.TypeHugeInt:     {ID: vector.HugeInt, Text: "HUGEINT"},
	bindings.TypeUTinyInt:    {ID: vector.UTinyInt, Text: "UTINYINT"},
	bindings.TypeUSmallInt:   {ID: vector.USmallInt, Text: "USMALLINT"},
	bindings.TypeUInteger:    {ID: vector.UInteger, Text: "UINTEGER"},
	bindings.TypeUBigInt:     {ID: vector.UBigInt, Text: "UBIGINT"},
	bindings.TypeUHugeInt:    {ID: vector.UHugeInt, Text: "UHUGEINT"},
	bindings.TypeFloat:       {ID: vector.Float, Text: "FLOAT"},
	bindings.TypeDouble:      {ID: vector.Double, Text: "DOUBLE"},
	bindings.TypeVarchar:     {ID: vector.Varchar, Text: "VARCHAR"},
	bindings.TypeBlob:        {ID: vector.Blob, Text: "BLOB"},
	bindings.TypeBit:         {ID: vector.Bit, Text: "BIT"},
	bindings.TypeBigNum:      {ID: vector.BigNum, Text: "BIGNUM"},
	bindings.TypeUUID:        {ID: vector.UUID, Text: "UUID"},
	bindings.TypeDate:        {ID: vector.Date, Text: "DATE"},
	bindings.TypeTime:        {ID: vector.Time, Text: "TIME"},
	bindings.TypeTimeNS:      {ID: vector.TimeNS, Text: "TIME_NS"},
	bindings.TypeTimeTZ:      {ID: vector.TimeTZ, Text: "TIME WITH TIME ZONE"},
	bindings.TypeTimestamp:   {ID: vector.Timestamp, Text: "TIMESTAMP"},
	bindings.TypeTimestampS:  {ID: vector.TimestampS, Text: "TIMESTAMP_S"},
	bindings.TypeTimestampMS: {ID: vector.TimestampMS, Text: "TIMESTAMP_MS"},
	bindings.TypeTimestampNS: {ID: vector.TimestampNS, Text: "TIMESTAMP_NS"},
	bindings.TypeTimestampTZ: {ID: vector.TimestampTZ, Text: "TIMESTAMP WITH TIME ZONE"},
	bindings.TypeInterval:    {ID: vector.Interval, Text: "INTERVAL"},
	bindings.TypeGeometry:    {ID: vector.Geometry, Text: "GEOMETRY"},
	bindings.TypeVariant:     {ID: vector.Variant, Text: "VARIANT"},
}

// typeOf reads a logical type whole; logical stays its caller's.
func typeOf(logical bindings.LogicalType) *vector.Type {
	id := bindings.GetTypeId(logical)
	switch id {
	case bindings.TypeDecimal:
		return decimalType(logical)
	case bindings.TypeEnum:
		return enumType(logical)
	case bindings.TypeList:
		child := owned(bindings.ListTypeChildType(logical))
		return &vector.Type{ID: vector.List, Text: child.Text + "[]", Children: []*vector.Type{child}}
	case bindings.TypeArray:
		child := owned(bindings.ArrayTypeChildType(logical))
		n := int(bindings.ArrayTypeArraySize(logical)) //nolint:gosec // at most 100,000
		return &vector.Type{
			ID: vector.Array, Text: child.Text + "[" + strconv.Itoa(n) + "]", Length: n, Children: []*vector.Type{child},
		}
	case bindings.TypeMap:
		key, value := owned(bindings.MapTypeKeyType(logical)), owned(bindings.MapTypeValueType(logical))
		return &vector.Type{
			ID: vector.Map, Text: "MAP(" + key.Text + ", " + value.Text + ")", Children: []*vector.Type{key, value},
		}
	case bindings.TypeStruct:
		return memberType(logical, vector.Struct)
	case bindings.TypeUnion:
		return memberType(logical, vector.Union)
	}
	t, ok := scalars[id]
	if !ok {
		return &vector.Type{ID: vector.Invalid, Text: "UNKNOWN"}
	}
	if t.ID == vector.Varchar && strings.EqualFold(bindings.LogicalTypeGetAlias(logical), "JSON") {
		return &vector.Type{ID: vector.JSON, Text: "JSON"}
	}
	return &t
}

// owned reads a logical type that was made for the caller, and frees it.
func owned(logical bindings.LogicalType) *vector.Type {
	defer bindings.DestroyLogicalType(&logical)
	return typeOf(logical)
}

func decimalType(logical bindings.LogicalType) *vector.Type {
	width, scale := bindings.DecimalWidth(logical), bindings.DecimalScale(logical)
	bytes := uint8(16)
	switch {
	case width <= 4:
		bytes = 2
	case width <= 9:
		bytes = 4
	case width <= 18:
		bytes = 8
	}
	return &vector.Type{
		ID: vector.Decimal, Text: fmt.Sprintf("DECIMAL(%d,%d)", width, scale), Width: width, Scale: scale, Bytes: bytes,
	}
}

func enumType(logical bindings.LogicalType) *vector.Type {
	n := bindings.EnumDictionarySize(logical)
	t := &vector.Type{ID: vector.Enum, Bytes: 4, Labels: make([]string, n)}
	switch bindings.EnumInternalType(logical) {
	case bindings.TypeUTinyInt:
		t.Bytes = 1
	case bindings.TypeUSmallInt:
		t.Bytes = 2
	}
	quoted := make([]string, n)
	for i := range n {
		t.Labels[i] = bindings.EnumDictionaryValue(logical, bindings.IdxT(i))
		quoted[i] = query.QuoteLiteral(t.Labels[i])
	}
	t.Text = "ENUM(" + strings.Join(quoted, ", ") + ")"
	return t
}

func memberType(logical bindings.LogicalType, id vector.ID) *vector.Type {
	t := &vector.Type{ID: id}
	count, name, member := bindings.StructTypeChildCount, bindings.StructTypeChildName, bindings.StructTypeChildType
	word := "STRUCT("
	if id == vector.Union {
		count, name, member = bindings.UnionTypeMemberCount, bindings.UnionTypeMemberName, bindings.UnionTypeMemberType
		word = "UNION("
	}
	n := count(logical)
	parts := make([]string, n)
	for i := range n {
		child := owned(member(logical, i))
		t.Names = append(t.Names, name(logical, i))
		t.Children = append(t.Children, child)
		parts[i] = child.Text
		if t.Names[i] != "" {
			parts[i] = query.QuoteIdent(t.Names[i]) + " " + child.Text
		}
	}
	t.Text = word + strings.Join(parts, ", ") + ")"
	return t
}

// blank makes the view of a column with room for its children.
func blank(t *vector.Type) vector.Vector {
	var v vector.Vector
	switch t.ID {
	case vector.List, vector.Array:
		v.Children = []vector.Vector{blank(t.Children[0])}
	case vector.Map:
		v.Children = []vector.Vector{{Children: []vector.Vector{blank(t.Children[0]), blank(t.Children[1])}}}
	case vector.Struct:
		for _, c := range t.Children {
			v.Children = append(v.Children, blank(c))
		}
	case vector.Union:
		v.Children = append(v.Children, vector.Vector{})
		for _, c := range t.Children {
			v.Children = append(v.Children, blank(c))
		}
	}
	return v
}

// fill points the view at a chunk's vector.
func fill(v *vector.Vector, t *vector.Type, from bindings.Vector) {
	v.Validity = (*uint64)(bindings.VectorGetValidity(from))
	switch t.ID {
	case vector.List:
		v.Data = bindings.VectorGetData(from)
		fill(&v.Children[0], t.Children[0], bindings.ListVectorGetChild(from))
	case vector.Array:
		fill(&v.Children[0], t.Children[0], bindings.ArrayVectorGetChild(from))
	case vector.Map:
		v.Data = bindings.VectorGetData(from)
		entries := bindings.ListVectorGetChild(from)
		fill(&v.Children[0].Children[0], t.Children[0], bindings.StructVectorGetChild(entries, 0))
		fill(&v.Children[0].Children[1], t.Children[1], bindings.StructVectorGetChild(entries, 1))
	case vector.Struct:
		for i, c := range t.Children {
			fill(&v.Children[i], c, bindings.StructVectorGetChild(from, bindings.IdxT(i)))
		}
	case vector.Union:
		tag := bindings.StructVectorGetChild(from, 0)
		v.Children[0].Data = bindings.VectorGetData(tag)
		v.Children[0].Validity = (*uint64)(bindings.VectorGetValidity(tag))
		for i, c := range t.Children {
			fill(&v.Children[i+1], c, bindings.StructVectorGetChild(from, bindings.IdxT(i+1)))
		}
	default:
		v.Data = bindings.VectorGetData(from)
	}
}

// plain gives a value of a plain type as text, nil for NULL.
func plain(t *vector.Type, v *vector.Vector, row int) (*string, error) {
	if !v.Valid(row) {
		return nil, nil //nolint:nilnil // nil is NULL
	}
	text := ""
	switch t.ID {
	case vector.Varchar, vector.JSON:
		text = string(at[vector.String](v, row).Bytes())
	case vector.Boolean:
		text = strconv.FormatBool(*at[bool](v, row))
	case vector.Integer:
		text = strconv.FormatInt(int64(*at[int32](v, row)), 10)
	case vector.BigInt:
		text = strconv.FormatInt(*at[int64](v, row), 10)
	case vector.UBigInt:
		text = strconv.FormatUint(*at[uint64](v, row), 10)
	case vector.HugeInt:
		wide := at[vector.Wide](v, row)
		if (wide.Upper != 0 || wide.Lower>>63 != 0) && (wide.Upper != ^uint64(0) || wide.Lower>>63 != 1) {
			return nil, fmt.Errorf("a HUGEINT beyond 64 bits is no plain value")
		}
		text = strconv.FormatInt(int64(wide.Lower), 10) //nolint:gosec // two's complement, checked above
	case vector.Double:
		text = strconv.FormatFloat(*at[float64](v, row), 'g', -1, 64)
	case vector.Enum:
		label := uint32(*at[uint8](v, row))
		switch t.Bytes {
		case 2:
			label = uint32(*at[uint16](v, row))
		case 4:
			label = *at[uint32](v, row)
		}
		text = t.Labels[label]
	default:
		return nil, fmt.Errorf("type %s is not plain: cast it to VARCHAR", t.Text)
	}
	return &text, nil
}

func at[T any](v *vector.Vector, row int) *T {
	var zero T
	return (*T)(unsafe.Add(v.Data, uintptr(row)*unsafe.Sizeof(zero)))
}
