package catalog

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tavana/tavana/internal/catalog/store"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// KeyPrefix begins every API key, so that one that leaked can be found.
const KeyPrefix = "tvn_"

// Iterations is the count of SCRAM. Keys have 256 random bits, so that more
// rounds would only slow down logins.
const Iterations = 4096

const (
	secretBytes      = 32
	saltBytes        = 16
	longestPrincipal = 63
)

// Key tells about an API key, without its secret.
type Key struct {
	ID          string
	Principal   string
	Owner       string // who answers for it
	Description string
	Scopes      []query.Scope
	Created     time.Time
	Expires     time.Time // zero: never
	Revoked     time.Time // zero: not revoked
	LastUsed    time.Time // zero: not yet
	ReplacedBy  string    // ID of the key that it was rotated to
}

// Live tells whether the key opens the door at a time.
func (k Key) Live(now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || now.Before(k.Expires))
}

// NewKey asks for a key. Its principal is made where there is none of that name.
type NewKey struct {
	Principal   string // 1 to 63 of letters, digits, . _ - @
	Owner       string
	Scopes      []query.Scope // at least one
	Expires     time.Time     // zero: never
	Description string
}

// Credential is what one live key is checked with.
type Credential struct {
	ID        string
	StoredKey []byte // SCRAM-SHA-256
	ServerKey []byte // SCRAM-SHA-256
	Hash      []byte // SHA-256 of the whole key
	Scopes    []query.Scope
	Expires   time.Time // zero: never
}

// Credentials is all that a principal can log in with.
type Credentials struct {
	Salt       []byte // one for all keys of the principal
	Iterations int
	Keys       []Credential // live ones only
}

// CreateKey makes a key and gives its secret, which is never seen again.
func (c *Catalog) CreateKey(ctx context.Context, in NewKey) (Key, string, error) {
	if err := checkKey(in, time.Now()); err != nil {
		return Key{}, "", err
	}
	return c.mint(ctx, in, "", time.Time{})
}

// RotateKey makes a new key with the rights of another one, which stays valid
// for the grace time, or to its own end where that is earlier. Only a live key
// that was not rotated before can be rotated. A key that was made to expire gets
// a successor that lives as long as it was made to.
func (c *Catalog) RotateKey(ctx context.Context, id string, grace time.Duration) (Key, string, error) {
	v, err := c.current(ctx)
	if err != nil {
		return Key{}, "", err
	}
	now := time.Now()
	old := v.keys[id]
	switch {
	case old == nil:
		return Key{}, "", unknownKey(id)
	case grace < 0:
		return Key{}, "", fault.New(fault.InvalidParameter, "the grace time must not be negative")
	case !live(old, now):
		return Key{}, "", fault.New(fault.InvalidParameter, "key %q is no longer valid", id).
			WithHint("Create a new key instead.")
	case old.ReplacedBy != "":
		return Key{}, "", fault.New(fault.InvalidParameter, "key %q was rotated before", id).
			WithHint("Rotate its successor %s instead.", old.ReplacedBy)
	}
	in := NewKey{Principal: old.Principal, Owner: old.Owner, Scopes: old.Scopes, Description: old.Description}
	if !old.Expires.IsZero() {
		in.Expires = now.Add(old.Expires.Sub(old.Created))
	}
	return c.mint(ctx, in, id, now.Add(grace))
}

// RevokeKey ends a key's life at once: for logins, and for open sessions with
// their next statement.
func (c *Catalog) RevokeKey(ctx context.Context, id string) error {
	if err := c.store.RevokeKey(ctx, id); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return unknownKey(id)
		}
		return away(err)
	}
	c.changed(ctx)
	return nil
}

func unknownKey(id string) error {
	return fault.New(fault.UndefinedObject, "key %q does not exist", id)
}

// ListKeys tells of all keys, dead ones too, oldest first.
func (c *Catalog) ListKeys(ctx context.Context) ([]Key, error) {
	v, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	used, err := c.store.LastUsed(ctx)
	if err != nil {
		return nil, away(err)
	}
	keys := make([]Key, 0, len(v.keys))
	for _, row := range v.keys {
		k := keyOf(row)
		for _, at := range []time.Time{used[k.ID], c.uses.pending(k.ID)} {
			if at.After(k.LastUsed) {
				k.LastUsed = at
			}
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b Key) int {
		if order := a.Created.Compare(b.Created); order != 0 {
			return order
		}
		return cmpString(a.ID, b.ID)
	})
	return keys, nil
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Login gives what a principal's password is checked with. For one that does
// not exist it gives no keys, and always the same salt, so that nobody learns
// who exists.
func (c *Catalog) Login(ctx context.Context, principal string) (Credentials, error) {
	v, err := c.current(ctx)
	if err != nil {
		return Credentials{}, err
	}
	p := v.principals[principal]
	if p == nil {
		return Credentials{Salt: fakeSalt(v.rows.LoginSecret, principal), Iterations: Iterations}, nil
	}
	found := Credentials{Salt: p.Salt, Iterations: Iterations}
	now := time.Now()
	for _, k := range p.Keys {
		if live(k, now) {
			found.Keys = append(found.Keys, Credential{
				ID: k.ID, StoredKey: k.StoredKey, ServerKey: k.ServerKey, Hash: k.Hash,
				Scopes: k.Scopes, Expires: k.Expires,
			})
		}
	}
	return found, nil
}

// KeyPrincipal gives the principal of the key with a SHA-256, dead or alive; empty:
// there is no such key.
func (c *Catalog) KeyPrincipal(ctx context.Context, hash [sha256.Size]byte) (string, error) {
	v, err := c.current(ctx)
	if err != nil {
		return "", err
	}
	return v.owners[hash], nil
}

func fakeSalt(secret []byte, principal string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("salt of " + principal))
	return mac.Sum(nil)[:saltBytes]
}

// mint makes and stores a key; one that it replaces ends at a time.
func (c *Catalog) mint(ctx context.Context, in NewKey, replaces string, ends time.Time) (Key, string, error) {
	random := make([]byte, secretBytes+saltBytes)
	if _, err := rand.Read(random); err != nil {
		return Key{}, "", fmt.Errorf("make a key: %w", err)
	}
	secret := KeyPrefix + hex.EncodeToString(random[:secretBytes])
	id, err := uuid.NewV7()
	if err != nil {
		return Key{}, "", fmt.Errorf("make a key: %w", err)
	}
	salt, err := c.store.EnsurePrincipal(ctx, in.Principal, random[secretBytes:])
	if err != nil {
		return Key{}, "", away(err)
	}
	row := store.Key{
		ID: id.String(), Principal: in.Principal, Owner: in.Owner, Description: in.Description,
		Scopes: in.Scopes, Created: time.Now().UTC().Truncate(time.Microsecond), Expires: in.Expires,
	}
	hash := sha256.Sum256([]byte(secret))
	row.Hash = hash[:]
	if row.StoredKey, row.ServerKey, err = verifier(secret, salt); err != nil {
		return Key{}, "", err
	}
	if err := c.store.AddKey(ctx, row, replaces, ends); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return Key{}, "", unknownKey(replaces)
		}
		return Key{}, "", away(err)
	}
	c.changed(ctx)
	return keyOf(&row), secret, nil
}

// verifier gives StoredKey and ServerKey of SCRAM-SHA-256 (RFC 5802).
func verifier(secret string, salt []byte) (storedKey, serverKey []byte, err error) {
	salted, err := pbkdf2.Key(sha256.New, secret, salt, Iterations, sha256.Size)
	if err != nil {
		return nil, nil, fmt.Errorf("derive a key's verifier: %w", err)
	}
	sign := func(text string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(sign("Client Key"))
	return stored[:], sign("Server Key"), nil
}

func keyOf(row *store.Key) Key {
	return Key{
		ID: row.ID, Principal: row.Principal, Owner: row.Owner, Description: row.Description,
		Scopes: row.Scopes, Created: row.Created, Expires: row.Expires, Revoked: row.Revoked,
		LastUsed: row.LastUsed, ReplacedBy: row.ReplacedBy,
	}
}

func checkKey(in NewKey, now time.Time) error {
	if err := CheckPrincipal(in.Principal); err != nil {
		return err
	}
	if len(in.Scopes) == 0 {
		return fault.New(fault.InvalidParameter, "a key needs at least one scope").
			WithHint("Scopes are read, write and admin.")
	}
	for _, s := range in.Scopes {
		if s != query.ScopeRead && s != query.ScopeWrite && s != query.ScopeAdmin {
			return fault.New(fault.InvalidParameter, "unknown scope %q", s).
				WithHint("Scopes are read, write and admin.")
		}
	}
	if !in.Expires.IsZero() && !in.Expires.After(now) {
		return fault.New(fault.InvalidParameter, "a key cannot expire in the past")
	}
	return nil
}

// CheckPrincipal refuses what cannot name a principal.
func CheckPrincipal(name string) error {
	ok := name != "" && len(name) <= longestPrincipal
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '_', c == '-', c == '@':
		default:
			ok = false
		}
	}
	if !ok {
		return fault.New(fault.InvalidName, "invalid name of a principal: %q", name).
			WithHint("A principal's name has 1 to %d letters, digits and any of . _ - @", longestPrincipal)
	}
	return nil
}
