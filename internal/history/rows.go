package history

import (
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tavana/tavana/internal/query"
)

// Both statements may run twice with the same effect: a batch whose answer was
// lost is written again. The end is whole by itself, so that a start that was
// dropped does not lose it.
const (
	columns = `execution_id, principal, key_id, door, session_id, catalog, schema, text, fingerprint, tables,
		started_at, estimate, server`

	insertStart = `INSERT INTO tavana.executions (` + columns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (execution_id) DO NOTHING`

	upsertEnd = `INSERT INTO tavana.executions (` + columns + `, queued_us,
			ended_at, status, fault_kind, fault_message, fault_detail, result_rows, result_bytes, wall_us, cpu_us,
			peak_memory_bytes, cgroup_peak_bytes, spilled_bytes, memory_limit_bytes, warm, claim_us, first_row_us)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
			$15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)
		ON CONFLICT (execution_id) DO UPDATE SET
			queued_us = excluded.queued_us, estimate = excluded.estimate, ended_at = excluded.ended_at,
			status = excluded.status, fault_kind = excluded.fault_kind, fault_message = excluded.fault_message,
			fault_detail = excluded.fault_detail, result_rows = excluded.result_rows,
			result_bytes = excluded.result_bytes, wall_us = excluded.wall_us, cpu_us = excluded.cpu_us,
			peak_memory_bytes = excluded.peak_memory_bytes, cgroup_peak_bytes = excluded.cgroup_peak_bytes,
			spilled_bytes = excluded.spilled_bytes, memory_limit_bytes = excluded.memory_limit_bytes,
			warm = excluded.warm, claim_us = excluded.claim_us, first_row_us = excluded.first_row_us`

	markCutOff = `UPDATE tavana.executions
		SET ended_at = greatest(now(), started_at), status = $1, fault_kind = $2, fault_message = $3
		WHERE ended_at IS NULL AND server IN ($4, '')`
)

// event is a start or an end that is to be written.
type event struct {
	server    string
	execution query.Execution
	ended     time.Time // zero: a start
}

// size is about what the event keeps in memory: texts may be long.
func (e event) size() int64 {
	const fixed = 1 << 10
	return int64(len(e.execution.Text)) + fixed
}

// queue adds the event's statement to a batch.
func (e event) queue(b *pgx.Batch) {
	if e.ended.IsZero() {
		b.Queue(insertStart, e.start()...)
		return
	}
	b.Queue(upsertEnd, append(e.start(), e.end()...)...)
}

func (e event) start() []any {
	x := e.execution
	tables := make([]string, len(x.Tables))
	for i, name := range x.Tables {
		tables[i] = clean(name.String())
	}
	return []any{
		string(x.ID), clean(x.Identity.Principal), clean(x.Identity.KeyID), x.Door, x.Session,
		clean(x.Catalog), clean(x.Schema), clean(x.Text), x.Fingerprint, tables, x.Started, x.Estimate, e.server,
	}
}

func (e event) end() []any {
	o := e.execution.Outcome
	var kind, message, detail *string
	if f := o.Fault; f != nil {
		kind, message = new(string(f.Kind)), new(clean(f.Message))
		if f.Detail != "" {
			detail = new(clean(f.Detail))
		}
	}
	return []any{
		e.execution.Queued.Microseconds(), e.ended, string(o.Status), kind, message, detail,
		o.Rows, o.Bytes, o.Wall.Microseconds(), o.CPU.Microseconds(),
		o.PeakMemory, o.CgroupPeak, o.Spilled, o.MemoryLimit,
		o.Warm, o.ClaimTime.Microseconds(), o.FirstRowAfter.Microseconds(),
	}
}

// clean makes a text one that PostgreSQL takes.
func clean(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}
