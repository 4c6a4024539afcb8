package quota_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/tavana/tavana/internal/quota"
)

func TestShareAndWhole(t *testing.T) {
	t.Parallel()
	b := quota.New(quota.Limits{All: 100, Each: 50})
	for _, step := range []struct {
		who  string
		n    int
		more quota.Limits
		want error
		why  string
	}{
		{"ada", 51, quota.Limits{}, quota.ErrShare, "more than a share"},
		{"ada", 50, quota.Limits{}, nil, "a whole share"},
		{"ada", 1, quota.Limits{}, quota.ErrShare, "a byte beyond it"},
		{"bob", 30, quota.Limits{}, nil, "others have theirs"},
		{"eve", 21, quota.Limits{}, quota.ErrFull, "more than is left"},
		{"eve", 20, quota.Limits{}, nil, "what is left"},
		{"ada", 1, quota.Limits{}, quota.ErrShare, "one's own share is told first"},
		{"bob", 10, quota.Limits{All: 9, Each: 100}, quota.ErrFull, "too little on top of the whole"},
		{"bob", 30, quota.Limits{All: 30, Each: 9}, quota.ErrShare, "too little on top of a share"},
		{"bob", 30, quota.Limits{All: 30, Each: 10}, nil, "enough on top of both"},
		{"eve", 1, quota.Limits{}, quota.ErrFull, "what is on top counts for others as well"},
	} {
		if err := b.TakeBeyond(step.who, step.n, step.more); !errors.Is(err, step.want) {
			t.Errorf("%s: %v, want %v", step.why, err, step.want)
		}
	}
	b.Give("ada", 50)
	b.Give("bob", 60)
	if err := b.Take("eve", 30); err != nil {
		t.Errorf("after others gave back: %v", err)
	}
	b.Give("eve", 50)
	if bytes, principals := b.Held(); bytes != 0 || principals != 0 {
		t.Errorf("%d bytes of %d principals are held for nothing", bytes, principals)
	}
}

// Many that take and give at once never hold more than there is.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := quota.New(quota.Limits{All: 1000, Each: 400})
	var all sync.WaitGroup
	for _, who := range []string{"ada", "bob", "eve", "joe"} {
		for seed := range uint64(4) {
			all.Go(func() {
				random := rand.New(rand.NewPCG(seed, 1))
				for range 1000 {
					n := random.IntN(200)
					if b.Take(who, n) != nil {
						continue
					}
					if bytes, _ := b.Held(); bytes > 1000 {
						t.Errorf("%d bytes are held", bytes)
					}
					b.Give(who, n)
				}
			})
		}
	}
	all.Wait()
	if bytes, principals := b.Held(); bytes != 0 || principals != 0 {
		t.Errorf("%d bytes of %d principals are held for nothing", bytes, principals)
	}
}
