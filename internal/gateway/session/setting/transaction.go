package setting

import "maps"

// Begin opens a transaction; inside one it does nothing.
func (s *Store) Begin() { s.inside = true }

// Commit ends the transaction: what SET LOCAL said is over, SET stays.
func (s *Store) Commit() { s.end() }

// Rollback ends the transaction and undoes all that was set in it.
func (s *Store) Rollback() {
	if s.saved != nil {
		s.session = s.saved
	}
	s.end()
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
