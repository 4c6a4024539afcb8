package doors_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/driver"
)

// TestDatabaseSQL uses the door through Go's database/sql.
func TestDatabaseSQL(t *testing.T) {
	t.Parallel()
	p := start(t)
	config := driver.DriverConfig{
		Address: address(t, p), Username: p.Env["PGUSER"], Password: p.Env["TAVANA_KEY"], Timeout: time.Minute,
		TLSEnabled: true, TLSConfigName: t.Name(), TLSConfig: trusts(t, p), // DSN registers it
	}
	db, err := sql.Open("flightsql", config.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var n, length int64
	if err := db.QueryRowContext(t.Context(), "SELECT count(*), sum(length(t))::BIGINT FROM numbers WHERE n < ?", int64(1000)).Scan(&n, &length); err != nil || n != 1000 || length != 24500 {
		t.Errorf("%d rows, %d characters, %v", n, length, err)
	}
	st, err := db.PrepareContext(t.Context(), "SELECT n, t FROM numbers WHERE n = ?")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	for _, want := range []int64{1, 7, 99} {
		var text string
		if err := st.QueryRowContext(t.Context(), want).Scan(&n, &text); err != nil || n != want || int64(len(text)) != want%50 {
			t.Errorf("row %d: %d, %q, %v", want, n, text, err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "SET TimeZone = 'Asia/Tokyo'"); err != nil {
		t.Error(err)
	}
	if _, err := db.QueryContext(t.Context(), "SELECT * FROM nope"); err == nil { //nolint:sqlclosecheck,rowserrcheck // there are no rows
		t.Error("a table that does not exist")
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			rows, err := db.QueryContext(t.Context(), "SELECT n FROM numbers WHERE n < 20000")
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = rows.Close() }()
			seen := 0
			for rows.Next() {
				seen++
			}
			if seen != 20_000 || rows.Err() != nil {
				t.Errorf("%d rows, %v", seen, rows.Err())
			}
		})
	}
	all.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := db.QueryRowContext(ctx, endless).Scan(&n); err == nil {
		t.Error("no error at the deadline")
	}
	quiet(t, p, 5*time.Second)
}
