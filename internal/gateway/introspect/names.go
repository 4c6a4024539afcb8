package introspect

import (
	_ "embed"
	"strings"
	"sync"
)

// The lists are sorted text files, one name a line. A function that is on none
// of them is refused.
var (
	//go:embed functions_allowed.txt
	functionsAllowed string
	// Those that the mirror answers for the session.
	//go:embed functions_session.txt
	functionsSession string
)

type functionLists struct{ allowed, session map[string]struct{} }

//nolint:gochecknoglobals // read once, never changed
var functions = sync.OnceValue(func() functionLists {
	return functionLists{allowed: set(functionsAllowed), session: set(functionsSession)}
})

func set(list string) map[string]struct{} {
	out := map[string]struct{}{}
	for name := range strings.FieldsSeq(list) {
		out[name] = struct{}{}
	}
	return out
}

func has(set map[string]struct{}, name string) bool {
	_, ok := set[name]
	return ok
}

// rowFunction tells the functions of information_schema that take rows of the
// mirror.
func rowFunction(name string) bool { return name == "_pg_truetypid" || name == "_pg_truetypmod" }
