package session

import (
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/quota"
)

// What sessions keep between messages: texts of statements, values of portals.
const (
	maxBytes = 64 << 20  // of one session
	ownBytes = 256 << 10 // of each session that counts for nothing
)

// newKept makes the count of what all sessions keep: most bytes, of which one
// principal has half.
func newKept(most int) *quota.Bytes { return quota.New(quota.Limits{All: most, Each: most / 2}) }

// keepBytes counts what the session keeps, or tells why there is no room for it.
func (s *Session) keepBytes(n int) error {
	if s.bytes+n > maxBytes {
		return fault.New(fault.ProgramLimit, "the statements, cursors and values of this session take more than %d MB", maxBytes>>20).
			WithHint("Close those that are not needed.")
	}
	shared := max(s.bytes+n-ownBytes, 0) - max(s.bytes-ownBytes, 0)
	if shared > 0 && s.manager.kept.Take(s.who.Principal, shared) != nil {
		return fault.New(fault.OutOfMemory, "the memory for the statements, cursors and values of all sessions is used up").
			WithHint("Close those that are not needed, or try again later.")
	}
	s.bytes += n
	return nil
}

// dropBytes counts what it keeps no longer.
func (s *Session) dropBytes(n int) {
	shared := max(s.bytes-ownBytes, 0) - max(s.bytes-n-ownBytes, 0)
	s.bytes -= n
	if shared > 0 {
		s.manager.kept.Give(s.who.Principal, shared)
	}
}
