package pgvalue

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

// binaryScalar reads the binary form of a scalar type.
func binaryScalar(oid uint32, data []byte) (string, error) {
	if size, fixed := binarySizes[oid]; fixed && len(data) != size {
		return "", invalidBinary(typeName(oid))
	}
	switch oid {
	case Bool:
		return strconv.FormatBool(data[0] != 0), nil
	case Int2:
		return strconv.Itoa(int(int16(binary.BigEndian.Uint16(data)))), nil //nolint:gosec // two's complement
	case Int4:
		return strconv.Itoa(int(int32(binary.BigEndian.Uint32(data)))), nil //nolint:gosec // two's complement
	case Int8:
		return strconv.FormatInt(bigInt64(data), 10), nil
	case OID:
		return strconv.FormatUint(uint64(binary.BigEndian.Uint32(data)), 10), nil
	case Float4:
		return floatText(float64(math.Float32frombits(binary.BigEndian.Uint32(data))), 32), nil
	case Float8:
		return floatText(math.Float64frombits(binary.BigEndian.Uint64(data)), 64), nil
	case NumericOID:
		return binaryNumeric(data)
	case Bytea:
		return blobText(data), nil
	case UUID:
		return uuidText(data), nil
	case Date:
		return binaryDate(data)
	case Time:
		return binaryTime(data)
	case TimeTZ:
		return binaryTimeTZ(data)
	case Timestamp:
		return binaryTimestamp(data, "")
	case TimestampTZ:
		return binaryTimestamp(data, "+00")
	case Interval:
		return binaryInterval(data), nil
	case JSONB:
		if len(data) == 0 || data[0] != 1 {
			return "", invalidBinary("jsonb")
		}
		return checkedUTF8(data[1:])
	case TextOID, VarChar, BPChar, Name, Char, JSON, Unknown:
		return checkedUTF8(data)
	default:
		return "", fault.New(fault.Unsupported, "binary parameters of type %d are not supported", oid).
			WithHint("Send the parameter as text.")
	}
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var binarySizes = map[uint32]int{
	Bool: 1, Int2: 2, Int4: 4, Int8: 8, OID: 4, Float4: 4, Float8: 8, UUID: 16,
	Date: 4, Time: 8, TimeTZ: 12, Timestamp: 8, TimestampTZ: 8, Interval: 16,
}

func bigInt64(data []byte) int64 {
	return int64(binary.BigEndian.Uint64(data)) //nolint:gosec // two's complement
}

func bigInt32(data []byte) int32 {
	return int32(binary.BigEndian.Uint32(data)) //nolint:gosec // two's complement
}

const (
	maxNumericText   = 2000 // characters; DuckDB's widest number has 39 digits
	maxNumericWeight = 250  // groups of four digits before or after the point

	numericNegative = 0x4000
	numericNaN      = 0xC000
	numericPlusInf  = 0xD000
	numericMinusInf = 0xF000
)

// binaryNumeric reads groups of four decimal digits.
func binaryNumeric(data []byte) (string, error) {
	if len(data) < 8 {
		return "", invalidBinary("numeric")
	}
	count := int(binary.BigEndian.Uint16(data))
	weight := int(int16(binary.BigEndian.Uint16(data[2:]))) //nolint:gosec // two's complement
	sign := binary.BigEndian.Uint16(data[4:])
	scale := int(binary.BigEndian.Uint16(data[6:]))
	if len(data) != 8+2*count {
		return "", invalidBinary("numeric")
	}
	switch sign {
	case numericNaN:
		return "nan", nil
	case numericPlusInf:
		return "inf", nil
	case numericMinusInf:
		return "-inf", nil
	case 0, numericNegative:
	default:
		return "", invalidBinary("numeric")
	}
	if weight > maxNumericWeight || weight < -maxNumericWeight || count > 2*maxNumericWeight || scale > 4*maxNumericWeight {
		return "", fault.New(fault.OutOfRange, "value overflows numeric format")
	}
	groups := make([]uint16, count)
	for i := range groups {
		if groups[i] = binary.BigEndian.Uint16(data[8+2*i:]); groups[i] > 9999 {
			return "", invalidBinary("numeric")
		}
	}
	return numericText(groups, weight, scale, sign == numericNegative), nil
}

// numericText writes groups, the first of which counts 10000^weight, with scale
// digits after the point.
func numericText(groups []uint16, weight, scale int, negative bool) string {
	group := func(power int) string {
		at := weight - power
		if at < 0 || at >= len(groups) {
			return "0000"
		}
		text := strconv.Itoa(int(groups[at]))
		return "0000"[len(text):] + text
	}
	var b strings.Builder
	for power := weight; power >= 0; power-- {
		b.WriteString(group(power))
	}
	whole := strings.TrimLeft(b.String(), "0")
	if whole == "" {
		whole = "0"
	}
	b.Reset()
	for power := -1; b.Len() < scale; power-- {
		b.WriteString(group(power))
	}
	text := whole
	if scale > 0 {
		text += "." + b.String()[:scale]
	}
	if negative {
		text = "-" + text
	}
	return text
}
