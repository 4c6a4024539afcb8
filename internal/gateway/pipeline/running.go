package pipeline

import (
	"maps"
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/query"
)

// Running is an execution that waits or runs now.
type Running struct {
	Execution query.Execution
	Waits     bool // in the queue, or for a worker to have begun
	Progress  frames.Progress
}

// register makes an execution visible, and records its start.
func (e *Execution) register() {
	p := e.pipeline
	p.mu.Lock()
	p.running[e.record.ID] = e
	p.mu.Unlock()
	p.Recorder.Start(e.record)
}

func (e *Execution) unregister() {
	p := e.pipeline
	p.mu.Lock()
	delete(p.running, e.record.ID)
	p.mu.Unlock()
}

// Running lists what waits and runs, the oldest first.
func (p *Pipeline) Running() []Running {
	all := p.all()
	list := make([]Running, 0, len(all))
	for _, e := range all {
		list = append(list, e.now())
	}
	slices.SortFunc(list, func(a, b Running) int { // UUIDv7 sorts by time
		return strings.Compare(string(a.Execution.ID), string(b.Execution.ID))
	})
	return list
}

func (p *Pipeline) all() []*Execution {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.running))
}

func (e *Execution) now() Running {
	e.mu.Lock()
	waits := !e.runs
	e.mu.Unlock()
	return Running{Execution: e.record, Waits: waits, Progress: e.Progress()}
}

// Cancel cancels an execution; false: there is none of this ID.
func (p *Pipeline) Cancel(id query.ID) bool {
	p.mu.Lock()
	e, ok := p.running[id]
	p.mu.Unlock()
	if ok {
		e.Cancel(frames.UserCancel)
	}
	return ok
}

// Close cancels what still runs, and waits for what is ending. Sessions
// are closed before it.
func (p *Pipeline) Close() {
	for _, e := range p.all() {
		e.Cancel(frames.Shutdown)
	}
	p.ending.Wait()
}
