// Package session is what a connection means: settings, prepared statements,
// portals and cursors in one namespace, the transaction state, and cancelling.
// It knows no wire: a door calls it and gives it a Client to answer to.
package session

import (
	"context"

	"github.com/tavana/tavana/internal/fault"
)

type Manager struct{ deps Deps }
type Session struct{}

func NewManager(deps Deps) *Manager                                                 { return &Manager{deps: deps} }
func (m *Manager) Open(ctx context.Context, in Startup) (*Session, error)           { return nil, todo() }
func (m *Manager) Cancel(pid int32, secret []byte) bool                             { return false }
func (m *Manager) Shutdown(ctx context.Context)                                     {}
func (s *Session) Key() (pid int32, secret []byte)                                  { return 0, nil }
func (s *Session) Parameters() []Parameter                                          { return nil }
func (s *Session) Status() byte                                                     { return 'I' }
func (s *Session) Simple(ctx context.Context, sql string, out Client) error         { return todo() }
func (s *Session) Parse(ctx context.Context, name, sql string, oids []uint32) error { return todo() }
func (s *Session) Bind(ctx context.Context, in Bind) error                          { return todo() }
func (s *Session) DescribeStatement(ctx context.Context, name string) ([]uint32, []Column, error) {
	return nil, nil, todo()
}
func (s *Session) DescribePortal(ctx context.Context, name string) ([]Column, error) {
	return nil, todo()
}
func (s *Session) Execute(ctx context.Context, portal string, maxRows int64, out Client) error {
	return todo()
}
func (s *Session) CloseStatement(name string)     {}
func (s *Session) ClosePortal(name string)        {}
func (s *Session) Sync(ctx context.Context) error { return nil }
func (s *Session) Fail()                          {}
func (s *Session) Close()                         {}
func todo() error                                 { return fault.New(fault.Unsupported, "not built yet") }
