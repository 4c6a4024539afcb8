package authn_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xdg-go/scram"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/authn"
	"github.com/tavana/tavana/internal/query"
)

const salt = "0123456789abcdef"

// source holds the keys of ada; everybody else does not exist.
type source struct {
	keys    []catalog.Credential
	away    error
	touched chan string
}

func (s *source) Login(_ context.Context, principal string) (catalog.Credentials, error) {
	found := catalog.Credentials{Salt: []byte(salt), Iterations: 4096}
	if principal == "ada" {
		found.Keys = s.keys
	}
	return found, s.away
}

func (s *source) KeyPrincipal(_ context.Context, hash [sha256.Size]byte) (string, error) {
	for _, k := range s.keys {
		if [sha256.Size]byte(k.Hash) == hash {
			return "ada", s.away
		}
	}
	return "", s.away
}

func (s *source) Touch(_ context.Context, id string) error {
	if s.touched != nil {
		s.touched <- id
	}
	return nil
}

func credential(t *testing.T, id, secret string, expires time.Time) catalog.Credential {
	t.Helper()
	client, err := scram.SHA256.NewClientUnprepped("", secret, "")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: salt, Iters: 4096})
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256([]byte(secret))
	return catalog.Credential{
		ID: id, Hash: hash[:], StoredKey: stored.StoredKey, ServerKey: stored.ServerKey,
		Scopes: []query.Scope{query.ScopeRead}, Expires: expires,
	}
}

func start(t *testing.T, s *source) *authn.Authenticator {
	t.Helper()
	a := authn.New(s, authn.Config{})
	t.Cleanup(a.Close)
	return a
}

// bySCRAM logs in as a client does.
func bySCRAM(ctx context.Context, a *authn.Authenticator, user, secret string) (query.Identity, error) {
	e, err := a.Begin(ctx, user, "192.0.2.1")
	if err != nil {
		return query.Identity{}, err
	}
	client, err := scram.SHA256.NewClientUnprepped("*", secret, "")
	if err != nil {
		return query.Identity{}, err
	}
	conv := client.NewConversation()
	first, err := conv.Step("")
	if err != nil {
		return query.Identity{}, err
	}
	challenge, err := e.First([]byte(first))
	if err != nil {
		return query.Identity{}, err
	}
	last, err := conv.Step(string(challenge))
	if err != nil {
		return query.Identity{}, err
	}
	who, proof, err := e.Final(ctx, []byte(last))
	if err != nil {
		return query.Identity{}, err
	}
	if _, err := conv.Step(string(proof)); err != nil {
		return query.Identity{}, fmt.Errorf("server's proof: %w", err)
	}
	return who, nil
}

func byPassword(ctx context.Context, a *authn.Authenticator, user, secret string) (query.Identity, error) {
	e, err := a.Begin(ctx, user, "192.0.2.1")
	if err != nil {
		return query.Identity{}, err
	}
	return e.Password(ctx, []byte(secret))
}

func TestLogin(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		user, secret string
		key          string // "" : refused
	}{
		"first key":    {"ada", "tvn_one", "1"},
		"second key":   {"ada", "tvn_two", "2"},
		"expired key":  {"ada", "tvn_old", ""},
		"wrong key":    {"ada", "tvn_six", ""},
		"empty key":    {"ada", "", ""},
		"unknown user": {"eve", "tvn_one", ""},
		"no user":      {"", "tvn_one", ""},
	}
	ways := map[string]func(context.Context, *authn.Authenticator, string, string) (query.Identity, error){
		"scram": bySCRAM, "password": byPassword,
	}
	for way, login := range ways {
		for name, c := range cases {
			t.Run(way+"/"+name, func(t *testing.T) {
				t.Parallel()
				a := start(t, &source{keys: []catalog.Credential{
					credential(t, "1", "tvn_one", time.Time{}),
					credential(t, "2", "tvn_two", time.Now().Add(time.Hour)),
					credential(t, "3", "tvn_old", time.Now().Add(-time.Second)),
				}})
				who, err := login(t.Context(), a, c.user, c.secret)
				if c.key == "" {
					if fault.KindOf(err) != fault.Unauthenticated || who.KeyID != "" {
						t.Errorf("identity %+v, error %v", who, err)
					}
					return
				}
				want := query.Identity{Principal: c.user, KeyID: c.key, Scopes: []query.Scope{query.ScopeRead}}
				if diff := cmp.Diff(want, who); diff != "" || err != nil {
					t.Errorf("%v %s", err, diff)
				}
			})
		}
	}
}

func TestFailsClosed(t *testing.T) {
	t.Parallel()
	a := start(t, &source{away: errors.New("no route"), keys: []catalog.Credential{credential(t, "1", "tvn_one", time.Time{})}})
	_, err := byPassword(t.Context(), a, "ada", "tvn_one")
	if fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), "route") {
		t.Errorf("error %v, want unavailable", err)
	}
	b := start(t, &source{keys: []catalog.Credential{{ID: "1"}}}) // a damaged row
	for _, login := range []func(context.Context, *authn.Authenticator, string, string) (query.Identity, error){bySCRAM, byPassword} {
		if who, err := login(t.Context(), b, "ada", ""); err == nil {
			t.Errorf("a key without hashes let %+v in", who)
		}
	}
}

func TestMalformedSCRAM(t *testing.T) {
	t.Parallel()
	a := start(t, &source{keys: []catalog.Credential{credential(t, "1", "tvn_one", time.Time{})}})
	for name, first := range map[string]string{
		"empty": "", "rubbish": "\x00\xff", "no nonce": "n,,n=x", "channel binding": "p=tls-exporter,,n=,r=abc",
		"reserved": "n,,m=1,n=,r=abc",
	} {
		e, err := a.Begin(t.Context(), "ada", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := e.First([]byte(first)); fault.KindOf(err) != fault.Protocol {
			t.Errorf("%s: answer %q, error %v", name, answer, err)
		}
		if _, _, err := e.Final(t.Context(), []byte("c=biws,r=abc,p=AAAA")); err == nil {
			t.Errorf("%s: the final message was taken", name)
		}
	}
	for name, final := range map[string]string{"empty": "", "other nonce": "c=biws,r=abc,p=AAAA", "wrong binding": "c=eSws,r=abc,p=AAAA"} {
		e, err := a.Begin(t.Context(), "ada", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.First([]byte("n,,n=,r=abc")); err != nil {
			t.Fatal(err)
		}
		if who, _, err := e.Final(t.Context(), []byte(final)); err == nil {
			t.Errorf("%s: %+v was let in", name, who)
		}
		if _, _, err := e.Final(t.Context(), []byte(final)); fault.KindOf(err) != fault.Protocol {
			t.Errorf("%s: an exchange was used twice: %v", name, err)
		}
	}
}

// An unknown principal sees the same steps as one that exists.
func TestUnknownLooksKnown(t *testing.T) {
	t.Parallel()
	a := start(t, &source{keys: []catalog.Credential{credential(t, "1", "tvn_one", time.Time{})}})
	for _, user := range []string{"ada", "eve"} {
		e, err := a.Begin(t.Context(), user, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := e.First([]byte("y,,n=,r=abc"))
		if err != nil || !strings.HasSuffix(string(answer), ",s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4096") {
			t.Errorf("%s: %q, %v", user, answer, err)
		}
	}
}

func TestFailuresAreSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := authn.New(&source{keys: []catalog.Credential{credential(t, "1", "tvn_one", time.Time{})}}, authn.Config{})
		defer a.Close()
		took := func(user, secret string) time.Duration {
			began := time.Now()
			_, _ = byPassword(t.Context(), a, user, secret)
			return time.Since(began)
		}
		for i := range 6 {
			if d := took("ada", "wrong"); d != 0 {
				t.Fatalf("failure %d took %v", i, d)
			}
		}
		for range 20 {
			took("ada", "wrong")
		}
		if d := took("ada", "wrong"); d < time.Second/2 || d > 3*time.Second {
			t.Errorf("after many failures one took %v", d)
		}
		if d := took("ada", "tvn_one"); d > 3*time.Second {
			t.Errorf("the right key waited %v: nobody is locked out", d)
		}
		if _, err := byPassword(t.Context(), a, "ada", "tvn_one"); err != nil {
			t.Errorf("the right key was refused: %v", err)
		}
		<-time.After(time.Minute) // of synctest's clock
		if d := took("ada", "tvn_one"); d != 0 {
			t.Errorf("after a minute the right key waited %v", d)
		}
	})
}

// Guesses that come at the same time wait for each other.
func TestGuessesAtTheSameTimeAreSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := authn.New(&source{keys: []catalog.Credential{credential(t, "1", "tvn_one", time.Time{})}}, authn.Config{})
		defer a.Close()
		began := time.Now()
		var atOnce, all atomic.Int64
		var guessers sync.WaitGroup
		for range 100 {
			guessers.Go(func() {
				_, err := byPassword(t.Context(), a, "ada", "wrong")
				if fault.KindOf(err) != fault.Unauthenticated {
					t.Errorf("error %v", err)
				}
				if all.Add(1); time.Since(began) == 0 {
					atOnce.Add(1)
				}
			})
		}
		guessers.Wait()
		if n := atOnce.Load(); n != 6 || all.Load() != 100 {
			t.Errorf("%d of 100 guesses were answered at once", n)
		}
		if d := time.Since(began); d < 2*time.Second || d > 3*time.Second {
			t.Errorf("all were answered after %v", d)
		}
	})
}

// The work for a principal does not tell whether it exists, or how many keys it
// has: allocations are counted, as time is not exact.
func TestWorkTellsNothing(t *testing.T) { //nolint:paralleltest // allocations are counted
	work := func(keys ...string) float64 {
		s := &source{}
		for _, secret := range keys {
			s.keys = append(s.keys, credential(t, secret, secret, time.Time{}))
		}
		a := authn.New(s, authn.Config{MaxDelay: 1})
		defer a.Close()
		return testing.AllocsPerRun(50, func() {
			e, err := a.Begin(t.Context(), "ada", "192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			answer, err := e.First([]byte("n,,n=,r=abc"))
			if err != nil {
				t.Fatal(err)
			}
			nonce, _, _ := strings.Cut(string(answer), ",")
			proof := base64.StdEncoding.EncodeToString(make([]byte, sha256.Size))
			if _, _, err := e.Final(t.Context(), []byte("c=biws,"+nonce+",p="+proof)); fault.KindOf(err) != fault.Unauthenticated {
				t.Fatal(err)
			}
		})
	}
	unknown := work()
	for n, keys := range [][]string{{"a"}, {"a", "b"}, {"a", "b", "c", "d"}} {
		if got := work(keys...); math.Abs(got-unknown) > unknown/10 {
			t.Errorf("case %d: %v allocations, %v for a principal that does not exist", n, got, unknown)
		}
	}
}

func TestTouch(t *testing.T) {
	t.Parallel()
	s := &source{keys: []catalog.Credential{credential(t, "1", "tvn_one", time.Time{})}, touched: make(chan string, 10)}
	a := start(t, s)
	for range 3 {
		if _, err := byPassword(t.Context(), a, "ada", "tvn_one"); err != nil {
			t.Fatal(err)
		}
	}
	if id := <-s.touched; id != "1" {
		t.Errorf("touched %q", id)
	}
	a.Close()
	if len(s.touched) != 0 {
		t.Error("one key was touched more than once in a minute")
	}
}

func FuzzSCRAM(f *testing.F) {
	f.Add([]byte("n,,n=,r=abc"), []byte("c=biws,r=abc,p=AAAA"))
	f.Add([]byte("p=tls-unique,,n=,r="), []byte{})
	a := authn.New(&source{}, authn.Config{MaxDelay: 1})
	f.Cleanup(a.Close)
	f.Fuzz(func(t *testing.T, first, final []byte) {
		e, err := a.Begin(t.Context(), "ada", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.First(first); err != nil {
			return
		}
		if who, _, err := e.Final(t.Context(), final); err == nil {
			t.Errorf("%q, %q let %+v in", first, final, who)
		}
	})
}

func TestKeyWithoutName(t *testing.T) {
	t.Parallel()
	ended := credential(t, "old", "tvn_old", time.Now().Add(-time.Minute))
	s := &source{keys: []catalog.Credential{credential(t, "k1", "tvn_good", time.Time{}), ended}}
	a := start(t, s)
	if who, err := a.Key(t.Context(), "tvn_good", "10.0.0.1"); err != nil || who.Principal != "ada" || who.KeyID != "k1" {
		t.Errorf("a good key: %v, %v", who, err)
	}
	for _, key := range []string{"tvn_old", "tvn_other", ""} {
		if who, err := a.Key(t.Context(), key, "10.0.0.1"); fault.KindOf(err) != fault.Unauthenticated || who.Principal != "" {
			t.Errorf("key %q: %v, %v", key, who, err)
		}
	}
	s.away = errors.New("down")
	if _, err := a.Key(t.Context(), "tvn_good", "10.0.0.1"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the catalog is away: %v", err)
	}
}
