package arrowframe

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// offsetSize is that of an offset of lists and of values of varying length.
const offsetSize = 4

// kind says which buffers a field has, behind its bitmap of nulls.
type kind uint8

const (
	null      kind = iota // none, not even a bitmap
	boolean               // bits
	fixed                 // values of one width
	variable              // offsets, and bytes
	list                  // offsets; also of maps
	fixedList             // none
	structure             // none
	union                 // type ids, and no bitmap
)

// node is a field of the schema.
type node struct {
	kind     kind
	required bool  // has no nulls: a map's entries and keys
	width    int64 // fixed: bytes of a value; fixedList: elements of a value; union: members
	parent   int   // -1: a column
	buffer   int   // number of its first buffer
}

func (n node) hasValidity() bool { return n.kind != null && n.kind != union }

// Layout knows the fields and buffers of the batches of one schema. It is never
// changed, and safe for concurrent use.
type Layout struct {
	nodes   []node // in pre-order
	buffers int
}

// DescriptionSize is that of a frame's description, in bytes.
func (l *Layout) DescriptionSize() int { return 8 + 16*len(l.nodes) + 8*l.buffers }

// add adds a field and those in it.
func (l *Layout) add(f arrow.Field, parent int) error {
	n := node{required: !f.Nullable, parent: parent, buffer: l.buffers}
	var children []arrow.Field
	switch t := f.Type.(type) {
	case *arrow.NullType:
		n.kind = null
	case *arrow.BooleanType:
		n.kind = boolean
	case *arrow.StringType, *arrow.BinaryType:
		n.kind = variable
	case *arrow.ListType:
		n.kind, children = list, t.Fields()
	case *arrow.MapType:
		n.kind, children = list, t.Fields()
	case *arrow.FixedSizeListType:
		n.kind, n.width, children = fixedList, int64(t.Len()), t.Fields()
	case *arrow.StructType:
		n.kind, children = structure, t.Fields()
	case *arrow.SparseUnionType:
		n.kind, n.width, children = union, int64(t.NumFields()), t.Fields()
	case *arrow.DictionaryType:
		return fmt.Errorf("type %s has no layout", t)
	case arrow.FixedWidthDataType:
		n.kind, n.width = fixed, int64(t.Bytes())
	default:
		return fmt.Errorf("type %s has no layout", f.Type)
	}
	l.buffers += n.count()
	at := len(l.nodes)
	l.nodes = append(l.nodes, n)
	for _, c := range children {
		if err := l.add(c, at); err != nil {
			return err
		}
	}
	return nil
}

// count gives how many buffers a field has.
func (n node) count() int {
	switch n.kind {
	case null:
		return 0
	case fixedList, structure, union:
		return 1
	case variable:
		return 3
	default:
		return 2
	}
}
