package metadata

import "github.com/apache/arrow-go/v18/arrow/flight/flightsql"

// conversions tells which types CAST makes of which: members of SqlSupportsConvert.
// DuckDB itself was asked, as the test of it in internal/duck does.
func conversions() map[int32][]int32 {
	type members = []flightsql.SqlSupportsConvert
	texts := members{flightsql.SqlConvertChar, flightsql.SqlConvertVarchar, flightsql.SqlConvertLongVarchar}
	bytes := members{flightsql.SqlConvertBinary, flightsql.SqlConvertVarbinary, flightsql.SqlConvertLongVarbinary}
	numbers := members{
		flightsql.SqlConvertBit, flightsql.SqlConvertTinyInt, flightsql.SqlConvertSmallInt,
		flightsql.SqlConvertInteger, flightsql.SqlConvertBigInt, flightsql.SqlConvertReal,
		flightsql.SqlConvertFloat, flightsql.SqlConvertDecimal, flightsql.SqlConvertNumeric,
	}
	intervals := members{flightsql.SqlConvertIntervalDayTime, flightsql.SqlConvertIntervalYearMonth}
	date := members{flightsql.SqlConvertDate}
	clock := members{flightsql.SqlConvertTime}
	moment := members{flightsql.SqlConvertTimestamp}

	to := map[int32][]int32{}
	allow := func(from members, groups ...members) {
		for _, f := range from {
			for _, group := range groups {
				for _, t := range group {
					to[int32(f)] = append(to[int32(f)], int32(t))
				}
			}
		}
	}
	allow(texts, texts, bytes, numbers, intervals, date, clock, moment)
	allow(bytes, texts, bytes)
	allow(numbers, texts, numbers)
	allow(intervals, texts, intervals)
	allow(date, texts, date, moment)
	allow(clock, texts, clock)
	allow(moment, texts, date, clock, moment)
	return to
}
