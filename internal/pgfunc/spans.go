package pgfunc

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	_ "time/tzdata" // a worker's machine may have no zones

	"github.com/tavana/tavana/internal/vector"
)

const daysAMonth = 30

// months moves whole months out of the days.
func months(s *vector.Months) {
	s.Months += s.Days / daysAMonth
	s.Days %= daysAMonth
}

// days moves whole days out of the time.
func days(s *vector.Months) {
	s.Days += int32(s.Micros / microsADay) //nolint:gosec // at most 106,751,992
	s.Micros %= microsADay
}

// sameSign lets the days have the sign of the months.
func sameSign(s *vector.Months) {
	switch {
	case s.Months > 0 && (s.Days < 0 || (s.Days == 0 && s.Micros < 0)):
		s.Days += daysAMonth
		s.Months--
	case s.Months < 0 && (s.Days > 0 || (s.Days == 0 && s.Micros > 0)):
		s.Days -= daysAMonth
		s.Months++
	}
}

// sameSignTime lets the time have the sign of the days.
func sameSignTime(s *vector.Months) {
	switch {
	case s.Days > 0 && s.Micros < 0:
		s.Micros += microsADay
		s.Days--
	case s.Days < 0 && s.Micros > 0:
		s.Micros -= microsADay
		s.Days++
	}
}

// fits refuses what would leave the range of an interval.
func fits(s vector.Months) error {
	if max(s.Days, -s.Days) > math.MaxInt32/2 || max(s.Months, -s.Months) > math.MaxInt32/2 || s.Days == math.MinInt32 ||
		s.Months == math.MinInt32 {
		return fmt.Errorf("interval out of range")
	}
	return nil
}

// divideSpan divides an interval; what is left of months goes to the days, and
// what is left of days to the time.
func divideSpan(r *Row, out *Result) error {
	span, by := r.Span(0), *value[float64](r, 1)
	if by == 0 {
		return errors.New("division by zero")
	}
	whole := math.Trunc
	round := func(x float64) float64 { return math.RoundToEven(x*1e6) / 1e6 }
	months, days := float64(span.Months)/by, float64(span.Days)/by
	rest := round((months - whole(months)) * daysAMonth)
	seconds := round((days - whole(days) + rest - whole(rest)) * microsADay / 1e6)
	total := whole(days) + whole(rest)
	if over := whole(seconds * 1e6 / microsADay); over != 0 {
		total += over
		seconds -= over * microsADay / 1e6
	}
	micros := math.RoundToEven(float64(span.Micros)/by + seconds*1e6)
	if math.Abs(months) > math.MaxInt32 || math.Abs(total) > math.MaxInt32 || math.Abs(micros) > math.MaxInt64/2 || math.IsNaN(months+total+micros) {
		return errors.New("interval out of range")
	}
	out.Span = vector.Months{Months: int32(months), Days: int32(total), Micros: int64(micros)}
	return nil
}

func justifyDays(r *Row, out *Result) error {
	out.Span = r.Span(0)
	if err := fits(out.Span); err != nil {
		return err
	}
	months(&out.Span)
	if s := &out.Span; s.Months > 0 && s.Days < 0 {
		s.Days += daysAMonth
		s.Months--
	} else if s.Months < 0 && s.Days > 0 {
		s.Days -= daysAMonth
		s.Months++
	}
	return nil
}

func justifyHours(r *Row, out *Result) error {
	out.Span = r.Span(0)
	if err := fits(out.Span); err != nil {
		return err
	}
	days(&out.Span)
	sameSignTime(&out.Span)
	return nil
}

func justifyInterval(r *Row, out *Result) error {
	out.Span = r.Span(0)
	if err := fits(out.Span); err != nil {
		return err
	}
	days(&out.Span)
	months(&out.Span)
	sameSign(&out.Span)
	sameSignTime(&out.Span)
	return nil
}

// truncate is date_trunc(field, timestamptz, zone).
func truncate(r *Row, out *Result) error {
	zone := once(r, r.Text(2), func(name string) *time.Location {
		if strings.EqualFold(name, "local") {
			return nil
		}
		if z, err := time.LoadLocation(name); err == nil {
			return z
		}
		return nil
	})
	if zone == nil {
		return fmt.Errorf("time zone %q not recognized", r.Text(2))
	}
	t, finite := r.instant(1)
	if !finite {
		out.Int = r.Int(1)
		return nil
	}
	t, ok := floor(t.In(zone), strings.ToLower(r.Text(0)))
	if !ok {
		return fmt.Errorf("unit %q not recognized for type timestamp with time zone", r.Text(0))
	}
	out.Int = t.UnixMicro()
	return nil
}

// floor gives the start of the unit that t is in.
func floor(t time.Time, unit string) (time.Time, bool) {
	y, m, d := t.Date()
	day := func(y int, m time.Month, d int) (time.Time, bool) {
		return time.Date(y, m, d, 0, 0, 0, 0, t.Location()), true
	}
	switch strings.TrimSuffix(unit, "s") {
	case "microsecond":
		return t, true
	case "millisecond":
		return t.Add(-time.Duration(t.Nanosecond() % 1_000_000)), true
	case "second":
		return t.Add(-time.Duration(t.Nanosecond())), true
	case "minute":
		return t.Add(-time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond())), true
	case "hour":
		return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second -
			time.Duration(t.Nanosecond())), true
	case "day":
		return day(y, m, d)
	case "week":
		return day(y, m, d-(int(t.Weekday())+6)%7)
	case "month":
		return day(y, m, 1)
	case "quarter":
		return day(y, (m-1)/3*3+1, 1)
	case "year":
		return day(y, 1, 1)
	case "decade":
		return day(back(y, 10), 1, 1)
	case "century", "centurie":
		return day(back(y-1, 100)+1, 1, 1)
	case "millennium", "millennia":
		return day(back(y-1, 1000)+1, 1, 1)
	}
	return t, false
}

// back gives the multiple of n at or below y.
func back(y, n int) int { return y - ((y%n)+n)%n }
