// Package admin is how the command line reaches a running server: calls over a
// Unix socket in its home that only the account of the server can open. Every
// call goes through the catalog's own rules.
//
// A call is POST /v1/<method> with a JSON document each way. An error has a
// status other than 200 and the fault's kind, message, detail and hint.
package admin

import (
	"path/filepath"
	"time"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Socket gives the socket's path in a home.
func Socket(home string) string { return filepath.Join(home, "admin.sock") }

// KeyID names a key.
type KeyID struct {
	ID    string        `json:"id"`
	Grace time.Duration `json:"grace"` // rotate: how long the old key stays valid
}

// MintedKey is a new key with its secret, which is shown once.
type MintedKey struct {
	Key    catalog.Key `json:"key"`
	Secret string      `json:"secret"`
}

// TableFilter names a table, or all tables where parts are empty.
type TableFilter struct {
	Name query.TableName `json:"name"`
}

// QueryID names an execution.
type QueryID struct {
	ID query.ID `json:"id"`
}

// Query is an execution that waits or runs.
type Query struct {
	ID        query.ID  `json:"id"`
	Principal string    `json:"principal"`
	Session   int32     `json:"session"`
	Text      string    `json:"text"`
	Started   time.Time `json:"started"`
	// Elapsed is the time since then, whatever was done to the clock.
	Elapsed  time.Duration `json:"elapsed"`
	Waits    bool          `json:"waits"`
	Fraction float64       `json:"fraction"` // 0 to 1; below 0: unknown
	Rows     int64         `json:"rows"`
	Memory   int64         `json:"memory"` // bytes now
	Limit    int64         `json:"limit"`  // bytes
}

// Status tells about the server.
type Status struct {
	Version  string `json:"version"`
	Postgres string `json:"postgres"` // address of the PostgreSQL door
	HTTP     string `json:"http"`     // address of health and metrics
	Memory   int64  `json:"memory"`   // bytes that queries may have in all
	Leases   int64  `json:"leases"`   // since the supervisor began
	Children int    `json:"children"` // that run a query now
}

// Empty is the document of calls without arguments or results.
type Empty struct{}

// failure is an error on its way.
type failure struct {
	Kind    fault.Kind `json:"kind"`
	Message string     `json:"message"`
	Detail  string     `json:"detail,omitempty"`
	Hint    string     `json:"hint,omitempty"`
}
