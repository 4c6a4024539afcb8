package encode

import (
	"math"
	"strconv"
	"time"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
	// PostgreSQL counts from 2000-01-01.
	epochDays   = 10_957
	epochMicros = epochDays * microsPerDay
)

// civil gives the proleptic Gregorian date of a day counted from 1970-01-01
// (Neri and Schneider's way, in 64 bits).
func civil(day int64) (year int64, month, dom int) {
	day += 719_468
	era := day / 146_097
	if day < 0 && day%146_097 != 0 {
		era--
	}
	doe := day - era*146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	dom = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, dom
}

// ymd appends a date without the era, and tells whether it is before Christ.
func ymd(dst []byte, day int64) (out []byte, bc bool) {
	year, month, dom := civil(day)
	if year <= 0 {
		year, bc = 1-year, true
	}
	if year < 10_000 {
		dst = two(two(dst, int(year/100)), int(year%100))
	} else {
		dst = strconv.AppendInt(dst, year, 10)
	}
	dst = append(dst, '-')
	dst = two(dst, month)
	dst = append(dst, '-')
	return two(dst, dom), bc
}

func infinite(dst []byte, positive bool) []byte {
	if positive {
		return append(dst, "infinity"...)
	}
	return append(dst, "-infinity"...)
}

func dateText(dst []byte, day int32) []byte {
	if day == math.MaxInt32 || day == -math.MaxInt32 {
		return infinite(dst, day > 0)
	}
	dst, bc := ymd(dst, int64(day))
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// clock appends the time of a day, micros of a second without zeros at the end.
func clock(dst []byte, micros int64) []byte {
	seconds := micros / microsPerSecond
	dst = two(dst, int(seconds/3600))
	dst = append(dst, ':')
	dst = two(dst, int(seconds/60%60))
	dst = append(dst, ':')
	dst = two(dst, int(seconds%60))
	return fraction(dst, micros%microsPerSecond)
}

func fraction(dst []byte, micros int64) []byte {
	if micros == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = two(dst, int(micros/10_000))
	dst = two(dst, int(micros/100%100))
	dst = two(dst, int(micros%100))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// divide is floored division.
func divide(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

// stamp is a point in time: seconds since 1970 and micros of the second.
type stamp struct {
	seconds  int64
	micros   int64
	infinite int8 // 1, -1, or 0: finite
}

// unit tells how a timestamp type counts.
type unit int64

const (
	perSecond unit = 1
	perMilli  unit = 1_000
	perMicro  unit = 1_000_000
	perNano   unit = 1_000_000_000
)

// stamp reads a stored timestamp. What is finer than a microsecond is cut off:
// PostgreSQL has no place for it.
func (u unit) stamp(value int64) stamp {
	if value == math.MaxInt64 || value == -math.MaxInt64 {
		return stamp{infinite: int8(1 - 2*(uint64(value)>>63))}
	}
	seconds, rest := divide(value, int64(u))
	switch u {
	case perMilli:
		rest *= 1000
	case perNano:
		rest /= 1000
	case perSecond, perMicro:
	}
	return stamp{seconds: seconds, micros: rest}
}

// text appends a timestamp; zone is nil for one without a time zone.
func (s stamp) text(dst []byte, zone *zone) []byte {
	if s.infinite != 0 {
		return infinite(dst, s.infinite > 0)
	}
	seconds, offset := s.seconds, 0
	if zone != nil {
		offset = zone.offset(seconds)
		seconds += int64(offset)
	}
	day, rest := divide(seconds, 86_400)
	dst, bc := ymd(dst, day)
	dst = append(dst, ' ')
	dst = clock(dst, rest*microsPerSecond+s.micros)
	if zone != nil {
		dst = offsetText(dst, offset)
	}
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// postgres gives the binary form: micros since 2000-01-01.
func (s stamp) postgres() uint64 {
	switch {
	case s.infinite > 0, s.seconds > math.MaxInt64/microsPerSecond:
		return math.MaxInt64
	case s.infinite < 0, s.seconds < math.MinInt64/microsPerSecond+2*epochDays*86_400:
		return 1 << 63
	}
	return uint64(s.seconds*microsPerSecond - epochMicros + s.micros)
}

// offsetText appends seconds east of Greenwich as +HH[:MM[:SS]].
func offsetText(dst []byte, offset int) []byte {
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = two(append(dst, sign), offset/3600)
	if offset%3600 != 0 {
		dst = two(append(dst, ':'), offset/60%60)
	}
	if offset%60 != 0 {
		dst = two(append(dst, ':'), offset%60)
	}
	return dst
}

// zone looks up offsets and keeps the last answer: neighbours in a column are
// mostly neighbours in time.
type zone struct {
	location   *time.Location
	start, end int64 // Unix seconds between which the offset holds
	last       int
}

func (z *zone) offset(seconds int64) int {
	if seconds >= z.start && seconds < z.end {
		return z.last
	}
	t := time.Unix(seconds, 0).In(z.location)
	_, z.last = t.Zone()
	start, end := t.ZoneBounds()
	z.start, z.end = math.MinInt64, math.MaxInt64
	if !start.IsZero() {
		z.start = start.Unix()
	}
	if !end.IsZero() {
		z.end = end.Unix()
	}
	return z.last
}

// timetz splits a TIME WITH TIME ZONE: micros of the day and seconds east.
func timetz(bits uint64) (micros int64, offset int) {
	const most = 16*3600 - 1
	return int64(bits >> 24), most - int(bits&0xffffff)
}
