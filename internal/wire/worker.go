package wire

import (
	"math"
	"time"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// Start makes the message that starts an execution.
func Start(s query.Start) *pb.Start {
	return &pb.Start{
		ExecutionId: string(s.ID),
		Sql:         s.SQL,
		Parameters: each(s.Parameters, func(v query.Value) *pb.Value {
			return &pb.Value{Null: v.Null, Text: v.Text}
		}),
		Tables:   Tables(s.Tables),
		Catalog:  s.Catalog,
		Schema:   s.Schema,
		Settings: Settings(s.Settings),
		Limits: &pb.Limits{
			MemoryBytes: s.Limits.Memory,
			Threads:     int32(min(max(s.Limits.Threads, 0), math.MaxInt16)),
			TempBytes:   s.Limits.Temp,
			TimeoutMs:   milliseconds(s.Limits.Timeout),
		},
	}
}

// milliseconds rounds up, so that a short timeout never becomes none.
func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// ToStart gives what starts an execution.
func ToStart(m *pb.Start) query.Start {
	limits := m.GetLimits()
	return query.Start{
		ID:  query.ID(m.GetExecutionId()),
		SQL: m.GetSql(),
		Parameters: each(m.GetParameters(), func(v *pb.Value) query.Value {
			return query.Value{Null: v.GetNull(), Text: v.GetText()}
		}),
		Tables:   ToTables(m.GetTables()),
		Catalog:  m.GetCatalog(),
		Schema:   m.GetSchema(),
		Settings: ToSettings(m.GetSettings()),
		Limits: query.Limits{
			Memory:  limits.GetMemoryBytes(),
			Threads: int(limits.GetThreads()),
			Temp:    limits.GetTempBytes(),
			Timeout: time.Duration(limits.GetTimeoutMs()) * time.Millisecond,
		},
	}
}

// Form makes the message of a form.
func Form(f frames.Form) *pb.Form {
	c := f.Copy
	m := &pb.Form{
		Kind:             pb.Form_Kind(f.Encoding), //nolint:gosec // a closed list
		Formats:          each(f.Formats, func(v int16) int32 { return int32(v) }),
		TimeZone:         f.TimeZone,
		ExtraFloatDigits: int32(f.ExtraFloatDigits), //nolint:gosec // -15 to 3
		ByteaEscape:      f.ByteaEscape,
		IntervalStyle:    f.IntervalStyle,
		Copy: &pb.CopyOptions{
			Delimiter: c.Delimiter, Header: c.Header, Quote: c.Quote, Escape: c.Escape,
			ForceQuote:    each(c.ForceQuote, func(v int) int32 { return int32(v) }), //nolint:gosec // a column's index
			ForceQuoteAll: c.ForceQuoteAll,
		},
	}
	if c.Null != nil {
		m.Copy.Null, m.Copy.NullSet = *c.Null, true
	}
	return m
}

// ToForm gives a form; an unknown kind gives encoding 0, which no encoder
// takes.
func ToForm(m *pb.Form) frames.Form {
	c := m.GetCopy()
	f := frames.Form{
		Encoding: frames.Encoding(m.GetKind()),
		Formats: each(m.GetFormats(), func(v int32) int16 {
			return int16(min(max(v, math.MinInt16), math.MaxInt16))
		}),
		TimeZone:         m.GetTimeZone(),
		ExtraFloatDigits: int(m.GetExtraFloatDigits()),
		ByteaEscape:      m.GetByteaEscape(),
		IntervalStyle:    m.GetIntervalStyle(),
		Copy: frames.CopyOptions{
			Delimiter: c.GetDelimiter(), Header: c.GetHeader(), Quote: c.GetQuote(), Escape: c.GetEscape(),
			ForceQuote:    each(c.GetForceQuote(), func(v int32) int { return int(v) }),
			ForceQuoteAll: c.GetForceQuoteAll(),
		},
	}
	if c.GetNullSet() {
		null := c.GetNull()
		f.Copy.Null = &null
	}
	return f
}

// Reason makes the message's value of a reason to cancel.
func Reason(r frames.Reason) pb.Cancel_Reason {
	switch r {
	case frames.StatementTimeout:
		return pb.Cancel_REASON_TIMEOUT
	case frames.IdleResult:
		return pb.Cancel_REASON_IDLE_RESULT
	case frames.Shutdown:
		return pb.Cancel_REASON_SHUTDOWN
	default:
		return pb.Cancel_REASON_UNSPECIFIED
	}
}

// ToReason gives a reason to cancel.
func ToReason(m pb.Cancel_Reason) frames.Reason {
	switch m {
	case pb.Cancel_REASON_TIMEOUT:
		return frames.StatementTimeout
	case pb.Cancel_REASON_IDLE_RESULT:
		return frames.IdleResult
	case pb.Cancel_REASON_SHUTDOWN:
		return frames.Shutdown
	default:
		return frames.UserCancel
	}
}

// Outcome makes the message of an outcome.
func Outcome(o query.Outcome) *pb.Outcome {
	m := &pb.Outcome{
		Status: status(o.Status), Rows: o.Rows, Bytes: o.Bytes,
		WallUs: o.Wall.Microseconds(), CpuUs: o.CPU.Microseconds(),
		PeakMemoryBytes: o.PeakMemory, CgroupPeakBytes: o.CgroupPeak, SpilledBytes: o.Spilled,
		MemoryLimitBytes: o.MemoryLimit, Warm: o.Warm,
		ClaimUs: o.ClaimTime.Microseconds(), FirstRowUs: o.FirstRowAfter.Microseconds(),
	}
	if o.Fault != nil {
		m.Fault = Fault(o.Fault)
	}
	return m
}

// ToOutcome gives an outcome; an unknown status is Failed.
func ToOutcome(m *pb.Outcome) query.Outcome {
	us := func(v int64) time.Duration { return time.Duration(v) * time.Microsecond }
	return query.Outcome{
		Status: toStatus(m.GetStatus()), Fault: ToFault(m.GetFault()), Rows: m.GetRows(), Bytes: m.GetBytes(),
		Wall: us(m.GetWallUs()), CPU: us(m.GetCpuUs()),
		PeakMemory: m.GetPeakMemoryBytes(), CgroupPeak: m.GetCgroupPeakBytes(), Spilled: m.GetSpilledBytes(),
		MemoryLimit: m.GetMemoryLimitBytes(), Warm: m.GetWarm(),
		ClaimTime: us(m.GetClaimUs()), FirstRowAfter: us(m.GetFirstRowUs()),
	}
}

func status(s query.Status) pb.Outcome_Status {
	switch s {
	case query.Success:
		return pb.Outcome_STATUS_SUCCESS
	case query.Failed:
		return pb.Outcome_STATUS_FAILED
	case query.Cancelled:
		return pb.Outcome_STATUS_CANCELLED
	case query.TimedOut:
		return pb.Outcome_STATUS_TIMEOUT
	case query.OOM:
		return pb.Outcome_STATUS_OOM
	default:
		return pb.Outcome_STATUS_UNSPECIFIED
	}
}

func toStatus(m pb.Outcome_Status) query.Status {
	switch m {
	case pb.Outcome_STATUS_SUCCESS:
		return query.Success
	case pb.Outcome_STATUS_CANCELLED:
		return query.Cancelled
	case pb.Outcome_STATUS_TIMEOUT:
		return query.TimedOut
	case pb.Outcome_STATUS_OOM:
		return query.OOM
	default:
		return query.Failed
	}
}

// InspectRequest makes the message that asks for an inspection.
func InspectRequest(r query.InspectRequest) *pb.InspectRequest {
	return &pb.InspectRequest{
		Files: Files(r.Files), Format: Format(r.Format), PartitionColumns: r.PartitionColumns, Base: r.Base,
	}
}

// ToInspectRequest gives what asks for an inspection.
func ToInspectRequest(m *pb.InspectRequest) query.InspectRequest {
	return query.InspectRequest{
		Files: ToFiles(m.GetFiles()), Format: ToFormat(m.GetFormat()),
		PartitionColumns: m.GetPartitionColumns(), Base: m.GetBase(),
	}
}

// Inspection makes the message of an inspection, or of the error that it ended
// with.
func Inspection(i query.Inspection, err error) *pb.InspectResponse {
	if err != nil {
		return &pb.InspectResponse{Fault: Fault(err)}
	}
	return &pb.InspectResponse{Columns: Columns(i.Columns), Rows: i.Rows, Options: Options(i.Options)}
}

// ToInspection gives an inspection, or the error that it ended with.
func ToInspection(m *pb.InspectResponse) (query.Inspection, error) {
	if f := ToFault(m.GetFault()); f != nil {
		return query.Inspection{}, f
	}
	return query.Inspection{
		Columns: ToColumns(m.GetColumns()), Rows: m.GetRows(), Options: ToOptions(m.GetOptions()),
	}, nil
}
