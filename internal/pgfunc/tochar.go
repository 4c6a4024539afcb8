package pgfunc

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/vector"
)

// moment is what a date template can show: of a point in time, or of an
// interval.
type moment struct {
	interval         bool
	year, month, day int // year 0 is 1 BC
	hour             int64
	minute, second   int
	micros           int
	yearDay, weekday int // from 1; 0 is Sunday
	isoYear, isoWeek int
	julian           int
	zone             string
	offset           int // seconds east
}

const (
	microsADay  = 86_400_000_000
	julianEpoch = 2_440_588 // 1970-01-01
)

var errInterval = errors.New("invalid format specification for an interval value")

// charable are the types that to_char takes.
func charable(types []*vector.Type) bool {
	if len(types) != 2 || (types[1].ID != vector.Varchar && types[1].ID != vector.Null && types[1].ID != vector.Invalid) {
		return false // Invalid is a parameter whose type is not known yet
	}
	return numeric(types[:1]) || slices.Contains(temporal, types[0].ID)
}

//nolint:gochecknoglobals // a constant table
var temporal = []vector.ID{
	vector.Date, vector.Timestamp, vector.TimestampTZ, vector.TimestampS, vector.TimestampMS, vector.TimestampNS, vector.Interval,
}

// toChar is to_char(value, template).
func toChar(r *Row, out *Result) error {
	out.Null = r.Text(1) == "" && !numeric(r.Types[:1])
	if err := bounded(r.Text(1)); err != nil {
		return err
	}
	switch id := r.Types[0].ID; id {
	case vector.Interval:
		return once(r, r.Text(1), readTemplate).write(out, ofInterval(r.Span(0)))
	case vector.Date, vector.Timestamp, vector.TimestampTZ, vector.TimestampS, vector.TimestampMS, vector.TimestampNS:
		t, finite := r.instant(0)
		if !finite {
			out.Null = true
			return nil
		}
		return once(r, r.Text(1), readTemplate).write(out, ofTime(t, id == vector.TimestampTZ || id == vector.Date))
	}
	f := once(r, r.Text(1), readNumberTemplate)
	if f.err != nil {
		return f.err
	}
	out.Text = f.write(out.Text, r)
	return nil
}

// instant gives a date or a timestamp. Those without a zone are in UTC; a date
// is the midnight of the session's zone, as PostgreSQL casts it.
func (r *Row) instant(i int) (t time.Time, finite bool) {
	if r.Types[i].ID == vector.Date {
		days := *value[int32](r, i)
		if days == math.MaxInt32 || days == -math.MaxInt32 {
			return t, false
		}
		y, m, d := time.Unix(int64(days)*86400, 0).UTC().Date()
		return time.Date(y, m, d, 0, 0, 0, 0, r.Zone), true
	}
	n := r.Int(i)
	if n == math.MaxInt64 || n == -math.MaxInt64 {
		return t, false
	}
	switch r.Types[i].ID {
	case vector.TimestampS:
		return time.Unix(n, 0).UTC(), true
	case vector.TimestampMS:
		return time.UnixMilli(n).UTC(), true
	case vector.TimestampNS:
		return time.Unix(0, n).UTC(), true
	case vector.TimestampTZ:
		return time.UnixMicro(n).In(r.Zone), true
	}
	return time.UnixMicro(n).UTC(), true
}

func ofTime(t time.Time, zoned bool) moment {
	m := moment{
		year: t.Year(), month: int(t.Month()), day: t.Day(), hour: int64(t.Hour()), minute: t.Minute(), second: t.Second(),
		micros: t.Nanosecond() / 1000, yearDay: t.YearDay(), weekday: int(t.Weekday()),
	}
	m.isoYear, m.isoWeek = t.ISOWeek()
	midnight := time.Date(m.year, t.Month(), m.day, 0, 0, 0, 0, time.UTC)
	m.julian = int(midnight.Unix()/86400) + julianEpoch
	if zoned {
		m.zone, m.offset = t.Zone()
	}
	return m
}

func ofInterval(s vector.Months) moment {
	m := moment{interval: true, year: int(s.Months / 12), month: int(s.Months % 12), day: int(s.Days)}
	m.hour = s.Micros / 3_600_000_000
	rest := s.Micros % 3_600_000_000
	m.minute, m.second, m.micros = int(rest/60_000_000), int(rest/1_000_000%60), int(rest%1_000_000)
	m.yearDay = m.year*365 + m.month*30 + m.day
	return m
}

// write formats a moment.
func (t *template) write(out *Result, m moment) error {
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.literal != "" {
			out.text(n.literal)
			continue
		}
		if m.interval && !n.fitsInterval() {
			return errInterval
		}
		if !n.field.digits {
			out.text(n.words(m))
			continue
		}
		digits := n.number(m)
		out.text(digits)
		if n.ordinal != "" && digits != "" {
			out.text(ordinal(digits, n.ordinal))
		}
	}
	return nil
}

func (n *node) fitsInterval() bool {
	switch n.field.key {
	case "A.D.", "AD", "B.C.", "BC", "MONTH", "MON", "DAY", "DY", "D", "ID", "OF", "TZ", "TZH", "TZM":
		return false
	}
	return true
}

// words writes a field that is not in digits.
func (n *node) words(m moment) string {
	text, width := "", 0
	switch n.field.key {
	case "AM", "PM":
		text = half(m, "AM", "PM")
	case "A.M.", "P.M.":
		text = half(m, "A.M.", "P.M.")
	case "AD", "BC":
		text = era(m, "AD", "BC")
	case "A.D.", "B.C.":
		text = era(m, "A.D.", "B.C.")
	case "MONTH":
		text, width = monthNames[m.month-1], 9
	case "MON":
		text = monthNames[m.month-1][:3]
	case "DAY":
		text, width = dayNames[m.weekday], 9
	case "DY":
		text = dayNames[m.weekday][:3]
	case "RM":
		if m.month == 0 && m.year == 0 {
			return ""
		}
		text, width = romans[(m.month+11)%12], 4
	case "TZ":
		text = m.zone
	case "OF":
		return offset(m.offset, ":", true)
	}
	switch n.field.name {
	case strings.ToUpper(n.field.name):
		text = strings.ToUpper(text)
	case strings.ToLower(n.field.name):
		text = strings.ToLower(text)
	}
	if n.fill || n.local {
		return text
	}
	return text + strings.Repeat(" ", max(width-len(text), 0))
}

func half(m moment, am, pm string) string {
	if ((m.hour%24)+24)%24 >= 12 {
		return pm
	}
	return am
}

func era(m moment, ad, bc string) string {
	if m.year <= 0 {
		return bc
	}
	return ad
}

// offset writes a zone's distance to UTC; minutes only where there are some.
func offset(seconds int, colon string, whole bool) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	text := sign + padded(int64(seconds/3600), 2)
	if minutes := seconds % 3600 / 60; minutes != 0 && whole {
		text += colon + padded(int64(minutes), 2)
	}
	return text
}

// padded writes a number with zeros in front; a sign does not count.
func padded(n int64, width int) string {
	text := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, text = "-", text[1:]
	}
	return sign + strings.Repeat("0", max(width-len(text), 0)) + text
}

// number writes a field in digits.
func (n *node) number(m moment) string {
	v, width := n.clock(m)
	if width < 0 {
		v, width = n.calendar(m)
	}
	switch n.field.key {
	case "TZH":
		return offset(m.offset, "", false)
	case "TZM":
		return padded(int64(max(m.offset, -m.offset)%3600/60), 2)
	case "Y,YYY":
		return strconv.FormatInt(v/1000, 10) + "," + padded(v%1000, 3)
	case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		return padded(v, width) // FM does not shorten a fraction
	}
	if n.fill {
		width = 0
	}
	return padded(v, width)
}

// clock gives the value and width of a field of the time of day; a width below
// 0: it is none.
func (n *node) clock(m moment) (v int64, width int) {
	switch n.field.key {
	case "HH", "HH12":
		if v = m.hour % 12; v == 0 {
			v = 12
		}
		return v, 2
	case "HH24":
		return m.hour, 2
	case "MI":
		return int64(m.minute), 2
	case "SS":
		return int64(m.second), 2
	case "SSSS", "SSSSS":
		return m.hour*3600 + int64(m.minute)*60 + int64(m.second), 0
	case "MS", "FF3":
		return int64(m.micros / 1000), 3
	case "US", "FF6":
		return int64(m.micros), 6
	case "FF1":
		return int64(m.micros / 100_000), 1
	case "FF2":
		return int64(m.micros / 10_000), 2
	case "FF4":
		return int64(m.micros / 100), 4
	case "FF5":
		return int64(m.micros / 10), 5
	}
	return 0, -1
}

// calendar gives the value and width of a field of the date.
func (n *node) calendar(m moment) (v int64, width int) {
	year, iso := m.shown(m.year), m.shown(m.isoYear)
	switch n.field.key {
	case "YYYY", "Y,YYY":
		return int64(year), 4
	case "YYY":
		return int64(year % 1000), 3
	case "YY":
		return int64(year % 100), 2
	case "Y":
		return int64(year % 10), 1
	case "IYYY":
		return int64(iso), 4
	case "IYY":
		return int64(iso % 1000), 3
	case "IY":
		return int64(iso % 100), 2
	case "I":
		return int64(iso % 10), 1
	case "CC":
		return century(m), 2
	case "MM":
		return int64(m.month), 2
	case "DD":
		return int64(m.day), 2
	case "DDD":
		return int64(m.yearDay), 3
	case "IDDD":
		return int64((m.isoWeek-1)*7 + (m.weekday+6)%7 + 1), 3
	case "D":
		return int64(m.weekday + 1), 0
	case "ID":
		return int64((m.weekday+6)%7 + 1), 0
	case "WW":
		return int64((m.yearDay-1)/7 + 1), 2
	case "IW":
		return int64(m.isoWeek), 2
	case "W":
		return int64((m.day-1)/7 + 1), 0
	case "Q":
		return int64((m.month-1)/3 + 1), 0
	case "J":
		return int64(m.julian), 0
	}
	return 0, 0
}

// shown gives a year as people write it: there is none 0.
func (m moment) shown(year int) int {
	if !m.interval && year <= 0 {
		return 1 - year
	}
	return year
}

func century(m moment) int64 {
	switch {
	case m.interval:
		return int64(m.year / 100)
	case m.year > 0:
		return int64((m.year-1)/100 + 1)
	}
	return int64(m.year/100 - 1)
}
