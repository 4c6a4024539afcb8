package setting

import (
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the gateway's machine may have no zones
)

// CheckTimeZone gives a time zone's name as every part of the server knows it.
//
// Zones without a name are turned into the Etc zones of whole hours, which
// count west of Greenwich: the number 3 becomes Etc/GMT-3. A number counts
// east, as SQL does; GMT-3 and <x>-3 count west, as POSIX does. A bare +03:00
// is read one way by PostgreSQL and the other by people, so it is refused.
func CheckTimeZone(name string) (string, error) {
	return timeZone(request{name: "TimeZone", values: []string{name}})
}

func timeZone(r request) (string, error) {
	v, err := r.one()
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(v, "'") || strings.HasPrefix(v, `"`) {
		v = strings.Trim(v, `'"`)
	}
	if v == "" {
		return "", r.invalid(v)
	}
	if zone, ok := named(v); ok {
		return zone, nil
	}
	if hours, err := strconv.ParseFloat(v, 64); err == nil {
		return r.fixed(v, hours)
	}
	label, offset, ok := posix(v)
	switch {
	case !ok:
		return "", r.invalid(v).WithHint("Use the name of a zone, such as Europe/Berlin or UTC.")
	case label == "" && offset != 0:
		return "", r.invalid(v).WithHint("The sign of such an offset means different things to different readers. " +
			"Use the name of a zone, or a number of hours east of UTC: SET TIME ZONE 3.")
	}
	return r.fixed(v, -offset)
}

// fixed gives the zone that is some whole hours east of UTC.
func (r request) fixed(v string, hours float64) (string, error) {
	const west, east = -12, 14
	switch {
	case hours == 0:
		return "UTC", nil
	case hours != float64(int(hours)):
		return "", r.invalid(v).WithHint("Offsets must be whole hours. Use the name of a zone, such as Asia/Kolkata.")
	case hours < west || hours > east:
		return "", r.invalid(v).WithHint("Offsets go from %d to %d hours.", west, east)
	}
	return "Etc/GMT" + signed(-int(hours)), nil
}

func signed(n int) string {
	if n > 0 {
		return "+" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// named finds a zone by its name in the spelling given, in upper case, or with
// each word's first letter in upper case.
func named(name string) (string, bool) {
	if len(name) > 64 {
		return "", false
	}
	for _, spelling := range []string{name, strings.ToUpper(name), capitals(name)} {
		lower := strings.ToLower(spelling)
		switch {
		case lower == "local", lower == "localtime", lower == "factory", lower == "posixrules",
			strings.HasPrefix(lower, "posix/"), strings.HasPrefix(lower, "right/"):
			return "", false
		case strings.HasSuffix(lower, ".tab"), strings.HasSuffix(lower, ".zi"):
			return "", false
		}
		if _, err := time.LoadLocation(spelling); err == nil {
			return spelling, true
		}
	}
	return "", false
}

func capitals(name string) string {
	b := []byte(strings.ToLower(name))
	for i := range b {
		if (i == 0 || b[i-1] == '/' || b[i-1] == '_' || b[i-1] == '-') && b[i] >= 'a' && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// posix reads GMT-3, <x>+03:00 and +03:30: a label, and hours west of UTC.
func posix(text string) (label string, west float64, ok bool) {
	at := strings.LastIndexAny(text, "+-")
	if after := strings.LastIndexByte(text, '>'); at < 0 || at < after {
		return "", 0, false
	}
	label = text[:at]
	angled := strings.HasPrefix(label, "<") && strings.HasSuffix(label, ">")
	if !angled && strings.ContainsFunc(label, func(c rune) bool { return c < 'A' || c > 'Z' && c < 'a' || c > 'z' }) {
		return "", 0, false
	}
	hours, minutes, _ := strings.Cut(text[at+1:], ":")
	h, err := strconv.ParseUint(hours, 10, 8)
	if err != nil {
		return "", 0, false
	}
	m := uint64(0)
	if minutes != "" {
		if m, err = strconv.ParseUint(minutes, 10, 8); err != nil || m > 59 {
			return "", 0, false
		}
	}
	west = float64(h) + float64(m)/60
	if text[at] == '-' {
		west = -west
	}
	return label, west, true
}
