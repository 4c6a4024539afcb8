package duck

import (
	"context"

	bindings "github.com/duckdb/duckdb-go-bindings"
)

const peakTemp = "SYSTEM_PEAK_TEMP_DIR_SIZE"

// MeasureTemp makes the connection's statements count what they spill, and
// nothing else. It changes what EXPLAIN ANALYZE shows.
func (c *Conn) MeasureTemp(ctx context.Context) error {
	if err := c.Exec(ctx, "SET enable_profiling = 'no_output'"); err != nil {
		return err
	}
	return c.Exec(ctx, `SET custom_profiling_settings = '{"`+peakTemp+`": "true"}'`)
}

// MeasureNothing ends MeasureTemp.
func (c *Conn) MeasureNothing(ctx context.Context) error {
	if err := c.Exec(ctx, "RESET custom_profiling_settings"); err != nil {
		return err
	}
	return c.Exec(ctx, "PRAGMA disable_profiling")
}

// PeakTemp gives the most bytes that the last statement, read to its end, had
// in the temporary directory; 0 where that was not measured.
func (c *Conn) PeakTemp() int64 {
	info := bindings.GetProfilingInfo(c.handle)
	if info.Ptr == nil {
		return 0
	}
	value := bindings.ProfilingInfoGetValue(info, peakTemp)
	if value.Ptr == nil {
		return 0
	}
	defer bindings.DestroyValue(&value)
	return bindings.GetInt64(value)
}
