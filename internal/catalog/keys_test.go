package catalog_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xdg-go/scram"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

func read() []query.Scope { return []query.Scope{query.ScopeRead} }

func TestKeyOpensTheDoor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var secrets []string
	for range 2 {
		key, secret, err := b.CreateKey(t.Context(), catalog.NewKey{Principal: "ann@example.org", Owner: "ann", Scopes: read()})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(secret, "tvn_") || len(secret) < len("tvn_")+43 || key.ID == "" {
			t.Errorf("key = %+v, secret of %d characters", key, len(secret))
		}
		secrets = append(secrets, secret)
	}
	c, err := b.Login(t.Context(), "ann@example.org")
	if err != nil || len(c.Keys) != 2 || len(c.Salt) < 16 || c.Iterations != 4096 {
		t.Fatalf("Login = %+v, %v", c, err)
	}
	for i, secret := range secrets {
		// A client of another maker derives the same verifiers.
		client, err := scram.SHA256.NewClient("", secret, "")
		if err != nil {
			t.Fatal(err)
		}
		want, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(c.Salt), Iters: c.Iterations})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want.StoredKey, c.Keys[i].StoredKey) || !bytes.Equal(want.ServerKey, c.Keys[i].ServerKey) {
			t.Errorf("verifiers of key %d are not those of SCRAM-SHA-256", i)
		}
		if hash := sha256.Sum256([]byte(secret)); !bytes.Equal(hash[:], c.Keys[i].Hash) {
			t.Errorf("hash of key %d is not the secret's", i)
		}
	}
}

func TestUnknownPrincipalLooksLikeAKnownOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, err := b.Login(t.Context(), "ghost")
	if err != nil || len(first.Keys) != 0 || len(first.Salt) != 16 || first.Iterations != 4096 {
		t.Fatalf("Login = %+v, %v", first, err)
	}
	again, _ := open(t, b.url, b.heads).Login(t.Context(), "ghost")
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("another process answers differently:\n%s", diff)
	}
	if other, _ := b.Login(t.Context(), "ghost2"); bytes.Equal(other.Salt, first.Salt) {
		t.Error("two unknown principals have one salt")
	}
}

func TestKeyRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := map[string]struct {
		reason string
		in     catalog.NewKey
		want   fault.Kind
	}{
		"NoScope":      {"a key without scopes opens nothing", catalog.NewKey{Principal: "ann"}, fault.InvalidParameter},
		"UnknownScope": {"scopes are a closed list", catalog.NewKey{Principal: "ann", Scopes: []query.Scope{"root"}}, fault.InvalidParameter},
		"Expired":      {"a key that is dead at birth is a mistake", catalog.NewKey{Principal: "ann", Scopes: read(), Expires: time.Unix(1, 0)}, fault.InvalidParameter},
		"NoName":       {"a principal has a name", catalog.NewKey{Scopes: read()}, fault.InvalidName},
		"Space":        {"names are plain", catalog.NewKey{Principal: "a b", Scopes: read()}, fault.InvalidName},
		"Unicode":      {"names are ASCII", catalog.NewKey{Principal: "änn", Scopes: read()}, fault.InvalidName},
		"Long":         {"names fit PostgreSQL's", catalog.NewKey{Principal: strings.Repeat("a", 64), Scopes: read()}, fault.InvalidName},
	}
	for label, tc := range cases {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			_, _, err := b.CreateKey(t.Context(), tc.in)
			wantKind(t, err, tc.want)
		})
	}
}

func (b bundle) live(t *testing.T, principal string) []string { //nolint:unparam // whose keys shows in the tests
	t.Helper()
	c, err := b.Login(t.Context(), principal)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range c.Keys {
		ids = append(ids, k.ID)
	}
	return ids
}

func TestKeyLife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	who := b.reader(t, "ann", [2]string{"local", "main"})
	next, secret, err := b.RotateKey(t.Context(), who.KeyID, time.Hour)
	if err != nil || secret == "" {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{who.KeyID, next.ID}, b.live(t, "ann")); diff != "" {
		t.Errorf("within the grace time both keys live:\n%s", diff)
	}
	_, _, err = b.RotateKey(t.Context(), who.KeyID, time.Hour)
	wantKind(t, err, fault.InvalidParameter)
	last, _, err := b.RotateKey(t.Context(), next.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{who.KeyID, last.ID}, b.live(t, "ann")); diff != "" {
		t.Errorf("without grace the rotated key is dead:\n%s", diff)
	}

	// Revocation ends open sessions too, at once.
	if _, err := b.Visibility(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	if err := b.RevokeKey(t.Context(), who.KeyID); err != nil {
		t.Fatal(err)
	}
	_, err = b.Visibility(t.Context(), who)
	wantKind(t, err, fault.NotAuthorized)
	if diff := cmp.Diff([]string{last.ID}, b.live(t, "ann")); diff != "" {
		t.Errorf("a revoked key is dead:\n%s", diff)
	}
	wantKind(t, b.RevokeKey(t.Context(), "none"), fault.UndefinedObject)
	_, _, err = b.RotateKey(t.Context(), who.KeyID, 0)
	wantKind(t, err, fault.InvalidParameter)
}

func TestKeyExpires(t *testing.T) {
	t.Parallel()
	b := setup(t)
	expires := time.Now().Add(200 * time.Millisecond)
	if _, _, err := b.CreateKey(t.Context(), catalog.NewKey{Principal: "ann", Scopes: read(), Expires: expires}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key expires", func() bool { return len(b.live(t, "ann")) == 0 })
	if time.Now().Before(expires) {
		t.Error("the key died before its time")
	}
}

func TestTouchIsRemembered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	who := b.reader(t, "ann")
	if err := b.Touch(t.Context(), who.KeyID); err != nil {
		t.Fatal(err)
	}
	for label, c := range map[string]*catalog.Catalog{"at once": b.Catalog, "by another process, after the end": nil} {
		if c == nil {
			b.Close() // writes what is pending
			c = open(t, b.url, b.heads)
		}
		keys, err := c.ListKeys(t.Context())
		if err != nil || len(keys) != 1 || keys[0].LastUsed.IsZero() {
			t.Errorf("%s: keys = %+v, %v", label, keys, err)
		}
	}
}

// What the clock of this process and that of the database say may differ, and
// either may be set: only the end that a key was given is a matter of time.
func TestKeyIsLive(t *testing.T) {
	t.Parallel()
	now := time.Now()
	cases := map[string]struct {
		reason string
		key    catalog.Key
		want   bool
	}{
		"Fresh":          {"made by a clock that is ahead", catalog.Key{Created: now.Add(time.Hour)}, true},
		"Old":            {"without an end it lives for ever", catalog.Key{Created: now.Add(-100 * 365 * 24 * time.Hour)}, true},
		"Ends":           {"its end has not come", catalog.Key{Expires: now.Add(time.Second)}, true},
		"Ended":          {"at its end it is dead", catalog.Key{Expires: now}, false},
		"Revoked":        {"revoked is revoked", catalog.Key{Revoked: now.Add(-time.Hour)}, false},
		"RevokedByAhead": {"whatever the clock of who revoked it said", catalog.Key{Revoked: now.Add(time.Hour)}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.key.Live(now); got != c.want {
				t.Errorf("%s: live is %t, want %t", c.reason, got, c.want)
			}
		})
	}
}
