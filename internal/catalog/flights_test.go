package catalog

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
)

// What ends the statement of one who inspects must not end that of another who
// waits for the same inspection.
func TestAnInspectionOutlivesWhoBeganIt(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		kind   fault.Kind
		end    func(context.Context) (context.Context, context.CancelFunc)
	}{
		"timeout": {"the time of the other is not over", fault.Timeout, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}},
		"cancel": {"the other was not cancelled", fault.Cancelled, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var f flights
				row := &store.Table{ID: 1}
				began := make(chan struct{})
				go func() {
					ctx, cancel := c.end(t.Context())
					defer cancel()
					_, err := f.do(ctx, row, func() (store.Table, error) {
						close(began)
						<-ctx.Done()
						return store.Table{}, fault.From(ctx.Err())
					})
					if fault.KindOf(err) != c.kind {
						t.Errorf("who began: %v", err)
					}
				}()
				<-began
				got, err := f.do(t.Context(), row, func() (store.Table, error) { return store.Table{ID: 2}, nil })
				if err != nil || got.ID != 2 {
					t.Errorf("who waited: %+v, %v: %s", got, err, c.reason)
				}
				synctest.Wait()
			})
		})
	}
}
