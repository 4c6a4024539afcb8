package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

func TestPrincipalSettings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, _, err := b.CreateKey(t.Context(), catalog.NewKey{Principal: "tableau", Owner: "bi", Scopes: read()}); err != nil {
		t.Fatal(err)
	}
	set := func(name, setting, value string) error {
		return b.SetPrincipal(t.Context(), catalog.Principal{Name: name, Settings: map[string]string{setting: value}})
	}
	list := func() map[string]map[string]string {
		t.Helper()
		principals, err := b.Principals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]map[string]string{}
		for _, p := range principals {
			all[p.Name] = p.Settings
		}
		return all
	}
	for _, step := range []struct {
		value string
		want  map[string]string
	}{
		{"TRUE", map[string]string{"integer_division": "on"}}, {"off", map[string]string{"integer_division": "off"}}, {"", map[string]string{}},
	} {
		if err := set("tableau", "Integer_Division", step.value); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, list()["tableau"]); diff != "" {
			t.Errorf("after %q (-want +got):\n%s", step.value, diff)
		}
	}
	if err := set("tableau", "postgres_semantics", "1"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"postgres_semantics": "on"}, list()["tableau"]); diff != "" {
		t.Errorf("postgres_semantics (-want +got):\n%s", diff)
	}
	wantKind(t, set("tableau", "memory_limit", "1"), fault.UndefinedObject)
	wantKind(t, set("tableau", "integer_division", "maybe"), fault.InvalidParameter)
	wantKind(t, set("nobody", "integer_division", "on"), fault.UndefinedObject)
	wantKind(t, b.SetPrincipal(t.Context(), catalog.Principal{Name: "tableau"}), fault.InvalidParameter)
	defaults, err := b.Defaults(t.Context(), query.Identity{Principal: "nobody", Scopes: read()})
	if len(defaults) > 0 {
		t.Errorf("defaults of nobody: %v %v", defaults, err)
	}
}
