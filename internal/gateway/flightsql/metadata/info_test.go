package metadata_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	pb "github.com/apache/arrow-go/v18/arrow/flight/gen/flight"
	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/gateway/flightsql/metadata"
	"github.com/tavana/tavana/internal/planner/policy"
)

// answers reads what a client gets for codes.
func answers(t *testing.T, client *flightsql.Client, codes ...flightsql.SqlInfo) map[flightsql.SqlInfo]any {
	t.Helper()
	asked, err := client.GetSqlInfo(t.Context(), codes)
	got := map[flightsql.SqlInfo]any{}
	for _, batch := range fetch(t, client, schema_ref.SqlInfo, asked, err) {
		names, values := batch.Column(0).(*array.Uint32), batch.Column(1).(*array.DenseUnion)
		if err := values.ValidateFull(); err != nil {
			t.Fatal(err)
		}
		last := -1
		for i := range values.Len() {
			code := int(names.Value(i))
			if code <= last {
				t.Errorf("code %d comes after %d", code, last)
			}
			last = code
			got[flightsql.SqlInfo(code)] = answer(values.Field(values.ChildID(i)), int(values.ValueOffset(i)))
		}
	}
	return got
}

func answer(member arrow.Array, at int) any {
	if member.IsNull(at) {
		return nil
	}
	switch member := member.(type) {
	case *array.String:
		return member.Value(at)
	case *array.Boolean:
		return member.Value(at)
	case *array.Int64:
		return member.Value(at)
	case *array.Int32:
		return member.Value(at)
	case *array.Map:
		out := map[int32][]int32{}
		start, end := member.ValueOffsets(at)
		for i := int(start); i < int(end); i++ {
			key := member.Keys().(*array.Int32).Value(i)
			list := member.Items().(*array.List)
			from, to := list.ValueOffsets(i)
			for j := from; j < to; j++ {
				out[key] = append(out[key], list.ListValues().(*array.Int32).Value(int(j)))
			}
		}
		return out
	case *array.List:
		var out []string
		start, end := member.ValueOffsets(at)
		for i := start; i < end; i++ {
			out = append(out, member.ListValues().(*array.String).Value(int(i)))
		}
		return out
	default:
		return member
	}
}

func TestInfo(t *testing.T) {
	t.Parallel()
	info := metadata.NewInfo(metadata.Server{
		Version: "1.2.3", StatementTimeout: 30 * time.Minute, LongestStatement: 1 << 24, MostStatements: 5000,
	})
	client := connect(t, &server{info: info})

	all := answers(t, client)
	for code, name := range pb.SqlInfo_name {
		if _, ok := all[flightsql.SqlInfo(code)]; !ok {
			t.Errorf("%s (%d) is not answered", name, code)
		}
	}
	if len(all) != len(pb.SqlInfo_name) {
		t.Errorf("%d answers, the specification has %d: drivers know no others", len(all), len(pb.SqlInfo_name))
	}
	for code, value := range all {
		if diff := cmp.Diff(info.Value(code), value); diff != "" {
			t.Errorf("%s: %s", code, diff)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(all)), info.Codes()); diff != "" {
		t.Error(diff)
	}

	want := map[flightsql.SqlInfo]any{
		0: "Tavana", 1: "1.2.3", 3: true, 4: true, 5: false, 6: nil, 7: nil, 8: int32(0), 9: true, 10: false, 11: false,
		100: int32(1_800_000), 101: int32(0), 502: false, 503: int64(1), 504: `"`, 505: int64(1), 507: int64(3),
		513: `\`, 514: "$", 522: int32(2), 528: int32(6), 531: "catalog", 532: true, 538: int32(15), 540: int32(3),
		557: int64(1 << 24), 558: int64(5000), 559: int64(255), 562: int64(0), 563: false, 564: int32(1),
		567: int32(2), 568: int32(0), 569: int32(2), 576: false,
	}
	if diff := cmp.Diff(want, answers(t, client, slices.Collect(maps.Keys(want))...)); diff != "" {
		t.Error(diff)
	}
	for name, tc := range map[string]struct {
		reason string
		codes  []flightsql.SqlInfo
		want   map[flightsql.SqlInfo]any
	}{
		"Unknown": {"is left out", []flightsql.SqlInfo{9999, 0, 12, 1 << 31, 10_000}, map[flightsql.SqlInfo]any{0: "Tavana"}},
		"Nothing": {"none is known", []flightsql.SqlInfo{9999}, map[flightsql.SqlInfo]any{}},
		"Often":   {"a code is answered once", slices.Repeat([]flightsql.SqlInfo{508}, 100_000), map[flightsql.SqlInfo]any{508: all[508]}},
	} {
		if diff := cmp.Diff(tc.want, answers(t, client, tc.codes...)); diff != "" {
			t.Errorf("%s: %s: %s", name, tc.reason, diff)
		}
	}
}

func TestInfoOfPostgresSemantics(t *testing.T) {
	t.Parallel()
	info := metadata.NewInfo(metadata.Server{PostgresSemantics: true, StatementTimeout: -1})
	if got := info.Value(flightsql.SqlInfoNullOrdering); got != int64(flightsql.SqlNullOrderingSortHigh) {
		t.Errorf("NULLs are sorted as %v", got)
	}
	if got := info.Value(flightsql.SqlInfoFlightSqlServerStatementTimeout); got != int32(0) {
		t.Errorf("a timeout below nothing is told as %v", got)
	}
	long := metadata.NewInfo(metadata.Server{StatementTimeout: 1 << 62})
	if got := long.Value(flightsql.SqlInfoFlightSqlServerStatementTimeout); got != int32(1<<31-1) {
		t.Errorf("a long timeout is told as %v", got)
	}
}

// TestFunctionsAreAllowed holds the lists against the planner's policy.
func TestFunctionsAreAllowed(t *testing.T) {
	t.Parallel()
	grammar := []string{"COALESCE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "EXTRACT", "IFNULL"}
	info := metadata.NewInfo(metadata.Server{})
	seen := map[string]bool{}
	for _, code := range []flightsql.SqlInfo{
		flightsql.SqlInfoNumericFunctions, flightsql.SqlInfoStringFunctions,
		flightsql.SqlInfoSystemFunctions, flightsql.SqlInfoDateTimeFunctions,
	} {
		names, _ := info.Value(code).([]string)
		if len(names) < 15 || !slices.IsSorted(names) {
			t.Errorf("%s: %d names, in order: %v", code, len(names), slices.IsSorted(names))
		}
		for _, name := range names {
			if seen[name] || name != strings.ToUpper(name) {
				t.Errorf("%s: %q is there twice, or not in upper case", code, name)
			}
			seen[name] = true
			if policy.Scalar(name) != policy.Allowed && !slices.Contains(grammar, name) {
				t.Errorf("%s: %q may not be called", code, name)
			}
		}
	}
}
