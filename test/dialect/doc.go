// Package dialect runs one SQL on PostgreSQL 15 and on Tavana and compares what
// comes back: functions over tables of values, and statements as tools write
// them. It holds tests only. testdata/differences.txt lists what does not agree.
package dialect
