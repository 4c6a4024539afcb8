package pgvalue

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
	epochDays       = 10_957 // from 1970 to PostgreSQL's 2000
)

func binaryDate(data []byte) (string, error) {
	days := bigInt32(data)
	switch days {
	case math.MaxInt32:
		return "infinity", nil
	case math.MinInt32:
		return "-infinity", nil
	}
	if int64(days)+epochDays > math.MaxInt32-1 {
		return "", fault.New(fault.OutOfRange, "date out of range")
	}
	return dateText(int64(days) + epochDays), nil
}

func binaryTimestamp(data []byte, zone string) (string, error) {
	micros := bigInt64(data)
	switch micros {
	case math.MaxInt64:
		return "infinity", nil
	case math.MinInt64:
		return "-infinity", nil
	}
	if micros > math.MaxInt64-epochDays*microsPerDay-1 {
		return "", fault.New(fault.OutOfRange, "timestamp out of range")
	}
	days, rest := floorDiv(micros, microsPerDay)
	return dateText(days+epochDays) + " " + clockText(rest) + zone, nil
}

func binaryTime(data []byte) (string, error) {
	micros := bigInt64(data)
	if micros < 0 || micros > microsPerDay {
		return "", fault.New(fault.OutOfRange, "time out of range")
	}
	return clockText(micros), nil
}

// binaryTimeTZ reads a time and a zone in seconds west of Greenwich.
func binaryTimeTZ(data []byte) (string, error) {
	clock, err := binaryTime(data[:8])
	if err != nil {
		return "", err
	}
	west := bigInt32(data[8:])
	if west <= -16*3600 || west >= 16*3600 {
		return "", fault.New(fault.OutOfRange, "time zone displacement out of range")
	}
	sign, east := "+", -int(west)
	if east < 0 {
		sign, east = "-", -east
	}
	zone := fmt.Sprintf("%s%02d:%02d", sign, east/3600, east/60%60)
	if east%60 != 0 {
		zone += fmt.Sprintf(":%02d", east%60)
	}
	return clock + zone, nil
}

func binaryInterval(data []byte) string {
	return intervalText(int64(bigInt32(data[12:])), int64(bigInt32(data[8:])), bigInt64(data))
}

// intervalText writes an interval so that no unit overflows in DuckDB.
func intervalText(months, days, micros int64) string {
	var b strings.Builder
	for _, part := range []struct {
		count int64
		unit  string
	}{{months, "months"}, {days, "days"}, {micros, "microseconds"}} {
		if part.count == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.FormatInt(part.count, 10) + " " + part.unit)
	}
	if b.Len() == 0 {
		return "0 days"
	}
	return b.String()
}

// textInterval passes PostgreSQL's own forms on and turns ISO 8601 (P1DT2H).
func textInterval(text string) (string, error) {
	if text == "" {
		return "", invalidText("interval", text)
	}
	if !strings.HasPrefix(text, "P") {
		return text, nil
	}
	var out []string
	date, clock, hasClock := strings.Cut(text[1:], "T")
	out, ok := isoParts(out, date, map[byte]string{'Y': "years", 'M': "months", 'W': "weeks", 'D': "days"})
	if ok && hasClock {
		out, ok = isoParts(out, clock, map[byte]string{'H': "hours", 'M': "minutes", 'S': "seconds"})
	}
	if !ok || len(out) == 0 {
		return "", invalidText("interval", text)
	}
	return strings.Join(out, " "), nil
}

func isoParts(out []string, text string, units map[byte]string) ([]string, bool) {
	for text != "" {
		end := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("+-.0123456789", r) })
		if end <= 0 || units[text[end]] == "" {
			return nil, false
		}
		if _, err := strconv.ParseFloat(text[:end], 64); err != nil {
			return nil, false
		}
		out = append(out, text[:end]+" "+units[text[end]])
		text = text[end+1:]
	}
	return out, true
}

// dateText writes days since 1970 as DuckDB does: years before 1 carry (BC).
func dateText(days int64) string {
	year, month, day := civil(days)
	if year <= 0 {
		return fmt.Sprintf("%04d-%02d-%02d (BC)", 1-year, month, day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
}

func clockText(micros int64) string {
	seconds := micros / microsPerSecond
	text := fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	if fraction := micros % microsPerSecond; fraction != 0 {
		text += fmt.Sprintf(".%06d", fraction)
	}
	return text
}

// civil turns days since 1970 into a date of the proleptic Gregorian calendar,
// by eras of 400 years that begin in March.
func civil(days int64) (year, month, day int64) {
	era, dayOfEra := floorDiv(days+719_468, 146_097)
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*shifted+2)/5 + 1
	month = shifted + 3
	year = yearOfEra + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

func appendInt64(out []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(out, uint64(n)) //nolint:gosec // two's complement
}
