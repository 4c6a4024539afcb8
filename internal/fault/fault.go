// Package fault is the one error type that crosses steps, processes and doors.
//
// A step returns *Error when the user can do something about it; every other
// error becomes Internal at the edge, without its text. Only the edges turn a
// Kind into a SQLSTATE, a gRPC code or a Unity error_code.
package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Error is what the user reads: what happened, where, and what to do.
//
// Message is one lower-case sentence without a full stop, as PostgreSQL writes
// them. It names nothing that the principal may not see: no path, no other
// principal, no internal name.
type Error struct {
	Kind     Kind
	Message  string
	Detail   string // more about the case, or empty
	Hint     string // what to do about it, or empty
	Position int    // character in the statement's text, from 1; 0: unknown
	Code     string // SQLSTATE as PostgreSQL itself gave it; empty: the kind's
	cause    error  // for logs only, never sent
}

// New makes an Error of kind with a message.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error that hides cause behind a message fit for the user. The
// cause is found by errors.Is and As, and logged; it is never sent.
func Wrap(cause error, kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), cause: cause}
}

// WithDetail returns e with a detail.
func (e *Error) WithDetail(format string, args ...any) *Error {
	c := *e
	c.Detail = fmt.Sprintf(format, args...)
	return &c
}

// WithHint returns e with a hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// WithPosition returns e pointing at a character of the statement, from 1.
func (e *Error) WithPosition(position int) *Error {
	c := *e
	c.Position = position
	return &c
}

// SQLSTATE gives the five-character code that clients are told.
func (e *Error) SQLSTATE() string {
	if e.Code != "" {
		return e.Code
	}
	return e.Kind.SQLSTATE()
}

// Error gives kind and message; the cause is left to logs (see Unwrap).
func (e *Error) Error() string { return e.Message }

// Unwrap gives the hidden cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is tells errors.Is that two Errors of one kind are alike.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Kind == e.Kind && t.Message == ""
}

// From turns any error into an Error. Context errors become Cancelled and
// Timeout; what nobody explained becomes Internal with the cause hidden. It
// returns nil for nil.
func From(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return Wrap(err, Cancelled, "canceling statement due to user request")
	case errors.Is(err, context.DeadlineExceeded):
		return Wrap(err, Timeout, "canceling statement due to statement timeout")
	default:
		return Wrap(err, Internal, "internal error").
			WithHint("The server's log has the cause; its administrator can find it by the time of this error.")
	}
}

// maxText is the most that a user reads of a message, a detail or a hint, in
// bytes: a value that they quote may be as long as memory.
const maxText = 8 << 10

// Shorten cuts a text that is too long for a message.
func Shorten(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}

// KindOf gives the kind of err: Internal for what nobody explained, and the
// empty kind for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	return From(err).Kind
}
