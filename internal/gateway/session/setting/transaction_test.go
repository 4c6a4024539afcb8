package setting_test

import (
	"maps"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/tavana/tavana/internal/gateway/session/setting"
)

func set(t *testing.T, s *setting.Store, name, value string, local bool) {
	t.Helper()
	if err := s.Set(name, list(value), local); err != nil {
		t.Fatal(err)
	}
}

func wantSetting(t *testing.T, s *setting.Store, name, want string) {
	t.Helper()
	if got, _ := s.Get(name); got != want {
		t.Errorf("%s = %q, want %q", name, got, want)
	}
}

func TestTransactionIsolation(t *testing.T) {
	t.Parallel()
	const name = "transaction_isolation"
	s := store()
	set(t, s, name, "serializable", false)
	wantSetting(t, s, name, "read committed") // there is no transaction
	set(t, s, "default_transaction_isolation", "repeatable read", false)
	s.Begin()
	wantSetting(t, s, name, "repeatable read")
	set(t, s, name, "serializable", false)
	s.ResetAll()
	wantSetting(t, s, name, "serializable")
	s.Commit()
	wantSetting(t, s, name, "read committed") // by RESET ALL
}

func TestLocal(t *testing.T) {
	t.Parallel()
	s := store()
	set(t, s, "a.b", "session", false)
	set(t, s, "a.b", "nothing", true)
	wantSetting(t, s, "a.b", "session")
	s.Begin()
	set(t, s, "a.b", "local", true)
	s.Begin() // a second one does nothing
	wantSetting(t, s, "a.b", "local")
	set(t, s, "a.c", "kept", false)
	s.Commit()
	wantSetting(t, s, "a.b", "session")
	wantSetting(t, s, "a.c", "kept")
	s.Rollback() // of nothing
	wantSetting(t, s, "a.c", "kept")
}

// TestModel plays random statements against a model that copies everything.
func TestModel(t *testing.T) {
	t.Parallel()
	names := []string{"a.x", "a.y", "work_mem", "application_name"}
	initial := map[string]string{"work_mem": "4MB", "application_name": ""}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := store()
		session, shown := maps.Clone(initial), maps.Clone(initial)
		var saved map[string]string
		for step := range 60 {
			name := names[r.IntN(len(names))]
			value := strconv.Itoa(64 + r.IntN(900))
			if name == "work_mem" {
				value += "kB"
			}
			switch r.IntN(7) {
			case 0:
				s.Begin()
				if saved == nil {
					saved = maps.Clone(session)
				}
			case 1:
				s.Commit()
				saved, shown = nil, maps.Clone(session)
			case 2:
				s.Rollback()
				if saved != nil {
					session = saved
				}
				saved, shown = nil, maps.Clone(session)
			case 3:
				set(t, s, name, value, true)
				if saved != nil {
					shown[name] = value
				}
			case 4:
				if err := s.Reset(name); err != nil {
					t.Fatal(err)
				}
				put(session, name, initial)
				put(shown, name, initial)
			default:
				set(t, s, name, value, false)
				session[name], shown[name] = value, value
			}
			for _, n := range names {
				got, ok := s.Get(n)
				if want, exists := shown[n]; got != want || ok != exists {
					t.Fatalf("seed %d, step %d: %s = %q (%t), want %q (%t)", seed, step, n, got, ok, want, exists)
				}
			}
		}
	}
}

func put(values map[string]string, name string, from map[string]string) {
	if v, ok := from[name]; ok {
		values[name] = v
		return
	}
	delete(values, name)
}
