package setting_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session/setting"
)

func list(values ...string) []string { return values }

func store() *setting.Store { return setting.New(setting.Config{User: "ann"}) }

func TestSet(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		name   string
		values []string
		want   string
	}{
		"bool":              {"a beginning of a word", "JIT", list("fal"), "off"},
		"bool number":       {"1 is on", "enable_sort", list("1"), "on"},
		"integer":           {"a sign", "extra_float_digits", list("-15"), "-15"},
		"memory":            {"units", "work_mem", list("2048 MB"), "2GB"},
		"time":              {"milliseconds are the base", "statement_timeout", list("300000"), "5min"},
		"time fraction":     {"rounded", "lock_timeout", list("1.5s"), "1500ms"},
		"time small":        {"rounded to none", "lock_timeout", list("100us"), "0"},
		"time zero":         {"without a unit", "statement_timeout", list("0s"), "0"},
		"day":               {"the largest unit", "idle_session_timeout", list("24h"), "1d"},
		"enum":              {"in any case", "bytea_output", list("ESCAPE"), "escape"},
		"isolation":         {"words with blanks", "default_transaction_isolation", list("Repeatable Read"), "repeatable read"},
		"debug":             {"an alias", "client_min_messages", list("debug"), "debug2"},
		"interval":          {"ISO", "intervalstyle", list("ISO_8601"), "iso_8601"},
		"datestyle":         {"the order stays", "datestyle", list("iso"), "ISO, MDY"},
		"datestyle list":    {"two values", "DateStyle", list("ISO", "dmy"), "ISO, DMY"},
		"datestyle text":    {"one text", "DateStyle", list("ISO, European"), "ISO, DMY"},
		"datestyle order":   {"no style", "DateStyle", list("YMD"), "ISO, YMD"},
		"encoding":          {"as asyncpg sends it", "client_encoding", list("'utf-8'"), "UTF8"},
		"encoding alias":    {"of old", "client_encoding", list("UNICODE"), "UTF8"},
		"strings":           {"what they are", "standard_conforming_strings", list("ON"), "on"},
		"application":       {"bytes that are no printable ASCII", "application_name", list("é\tx"), "???x"},
		"application long":  {"as long as a name", "application_name", list(strings.Repeat("a", 99)), strings.Repeat("a", 63)},
		"path":              {"quoted where needed", "search_path", list("a", "B", "$user", `q"`), `a, "B", "$user", "q"""`},
		"path text":         {"a text is a list", "search_path", list(`A , "B", "$user"`), `a, "B", "$user"`},
		"path empty":        {"no schema", "search_path", list(""), `""`},
		"role":              {"none", "role", list("NONE"), "none"},
		"authorization":     {"who one is", "session_authorization", list("ann"), "ann"},
		"division":          {"ours", "integer_division", list("yes"), "on"},
		"renegotiation":     {"a no-op", "ssl_renegotiation_limit", list("0"), "0"},
		"custom":            {"any text, any case", "My.Setting", list("x", "y"), "x, y"},
		"zone":              {"a name", "TIMEZONE", list("Europe/Berlin"), "Europe/Berlin"},
		"zone case":         {"PostgreSQL's spelling", "timezone", list("america/NEW_york"), "America/New_York"},
		"zone utc":          {"PostgreSQL's spelling", "timezone", list("utc"), "UTC"},
		"zone number":       {"counts east", "timezone", list("-3"), "Etc/GMT+3"},
		"zone number east":  {"counts east", "timezone", list("14"), "Etc/GMT-14"},
		"zone POSIX":        {"counts west, as pgjdbc sends it", "timezone", list("GMT-03:00"), "Etc/GMT-3"},
		"zone angled":       {"as SHOW of PostgreSQL writes it", "timezone", list("<+03>-03"), "Etc/GMT-3"},
		"zone zero":         {"signs do not matter", "timezone", list("+00:00"), "UTC"},
		"zone etc":          {"what offsets become", "timezone", list("Etc/GMT-3"), "Etc/GMT-3"},
		"default of no set": {"no values", "datestyle", nil, "ISO, MDY"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := store()
			if err := s.Set(c.name, c.values, false); err != nil {
				t.Fatal(err)
			}
			if got, ok := s.Get(strings.ToUpper(c.name)); !ok || got != c.want {
				t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
			}
			// What SHOW writes can be set again, and stays what it is.
			if c.name == "search_path" {
				return // an empty name and a text differ there
			}
			if err := s.Set(c.name, list(c.want), false); err != nil {
				t.Fatal(err)
			}
			if got, _ := s.Get(c.name); got != c.want {
				t.Errorf("set again: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		name   string
		values []string
		want   fault.Kind
	}{
		"bool":              {"jit", list("o"), fault.InvalidParameter},
		"bool empty":        {"jit", list(""), fault.InvalidParameter},
		"two values":        {"jit", list("on", "off"), fault.InvalidParameter},
		"integer":           {"extra_float_digits", list("4"), fault.InvalidParameter},
		"integer text":      {"extra_float_digits", list("x"), fault.InvalidParameter},
		"integer unit":      {"extra_float_digits", list("1ms"), fault.InvalidParameter},
		"time unit":         {"statement_timeout", list("9 parsecs"), fault.InvalidParameter},
		"time negative":     {"statement_timeout", list("-1"), fault.InvalidParameter},
		"time range":        {"statement_timeout", list("99d"), fault.InvalidParameter},
		"time NaN":          {"statement_timeout", list("NaN"), fault.InvalidParameter},
		"enum":              {"bytea_output", list("base64"), fault.InvalidParameter},
		"interval":          {"intervalstyle", list("sql_standard"), fault.Unsupported},
		"datestyle":         {"datestyle", list("German"), fault.Unsupported},
		"datestyle word":    {"datestyle", list("ISO", "x"), fault.InvalidParameter},
		"encoding":          {"client_encoding", list("SQL_ASCII"), fault.InvalidParameter},
		"strings":           {"standard_conforming_strings", list("off"), fault.Unsupported},
		"path":              {"search_path", list(`a,"b`), fault.InvalidParameter},
		"path hole":         {"search_path", list(`a,,b`), fault.InvalidParameter},
		"role":              {"role", list("root"), fault.PermissionDenied},
		"authorization":     {"session_authorization", list("root"), fault.PermissionDenied},
		"read-only":         {"server_version", list("16"), fault.InvalidParameter},
		"read-only default": {"server_version", nil, fault.InvalidParameter},
		"zone":              {"timezone", list("Mars/Olympus"), fault.InvalidParameter},
		"zone empty":        {"timezone", list(""), fault.InvalidParameter},
		"zone local":        {"timezone", list("Local"), fault.InvalidParameter},
		"zone file":         {"timezone", list("../../etc/passwd"), fault.InvalidParameter},
		"zone table":        {"timezone", list("zone.tab"), fault.InvalidParameter},
		"zone sign":         {"timezone", list("+03:00"), fault.InvalidParameter},
		"zone fraction":     {"timezone", list("3.5"), fault.InvalidParameter},
		"zone minutes":      {"timezone", list("GMT-03:30"), fault.InvalidParameter},
		"zone range":        {"timezone", list("15"), fault.InvalidParameter},
		"unknown":           {"foo", list("1"), fault.UndefinedObject},
		"memory of DuckDB":  {"memory_limit", list("1TB"), fault.UndefinedObject},
		"threads":           {"threads", list("1"), fault.UndefinedObject},
		"external access":   {"enable_external_access", list("on"), fault.UndefinedObject},
		"custom name":       {"a.b c", list("1"), fault.InvalidName},
		"custom hole":       {"a..b", list("1"), fault.InvalidName},
		"long":              {"a.b", list(strings.Repeat("x", 9000)), fault.InvalidParameter},
		"NUL":               {"a.b", list("\x00"), fault.InvalidEncoding},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := store()
			before := s.All()
			err := s.Set(c.name, c.values, false)
			if fault.KindOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if diff := cmp.Diff(before, s.All()); diff != "" {
				t.Errorf("a refused value changed something: %s", diff)
			}
		})
	}
}

func TestCustomLimit(t *testing.T) {
	t.Parallel()
	s := store()
	for i := range 1000 {
		if err := s.Set(fmt.Sprintf("a.b%d", i), list("x"), false); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Set("a.c", list("x"), false); fault.KindOf(err) != fault.ProgramLimit {
		t.Errorf("got %v for one too many", err)
	}
	if err := s.Set("a.b1", list("y"), false); err != nil {
		t.Errorf("an old one can change: %v", err)
	}
}

func TestStartup(t *testing.T) {
	t.Parallel()
	s := store()
	err := s.Startup(map[string]string{
		"user": "x", "database": "y", "options": "z", "replication": "false", "_pq_.command": "1", "unheard_of": "1",
		"ssl_renegotiation_limit": "0", "application_name": "app", "timezone": "Asia/Tokyo", "search_path": "a,b", "my.own": "1",
		"transaction_isolation": "serializable",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, undo := range []func() error{
		func() error { return s.Reset("application_name") },
		func() error { return s.SetDefault("application_name") },
		func() error { s.ResetAll(); return nil },
	} {
		if err := s.Set("application_name", list("other"), false); err != nil {
			t.Fatal(err)
		}
		if err := undo(); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.Get("application_name"); got != "app" {
			t.Errorf("reset to %q", got)
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, s.SearchPath()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"my.own": "1", "TimeZone": "Asia/Tokyo", "transaction_isolation": "serializable"} {
		if got, _ := s.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"user", "unheard_of", "_pq_.command", "options"} {
		if _, ok := s.Get(name); ok {
			t.Errorf("%s became a setting", name)
		}
	}
	if err := store().Startup(map[string]string{"client_encoding": "LATIN1"}); fault.KindOf(err) != fault.InvalidParameter {
		t.Errorf("a wrong value at startup gave %v", err)
	}
}

func TestTyped(t *testing.T) {
	t.Parallel()
	s := setting.New(setting.Config{TimeZone: "Asia/Kolkata", StatementTimeout: 90 * time.Second, User: "ann", Superuser: true})
	for name, want := range map[string]string{
		"timezone": "Asia/Kolkata", "statement_timeout": "90s", "is_superuser": "on", "session_authorization": "ann",
	} {
		if got, _ := s.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if diff := cmp.Diff([]string{"main"}, s.SearchPath()); diff != "" {
		t.Error(diff)
	}
	for name, value := range map[string]string{
		"extra_float_digits": "3", "bytea_output": "escape", "intervalstyle": "iso_8601", "idle_session_timeout": "2s",
		"idle_in_transaction_session_timeout": "5min", "integer_division": "on", "postgres_semantics": "yes",
	} {
		if err := s.Set(name, list(value), false); err != nil {
			t.Fatal(err)
		}
	}
	got := []any{
		s.TimeZone(), s.StatementTimeout(), s.ExtraFloatDigits(), s.ByteaEscape(), s.IntervalStyle(), s.IdleSession(),
		s.IdleInTransaction(), s.IntegerDivision(), s.PostgresSemantics(),
	}
	want := []any{"Asia/Kolkata", 90 * time.Second, 3, true, "iso_8601", 2 * time.Second, 5 * time.Minute, true, true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReported(t *testing.T) {
	t.Parallel()
	s := store()
	got := map[string]string{}
	for _, p := range s.Reported() {
		got[p.Name] = p.Value
	}
	want := map[string]string{
		"application_name": "", "client_encoding": "UTF8", "DateStyle": "ISO, MDY", "default_transaction_read_only": "off",
		"in_hot_standby": "off", "integer_datetimes": "on", "IntervalStyle": "postgres", "is_superuser": "off",
		"server_encoding": "UTF8", "server_version": "15.14", "session_authorization": "ann",
		"standard_conforming_strings": "on", "TimeZone": "UTC",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	s.Begin()
	if err := s.Set("timezone", list("Asia/Tokyo"), false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]setting.Parameter{{Name: "TimeZone", Value: "Asia/Tokyo"}}, s.Changed()); diff != "" {
		t.Error(diff)
	}
	if extra := s.Changed(); len(extra) != 0 {
		t.Errorf("told twice: %v", extra)
	}
	s.Rollback()
	if diff := cmp.Diff([]setting.Parameter{{Name: "TimeZone", Value: "UTC"}}, s.Changed()); diff != "" {
		t.Error(diff)
	}
}

// TestIntegerDivisionFollows shows that postgres_semantics has integer_division
// with it, until that is set by itself.
func TestIntegerDivisionFollows(t *testing.T) {
	t.Parallel()
	s := setting.New(setting.Config{})
	step := func(reason string, err error, semantics, division bool) {
		t.Helper()
		if err != nil || s.PostgresSemantics() != semantics || s.IntegerDivision() != division {
			t.Errorf("%s: postgres_semantics %v, integer_division %v, %v", reason, s.PostgresSemantics(), s.IntegerDivision(), err)
		}
	}
	step("at first", nil, false, false)
	step("postgres_semantics", s.Set("postgres_semantics", list("on"), false), true, true)
	step("integer_division by itself", s.Set("integer_division", list("off"), false), true, false)
	step("back to following", s.Reset("integer_division"), true, true)
	step("without", s.Reset("postgres_semantics"), false, false)
	s = setting.New(setting.Config{Defaults: map[string]string{"postgres_semantics": "on"}})
	step("a principal's", nil, true, true)
	s = setting.New(setting.Config{Defaults: map[string]string{"postgres_semantics": "on", "integer_division": "off"}})
	step("a principal's two", nil, true, false)
	s.ResetAll()
	step("RESET ALL", nil, true, false)
}
