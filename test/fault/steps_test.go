package fault_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/admin"
)

const (
	endless  = "SELECT count(*) FROM lineitem a, lineitem b, lineitem c WHERE a.l_comment < b.l_comment || c.l_comment"
	large    = "SELECT l_orderkey, l_linenumber, l_comment FROM lineitem WHERE l_orderkey % 2 = 0"
	sums     = "SELECT count(*), sum(l_orderkey)::bigint, sum(l_orderkey * l_linenumber)::bigint, sum(strlen(l_comment))::bigint FROM lineitem WHERE l_orderkey % 2 = 0"
	constant = "SELECT 1"
)

// wants is what the client of a step may see, by the victim: "whole" for the
// whole result, "closed" for the end of its connection, else SQLSTATEs.
type wants map[string]string

// step is a place on the way of a query, with a client that is brought there.
type step struct {
	name string
	// began: an execution has begun there, so the history tells of it.
	began bool
	// arrive brings a client to the step. It returns when the client is there for
	// sure, and stays there until something happens.
	arrive func(*scene) (*client, error)
	// leave sends what the client sends next; nil: it waits for an answer already.
	leave func(*client) error
	// short: the result is the one row of constant, else it is that of large.
	short  bool
	killed wants
	// stopped is for what is stopped (SIGSTOP) and goes on only after the client
	// has its answer.
	stopped wants
}

// running are the steps that last by themselves: the client has not said all, or
// reads no further, or the query is long. As many of them hold a place as the
// platform of scenes has, so that the next one waits in the queue.
func running() []step {
	return []step{
		{
			name: "login", arrive: arriveLogin, short: true,
			leave:   func(c *client) error { return join(c.prove(), c.ask(constant)) },
			killed:  wants{"planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "whole", "planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole"},
		},
		{
			name: "describe", arrive: arriveDescribe,
			leave: func(c *client) error {
				return c.send(&pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{})
			},
			killed:  wants{"planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "whole", "supervisor": "57014", "child": "whole 57014", "postgres": "whole"},
		},
		{
			name: "execute", began: true, arrive: arriveExecute,
			killed:  wants{"planner": "57014", "supervisor": "58000", "child": "58000", "postgres": "57014", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "57014", "supervisor": "57014", "child": "57014", "postgres": "57014"},
		},
		{
			name: "deliver", began: true, arrive: func(s *scene) (*client, error) { return s.reading(large) },
			killed:  wants{"planner": "whole", "supervisor": "58000", "child": "58000", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "whole", "supervisor": "whole", "child": "57014", "postgres": "whole"},
		},
		{
			name: "copy", began: true, arrive: func(s *scene) (*client, error) { return s.reading("COPY (" + large + ") TO STDOUT") },
			killed:  wants{"planner": "whole", "supervisor": "58000", "child": "58000", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "whole", "supervisor": "whole", "child": "57014", "postgres": "whole"},
		},
		{
			name: "portal", began: true, arrive: arrivePortal,
			leave:   func(c *client) error { return c.send(&pgproto3.Execute{Portal: "p"}, &pgproto3.Sync{}) },
			killed:  wants{"planner": "whole", "supervisor": "58000", "child": "58000", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "whole", "supervisor": "57014", "child": "57014", "postgres": "whole"},
		},
		{
			name: "cursor", began: true, arrive: arriveCursor,
			leave:   func(c *client) error { return c.ask("FETCH ALL FROM c") },
			killed:  wants{"planner": "whole", "supervisor": "58000", "child": "58000", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "whole", "supervisor": "57014", "child": "57014", "postgres": "whole"},
		},
		{
			name: "admit", began: true, arrive: arriveAdmit, // gets the place of one that ends
			killed:  wants{"planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "whole", "supervisor": "57014", "child": "whole 57014", "postgres": "whole"},
		},
		{
			name: "introspect", began: true, arrive: arriveIntrospect, // the last one: PostgreSQL ends it after 10 s
			killed:  wants{"planner": "57014", "supervisor": "57014", "child": "57014", "postgres": "57P03", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "57014", "supervisor": "57014", "child": "57014", "postgres": "57014"},
		},
	}
}

// unplanned is what a statement ends with whose planner was stopped from outside:
// where that is for longer than it may take to plan, the statement is thought to
// keep the planner busy (54001).
const unplanned = "57014 54001"

// held are the steps that pass too quickly to be met: what would end them is
// stopped first, and goes on after the strike.
func held() []step {
	return []step{
		{
			name: "release", began: true, arrive: arriveRelease, short: true,
			leave:   func(c *client) error { c.saw.total = total{}; return c.ask(constant) },
			killed:  wants{"planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "whole", "planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole"},
		},
		{
			name: "lease", began: true, arrive: arriveLease,
			// The next supervisor takes a query that the last one had not begun.
			killed:  wants{"planner": "whole", "supervisor": "whole", "child": "whole", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": "57014", "planner": "57014", "supervisor": "57014", "child": "57014", "postgres": "57014"},
		},
		{
			name: "analyze", arrive: arriveAnalyze,
			// A statement is planned once more where its planner dies.
			killed:  wants{"planner": "whole 57P03", "supervisor": "whole", "child": "whole", "postgres": "whole", "server": "closed"},
			stopped: wants{"worker": unplanned, "planner": unplanned, "supervisor": unplanned, "child": unplanned, "postgres": unplanned},
		},
	}
}

func join(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

func arriveLogin(s *scene) (*client, error) { return knock(s.platform, s.timeout) }

func arriveDescribe(s *scene) (*client, error) {
	return s.client(func(c *client) error {
		return join(
			c.send(&pgproto3.Parse{Query: large}, &pgproto3.Describe{ObjectType: 'S'}, &pgproto3.Flush{}),
			c.until(func(m pgproto3.BackendMessage) bool { _, ok := m.(*pgproto3.RowDescription); return ok }))
	})
}

// arriveIntrospect: PostgreSQL itself says that it is at the statement.
func arriveIntrospect(s *scene) (*client, error) {
	mark := fmt.Sprintf("fault-%d", time.Now().UnixNano())
	return s.client(func(c *client) error {
		if err := c.ask("SELECT count(*) FROM pg_class a, pg_class b, pg_class c, pg_class d WHERE a.relname || d.relname <> '" + mark + "'"); err != nil {
			return err
		}
		return s.reach("PostgreSQL has the lookup", func() bool {
			return s.store("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%"+mark+"%'") == 1
		})
	})
}

func arriveExecute(s *scene) (*client, error) {
	return s.client(func(c *client) error {
		if err := c.ask(endless); err != nil {
			return err
		}
		return s.reach("a child works", func() bool { return s.listed(c, func(q admin.Query) bool { return !q.Waits }) })
	})
}

// reading is a client that has some rows of a statement, and stops reading.
func (s *scene) reading(sql string) (*client, error) {
	return s.client(func(c *client) error { return join(c.ask(sql), c.rows(10)) })
}

func arrivePortal(s *scene) (*client, error) {
	return s.client(func(c *client) error {
		return join(
			c.send(&pgproto3.Parse{Query: large}, &pgproto3.Bind{DestinationPortal: "p"},
				&pgproto3.Execute{Portal: "p", MaxRows: 10}, &pgproto3.Flush{}),
			c.until(func(m pgproto3.BackendMessage) bool { _, ok := m.(*pgproto3.PortalSuspended); return ok }))
	})
}

func arriveCursor(s *scene) (*client, error) {
	return s.client(func(c *client) error {
		return c.run("BEGIN; DECLARE c CURSOR FOR " + large + "; FETCH 10 FROM c")
	})
}

func arriveAdmit(s *scene) (*client, error) {
	return s.client(func(c *client) error {
		if err := c.ask(large); err != nil {
			return err
		}
		return s.reach("the query waits in the queue", func() bool {
			return s.listed(c, func(q admin.Query) bool { return q.Waits }) && s.platform.Metric(s.t, "tavana_queue_length") == 1
		})
	})
}

// arriveRelease: all rows have come, past the supervisor, which has not seen the
// end of its child.
func arriveRelease(s *scene) (*client, error) {
	c, err := s.reading(large)
	if err != nil {
		return nil, err
	}
	s.hold("supervisor")
	c.rest()
	if !c.saw.complete || c.saw.total != s.reference {
		return c, fmt.Errorf("the rows did not come: %+v", c.saw)
	}
	switch leases := s.platform.Metric(s.t, "tavana_leases"); leases {
	case 0:
		return c, errPassed
	case 1:
	default:
		return c, fmt.Errorf("%d leases, want the one that is not released", leases)
	}
	return c, nil
}

func arriveLease(s *scene) (*client, error) {
	s.hold("supervisor")
	return s.client(func(c *client) error {
		if err := c.ask(large); err != nil {
			return err
		}
		return s.reach("the query waits for its worker", func() bool { return s.listed(c, func(q admin.Query) bool { return q.Waits }) })
	})
}

// arriveAnalyze: the text is one of its own, as what was planned before needs no
// planner; the pool says that a planner has it.
func arriveAnalyze(s *scene) (*client, error) {
	s.hold("planner")
	return s.client(func(c *client) error {
		if err := c.ask(fmt.Sprintf("%s AND l_orderkey < %d", large, time.Now().UnixNano())); err != nil {
			return err
		}
		return s.reach("a planner has the statement", func() bool { return s.platform.Metric(s.t, "tavana_planner_busy") == 1 })
	})
}

// listed tells whether the execution of a client is one of those that run now.
func (s *scene) listed(c *client, also func(admin.Query) bool) bool {
	return slices.ContainsFunc(s.platform.Queries(s.t), func(q admin.Query) bool { return q.Session == c.session && also(q) })
}
