package authn_test

import (
	"testing"

	"github.com/tavana/tavana/internal/gateway/authn"
)

func TestCrowdedOut(t *testing.T) {
	t.Parallel()
	type stranger struct {
		address string
		number  int
	}
	for name, c := range map[string]struct {
		all  []stranger
		want stranger
		ok   bool
	}{
		"nobody":   {nil, stranger{}, false},
		"one each": {[]stranger{{"a", 1}, {"b", 2}}, stranger{"a", 1}, true},
		"a flood":  {[]stranger{{"a", 1}, {"b", 2}, {"c", 3}, {"b", 4}}, stranger{"b", 2}, true},
	} {
		got, ok := authn.CrowdedOut(c.all, func(s stranger) string { return s.address })
		if got != c.want || ok != c.ok {
			t.Errorf("%s: got %v, %v, want %v", name, got, ok, c.want)
		}
	}
}
