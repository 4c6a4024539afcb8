package duck

/*
#include <stdlib.h>
#include <stdint.h>

extern void tavanaStandinBind(void *info);
extern void tavanaStandinInit(void *info);
extern void tavanaStandinScan(void *info, void *chunk);
extern void tavanaStandinFree(void *extra);
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"
)

// register makes the table function of a stand-in.
func register(conn *Conn, name string, t *standin) error {
	extra := (*C.uintptr_t)(C.malloc(C.size_t(unsafe.Sizeof(C.uintptr_t(0)))))
	*extra = C.uintptr_t(cgo.NewHandle(t))
	f := bindings.CreateTableFunction()
	defer bindings.DestroyTableFunction(&f)
	bindings.TableFunctionSetName(f, name)
	bindings.TableFunctionSetExtraInfo(f, unsafe.Pointer(extra), C.tavanaStandinFree)
	bindings.TableFunctionSetBind(f, C.tavanaStandinBind)
	bindings.TableFunctionSetInit(f, C.tavanaStandinInit)
	bindings.TableFunctionSetFunction(f, C.tavanaStandinScan)
	bindings.TableFunctionSupportsProjectionPushdown(f, true)
	if bindings.RegisterTableFunction(conn.handle, f) != bindings.StateSuccess {
		return fmt.Errorf("register table function %q", name)
	}
	return nil
}

// tavanaStandinBind declares the table's columns and rows, and notes the use.
//
//export tavanaStandinBind
func tavanaStandinBind(raw unsafe.Pointer) {
	info := bindings.BindInfo{Ptr: raw}
	extra := (*C.uintptr_t)(bindings.BindGetExtraInfo(info))
	t, ok := cgo.Handle(*extra).Value().(*standin)
	if !ok {
		bindings.BindSetError(info, "no stand-in")
		return
	}
	t.owner.bound[t] = struct{}{}
	for i, name := range t.columns {
		bindings.BindAddResultColumn(info, name, t.types[i])
	}
	if t.rows >= 0 {
		// Inexact: an exact zero would fold the query away.
		bindings.BindSetCardinality(info, bindings.IdxT(t.rows), false)
	}
}

//export tavanaStandinInit
func tavanaStandinInit(unsafe.Pointer) {}

// tavanaStandinScan returns no rows.
//
//export tavanaStandinScan
func tavanaStandinScan(_, chunk unsafe.Pointer) {
	bindings.DataChunkSetSize(bindings.DataChunk{Ptr: chunk}, 0)
}

//export tavanaStandinFree
func tavanaStandinFree(extra unsafe.Pointer) {
	cgo.Handle(*(*C.uintptr_t)(extra)).Delete()
	C.free(extra)
}
