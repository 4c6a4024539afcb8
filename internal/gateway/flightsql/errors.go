package flightsql

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tavana/tavana/internal/fault"
)

// maxStatus bounds a status message, in bytes: it goes in a header, and clients
// refuse headers of more than 8 KiB.
const maxStatus = 2 << 10

// retryAfter is when a client that was refused for want of room may try again.
const retryAfter = time.Second

// domain names the source of the codes in error details.
const domain = "tavana"

// statusError makes the error that a client is sent, and counts it. Errors that gRPC
// or the library made stay as they are; the cause of what nobody explained goes to
// the log, and nowhere else.
func (s *Server) statusError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	e := explained(err)
	if e == nil {
		return err
	}
	s.metrics.errors.WithLabelValues(e.SQLSTATE()).Inc()
	if cause := e.Unwrap(); cause != nil && (e.Kind == fault.Internal || e.Kind == fault.WorkerLost) {
		s.config.Logger.ErrorContext(ctx, "call failed", slog.String("sqlstate", e.SQLSTATE()), slog.Any("error", cause))
	}
	st := status.New(codeOf(e.Kind), message(e))
	if detailed, failed := st.WithDetails(details(e)...); failed == nil {
		st = detailed
	}
	return st.Err()
}

// explained gives the fault of an error; nil: gRPC's own, which says enough.
func explained(err error) *fault.Error {
	st, ok := status.FromError(err)
	if !ok || errors.As(err, new(*fault.Error)) {
		return fault.From(err)
	}
	switch st.Code() {
	case codes.InvalidArgument: // the library could not read it
		return fault.Wrap(err, fault.Protocol, "the command, ticket or message is none of Flight SQL's").
			WithHint("Tickets and handles are to be sent as the server gave them.")
	case codes.Unimplemented:
		return fault.Wrap(err, fault.Unsupported, "this call of Flight is not supported").
			WithHint("GetSqlInfo and ListActions tell what is.")
	default:
		return nil
	}
}

// message is what people read: all that is known, as most clients show nothing else.
func message(e *fault.Error) string {
	var b strings.Builder
	b.WriteString(e.Message)
	for _, part := range []struct{ name, text string }{{"DETAIL", e.Detail}, {"HINT", e.Hint}} {
		if part.text != "" {
			b.WriteString("\n" + part.name + ": " + part.text)
		}
	}
	if e.Position > 0 {
		b.WriteString("\nPOSITION: " + strconv.Itoa(e.Position))
	}
	state := "\nSQLSTATE: " + e.SQLSTATE()
	text := strings.ReplaceAll(strings.ToValidUTF8(b.String(), "\uFFFD"), "\x00", "")
	if most := maxStatus - len(state); len(text) > most {
		text = strings.ToValidUTF8(text[:most-3], "") + "..."
	}
	return text + state
}

// details are for programs.
func details(e *fault.Error) []protoadapt.MessageV1 {
	info := &errdetails.ErrorInfo{
		Reason: strings.ToUpper(string(e.Kind)), Domain: domain, Metadata: map[string]string{"sqlstate": e.SQLSTATE()},
	}
	if e.Position > 0 {
		info.Metadata["position"] = strconv.Itoa(e.Position)
	}
	out := []protoadapt.MessageV1{info}
	if code := codeOf(e.Kind); code == codes.ResourceExhausted && e.Kind != fault.ProgramLimit || code == codes.Unavailable {
		out = append(out, &errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)})
	}
	return out
}

// codeOf gives the gRPC code of a kind.
func codeOf(k fault.Kind) codes.Code {
	if code, ok := grpcCodes[k]; ok {
		return code
	}
	return codes.Internal
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var grpcCodes = map[fault.Kind]codes.Code{
	fault.Syntax:             codes.InvalidArgument,
	fault.UndefinedTable:     codes.NotFound,
	fault.UndefinedColumn:    codes.InvalidArgument,
	fault.UndefinedFunction:  codes.InvalidArgument,
	fault.UndefinedParameter: codes.InvalidArgument,
	fault.UndefinedObject:    codes.InvalidArgument,
	fault.AmbiguousColumn:    codes.InvalidArgument,
	fault.Grouping:           codes.InvalidArgument,
	fault.TypeMismatch:       codes.InvalidArgument,
	fault.IndeterminateType:  codes.InvalidArgument,
	fault.InvalidReference:   codes.InvalidArgument,
	fault.InvalidCatalog:     codes.NotFound,
	fault.InvalidSchema:      codes.NotFound,
	fault.Unsupported:        codes.Unimplemented,
	fault.ReadOnly:           codes.PermissionDenied,
	fault.DuplicateObject:    codes.AlreadyExists,
	fault.DuplicateTable:     codes.AlreadyExists,
	fault.InvalidName:        codes.InvalidArgument,

	fault.InvalidText:      codes.InvalidArgument,
	fault.InvalidBinary:    codes.InvalidArgument,
	fault.InvalidParameter: codes.InvalidArgument,
	fault.InvalidDatetime:  codes.InvalidArgument,
	fault.DatetimeOverflow: codes.InvalidArgument,
	fault.OutOfRange:       codes.InvalidArgument,
	fault.DivisionByZero:   codes.InvalidArgument,
	fault.Cardinality:      codes.InvalidArgument,
	fault.DataException:    codes.InvalidArgument,
	fault.TableChanged:     codes.Aborted,
	fault.TableUnreadable:  codes.DataLoss,
	fault.InvalidEncoding:  codes.InvalidArgument,

	fault.Unauthenticated:  codes.Unauthenticated,
	fault.NotAuthorized:    codes.Unauthenticated,
	fault.PermissionDenied: codes.PermissionDenied,

	fault.Protocol:           codes.InvalidArgument,
	fault.UndefinedStatement: codes.NotFound,
	fault.DuplicateStatement: codes.AlreadyExists,
	fault.UndefinedCursor:    codes.NotFound,
	fault.DuplicateCursor:    codes.AlreadyExists,
	fault.CursorState:        codes.FailedPrecondition,
	fault.TransactionAborted: codes.FailedPrecondition,
	fault.NoTransaction:      codes.FailedPrecondition,
	fault.UndefinedSavepoint: codes.NotFound,
	fault.ActiveTransaction:  codes.FailedPrecondition,
	fault.IdleResult:         codes.Aborted,
	fault.IdleSession:        codes.Unauthenticated,
	fault.IdleTransaction:    codes.Aborted,

	fault.OutOfMemory:        codes.ResourceExhausted,
	fault.DiskFull:           codes.ResourceExhausted,
	fault.TooManyConnections: codes.ResourceExhausted,
	fault.QueueFull:          codes.ResourceExhausted,
	fault.ProgramLimit:       codes.ResourceExhausted,
	fault.TooComplex:         codes.InvalidArgument,
	fault.Cancelled:          codes.Canceled,
	fault.Timeout:            codes.DeadlineExceeded,
	fault.ShuttingDown:       codes.Unavailable,
	fault.Unavailable:        codes.Unavailable,
	fault.WorkerLost:         codes.Unavailable,
	fault.Internal:           codes.Internal,
}
