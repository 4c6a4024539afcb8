package pgwire_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/gateway/pgwire"
)

// requests without parameters, as bytes.
const (
	sslRequest    = "\x00\x00\x00\x08\x04\xd2\x16\x2f"
	gssencRequest = "\x00\x00\x00\x08\x04\xd2\x16\x30"
)

func (d *door) tlsConfig(t *testing.T) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(d.root)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// url names the door for libpq and pgx.
func (d *door) url(user, password, more string) string {
	_, port, _ := net.SplitHostPort(d.address.String())
	return "postgres://" + user + ":" + password + "@localhost:" + port + "/local?" + more
}

func (d *door) verified() string { return "sslmode=verify-full&sslrootcert=" + d.root }

// secure makes a raw client speak TLS.
func (r *raw) secure(config *tls.Config) error {
	conn := tls.Client(r.conn, config)
	if err := conn.HandshakeContext(r.t.Context()); err != nil {
		return err
	}
	r.conn, r.Frontend = conn, pgproto3.NewFrontend(conn, conn)
	return nil
}

func (r *raw) answer(want byte) {
	r.t.Helper()
	var got [1]byte
	if _, err := io.ReadFull(r.conn, got[:]); err != nil || got[0] != want {
		r.t.Fatalf("answer %q, %v, want %q", got, err, want)
	}
}

func TestPGX(t *testing.T) {
	t.Parallel()
	d := openTCP(t, nil)
	conn, err := pgx.Connect(t.Context(), d.url("ada", "tvn_two", d.verified()+"&options=-c%20search_path%3Da"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var got string
	if err := conn.QueryRow(t.Context(), "echo", "grüße").Scan(&got); err != nil || got != "grüße" {
		t.Errorf("%q, %v", got, err)
	}
	rows, err := conn.Query(t.Context(), "rows 1001")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(all) != 1001 {
		t.Errorf("%d rows, %v", len(all), err)
	}
	in := d.manager.startups[0]
	if in.Identity.Principal != "ada" || in.Identity.KeyID != "tvn_two" || in.Database != "local" || in.Settings["search_path"] != "a" {
		t.Errorf("startup %+v", in)
	}
}

func TestPsql(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("psql"); err != nil {
		t.Fatal("psql is needed: install postgresql-client")
	}
	d := openTCP(t, nil)
	cleartext := openTCP(t, func(c *pgwire.Config) { c.AuthMethod = pgwire.Cleartext })
	cases := map[string]struct {
		url  string
		want string
	}{
		"first key":        {d.url("ada", "tvn_one", d.verified()), "x\nx\n"},
		"second key":       {d.url("ada", "tvn_two", d.verified()), "x\nx\n"},
		"cleartext":        {cleartext.url("ada", "tvn_two", cleartext.verified()), "x\nx\n"},
		"wrong key":        {d.url("ada", "tvn_six", d.verified()), `FATAL:  password authentication failed for user "ada"`},
		"unknown user":     {d.url("eve", "tvn_one", d.verified()), `FATAL:  password authentication failed for user "eve"`},
		"wrong, cleartext": {cleartext.url("ada", "tvn_six", cleartext.verified()), `FATAL:  password authentication failed for user "ada"`},
		"no TLS":           {d.url("ada", "tvn_one", "sslmode=disable"), "FATAL:  connections without TLS are refused"},
		"other authority":  {d.url("ada", "tvn_one", cleartext.verified()), "certificate verify failed"},
		"no such database": {strings.Replace(d.url("ada", "tvn_one", d.verified()), "/local", "/nowhere", 1), `database "nowhere" does not exist`},
		"no binding":       {d.url("ada", "tvn_one", d.verified()+"&channel_binding=require"), "channel binding"},
		"old TLS":          {d.url("ada", "tvn_one", d.verified()+"&ssl_max_protocol_version=TLSv1.2&ssl_min_protocol_version=TLSv1.2"), "protocol version"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, _ := exec.CommandContext(t.Context(), "psql", "-X", "-At", c.url, "-c", "rows 2").CombinedOutput()
			if !strings.Contains(string(out), c.want) {
				t.Errorf("got %q, want %q", out, c.want)
			}
		})
	}
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	d := openTCP(t, nil)
	startup := &pgproto3.StartupMessage{ProtocolVersion: 196608, Parameters: map[string]string{"user": "ada"}}

	t.Run("encryption by GSSAPI is declined, TLS follows", func(t *testing.T) {
		t.Parallel()
		r := d.dial(t)
		r.write(gssencRequest)
		r.answer('N')
		r.write(sslRequest)
		r.answer('S')
		if err := r.secure(d.tlsConfig(t)); err != nil {
			t.Fatal(err)
		}
		r.send(startup)
		r.expect("AuthenticationSASL")
	})
	t.Run("direct TLS with the protocol's name", func(t *testing.T) {
		t.Parallel()
		r, config := d.dial(t), d.tlsConfig(t)
		config.NextProtos = []string{"postgresql"}
		if err := r.secure(config); err != nil {
			t.Fatal(err)
		}
		r.send(startup)
		r.expect("AuthenticationSASL")
	})
	t.Run("direct TLS without it", func(t *testing.T) {
		t.Parallel()
		r := d.dial(t)
		if err := r.secure(d.tlsConfig(t)); err == nil {
			r.Send(startup)
			_ = r.Flush()
			if diff := cmp.Diff([]string{"closed"}, r.trace()); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("direct TLS of another protocol", func(t *testing.T) {
		t.Parallel()
		r, config := d.dial(t), d.tlsConfig(t)
		config.NextProtos = []string{"h2", "http/1.1"}
		if err := r.secure(config); err == nil {
			t.Error("the handshake went through")
		}
	})
	for name, request := range map[string]string{"SSLRequest": sslRequest, "GSSENCRequest": gssencRequest} {
		t.Run("plain text behind "+name, func(t *testing.T) {
			t.Parallel()
			r := d.dial(t)
			injected, err := startup.Encode(nil)
			if err != nil {
				t.Fatal(err)
			}
			r.write(request + string(injected))
			if diff := cmp.Diff([]string{"ErrorResponse FATAL 08P01", "closed"}, r.trace()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("plain text", func(t *testing.T) {
		t.Parallel()
		r := d.dial(t)
		r.send(startup)
		if diff := cmp.Diff([]string{"ErrorResponse FATAL 28000", "closed"}, r.trace()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("TLS twice", func(t *testing.T) {
		t.Parallel()
		r := d.dial(t)
		r.write(sslRequest)
		r.answer('S')
		if err := r.secure(d.tlsConfig(t)); err != nil {
			t.Fatal(err)
		}
		r.write(sslRequest)
		if diff := cmp.Diff([]string{"ErrorResponse FATAL 08P01", "closed"}, r.trace()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStartup(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	user := map[string]string{"user": "ada"}
	with := func(name, value string) map[string]string { return map[string]string{"user": "ada", name: value} }
	cases := map[string]struct {
		version    uint32
		parameters map[string]string
		want       []string // beginning
	}{
		"3.0":                  {196608, user, []string{"AuthenticationCleartextPassword"}},
		"3.2":                  {196610, user, []string{"NegotiateProtocolVersion", "AuthenticationCleartextPassword"}},
		"option of a protocol": {196608, with("_pq_.x", "1"), []string{"NegotiateProtocolVersion", "AuthenticationCleartextPassword"}},
		"2.0":                  {131072, user, []string{"ErrorResponse FATAL 0A000"}},
		"nobody":               {196608, map[string]string{"database": "x"}, []string{"ErrorResponse FATAL 28000"}},
		"replication":          {196608, with("replication", "database"), []string{"ErrorResponse FATAL 0A000"}},
		"no replication":       {196608, with("replication", "off"), []string{"AuthenticationCleartextPassword"}},
		"unknown parameter":    {196608, with("ssl_renegotiation_limit", "0"), []string{"AuthenticationCleartextPassword"}},
		"bad options":          {196608, with("options", "-z"), []string{"ErrorResponse FATAL 42601"}},
		"not UTF-8":            {196608, with("database", "\xff"), []string{"ErrorResponse FATAL 22021"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := d.dial(t)
			r.send(&pgproto3.StartupMessage{ProtocolVersion: c.version, Parameters: c.parameters})
			r.expect(c.want...)
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	d := openUnix(t, nil)
	r := d.dial(t)
	r.send(&pgproto3.StartupMessage{ProtocolVersion: 196608, Parameters: map[string]string{
		"user": "ada", "database": "db", "application_name": "a b",
		"options": `-c search_path=a\ b,c  -cTimeZone=UTC --statement-timeout=5s`,
	}})
	r.expect("AuthenticationCleartextPassword")
	r.send(&pgproto3.PasswordMessage{Password: "tvn_one"})
	r.trace()
	want := map[string]string{"application_name": "a b", "search_path": "a b,c", "TimeZone": "UTC", "statement_timeout": "5s"}
	if diff := cmp.Diff(want, d.manager.startups[0].Settings); diff != "" {
		t.Error(diff)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	d := openTCP(t, nil)
	request := func(pid uint32, secret string) string {
		packet := binary.BigEndian.AppendUint32(nil, uint32(12+len(secret)))
		packet = binary.BigEndian.AppendUint32(packet, 80877102)
		packet = binary.BigEndian.AppendUint32(packet, pid)
		return string(append(packet, secret...))
	}
	for _, secure := range []bool{false, true} {
		conn, err := pgx.Connect(t.Context(), d.url("ada", "tvn_one", d.verified()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		result := make(chan error, 1)
		go func() { _, err := conn.PgConn().Exec(t.Context(), "wait").ReadAll(); result <- err }()
		<-d.manager.started
		for _, secret := range []string{"wrong", "abcd"} {
			r := d.dial(t)
			if secure {
				r.write(sslRequest)
				r.answer('S')
				if err := r.secure(d.tlsConfig(t)); err != nil {
					t.Fatal(err)
				}
			}
			r.write(request(conn.PgConn().PID(), secret))
			if diff := cmp.Diff([]string{"closed"}, r.trace()); diff != "" {
				t.Error(diff)
			}
		}
		<-d.manager.ended
		if err := <-result; err == nil || !strings.Contains(err.Error(), "57014") {
			t.Errorf("secure %v: %v", secure, err)
		}
	}
	for range 1000 { // a flood is answered by nothing, and leaves nothing behind
		r := d.dial(t)
		r.write(request(1, "wron"))
		r.conn.Close()
	}
}
