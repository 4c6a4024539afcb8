package session

// Kept gives what a session counts as kept, in bytes.
func (s *Session) Kept() int { return s.bytes }
