package pgwire

import (
	"context"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session"
)

const (
	severityError = "ERROR"
	severityFatal = "FATAL"
)

// errorResponse makes the message for an error and counts it. The cause of what
// nobody explained goes to the log, and nowhere else.
func (c *connection) errorResponse(severity string, err error) *pgproto3.ErrorResponse {
	e := fault.From(err)
	code := e.SQLSTATE()
	c.server.metrics.errors.WithLabelValues(code).Inc()
	if cause := e.Unwrap(); cause != nil && (e.Kind == fault.Internal || e.Kind == fault.WorkerLost) {
		c.log.ErrorContext(context.Background(), "statement failed", slog.String("sqlstate", code), slog.Any("error", cause))
	}
	return &pgproto3.ErrorResponse{
		Severity:            severity,
		SeverityUnlocalized: severity,
		Code:                code,
		Message:             clean(e.Message, "unknown error"),
		Detail:              clean(e.Detail, ""),
		Hint:                clean(e.Hint, ""),
		Position:            int32(min(max(e.Position, 0), 1<<30)),
	}
}

func noticeResponse(n session.Notice) *pgproto3.NoticeResponse {
	severity, code := n.Severity, "00000"
	if severity == "" {
		severity = "NOTICE"
	}
	if severity == "WARNING" {
		code = "01000"
	}
	notice := &pgproto3.NoticeResponse{Severity: severity, SeverityUnlocalized: severity, Code: code, Message: "notice"}
	if n.Error == nil {
		return notice
	}
	if n.Kind != "" {
		notice.Code = n.SQLSTATE()
	}
	notice.Message = clean(n.Message, "notice")
	notice.Detail = clean(n.Detail, "")
	notice.Hint = clean(n.Hint, "")
	return notice
}

// clean makes a text fit for a field of a message: a NUL would end it, and what
// it quotes of a statement may be long.
func clean(text, fallback string) string {
	text = fault.Shorten(text)
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if text == "" {
		return fallback
	}
	return text
}
