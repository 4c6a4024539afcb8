package flightsql

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/session"
	"github.com/tavana/tavana/internal/query"
)

const (
	// tokenPrefix begins the tokens that stand for sessions.
	tokenPrefix = "tvs_"
	// maxCredentials bounds an authorization header, in bytes.
	maxCredentials = 4 << 10
	// sweepEvery is how often sessions and tickets are looked at that may have ended.
	sweepEvery = 5 * time.Second

	authorization = "authorization"
	// legacyToken is where clients of Flight's first way to log in put their token.
	legacyToken = "auth-token-bin" //nolint:gosec // the name of a header
)

// client is a session with what this door keeps for it.
type client struct {
	*session.Shared
	token string // that stands for it
	clock func() time.Time
	gone  bool // the session has ended; the tickets' lock guards it

	mu         sync.Mutex
	entered    bool // it is among the sessions
	ended      bool // and was ended, perhaps before
	calls      int
	last       time.Time // when the last call ended
	roams      bool      // its token was used: it does not end with its connection
	statements map[string]*prepared
	tickets    int
}

// enter and leave bound a call.
func (c *client) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
}

func (c *client) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls--
	c.last = c.clock()
}

// idle tells for how long nothing was asked of the session.
func (c *client) idle() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls > 0 || c.Busy() {
		return 0
	}
	return c.clock().Sub(c.last)
}

// clients are the sessions that are open.
type clients struct {
	config      Config
	gone        func(*client) // told of each session that has ended
	connections connections

	mu      sync.Mutex
	byToken map[string]*client
	byConn  map[string]map[[sha256.Size]byte]*client // name of a connection, credentials
	closed  bool
}

// connections are those of the door, by their names.
type connections interface {
	alive(name string) bool
	// turn waits until no other login is going on on a connection.
	turn(ctx context.Context, name string) (done func(), err error)
}

func newClients(config Config, gone func(*client)) *clients {
	return &clients{config: config, gone: gone, byToken: map[string]*client{}, byConn: map[string]map[[sha256.Size]byte]*client{}}
}

// credential is what a call proves its caller with.
type credential struct {
	scheme, value string
	connection    string // the name of it
	address       string // host of its other end
}

// connectionOf gives the name of a call's connection, and the host of its other end.
func connectionOf(ctx context.Context) (name, host string) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return "", ""
	}
	name = p.Addr.String()
	if at, ok := p.Addr.(place); ok {
		name = at.name
	}
	return name, hostOf(p.Addr)
}

// hostOf gives the host of an address, without its port.
func hostOf(address net.Addr) string {
	host, _, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	return host
}

// credentialsOf reads them from a call.
func credentialsOf(ctx context.Context) (credential, error) {
	in, _ := metadata.FromIncomingContext(ctx)
	c := credential{}
	c.connection, c.address = connectionOf(ctx)
	if token := in.Get(legacyToken); len(token) == 1 && len(in.Get(authorization)) == 0 {
		c.scheme, c.value = "bearer", token[0]
		return c, nil
	}
	values := in.Get(authorization)
	if len(values) == 0 {
		return c, fault.New(fault.Unauthenticated, "no credentials were sent").
			WithHint("Send a user and an API key as Basic credentials, or an API key as a bearer token.")
	}
	scheme, value, ok := strings.Cut(values[0], " ")
	c.scheme, c.value = strings.ToLower(scheme), strings.TrimSpace(value)
	differ := slices.ContainsFunc(values, func(v string) bool { return v != values[0] }) // a client may send them twice
	if differ || !ok || len(values[0]) > maxCredentials || c.scheme != "basic" && c.scheme != "bearer" {
		return c, fault.New(fault.Unauthenticated, "the authorization header is neither Basic nor Bearer")
	}
	return c, nil
}

// basic reads user and password.
func (c credential) basic() (user, password string, err error) {
	text := strings.TrimRight(c.value, "=")
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", "", fault.New(fault.Unauthenticated, "the Basic credentials are not valid base64")
	}
	user, password, ok := strings.Cut(string(raw), ":")
	if !ok {
		return "", "", fault.New(fault.Unauthenticated, "the Basic credentials have no colon")
	}
	return user, password, nil
}

// of gives the session of a call's credentials: the one of the token, or of the
// connection, or else a new one.
func (c *clients) of(ctx context.Context, from credential) (*client, error) {
	if from.scheme == "bearer" && strings.HasPrefix(from.value, tokenPrefix) {
		c.mu.Lock()
		defer c.mu.Unlock()
		known := c.byToken[from.value]
		if known == nil {
			return nil, fault.New(fault.Unauthenticated, "the session has ended").WithHint("Log in again.")
		}
		known.mu.Lock()
		known.roams = true
		known.mu.Unlock()
		return known, nil
	}
	key := sha256.Sum256([]byte(from.scheme + " " + from.value))
	if known := c.on(from.connection, key); known != nil {
		return known, nil
	}
	done, err := c.connections.turn(ctx, from.connection)
	if err != nil {
		return nil, err
	}
	defer done()
	if known := c.on(from.connection, key); known != nil { // by the call before
		return known, nil
	}
	who, err := c.identify(ctx, from)
	if err != nil {
		return nil, err
	}
	made, err := c.open(ctx, who)
	if err != nil {
		return nil, err
	}
	return c.add(from.connection, key, made)
}

func (c *clients) on(connection string, key [sha256.Size]byte) *client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byConn[connection][key]
}

func (c *clients) identify(ctx context.Context, from credential) (query.Identity, error) {
	if from.scheme == "bearer" {
		return c.config.Auth.Key(ctx, from.value, from.address) //nolint:wrapcheck // a fault for the client
	}
	user, password, err := from.basic()
	if err != nil {
		return query.Identity{}, err
	}
	exchange, err := c.config.Auth.Begin(ctx, user, from.address)
	if err != nil {
		return query.Identity{}, err //nolint:wrapcheck // a fault for the client
	}
	return exchange.Password(ctx, []byte(password)) //nolint:wrapcheck // a fault for the client
}

// open makes a session.
func (c *clients) open(ctx context.Context, who query.Identity) (*client, error) {
	made := &client{token: tokenPrefix + rand.Text(), clock: time.Now, last: time.Now(), statements: map[string]*prepared{}}
	shared, err := c.config.Sessions.OpenShared(ctx, session.Startup{
		Identity: who, Door: "flight", Settings: map[string]string{"application_name": application(ctx)},
		Terminate: func(error) { c.terminate(made) },
	})
	made.Shared = shared
	return made, err //nolint:wrapcheck // a fault for the client
}

// terminate ends a session, also one that is just being made.
func (c *clients) terminate(made *client) {
	made.mu.Lock()
	made.ended = true
	entered := made.entered
	made.mu.Unlock()
	if entered {
		c.end(made)
	}
}

// enterable tells whether a session may be entered, and that it is.
func (c *client) enterable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entered = !c.ended
	return c.entered
}

// application is what the client's library calls itself.
func application(ctx context.Context) string {
	in, _ := metadata.FromIncomingContext(ctx)
	const most = 60
	for _, name := range in.Get("user-agent") {
		return strings.ToValidUTF8(name[:min(len(name), most)], "")
	}
	return "Flight SQL"
}

// add enters a session; where another call of the connection was faster, it is that
// call's session.
func (c *clients) add(connection string, key [sha256.Size]byte, made *client) (*client, error) {
	known, oldest, err := c.enter(connection, key, made)
	if oldest != nil {
		c.shut(oldest)
	}
	if known != made {
		made.Close()
	}
	return known, err
}

// enter gives the session that the connection has now, and one that had to make room.
func (c *clients) enter(connection string, key [sha256.Size]byte, made *client) (known, oldest *client, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known = c.byConn[connection][key]; known != nil {
		return known, nil, nil
	}
	principal := made.Identity().Principal
	own := c.count(principal)
	switch {
	case c.closed:
		return nil, nil, fault.New(fault.ShuttingDown, "the server is shutting down")
	case !c.connections.alive(connection):
		return nil, nil, disconnected()
	case own >= max(c.config.MaxSessions/2, 1): // others have room
		oldest = c.idlest(principal)
	case len(c.byToken) >= c.config.MaxSessions:
		if oldest = c.idlest(principal); oldest == nil {
			oldest = c.idlest("")
		}
	}
	if oldest == nil && (own >= max(c.config.MaxSessions/2, 1) || len(c.byToken) >= c.config.MaxSessions) {
		return nil, nil, fault.New(fault.TooManyConnections, "sorry, too many clients already").
			WithHint("Close sessions that are not used, or try again later.")
	}
	if oldest != nil {
		c.forget(oldest)
	}
	if !made.enterable() {
		return nil, oldest, fault.New(fault.NotAuthorized, "the session has ended").WithHint("Log in again.")
	}
	c.byToken[made.token] = made
	if c.byConn[connection] == nil {
		c.byConn[connection] = map[[sha256.Size]byte]*client{}
	}
	c.byConn[connection][key] = made
	return made, oldest, nil
}

// count counts the sessions of a principal. It needs mu.
func (c *clients) count(principal string) int {
	n := 0
	for _, one := range c.byToken {
		if one.Identity().Principal == principal {
			n++
		}
	}
	return n
}

// idlest gives the session that was idle for the longest time, at least a minute, of
// a principal, or of anybody; nil: there is none. It needs mu.
func (c *clients) idlest(principal string) *client {
	const least = time.Minute
	var oldest *client
	longest := least
	for _, one := range c.byToken {
		if principal != "" && one.Identity().Principal != principal {
			continue
		}
		if idle := one.idle(); idle >= longest {
			oldest, longest = one, idle
		}
	}
	return oldest
}

// forget needs mu.
func (c *clients) forget(gone *client) {
	delete(c.byToken, gone.token)
	for connection, known := range c.byConn {
		for key, one := range known {
			if one == gone {
				delete(known, key)
			}
		}
		if len(known) == 0 {
			delete(c.byConn, connection)
		}
	}
}

// end ends a session, with what it runs.
func (c *clients) end(gone *client) {
	c.mu.Lock()
	c.forget(gone)
	c.mu.Unlock()
	c.shut(gone)
}

// shut closes a session that was forgotten.
func (c *clients) shut(one *client) {
	one.Close()
	c.gone(one)
}

// disconnected ends the sessions of a connection, unless their token is used
// elsewhere.
func (c *clients) disconnected(connection string) {
	c.mu.Lock()
	var gone []*client
	for _, one := range c.byConn[connection] {
		one.mu.Lock()
		if !one.roams {
			gone = append(gone, one)
		}
		one.mu.Unlock()
	}
	delete(c.byConn, connection)
	for _, one := range gone {
		delete(c.byToken, one.token)
	}
	c.mu.Unlock()
	for _, one := range gone {
		c.shut(one)
	}
}

// sweep ends sessions that were idle for too long.
func (c *clients) sweep() {
	c.mu.Lock()
	all := make([]*client, 0, len(c.byToken))
	for _, one := range c.byToken {
		all = append(all, one)
	}
	c.mu.Unlock()
	for _, one := range all {
		most := c.config.IdleSession
		if own := one.IdleTimeout(); own > 0 {
			most = min(most, own)
		}
		if one.idle() >= most {
			c.end(one)
		}
	}
}

// close ends all sessions, and lets no new ones in.
func (c *clients) close() {
	c.mu.Lock()
	c.closed = true
	all := c.byToken
	c.byToken, c.byConn = map[string]*client{}, map[string]map[[sha256.Size]byte]*client{}
	c.mu.Unlock()
	for _, one := range all {
		c.shut(one)
	}
}

// clientKey is where the session of a call is in its context.
type clientKey struct{}

// caller gives the session of a call.
func caller(ctx context.Context) *client {
	c, _ := ctx.Value(clientKey{}).(*client)
	return c
}

// judged notes how a login ended, and gives its error. A token whose session has ended
// is no guess at a key.
func (s *Server) judged(from credential, c *client, err error) error {
	if err == nil {
		return s.listener.loggedIn(from.connection, c.Identity())
	}
	s.metrics.authFailures.WithLabelValues(fault.From(err).SQLSTATE()).Inc()
	if fault.KindOf(err) == fault.Unauthenticated && !strings.HasPrefix(from.value, tokenPrefix) {
		s.listener.refused(from.connection)
	}
	return err
}

// enter finds the session of a call by its credentials, or the error of reading them,
// and tells the client its token.
func (s *Server) enter(ctx context.Context, from credential, err error) (context.Context, *client, error) {
	var c *client
	if err == nil {
		c, err = s.clients.of(ctx, from)
	}
	if err = s.judged(from, c, err); err != nil {
		return ctx, nil, err
	}
	if from.scheme == "basic" {
		token := metadata.Pairs(authorization, "Bearer "+c.token)
		_ = grpc.SetHeader(ctx, token) // a call that has ended says so itself
		_ = grpc.SetTrailer(ctx, token)
	}
	return context.WithValue(ctx, clientKey{}, c), c, nil
}
