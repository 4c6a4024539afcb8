package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// TestVisibilityNeverLeaks gives and takes grants at random, and compares every
// answer with what a plain model says: exactly the granted schemas exist, and
// what is not granted answers like what is not there.
func TestVisibilityNeverLeaks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))

	var names []query.TableName
	for _, c := range []string{"a", "b"} {
		for _, s := range []string{"x", "y"} {
			for i := range 2 {
				n := name(c, s, fmt.Sprintf("table%d", i))
				b.add(t, n)
				names = append(names, n)
			}
		}
	}
	principals := map[string]query.Identity{}
	for _, p := range []string{"ann", "bob"} {
		principals[p] = b.reader(t, p)
	}
	granted := map[string]bool{}
	key := func(p string, n query.TableName) string { return p + " " + n.Catalog + "." + n.Schema }
	for range 60 {
		n := names[random.IntN(len(names))]
		p := []string{"ann", "bob"}[random.IntN(2)]
		if random.IntN(2) == 0 {
			if err := b.Grant(t.Context(), p, n.Catalog, n.Schema); err != nil {
				t.Fatal(err)
			}
			granted[key(p, n)] = true
		} else {
			err := b.Revoke(t.Context(), p, n.Catalog, n.Schema)
			if (err == nil) != granted[key(p, n)] {
				t.Fatalf("revoke of %v: %v", granted[key(p, n)], err)
			}
			granted[key(p, n)] = false
		}
		seen := map[string]string{}
		for who, identity := range principals {
			visible := func(n query.TableName) bool { return granted[key(who, n)] }
			b.checkView(t, identity, names, visible)
			v, err := b.Visibility(t.Context(), identity)
			if err != nil {
				t.Fatal(err)
			}
			var set string
			for _, n := range names {
				set += fmt.Sprint(visible(n))
			}
			if other, ok := seen[v.ID]; ok && other != set {
				t.Errorf("one visibility %s for %s and %s", v.ID, other, set)
			}
			seen[v.ID] = set
		}
	}
}

func (b bundle) checkView(t *testing.T, who query.Identity, names []query.TableName, visible func(query.TableName) bool) {
	t.Helper()
	listed, err := b.Tables(t.Context(), who, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		want := visible(n)
		if ok, err := b.Readable(t.Context(), who, n); err != nil || ok != want {
			t.Errorf("Readable(%s, %s) = %v, %v; want %v", who.Principal, n, ok, err, want)
		}
		if ok, err := b.HasSchema(t.Context(), who, n.Catalog, n.Schema); err != nil || ok != want {
			t.Errorf("HasSchema(%s, %s) = %v, %v; want %v", who.Principal, n, ok, err, want)
		}
		if got := slices.ContainsFunc(listed, func(t query.Table) bool { return t.Name == n }); got != want {
			t.Errorf("%s lists %s: %v, want %v", who.Principal, n, got, want)
		}
		_, hidden := b.Open(t.Context(), who, []query.TableName{n})
		if (hidden == nil) != want {
			t.Errorf("Open(%s, %s): %v, want visible %v", who.Principal, n, hidden, want)
		}
		if hidden != nil {
			wantKind(t, hidden, fault.UndefinedTable)
		}
		// Neither the table itself nor a suggestion tells of what is hidden.
		for _, wanted := range []query.TableName{n, name(n.Catalog, n.Schema, n.Table+"s")} {
			got, err := b.Resolve(t.Context(), who, []query.TableName{wanted})
			if err != nil {
				t.Fatal(err)
			}
			for _, table := range got {
				if !visible(table.Name) {
					t.Errorf("Resolve(%s, %s) tells of %s", who.Principal, wanted, table.Name)
				}
			}
		}
	}
}

// What happens where a principal cannot look leaves no trace in its visibility.
func TestVisibilityIsOfOwnSchemas(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, name("local", "main", "mine"))
	b.add(t, name("other", "s", "t"))
	who := b.reader(t, "ann", [2]string{"local", "main"})
	before, err := b.Visibility(t.Context(), who)
	if err != nil || !slices.Equal(before.Catalogs, []string{"local"}) {
		t.Fatalf("visibility = %+v, %v", before, err)
	}
	b.add(t, name("other", "s", "t2"))
	b.reader(t, "bob", [2]string{"other", "s"})
	if after, _ := b.Visibility(t.Context(), who); after.ID != before.ID {
		t.Error("a change in a hidden schema changed the visibility")
	}
	b.add(t, name("local", "main", "mine2"))
	if after, _ := b.Visibility(t.Context(), who); after.ID == before.ID {
		t.Error("a change in a visible schema did not change the visibility")
	}
}

func TestNobodySeesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, name("local", "main", "orders"))
	cases := map[string]struct {
		reason string
		who    query.Identity
	}{
		"Zero":     {"the zero identity may do nothing", query.Identity{}},
		"NoScope":  {"a principal without scopes may do nothing", query.Identity{Principal: "ann"}},
		"Nameless": {"an admin without a name is none", query.Identity{Scopes: []query.Scope{query.ScopeAdmin}}},
	}
	for label, tc := range cases {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			_, err := b.Tables(t.Context(), tc.who, "", "")
			wantKind(t, err, fault.PermissionDenied)
		})
	}
}
