package setting

import (
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

// dateStyle takes ISO with any order of day and month; a part that is not
// given stays as it is.
func dateStyle(r request) (string, error) {
	order := strings.TrimPrefix(r.current, "ISO, ")
	for part := range strings.SplitSeq(strings.Join(r.values, ","), ",") {
		part = strings.TrimSpace(part)
		switch word := strings.ToLower(part); {
		case word == "iso", word == "default":
		case word == "mdy", word == "us", strings.HasPrefix(word, "noneuro"):
			order = "MDY"
		case word == "dmy", strings.HasPrefix(word, "euro"):
			order = "DMY"
		case word == "ymd":
			order = "YMD"
		case word == "sql", word == "german", strings.HasPrefix(word, "postgres"):
			return "", r.unsupported(part).WithHint("Dates are written in ISO style only.")
		default:
			return "", r.invalid(strings.Join(r.values, ", "))
		}
	}
	return "ISO, " + order, nil
}

// encoding takes the names of UTF-8, as clients spell them: asyncpg sends
// quote marks with it.
func encoding(r request) (string, error) {
	v, err := r.one()
	if err != nil {
		return "", err
	}
	letters := func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}
	switch strings.Map(letters, strings.ToLower(v)) {
	case "utf8", "unicode":
		return "UTF8", nil
	}
	return "", r.invalid(v).WithHint("The only encoding of clients is UTF8.")
}

// applicationName keeps printable ASCII, and as much as PostgreSQL keeps of a
// name.
func applicationName(r request) (string, error) {
	const most = 63
	v := strings.Join(r.values, ", ")
	clean := make([]byte, 0, most)
	for i := 0; i < len(v) && len(clean) < most; i++ {
		c := v[i]
		if c < ' ' || c > '~' {
			c = '?'
		}
		clean = append(clean, c)
	}
	return string(clean), nil
}

// role takes only none: principals do not take other roles.
func role(r request) (string, error) {
	v, err := r.one()
	if err != nil {
		return "", err
	}
	if strings.EqualFold(v, "none") {
		return "none", nil
	}
	return "", fault.New(fault.PermissionDenied, "permission denied to set role %q", excerpt(v))
}

// authorization takes only who logged in.
func authorization(r request) (string, error) {
	v, err := r.one()
	if err != nil {
		return "", err
	}
	if v == r.user {
		return v, nil
	}
	return "", fault.New(fault.PermissionDenied, "permission denied to set session authorization %q", excerpt(v))
}
