package constant

import (
	"slices"
	"strings"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session/setting"
)

// function takes a call, or one of the words that are calls without
// parentheses; where it gives false, it has consumed nothing.
func (p *parser) function() (item, bool) {
	start := p.at
	qualified := p.accept("pg_catalog", ".")
	name, ok := p.word()
	if !ok {
		p.at = start
		return item{}, false
	}
	var i item
	if p.accept("(") {
		i, ok = p.call(name)
	} else {
		i, ok = keyword(name)
		ok = ok && !qualified
	}
	if !ok {
		p.at = start
	}
	return i, ok
}

func keyword(name string) (item, bool) {
	switch name {
	case "current_user", "session_user", "user", "current_role":
		return named(name, Env.User), true
	case "current_catalog":
		return named(name, Env.Catalog), true
	case "current_schema":
		return currentSchema(), true
	}
	return item{}, false
}

// call takes arguments and the closing parenthesis.
func (p *parser) call(name string) (item, bool) {
	switch name {
	case "current_schemas":
		return p.schemas()
	case "current_setting":
		return p.currentSetting()
	case "set_config":
		return p.setConfig()
	}
	i, ok := plainCall(name)
	return i, ok && p.accept(")")
}

// plainCall knows the functions without arguments.
func plainCall(name string) (item, bool) {
	switch name {
	case "version":
		return text(name, func(e Env) string {
			return VersionText(e.Version())
		}), true
	case "current_database":
		return named(name, Env.Catalog), true
	case "current_schema":
		return currentSchema(), true
	case "pg_backend_pid":
		return item{Column{Name: name, Type: "INTEGER"}, func(e Env) (any, error) { return e.PID(), nil }}, true
	case "pg_is_in_recovery":
		return fixed(Column{Name: name, Type: "BOOLEAN"}, false), true
	case "pg_advisory_unlock_all":
		return fixed(Column{Name: name, Type: "VOID"}, ""), true
	case "inet_server_port":
		return fixed(Column{Name: name, Type: "INTEGER"}, nil), true
	case "inet_server_addr":
		return fixed(Column{Name: name, Type: "VARCHAR"}, nil), true
	}
	return item{}, false
}

func text(name string, get func(Env) string) item {
	return item{Column{Name: name, Type: "VARCHAR"}, func(e Env) (any, error) { return get(e), nil }}
}

// named is a text of PostgreSQL's type for names.
func named(name string, get func(Env) string) item {
	i := text(name, get)
	i.column.Type = "NAME"
	return i
}

func fixed(c Column, value any) item {
	return item{c, func(Env) (any, error) { return value, nil }}
}

func (p *parser) truth() (on, ok bool) {
	if p.accept("true") {
		return true, true
	}
	return false, p.accept("false")
}

func (p *parser) schemas() (item, bool) {
	implicit, ok := p.truth()
	if !ok || !p.accept(")") {
		return item{}, false
	}
	return item{Column{Name: "current_schemas", Type: "NAME[]"}, func(e Env) (any, error) {
		path := append([]string{}, e.Path()...)
		if implicit && !slices.Contains(path, "pg_catalog") {
			path = slices.Insert(path, 0, "pg_catalog")
		}
		return path, nil
	}}, true
}

// currentSchema is NULL where no schema of the search path exists.
func currentSchema() item {
	return item{Column{Name: "current_schema", Type: "NAME"}, func(e Env) (any, error) {
		if path := e.Path(); len(path) > 0 {
			return path[0], nil
		}
		return nil, nil
	}}
}

func (p *parser) currentSetting() (item, bool) {
	name, ok := p.str()
	if !ok {
		return item{}, false
	}
	missing := false
	if p.accept(",") {
		if missing, ok = p.truth(); !ok {
			return item{}, false
		}
	}
	return item{Column{Name: "current_setting", Type: "VARCHAR"}, func(e Env) (any, error) {
		v, ok := e.Setting(name)
		switch {
		case ok:
			return v, nil
		case missing:
			return nil, nil //nolint:nilnil // the value is NULL
		}
		return nil, unknown(name)
	}}, p.accept(")")
}

func (p *parser) setConfig() (item, bool) {
	name, ok := p.str()
	if !ok || !p.accept(",") {
		return item{}, false
	}
	value, ok := p.str()
	if !ok || !p.accept(",") {
		return item{}, false
	}
	local, ok := p.truth()
	if !ok || !p.accept(")") {
		return item{}, false
	}
	return item{Column{Name: "set_config", Type: "VARCHAR"}, func(e Env) (any, error) {
		if err := e.SetSetting(name, value, local); err != nil {
			return nil, err
		}
		v, ok := e.Setting(name)
		if !ok {
			return value, nil // local to no transaction
		}
		return v, nil
	}}, true
}

func unknown(name string) error {
	const most = 80
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "..."
	}
	return fault.New(fault.UndefinedObject, "unrecognized configuration parameter %q", name)
}

// VersionText is what version() says for a version of this program.
func VersionText(version string) string {
	return "PostgreSQL " + setting.ServerVersion + " compatible, Tavana " + version
}
