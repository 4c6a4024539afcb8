package duck

/*
#include <stdlib.h>
#include <stdint.h>

extern void tavanaScalarBind(void *info);
extern void tavanaScalarCall(void *info, void *chunk, void *out);
extern void tavanaStandinFree(void *extra);
*/
import "C"

import (
	"context"
	"fmt"
	"runtime/cgo"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/tavana/tavana/internal/pgfunc"
	"github.com/tavana/tavana/internal/vector"
)

// Library is the Go functions of one database, with what they know of the
// session. It must outlive the database's connections.
type Library struct {
	zone atomic.Pointer[time.Location]
}

// scalar is one registered function.
type scalar struct {
	pgfunc.Function

	library *Library
	result  bindings.Type
}

// Register makes functions of Go known to the database of a connection. A
// function joins those that have its name.
func Register(conn *Conn, functions []pgfunc.Function) (*Library, error) {
	l := &Library{}
	l.zone.Store(time.UTC)
	for _, f := range functions {
		if err := l.register(conn, f); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// InstallPostgres makes functions of PostgreSQL known to the database of a
// connection: those in Go, and the macros that call them.
func InstallPostgres(ctx context.Context, conn *Conn, library pgfunc.Library) (*Library, error) {
	l, err := Register(conn, library.Functions)
	if err != nil {
		return nil, err
	}
	if library.Macros == "" {
		return l, nil
	}
	if err := conn.Exec(ctx, library.Macros); err != nil {
		return nil, fmt.Errorf("make macros: %w", err)
	}
	return l, nil
}

// SetZone says what the session's time zone is; at first it is UTC.
func (l *Library) SetZone(name string) error {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return fmt.Errorf("load time zone: %w", err)
	}
	l.zone.Store(zone)
	return nil
}

//nolint:gochecknoglobals // a constant table: Go has no constant maps
var scalarTypes = map[string]bindings.Type{
	pgfunc.Any: bindings.TypeAny, "VARCHAR": bindings.TypeVarchar, "BLOB": bindings.TypeBlob,
	"BOOLEAN": bindings.TypeBoolean, "INTEGER": bindings.TypeInteger, "BIGINT": bindings.TypeBigInt,
	"DATE": bindings.TypeDate, "TIMESTAMP": bindings.TypeTimestamp,
	"TIMESTAMP WITH TIME ZONE": bindings.TypeTimestampTZ, "INTERVAL": bindings.TypeInterval,
	"DOUBLE": bindings.TypeDouble, textList: bindings.TypeList,
}

func (l *Library) register(conn *Conn, function pgfunc.Function) error {
	s := &scalar{Function: function, library: l, result: scalarTypes[function.Result]}
	extra := (*C.uintptr_t)(C.malloc(C.size_t(unsafe.Sizeof(C.uintptr_t(0)))))
	*extra = C.uintptr_t(cgo.NewHandle(s))
	f := bindings.CreateScalarFunction()
	defer bindings.DestroyScalarFunction(&f)
	bindings.ScalarFunctionSetName(f, function.Name)
	fixed := function.Parameters
	if function.Variadic {
		last := len(fixed) - 1
		logical := logicalType(fixed[last])
		bindings.ScalarFunctionSetVarargs(f, logical)
		bindings.DestroyLogicalType(&logical)
		fixed = fixed[:last]
	}
	for _, p := range fixed {
		logical := logicalType(p)
		bindings.ScalarFunctionAddParameter(f, logical)
		bindings.DestroyLogicalType(&logical)
	}
	result := logicalType(function.Result)
	bindings.ScalarFunctionSetReturnType(f, result)
	bindings.DestroyLogicalType(&result)
	bindings.ScalarFunctionSetSpecialHandling(f)
	bindings.ScalarFunctionSetExtraInfo(f, unsafe.Pointer(extra), C.tavanaStandinFree)
	bindings.ScalarFunctionSetBind(f, C.tavanaScalarBind)
	bindings.ScalarFunctionSetFunction(f, C.tavanaScalarCall)
	if bindings.RegisterScalarFunction(conn.handle, f) != bindings.StateSuccess {
		return fmt.Errorf("register function %q", function.Name)
	}
	return nil
}

const textList = "VARCHAR[]"

// logicalType makes the type of a parameter or result; the caller frees it.
func logicalType(name string) bindings.LogicalType {
	if name != textList {
		return bindings.CreateLogicalType(scalarTypes[name])
	}
	element := bindings.CreateLogicalType(bindings.TypeVarchar)
	defer bindings.DestroyLogicalType(&element)
	return bindings.CreateListType(element)
}

// tavanaScalarBind refuses arguments of types that the function cannot take.
//
//export tavanaScalarBind
func tavanaScalarBind(raw unsafe.Pointer) {
	info := bindings.BindInfo{Ptr: raw}
	extra := (*C.uintptr_t)(bindings.ScalarFunctionBindGetExtraInfo(info))
	s, ok := cgo.Handle(*extra).Value().(*scalar)
	if !ok || s.Accepts == nil {
		return
	}
	types := make([]*vector.Type, bindings.ScalarFunctionBindGetArgumentCount(info))
	for i := range types {
		expression := bindings.ScalarFunctionBindGetArgument(info, bindings.IdxT(i))
		types[i] = owned(bindings.ExpressionReturnType(expression))
		bindings.DestroyExpression(&expression)
	}
	if !s.Accepts(types) {
		names := make([]string, len(types))
		for i, t := range types {
			names[i] = t.Text
		}
		bindings.ScalarFunctionBindSetError(info, "No function matches the given name and argument types '"+s.Name+"("+
			strings.Join(names, ", ")+")'. You might need to add explicit type casts.")
	}
}

// tavanaScalarCall computes the values of a chunk.
//
//export tavanaScalarCall
func tavanaScalarCall(rawInfo, rawChunk, rawOut unsafe.Pointer) {
	info := bindings.FunctionInfo{Ptr: rawInfo}
	extra := (*C.uintptr_t)(bindings.ScalarFunctionGetExtraInfo(info))
	s, ok := cgo.Handle(*extra).Value().(*scalar)
	if !ok {
		bindings.ScalarFunctionSetError(info, "no function")
		return
	}
	if err := s.chunk(bindings.DataChunk{Ptr: rawChunk}, bindings.Vector{Ptr: rawOut}); err != nil {
		bindings.ScalarFunctionSetError(info, err.Error())
	}
}

func (s *scalar) chunk(chunk bindings.DataChunk, out bindings.Vector) error {
	if s.Same {
		s.copy(chunk, out)
		return nil
	}
	n := int(bindings.DataChunkGetColumnCount(chunk))
	row := &pgfunc.Row{Types: make([]*vector.Type, n), Columns: make([]vector.Vector, n), Zone: s.library.zone.Load()}
	for i := range n {
		from := bindings.DataChunkGetVector(chunk, bindings.IdxT(i))
		row.Types[i] = owned(bindings.VectorGetColumnType(from))
		row.Columns[i] = blank(row.Types[i])
		fill(&row.Columns[i], row.Types[i], from)
	}
	var valid unsafe.Pointer
	data := bindings.VectorGetData(out)
	var result pgfunc.Result
	for at := range int(bindings.DataChunkGetSize(chunk)) {
		row.At = at
		result = pgfunc.Result{Text: result.Text[:0]}
		if !s.Nulls && row.AnyNull() {
			result.Null = true
		} else if err := s.Call(row, &result); err != nil {
			return err //nolint:wrapcheck // for the user
		}
		if result.Null {
			if valid == nil {
				bindings.VectorEnsureValidityWritable(out)
				valid = bindings.VectorGetValidity(out)
			}
			*(*uint64)(unsafe.Add(valid, at>>6<<3)) &^= 1 << (uint(at) & 63)
			continue
		}
		s.put(out, data, at, &result)
	}
	return nil
}

// copy gives the argument as the result.
func (s *scalar) copy(chunk bindings.DataChunk, out bindings.Vector) {
	from, n := bindings.DataChunkGetVector(chunk, 0), int(bindings.DataChunkGetSize(chunk))
	width := map[bindings.Type]int{bindings.TypeInteger: 4, bindings.TypeBigInt: 8, bindings.TypeDouble: 8, bindings.TypeInterval: 16}[s.result]
	copy(unsafe.Slice((*byte)(bindings.VectorGetData(out)), n*width), unsafe.Slice((*byte)(bindings.VectorGetData(from)), n*width))
	if valid := bindings.VectorGetValidity(from); valid != nil {
		bindings.VectorEnsureValidityWritable(out)
		words := (n + 63) / 64
		copy(unsafe.Slice((*uint64)(bindings.VectorGetValidity(out)), words), unsafe.Slice((*uint64)(valid), words))
	}
}

// put writes one value.
func (s *scalar) put(out bindings.Vector, data unsafe.Pointer, at int, r *pgfunc.Result) {
	switch s.result {
	case bindings.TypeVarchar, bindings.TypeBlob:
		bindings.VectorAssignStringElementLen(out, bindings.IdxT(at), r.Text)
	case bindings.TypeBoolean:
		*(*bool)(unsafe.Add(data, at)) = r.Int != 0
	case bindings.TypeInteger, bindings.TypeDate:
		*(*int32)(unsafe.Add(data, at*4)) = int32(r.Int)
	case bindings.TypeList:
		putList(out, data, at, r)
	case bindings.TypeInterval:
		*(*vector.Months)(unsafe.Add(data, at*16)) = r.Span
	default:
		*(*int64)(unsafe.Add(data, at*8)) = r.Int
	}
}

// putList adds a list's elements to those of the lists before it.
func putList(out bindings.Vector, data unsafe.Pointer, at int, r *pgfunc.Result) {
	from := bindings.ListVectorGetSize(out)
	size := from + bindings.IdxT(len(r.List))
	bindings.ListVectorReserve(out, size)
	child := bindings.ListVectorGetChild(out)
	for i, text := range r.List {
		to := from + bindings.IdxT(i)
		if r.Hole != nil && r.Hole[i] {
			bindings.VectorEnsureValidityWritable(child)
			bindings.ValiditySetRowInvalid(bindings.VectorGetValidity(child), to)
			continue
		}
		bindings.VectorAssignStringElement(child, to, text)
	}
	bindings.ListVectorSetSize(out, size)
	*(*vector.ListEntry)(unsafe.Add(data, at*16)) = vector.ListEntry{Offset: uint64(from), Length: uint64(len(r.List))}
}
