package introspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/wasilibs/go-pgquery/parser"
)

// maxText bounds the text of a statement that is parsed here, in bytes. Longer
// ones are nobody's questions about catalogs.
const maxText = 64 << 10

// tree is a parsed statement as libpg_query writes it in JSON: an object with
// one key in upper case is a node of that kind.
type tree = map[string]any

// errUnparsed tells that a text is not one statement of PostgreSQL's dialect.
var errUnparsed = errors.New("not one statement of PostgreSQL's dialect")

// grammar parses with libpg_query, which runs in WebAssembly: what it does wrong
// stays inside. An instance of it takes a second to make and some megabytes, so
// there is one, used by one statement at a time, each for below a millisecond.
type grammar struct {
	turn   chan struct{} // holds a token while the instance is used
	broken error         // why the instance cannot be used any more
}

func newGrammar() *grammar { return &grammar{turn: make(chan struct{}, 1)} }

// parse gives the one statement of a text, or errUnparsed.
func (g *grammar) parse(ctx context.Context, text string) (tree, error) {
	encoded, err := g.encode(ctx, text)
	if err != nil {
		return nil, err
	}
	var root struct {
		Stmts []struct {
			Stmt tree `json:"stmt"`
		} `json:"stmts"`
	}
	if err := json.Unmarshal([]byte(encoded), &root); err != nil || len(root.Stmts) != 1 {
		return nil, errUnparsed
	}
	return root.Stmts[0].Stmt, nil
}

func (g *grammar) encode(ctx context.Context, text string) (encoded string, err error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-g.turn }()
	if g.broken != nil {
		return "", g.broken
	}
	defer func() {
		if p := recover(); p != nil { // the instance trapped, and holds nobody knows what
			g.broken = fmt.Errorf("libpg_query failed: %v", p)
			err = g.broken
		}
	}()
	encoded, err = parser.ParseToJSON(text)
	if err != nil {
		return "", errUnparsed
	}
	return encoded, nil
}
