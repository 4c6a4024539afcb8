package session

import (
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
	"github.com/tavana/tavana/internal/gateway/session/setting"
)

const (
	rollbackTo    = "ROLLBACK TO" // as the lexer names it
	maxSavepoints = 1000
)

// savepoint marks a place in a transaction block. Statements only read: what
// ROLLBACK TO takes back are settings, cursors, and the failure of the block.
type savepoint struct {
	name     string
	settings setting.Snapshot
	catalog  string
	portals  int64 // the number of the last portal that was made
	bytes    int   // what it counts for while it is kept
}

// savepoint runs SAVEPOINT, RELEASE and ROLLBACK TO.
func (s *Session) savepoint(n lexer.Savepoint) (string, error) {
	if s.state == idle {
		verb := n.Verb
		if verb != "SAVEPOINT" {
			verb += " SAVEPOINT"
		}
		return "", fault.New(fault.NoTransaction, "%s can only be used in transaction blocks", verb)
	}
	if n.Verb == "SAVEPOINT" {
		p := savepoint{name: n.Name, settings: s.settings.Snapshot(), catalog: s.catalog, portals: s.made}
		if len(s.savepoints) >= maxSavepoints {
			return "", fault.New(fault.ProgramLimit, "too many savepoints in this transaction").WithHint("RELEASE those that are not needed.")
		}
		p.bytes = len(p.name) + p.settings.Size()
		if err := s.keepBytes(p.bytes); err != nil {
			return "", err
		}
		s.savepoints = append(s.savepoints, p)
		return "SAVEPOINT", nil
	}
	at := len(s.savepoints) - 1
	for at >= 0 && s.savepoints[at].name != n.Name {
		at--
	}
	if at < 0 {
		return "", fault.New(fault.UndefinedSavepoint, "savepoint %q does not exist", n.Name)
	}
	if n.Verb == "RELEASE" {
		s.dropSavepoints(at)
		return "RELEASE", nil
	}
	p := s.savepoints[at]
	s.dropSavepoints(at + 1)
	s.restore(p)
	s.state = block
	return "ROLLBACK", nil
}

// failBlock takes a block back to what it can go on with: its last savepoint.
func (s *Session) failBlock() {
	if n := len(s.savepoints); n > 0 {
		s.restore(s.savepoints[n-1])
		return
	}
	s.endPortals(false)
	s.settings.Undo()
	s.catalog = s.before
}

func (s *Session) restore(to savepoint) {
	s.closeSince(to.portals)
	s.settings.Restore(to.settings)
	s.catalog = to.catalog
}

// dropSavepoints forgets the savepoints from one on.
func (s *Session) dropSavepoints(from int) {
	for _, p := range s.savepoints[from:] {
		s.dropBytes(p.bytes)
	}
	clear(s.savepoints[from:])
	s.savepoints = s.savepoints[:from]
}

// closeSince closes the portals that were made after one, but for those that are
// held.
func (s *Session) closeSince(last int64) {
	for name, p := range s.portals {
		if p.number > last && !p.held {
			s.ClosePortal(name)
		}
	}
}
