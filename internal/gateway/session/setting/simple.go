package setting

import (
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/fault"
)

// request is one value to check.
type request struct {
	name    string
	current string   // its value so far
	user    string   // who logged in
	values  []string // at least one
}

// check gives the canonical form of a value.
type check func(request) (string, error)

// one gives the value of a setting that is no list.
func (r request) one() (string, error) {
	if len(r.values) != 1 {
		return "", fault.New(fault.InvalidParameter, "SET %s takes only one argument", r.name)
	}
	return strings.TrimSpace(r.values[0]), nil
}

func (r request) invalid(value string) *fault.Error {
	return fault.New(fault.InvalidParameter, "invalid value for parameter %q: %q", r.name, excerpt(value))
}

func (r request) unsupported(value string) *fault.Error {
	return fault.New(fault.Unsupported, "value %q for parameter %q is not supported", excerpt(value), r.name)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// boolean takes what PostgreSQL takes: unique beginnings of the words, too.
func boolean(r request) (string, error) {
	v, err := r.one()
	if err != nil {
		return "", err
	}
	on, ok := parseBool(v)
	if !ok {
		return "", fault.New(fault.InvalidParameter, "parameter %q requires a Boolean value", r.name)
	}
	return onOff(on), nil
}

// begins tells whether part is the beginning of word.
func begins(part, word string) bool { return strings.HasPrefix(word, part) }

func parseBool(text string) (on, ok bool) {
	v := strings.ToLower(text)
	switch {
	case v == "":
		return false, false
	case v == "1", v == "on", begins(v, "true"), begins(v, "yes"):
		return true, true
	case v == "0", v == "off", v == "of", begins(v, "false"), begins(v, "no"):
		return false, true
	}
	return false, false
}

// alwaysOn takes no other value than on.
func alwaysOn(r request) (string, error) {
	v, err := boolean(r)
	if err == nil && v != "on" {
		return "", r.unsupported(v).WithHint("Only \"on\" is supported.")
	}
	return v, err
}

// enum takes one of some words.
func enum(words ...string) check {
	return func(r request) (string, error) {
		v, err := r.one()
		if err != nil {
			return "", err
		}
		word := strings.ToLower(v)
		if slices.Contains(words, word) {
			return word, nil
		}
		return "", r.invalid(v).WithHint("Available values: %s.", strings.Join(words, ", "))
	}
}

// intervalStyle takes the styles that rows can be written in.
func intervalStyle(r request) (string, error) {
	v, err := enum("postgres", "postgres_verbose", "sql_standard", "iso_8601")(r)
	if v == "postgres_verbose" || v == "sql_standard" {
		return "", r.unsupported(v).WithHint("Use postgres or iso_8601.")
	}
	return v, err
}

// messages takes a level of client_min_messages.
func messages(r request) (string, error) {
	v, err := enum("debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error", "debug", "info")(r)
	if v == "debug" {
		v = "debug2"
	}
	return v, err
}
