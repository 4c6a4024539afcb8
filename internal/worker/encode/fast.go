package encode

import "github.com/tavana/tavana/internal/vector"

// fast names the types whose values rows of DataRow messages are written
// without a call.
type fast uint8

const (
	slow fast = iota
)

const (
	slack  = 64
	widest = 48
)

func fastText(t *vector.Type) (fast, uint8) { return slow, t.Scale }

func fastBinary(*vector.Type) fast { return slow }
