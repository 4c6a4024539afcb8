package pgvalue

// The object identifiers of PostgreSQL's types that are spoken here.
const (
	Bool        uint32 = 16
	Bytea       uint32 = 17
	Char        uint32 = 18
	Name        uint32 = 19
	Int8        uint32 = 20
	Int2        uint32 = 21
	Int4        uint32 = 23
	TextOID     uint32 = 25
	OID         uint32 = 26
	JSON        uint32 = 114
	Float4      uint32 = 700
	Float8      uint32 = 701
	Unknown     uint32 = 705
	BPChar      uint32 = 1042
	VarChar     uint32 = 1043
	Date        uint32 = 1082
	Time        uint32 = 1083
	Timestamp   uint32 = 1114
	TimestampTZ uint32 = 1184
	Interval    uint32 = 1186
	TimeTZ      uint32 = 1266
	NumericOID  uint32 = 1700
	Void        uint32 = 2278
	UUID        uint32 = 2950
	JSONB       uint32 = 3802

	BoolArray        uint32 = 1000
	ByteaArray       uint32 = 1001
	CharArray        uint32 = 1002
	NameArray        uint32 = 1003
	Int2Array        uint32 = 1005
	Int4Array        uint32 = 1007
	TextArray        uint32 = 1009
	BPCharArray      uint32 = 1014
	VarCharArray     uint32 = 1015
	Int8Array        uint32 = 1016
	Float4Array      uint32 = 1021
	Float8Array      uint32 = 1022
	OIDArray         uint32 = 1028
	TimestampArray   uint32 = 1115
	DateArray        uint32 = 1182
	TimeArray        uint32 = 1183
	TimestampTZArray uint32 = 1185
	IntervalArray    uint32 = 1187
	NumericArray     uint32 = 1231
	TimeTZArray      uint32 = 1270
	JSONArray        uint32 = 199
	UUIDArray        uint32 = 2951
	JSONBArray       uint32 = 3807
)

// Array gives the array type of an element type; 0 when there is none.
func Array(element uint32) uint32 { return arrays[element] }

// Element gives the element type of an array type; 0 when oid is none.
func Element(array uint32) uint32 {
	for element, a := range arrays {
		if a == array {
			return element
		}
	}
	return 0
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var arrays = map[uint32]uint32{
	Bool: BoolArray, Bytea: ByteaArray, Char: CharArray, Name: NameArray,
	Int8: Int8Array, Int2: Int2Array, Int4: Int4Array, TextOID: TextArray, OID: OIDArray,
	JSON: JSONArray, JSONB: JSONBArray, Float4: Float4Array, Float8: Float8Array,
	BPChar: BPCharArray, VarChar: VarCharArray, Date: DateArray, Time: TimeArray,
	TimeTZ: TimeTZArray, Timestamp: TimestampArray, TimestampTZ: TimestampTZArray,
	Interval: IntervalArray, NumericOID: NumericArray, UUID: UUIDArray,
}
