package pgvalue

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// The format codes of the protocol.
const (
	TextFormat   int16 = 0
	BinaryFormat int16 = 1
)

// Decode turns a parameter as the client sent it into DuckDB's text form. oid
// is the type that the client declared or was told; with 0 or unknown it is
// what duckType is shown as. data nil is NULL. What cannot be read fails with
// invalid_text, invalid_binary, invalid_encoding or out_of_range.
func Decode(oid uint32, format int16, data []byte, duckType string) (query.Value, error) {
	if data == nil {
		return query.Value{Null: true}, nil
	}
	if oid == 0 || oid == Unknown {
		oid = TypeOf(duckType).OID
	}
	var text string
	var err error
	element := Element(oid)
	switch {
	case format == TextFormat:
		text, err = decodeText(oid, element, data)
	case format != BinaryFormat:
		err = fault.New(fault.InvalidParameter, "unsupported format code: %d", format)
	case element != 0:
		text, err = binaryArray(element, data)
	default:
		text, err = binaryScalar(oid, data)
	}
	if err != nil {
		return query.Value{}, err
	}
	return query.Value{Text: text}, checkSpecial(text, oid, duckType)
}

// checkSpecial refuses NaN and infinity where the target has no such values.
func checkSpecial(text string, oid uint32, duckType string) error {
	if oid != NumericOID || (text != "nan" && text != "inf" && text != "-inf") {
		return nil
	}
	if t, err := ParseType(duckType); err == nil && t.Name != "DOUBLE" && t.Name != "FLOAT" && t.Name != "REAL" {
		return fault.New(fault.OutOfRange, "%s is not a value of type %s", text, duckType).
			WithHint("Send the parameter as float8.")
	}
	return nil
}

func decodeText(oid, element uint32, data []byte) (string, error) {
	text, err := checkedUTF8(data)
	if err != nil {
		return "", err
	}
	if element != 0 {
		return textArray(element, text)
	}
	return textScalar(oid, text)
}

func checkedUTF8(data []byte) (string, error) {
	if !utf8.Valid(data) {
		return "", fault.New(fault.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\" in a parameter")
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", fault.New(fault.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\": 0x00")
	}
	return string(data), nil
}

// textScalar checks the types whose texts the gateway can judge, and turns the
// forms that DuckDB reads otherwise; dates and times are left to DuckDB.
func textScalar(oid uint32, text string) (string, error) {
	trimmed := strings.TrimSpace(text)
	switch oid {
	case Bool:
		return textBool(trimmed)
	case Int2:
		return textInt(trimmed, 16, "smallint")
	case Int4:
		return textInt(trimmed, 32, "integer")
	case Int8:
		return textInt(trimmed, 64, "bigint")
	case OID:
		return textInt(trimmed, 64, "oid")
	case Float4:
		return textFloat(trimmed, 32, "real")
	case Float8:
		return textFloat(trimmed, 64, "double precision")
	case NumericOID:
		return textNumeric(trimmed)
	case Bytea:
		return textBytea(text)
	case UUID:
		return textUUID(trimmed)
	case Interval:
		return textInterval(trimmed)
	case Date, Time, TimeTZ, Timestamp, TimestampTZ:
		if trimmed == "" {
			return "", invalidText(typeName(oid), text)
		}
		return trimmed, nil
	default:
		return text, nil
	}
}

func invalidText(typ, text string) error {
	return fault.New(fault.InvalidText, "invalid input syntax for type %s: \"%s\"", typ, shorten(text))
}

func invalidBinary(typ string) error {
	return fault.New(fault.InvalidBinary, "incorrect binary data format for type %s", typ)
}

// shorten keeps a value fit for a message.
func shorten(text string) string {
	const most = 64
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}

// typeName gives PostgreSQL's name of a scalar type, for messages.
func typeName(oid uint32) string {
	if name, ok := typeNames[oid]; ok {
		return name
	}
	return "unknown"
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var typeNames = map[uint32]string{
	Bool: "boolean", Bytea: "bytea", Char: "\"char\"", Name: "name", Int8: "bigint",
	Int2: "smallint", Int4: "integer", TextOID: "text", OID: "oid", JSON: "json",
	JSONB: "jsonb", Float4: "real", Float8: "double precision", BPChar: "character",
	VarChar: "character varying", Date: "date", Time: "time without time zone",
	TimeTZ: "time with time zone", Timestamp: "timestamp without time zone",
	TimestampTZ: "timestamp with time zone", Interval: "interval", NumericOID: "numeric", UUID: "uuid",
}
