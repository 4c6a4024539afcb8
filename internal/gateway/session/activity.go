package session

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/query"
)

// maxShown bounds the text of a statement that others see, as PostgreSQL does.
const maxShown = 1024

// activity is what a session runs, and what others see of it. Its methods may be
// called concurrently.
type activity struct {
	mu      sync.Mutex
	running map[int]context.CancelFunc // cancels of what runs, by number
	last    int                        // number that was given last
	ended   bool                       // what begins is cancelled at once
	shown   query.Activity
}

func newActivity(pid int32, user, catalog string) *activity {
	now := time.Now()
	return &activity{
		running: map[int]context.CancelFunc{},
		shown:   query.Activity{PID: pid, User: user, Catalog: catalog, Started: now, Changed: now},
	}
}

// begin tells others that something runs, which cancel ends, until rest is called.
func (a *activity) begin(cancel context.CancelFunc, application, catalog string) (rest func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	number := a.last
	a.running[number] = cancel
	if a.ended {
		cancel()
	}
	a.shown.Application, a.shown.Catalog = application, catalog
	a.shown.Active, a.shown.Changed = true, time.Now()
	return func() { a.rest(number) }
}

func (a *activity) rest(number int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.running, number)
	if len(a.running) == 0 {
		a.shown.Active, a.shown.Changed = false, time.Now()
	}
}

// tell tells others what runs.
func (a *activity) tell(text string) {
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shown.Text = strings.Clone(text)
}

// end cancels what runs, and what begins from now on.
func (a *activity) end() {
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
	a.interrupt()
}

// interrupt cancels what runs.
func (a *activity) interrupt() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, cancel := range a.running {
		cancel()
	}
}

// busy tells whether something runs.
func (a *activity) busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.running) > 0
}

// now gives what others see.
func (a *activity) now() query.Activity {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.shown
}
