package child

import (
	"context"
	"errors"
	"strings"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// reasonError is the cause that a cancelled execution's context carries.
type reasonError frames.Reason

func (r reasonError) Error() string { return "cancelled by the supervisor" }

// passing tells whether an error says nothing about a table's files.
func passing(err error) bool {
	switch fault.KindOf(err) {
	case fault.Cancelled, fault.Timeout, fault.OutOfMemory, fault.DiskFull:
		return true
	}
	e := duck.ExceptionOf(err)
	return errors.Is(err, context.Canceled) || e != nil && e.Fatal()
}

// unreadable turns what went wrong with a table's files into an error that
// names the table, never a path.
func unreadable(name query.TableName, err error) error {
	if err == nil || passing(err) {
		return err
	}
	f := fault.Wrap(err, fault.TableUnreadable, "table %q cannot be read", name.String()).
		WithHint("Its files may have been moved, changed or damaged since the table was registered.")
	if detail := fault.From(err); detail.Kind != fault.Internal {
		f = f.WithDetail("%s", about(detail))
	}
	return f
}

// names tells whether an error names its table already.
func names(err error) bool {
	f := fault.From(err)
	return f.Kind == fault.TableUnreadable && strings.HasPrefix(f.Message, "table ")
}

// about gives the first lines of what happened.
func about(f *fault.Error) string {
	text := f.Message
	if f.Detail != "" {
		text += "\n" + f.Detail
	}
	var kept []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "file =") || strings.HasPrefix(line, "file=") || len(kept) == maxLines {
			break
		}
		if line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

const maxLines = 4

// explain turns an error of a running statement into what the user reads.
func explain(ctx context.Context, err error, s query.Start) *fault.Error {
	if reason, ok := errors.AsType[reasonError](context.Cause(ctx)); ok {
		return cancelled(frames.Reason(reason), err)
	}
	if e := duck.ExceptionOf(err); e != nil && !passing(err) && !names(err) {
		if t, ok := guilty(e, s.Tables); ok {
			err = unreadable(t, err)
		}
	}
	f := fault.From(err)
	if len(s.Parameters) > 0 && f.Position != 0 {
		// The text that runs is not the text that the user wrote.
		f = f.WithPosition(0)
	}
	return f
}

func cancelled(reason frames.Reason, cause error) *fault.Error {
	switch reason {
	case frames.StatementTimeout:
		return fault.Wrap(cause, fault.Timeout, "canceling statement due to statement timeout")
	case frames.IdleResult:
		return fault.Wrap(cause, fault.IdleResult, "the result was idle for too long and gave its worker back")
	case frames.Shutdown:
		return fault.Wrap(cause, fault.ShuttingDown, "terminating statement because the server is shutting down")
	default:
		return fault.Wrap(cause, fault.Cancelled, "canceling statement due to user request")
	}
}

// guilty finds the table whose files an exception is about.
func guilty(e *duck.Exception, tables []query.Table) (query.TableName, bool) {
	for _, t := range tables {
		for _, f := range t.Files {
			if strings.Contains(e.Message, f.Path) {
				return t.Name, true
			}
		}
	}
	if len(tables) == 1 && ofFiles(e) {
		return tables[0].Name, true
	}
	return query.TableName{}, false
}

// ofFiles tells whether an exception comes from reading files.
func ofFiles(e *duck.Exception) bool {
	switch strings.ToLower(e.Type) {
	case "io", "serialization":
		return true
	}
	for _, word := range []string{"arquet", "snappy", "TProtocol", "Thrift", "zstd", "gzip", "CSV Error"} {
		if strings.Contains(e.Message, word) {
			return true
		}
	}
	return false
}

// status classes how an execution ended.
func status(f *fault.Error) query.Status {
	if f == nil {
		return query.Success
	}
	switch f.Kind {
	case fault.Cancelled, fault.IdleResult, fault.ShuttingDown:
		return query.Cancelled
	case fault.Timeout:
		return query.TimedOut
	case fault.OutOfMemory:
		return query.OOM
	default:
		return query.Failed
	}
}
