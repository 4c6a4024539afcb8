package authn

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/catalog"
	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// Source is where credentials are kept.
type Source interface {
	// Login gives the credentials of a principal, existing or not. An error
	// means that it could not be found out.
	Login(ctx context.Context, principal string) (catalog.Credentials, error)
	// KeyPrincipal gives the principal of the key with a SHA-256; empty: there is
	// no such key.
	KeyPrincipal(ctx context.Context, hash [sha256.Size]byte) (string, error)
	// Touch remembers that a key was used.
	Touch(ctx context.Context, keyID string) error
}

// Config sets how logins are treated.
type Config struct {
	// Burst is how many failures in a row are answered at once; default 5 for a
	// principal, four times as many for an address.
	Burst int
	// Refill is how long it takes until one failure is forgotten; default 1 s.
	Refill time.Duration
	// MaxDelay bounds how long an answer is held back; default 3 s.
	MaxDelay time.Duration
	// Remembered bounds for how many principals, and for how many addresses,
	// failures are remembered; default 10,000 each.
	Remembered int
	// TouchEvery is how often a key's last use is written; default 1 min.
	TouchEvery time.Duration
	// LookupTimeout bounds the wait for the catalog; default 5 s.
	LookupTimeout time.Duration
	Logger        *slog.Logger
}

// WithDefaults returns c with what was left out.
func (c Config) WithDefaults() Config {
	if c.Burst <= 0 {
		c.Burst = 5
	}
	if c.Refill <= 0 {
		c.Refill = time.Second
	}
	if c.MaxDelay <= 0 {
		c.MaxDelay = 3 * time.Second
	}
	if c.Remembered <= 0 {
		c.Remembered = 10_000
	}
	if c.TouchEvery <= 0 {
		c.TouchEvery = time.Minute
	}
	if c.LookupTimeout <= 0 {
		c.LookupTimeout = 5 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Authenticator checks proofs. Its methods may be called concurrently.
type Authenticator struct {
	source     Source
	config     Config
	principals *limiter
	addresses  *limiter
	used       chan string // keys whose last use is to be written

	stop context.CancelFunc
	done sync.WaitGroup
}

// New makes an Authenticator; Close ends it.
func New(source Source, config Config) *Authenticator {
	config = config.WithDefaults()
	ctx, stop := context.WithCancel(context.Background())
	a := &Authenticator{
		source:     source,
		config:     config,
		principals: newLimiter(config, config.Burst),
		addresses:  newLimiter(config, 4*config.Burst),
		used:       make(chan string, 256),
		stop:       stop,
	}
	a.done.Go(func() { a.touch(ctx) })
	return a
}

// Close ends what runs in the background.
func (a *Authenticator) Close() {
	a.stop()
	a.done.Wait()
}

// Loggable gives a name that somebody wants to log in with, as a log may have it:
// who mixes up the fields puts the key there.
func Loggable(principal string) string {
	if strings.Contains(principal, catalog.KeyPrefix) {
		return "(a key)"
	}
	return principal
}

// Begin starts one attempt of a principal at an address (host, without port).
// It fails with unavailable when the catalog cannot tell.
func (a *Authenticator) Begin(ctx context.Context, principal, address string) (*Exchange, error) {
	ctx, cancel := context.WithTimeout(ctx, a.config.LookupTimeout)
	defer cancel()
	credentials, err := a.source.Login(ctx, principal)
	if err != nil {
		return nil, a.unavailable(ctx, err)
	}
	return &Exchange{
		owner:       a,
		principal:   principal,
		address:     AddressKey(address),
		credentials: credentials,
	}, nil
}

func (a *Authenticator) unavailable(ctx context.Context, err error) error {
	a.config.Logger.WarnContext(ctx, "credentials could not be looked up", slog.Any("error", err))
	return fault.Wrap(err, fault.Unavailable, "authentication is not available at the moment").
		WithHint("Try again in a few seconds.")
}

// Key checks a key that was sent without a name, at an address (host, without port).
// All keys that do not exist count as those of one principal.
func (a *Authenticator) Key(ctx context.Context, key, address string) (query.Identity, error) {
	lookup, cancel := context.WithTimeout(ctx, a.config.LookupTimeout)
	defer cancel()
	principal, err := a.source.KeyPrincipal(lookup, sha256.Sum256([]byte(key)))
	if err != nil {
		return query.Identity{}, a.unavailable(ctx, err)
	}
	exchange, err := a.Begin(ctx, principal, address)
	if err != nil {
		return query.Identity{}, err
	}
	who, err := exchange.Password(ctx, []byte(key))
	if fault.KindOf(err) == fault.Unauthenticated {
		return who, fault.New(fault.Unauthenticated, "the API key is not valid").
			WithHint("It was revoked, has expired, or never was one of this server's.")
	}
	return who, err
}

// Exchange is one attempt to log in. It is used once, by one goroutine.
type Exchange struct {
	owner       *Authenticator
	principal   string
	address     string
	credentials catalog.Credentials
	scram       *conversations
	taken       struct{ address, principal float64 } // what the attempt counted for
}

// Password checks a key that was sent as it is.
func (e *Exchange) Password(ctx context.Context, password []byte) (query.Identity, error) {
	if err := e.wait(ctx); err != nil {
		return query.Identity{}, err
	}
	sum := sha256.Sum256(password)
	found := -1
	for i, key := range e.credentials.Keys {
		if len(key.Hash) == sha256.Size && hmac.Equal(sum[:], key.Hash) && e.live(key) {
			found = i
		}
	}
	return e.conclude(found)
}

// First answers SCRAM's first message of the client.
func (e *Exchange) First(message []byte) ([]byte, error) {
	if e.scram != nil {
		return nil, fault.New(fault.Protocol, "unexpected SASL message")
	}
	var err error
	if e.scram, err = newConversations(e.credentials); err != nil {
		return nil, fault.From(err)
	}
	answer, err := e.scram.first(string(message))
	if err != nil {
		return nil, fault.Wrap(err, fault.Protocol, "malformed SCRAM message")
	}
	return []byte(answer), nil
}

// Final checks SCRAM's last message of the client, and gives the one that
// proves the server to it.
func (e *Exchange) Final(ctx context.Context, message []byte) (query.Identity, []byte, error) {
	if e.scram == nil || e.scram.finished {
		return query.Identity{}, nil, fault.New(fault.Protocol, "unexpected SASL message")
	}
	if err := e.wait(ctx); err != nil {
		return query.Identity{}, nil, err
	}
	found, answer, err := e.scram.final(string(message), func(i int) bool { return i < len(e.credentials.Keys) && e.live(e.credentials.Keys[i]) })
	if err != nil {
		return query.Identity{}, nil, fault.Wrap(err, fault.Protocol, "malformed SCRAM message")
	}
	identity, err := e.conclude(found)
	return identity, []byte(answer), err
}

func (e *Exchange) live(key catalog.Credential) bool {
	return key.ID != "" && (key.Expires.IsZero() || time.Now().Before(key.Expires))
}

// conclude makes an identity of the key that was proved; found is its index, or
// -1.
func (e *Exchange) conclude(found int) (query.Identity, error) {
	if found < 0 || e.principal == "" {
		return query.Identity{}, fault.New(fault.Unauthenticated,
			"password authentication failed for user \"%s\"", e.principal)
	}
	e.owner.addresses.succeed(e.address, e.taken.address)
	e.owner.principals.succeed(e.principal, e.taken.principal)
	key := e.credentials.Keys[found]
	select {
	case e.owner.used <- key.ID:
	default: // the catalog is slow: this use is not written
	}
	return query.Identity{Principal: e.principal, KeyID: key.ID, Scopes: key.Scopes}, nil
}

// wait holds the attempt back while failures at this address, or of this
// principal, are fresh, and counts it as one until it succeeds. It comes before
// the check: an answer that came at once would tell right from wrong.
func (e *Exchange) wait(ctx context.Context) error {
	byAddress, one := e.owner.addresses.begin(e.address)
	byPrincipal, other := e.owner.principals.begin(e.principal)
	e.taken.address, e.taken.principal = one, other
	delay := max(byAddress, byPrincipal)
	if delay <= 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("hold the answer back: %w", context.Cause(ctx))
	}
}

// touch writes the last use of keys, each at most once in a while.
func (a *Authenticator) touch(ctx context.Context) {
	written := map[string]time.Time{}
	for {
		var key string
		select {
		case <-ctx.Done():
			return
		case key = <-a.used:
		}
		now := time.Now()
		if at, ok := written[key]; ok && now.Sub(at) < a.config.TouchEvery {
			continue
		}
		if len(written) >= a.config.Remembered {
			clear(written)
		}
		written[key] = now
		call, cancel := context.WithTimeout(ctx, a.config.LookupTimeout)
		if err := a.source.Touch(call, key); err != nil {
			a.config.Logger.WarnContext(ctx, "last use of a key was not written", slog.Any("error", err))
		}
		cancel()
	}
}
