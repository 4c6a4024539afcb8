package setting

import "strings"

// searchPath takes names one by one, or as one text with commas and quotes, as
// startup parameters and set_config have it.
func searchPath(r request) (string, error) {
	names := r.values
	if len(names) == 1 && strings.ContainsAny(names[0], `,"`) {
		var ok bool
		if names, ok = identifiers(names[0]); !ok {
			return "", r.invalid(r.values[0]).WithDetail("List syntax is invalid.")
		}
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", "), nil
}

// quote writes a name as SQL needs it.
func quote(name string) string {
	if identifier(name) && name == strings.ToLower(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func identifier(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || ((c < '0' || c > '9') && c != '$')) {
			return false
		}
	}
	return name != ""
}

// identifiers splits a list of names at commas. Names without quotes are in
// lower case.
func identifiers(text string) ([]string, bool) {
	var out []string
	rest := strings.TrimSpace(text)
	if rest == "" {
		return nil, true
	}
	for {
		name, after, ok := first(rest)
		if !ok {
			return nil, false
		}
		out = append(out, name)
		if after == "" {
			return out, true
		}
		if after[0] != ',' {
			return nil, false
		}
		rest = strings.TrimSpace(after[1:])
	}
}

// first cuts one name off; after it comes a comma or nothing.
func first(text string) (name, after string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexByte(text, ',')
		if end < 0 {
			end = len(text)
		}
		name = strings.TrimSpace(text[:end])
		return strings.ToLower(name), text[end:], name != "" && !strings.ContainsAny(name, "\" \t\r\n")
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
			b.WriteByte(text[i])
		case strings.HasPrefix(text[i:], `""`):
			b.WriteByte('"')
			i++
		default:
			return b.String(), strings.TrimSpace(text[i+1:]), true
		}
	}
	return "", "", false
}
