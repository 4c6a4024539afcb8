package introspect

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// edit replaces bytes of a text.
type edit struct {
	start, end int
	text       string
}

// edits are the changes of one statement, in order.
type edits []edit

// apply gives the changed text; false where two changes meet.
func (e edits) apply(text string) (string, bool) {
	slices.SortFunc(e, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out strings.Builder
	at := 0
	for _, c := range e {
		if c.start < at || c.end > len(text) {
			return "", false
		}
		out.WriteString(text[at:c.start])
		out.WriteString(c.text)
		at = c.end
	}
	out.WriteString(text[at:])
	return out.String(), true
}

// original gives the character in the client's text, from 1, for one in the
// changed text.
func (e edits) original(text, changed string, position int) int {
	if position <= 0 {
		return 0
	}
	byteAt := bytesBefore(changed, position-1)
	grown := 0 // bytes that the changes so far have added
	for _, c := range e {
		start := c.start + grown
		if byteAt < start {
			break
		}
		if byteAt < start+len(c.text) {
			byteAt = start
			grown = start - c.start
			return utf8.RuneCountInString(text[:min(byteAt-grown, len(text))]) + 1
		}
		grown += len(c.text) - (c.end - c.start)
	}
	return utf8.RuneCountInString(text[:min(max(byteAt-grown, 0), len(text))]) + 1
}

// bytesBefore gives how many bytes the first n characters have.
func bytesBefore(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}
