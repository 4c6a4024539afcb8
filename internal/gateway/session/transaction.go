package session

import (
	"context"
	"strconv"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/lexer"
)

// state is that of the transaction, as ReadyForQuery tells it.
type state byte

const (
	idle   state = 'I'
	block  state = 'T'
	failed state = 'E'
)

// enter begins what an error would roll back, unless it has begun.
func (s *Session) enter() {
	if !s.open {
		s.settings.Begin()
		s.before = s.catalog
		s.open = true
	}
}

// leave ends a transaction: settings are kept or rolled back, portals die but for
// cursors WITH HOLD.
func (s *Session) leave(keep bool) {
	s.endPortals(keep)
	if s.open {
		if keep {
			s.settings.Commit()
		} else {
			s.settings.Rollback()
			s.catalog = s.before
		}
	}
	s.open = false
	s.state = idle
	s.dropSavepoints(0)
	s.savepoints = nil
}

// leaveImplicit ends the transaction of statements outside a block.
func (s *Session) leaveImplicit() {
	if s.state == idle {
		s.leave(true)
	}
}

// Sync ends the implicit transaction of the messages before it.
func (s *Session) Sync(context.Context) error {
	s.leaveImplicit()
	return nil
}

// Fail tells that an error was sent: a block has failed, and what was set in it, or
// since its last savepoint, is undone; what is outside a block is rolled back.
func (s *Session) Fail() {
	switch s.state {
	case idle:
		s.leave(false)
	case block:
		s.failBlock()
		s.state = failed
	case failed:
	}
}

// allowed refuses everything but the end of a failed block.
func (s *Session) allowed(node lexer.Node) error {
	if s.state != failed {
		return nil
	}
	switch n := node.(type) {
	case lexer.Commit, lexer.Rollback:
		return nil
	case lexer.Savepoint:
		if n.Verb == rollbackTo {
			return nil
		}
	}
	return fault.New(fault.TransactionAborted,
		"current transaction is aborted, commands ignored until end of transaction block").
		WithHint("Send ROLLBACK.")
}

func warning(kind fault.Kind, text string) Notice {
	return Notice{Severity: "WARNING", Error: fault.New(kind, "%s", text)}
}

func (s *Session) beginBlock(n lexer.Begin, out Client) (string, error) {
	tag := "BEGIN"
	if n.Start {
		tag = "START TRANSACTION"
	}
	if s.state == block {
		return tag, out.Notice(warning(fault.ActiveTransaction, "there is already a transaction in progress"))
	}
	s.enter()
	s.state = block
	return tag, s.modes(n.Modes, "transaction_", true)
}

// modes applies the modes of a transaction to their settings.
func (s *Session) modes(m lexer.Modes, prefix string, local bool) error {
	if m.Isolation != "" {
		if err := s.settings.Set(prefix+"isolation", []string{m.Isolation}, local); err != nil {
			return err //nolint:wrapcheck // a fault for the client
		}
	}
	for name, on := range map[string]*bool{"read_only": m.ReadOnly, "deferrable": m.Deferrable} {
		if on == nil {
			continue
		}
		if err := s.settings.Set(prefix+name, []string{strconv.FormatBool(*on)}, local); err != nil {
			return err //nolint:wrapcheck // a fault for the client
		}
	}
	return nil
}

func (s *Session) endBlock(commit, chain bool, out Client) (string, error) {
	tag := "ROLLBACK"
	was := s.state
	if commit && was != failed {
		tag = "COMMIT"
	}
	if was == idle {
		if chain {
			return "", fault.New(fault.NoTransaction, "%s AND CHAIN can only be used in transaction blocks", tag)
		}
		if err := out.Notice(warning(fault.NoTransaction, "there is no transaction in progress")); err != nil {
			return "", err
		}
	}
	modes := s.settings.Modes()
	s.leave(tag == "COMMIT")
	s.enter()
	if chain {
		s.settings.Chain(modes)
		s.state = block
	}
	return tag, nil
}
