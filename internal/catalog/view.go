package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tavana/tavana/internal/catalog/source"
	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// view is a snapshot with its indexes. Nobody changes one.
type view struct {
	rows       *store.Snapshot
	schemas    map[schemaName]*schema
	ordered    []*schema // by catalog and name
	principals map[string]*store.Principal
	keys       map[string]*store.Key
	owners     map[[sha256.Size]byte]string // SHA-256 of a key -> principal
	grants     map[string]map[int64]bool    // principal -> schema
}

// schemaName is a schema's name as it is compared.
type schemaName struct{ catalog, schema string }

type schema struct {
	store.Schema
	tables map[string]*store.Table // by the name as it is compared
}

func newView(rows *store.Snapshot) *view {
	v := &view{
		rows:       rows,
		schemas:    map[schemaName]*schema{},
		principals: map[string]*store.Principal{},
		keys:       map[string]*store.Key{},
		owners:     map[[sha256.Size]byte]string{},
		grants:     map[string]map[int64]bool{},
	}
	byID := map[int64]*schema{}
	for _, row := range rows.Schemas {
		s := &schema{Schema: row, tables: map[string]*store.Table{}}
		v.schemas[schemaName{source.Fold(s.Catalog), source.Fold(s.Name)}] = s
		v.ordered = append(v.ordered, s)
		byID[s.ID] = s
	}
	for _, t := range rows.Tables {
		if s := byID[t.SchemaID]; s != nil {
			s.tables[source.Fold(t.Table.Name.Table)] = t
		}
	}
	for _, p := range rows.Principals {
		v.principals[p.Name] = p
		for _, k := range p.Keys {
			v.keys[k.ID] = k
			if len(k.Hash) == sha256.Size {
				v.owners[[sha256.Size]byte(k.Hash)] = p.Name
			}
		}
	}
	for _, g := range rows.Grants {
		if v.grants[g.Principal] == nil {
			v.grants[g.Principal] = map[int64]bool{}
		}
		v.grants[g.Principal][g.SchemaID] = true
	}
	return v
}

// check refuses who may not ask at all: nobody, and one whose key has ended
// since the login.
func (v *view) check(who query.Identity, now time.Time) error {
	if who.Principal == "" || !who.Has(query.ScopeRead) {
		return fault.New(fault.PermissionDenied, "permission denied")
	}
	if who.KeyID == "" {
		return nil
	}
	if k := v.keys[who.KeyID]; k == nil || k.Principal != who.Principal || !live(k, now) {
		return fault.New(fault.NotAuthorized, "the API key of this session was revoked or has expired").
			WithHint("Connect again with a key that is valid.")
	}
	return nil
}

func live(k *store.Key, now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || now.Before(k.Expires))
}

// sees is the one rule of visibility.
func (v *view) sees(who query.Identity, s *schema) bool {
	return who.Admin() || v.grants[who.Principal][s.ID]
}

// visible lists the schemas that who sees, by catalog and name.
func (v *view) visible(who query.Identity) []*schema {
	var seen []*schema
	for _, s := range v.ordered {
		if v.sees(who, s) {
			seen = append(seen, s)
		}
	}
	return seen
}

// schema finds a schema that who sees, or nil.
func (v *view) schema(who query.Identity, catalog, name string) *schema {
	s := v.schemas[schemaName{source.Fold(catalog), source.Fold(name)}]
	if s == nil || !v.sees(who, s) {
		return nil
	}
	return s
}

// table finds a table that who sees, or nil.
func (v *view) table(who query.Identity, name query.TableName) *store.Table {
	s := v.schema(who, name.Catalog, name.Schema)
	if s == nil {
		return nil
	}
	return s.tables[source.Fold(name.Table)]
}

// visibility names what who sees: a hash over the visible schemas and the
// version that each had when a table in it last changed. What happens in
// schemas that who does not see leaves no trace in it.
func (v *view) visibility(who query.Identity) query.Visibility {
	sum := sha256.New()
	var catalogs []string
	for _, s := range v.visible(who) {
		_, _ = fmt.Fprintf(sum, "%d:%d;", s.ID, s.Version)
		catalogs = append(catalogs, s.Catalog)
	}
	slices.Sort(catalogs)
	return query.Visibility{
		ID:       hex.EncodeToString(sum.Sum(nil)[:16]),
		Catalogs: slices.Compact(catalogs),
	}
}

const mostNearMisses = 5

// nearMisses gives the visible tables whose names are most like the wanted one,
// so that suggestions can be made from them.
func (v *view) nearMisses(who query.Identity, wanted query.TableName) []*store.Table {
	type miss struct {
		distance int
		table    *store.Table
	}
	var misses []miss
	name := source.Fold(wanted.Table)
	for _, s := range v.visible(who) {
		elsewhere := 0
		if source.Fold(s.Catalog) != source.Fold(wanted.Catalog) || source.Fold(s.Name) != source.Fold(wanted.Schema) {
			elsewhere = 1
		}
		for folded, t := range s.tables {
			d := distance(name, folded)
			alike := d <= max(2, len(name)/2) || strings.Contains(folded, name) || strings.Contains(name, folded)
			if alike && t.Problem == "" {
				misses = append(misses, miss{2*d + elsewhere, t})
			}
		}
	}
	slices.SortFunc(misses, func(a, b miss) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.table.Table.Name.String(), b.table.Table.Name.String())
	})
	tables := make([]*store.Table, 0, mostNearMisses)
	for _, m := range misses[:min(len(misses), mostNearMisses)] {
		tables = append(tables, m.table)
	}
	return tables
}

// distance is the edit distance of two names in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
