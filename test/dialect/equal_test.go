package dialect_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// plain writes a value so that sorting does not see what equal does not: a
// numeric's zeros at the end, the blanks of jsonb.
func plain(text string) string {
	if number(text) && strings.Contains(text, ".") && !strings.ContainsAny(text, "eE") {
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return strings.TrimSuffix(text, " 00:00:00+00") // the midnight of a date, in either type
}

func number(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && strings.Trim(text, "0123456789.+-eE") == ""
}

// equal compares values as text, but: numbers by their value to 12 digits (a
// numeric and a double write different zeros), JSON by its content, and a
// timestamp in UTC does not need to say so.
func equal(a, b string) bool {
	switch {
	case a == b:
		return true
	case number(a) && number(b):
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		return math.Abs(x-y) <= 1e-12*math.Max(math.Abs(x), math.Abs(y))
	case midnight(a) == midnight(b):
		return true
	}
	var x, y any
	if json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil {
		return reflect.DeepEqual(x, y)
	}
	return false
}

func midnight(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "+00"), " 00:00:00")
}
