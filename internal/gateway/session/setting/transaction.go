package setting

import "maps"

// Begin opens a transaction, whose modes are the defaults of now; inside one it
// does nothing.
func (s *Store) Begin() {
	if s.inside {
		return
	}
	for _, key := range modes() {
		s.local[key], _ = s.Get("default_" + key)
	}
	s.inside = true
}

// modes are the settings of a transaction: each has a default_ one that new
// transactions take it from.
func modes() []string {
	return []string{"transaction_isolation", "transaction_read_only", "transaction_deferrable"}
}

// Modes gives those of the open transaction, for Chain.
func (s *Store) Modes() map[string]string {
	out := map[string]string{}
	for _, key := range modes() {
		out[key], _ = s.Get(key)
	}
	return out
}

// Chain makes the modes of an earlier transaction those of the open one.
func (s *Store) Chain(modes map[string]string) { maps.Copy(s.local, modes) }

// Commit ends the transaction: what SET LOCAL said is over, SET stays.
func (s *Store) Commit() { s.end() }

// Rollback ends the transaction and undoes all that was set in it.
func (s *Store) Rollback() {
	s.Undo()
	s.end()
}

// Undo takes back all that was set in the open transaction, but for its modes.
func (s *Store) Undo() {
	if s.saved != nil {
		s.session, s.saved = s.saved, nil
	}
	maps.DeleteFunc(s.local, func(key, _ string) bool { return !transactional(key) })
}

func (s *Store) end() {
	s.inside, s.saved = false, nil
	clear(s.local)
}

// change keeps the session's settings for a rollback, before the first change.
func (s *Store) change() {
	if s.inside && s.saved == nil {
		s.saved = maps.Clone(s.session)
	}
}

// Snapshot is the settings at a savepoint.
type Snapshot struct{ session, local map[string]string }

// Size estimates how much memory a snapshot keeps.
func (s Snapshot) Size() int {
	const entry = 64
	n := 2 * entry
	for _, m := range []map[string]string{s.session, s.local} {
		for key, value := range m {
			n += entry + len(key) + len(value)
		}
	}
	return n
}

// Snapshot gives what Restore returns to.
func (s *Store) Snapshot() Snapshot {
	return Snapshot{session: maps.Clone(s.session), local: maps.Clone(s.local)}
}

// Restore undoes what was set since a snapshot of the same transaction.
func (s *Store) Restore(to Snapshot) {
	s.change()
	s.session, s.local = maps.Clone(to.session), maps.Clone(to.local)
}
