package attack_test

import (
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/xdg-go/scram"
)

// clientNonce is the client's part of the nonce, the same each time.
const clientNonce = "abcdefghijklmnopqrstuvwx"

// saslFirst is a client's first message of SASL.
func saslFirst(mechanism, first string) []byte {
	body := append([]byte(mechanism), 0)
	body = binary.BigEndian.AppendUint32(body, uint32(len(first)))
	return []byte(typed("p", string(body)+first))
}

// challenge takes one message of the server, and gives its kind and body.
func challenge(t *testing.T, conn net.Conn) (kind byte, body string) {
	t.Helper()
	var head [5]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return 0, err.Error()
	}
	text := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
	if _, err := io.ReadFull(conn, text); err != nil {
		return 0, err.Error()
	}
	return head[0], string(text)
}

// greet sends the startup packet and the client's first message of SCRAM, and
// gives the server's.
func (h *house) greet(t *testing.T, user string) (conn net.Conn, serverFirst string) {
	t.Helper()
	conn = h.secure(t)
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write(startup(version3, "user", user, "database", "local")); err != nil {
		t.Fatal(err)
	}
	kind, body := challenge(t, conn)
	if kind != 'R' || strings.Contains(body, "PLUS") {
		t.Fatalf("mechanisms: %c %q", kind, body)
	}
	if _, err := conn.Write(saslFirst("SCRAM-SHA-256", "n,,n=*,r="+clientNonce)); err != nil {
		t.Fatal(err)
	}
	if kind, body = challenge(t, conn); kind != 'R' || !strings.HasPrefix(body, "\x00\x00\x00\x0b") {
		t.Fatalf("challenge: %c %q", kind, body)
	}
	return conn, body[4:]
}

// prove makes the client's last message for an exchange.
func prove(t *testing.T, key, serverFirst string) string {
	t.Helper()
	client, err := scram.SHA256.NewClientUnprepped("*", key, "")
	if err != nil {
		t.Fatal(err)
	}
	conv := client.WithNonceGenerator(func() string { return clientNonce }).NewConversation()
	if _, err := conv.Step(""); err != nil {
		t.Fatal(err)
	}
	last, err := conv.Step(serverFirst)
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// TestProofs: a proof opens the one exchange that it was made for, as it was
// made.
func TestProofs(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	last := func(conn net.Conn, message string) (let bool, code string) {
		if _, err := conn.Write([]byte(typed("p", message))); err != nil {
			t.Fatal(err)
		}
		kind, body := challenge(t, conn)
		if _, rest, ok := strings.Cut(body, "\x00C"); kind == 'E' && ok {
			code, _, _ = strings.Cut(rest, "\x00")
		}
		return kind == 'R' && strings.HasPrefix(body, "\x00\x00\x00\x0c"), code
	}
	conn, server := h.greet(t, "reader")
	recorded := prove(t, h.key, server)
	if let, code := last(conn, recorded); !let {
		t.Fatalf("the right proof is refused: %s", code)
	}
	// Another server nonce, with the recorded proof; and with the proof alone.
	conn, again := h.greet(t, "reader")
	if again == server {
		t.Fatal("two exchanges have the same nonce")
	}
	if let, code := last(conn, recorded); let || code != "28P01" && code != "08P01" {
		t.Errorf("a recorded message: let in %v, %s", let, code)
	}
	conn, again = h.greet(t, "reader")
	fresh := prove(t, h.key, again)
	head, _, _ := strings.Cut(fresh, ",p=")
	_, proof, _ := strings.Cut(recorded, ",p=")
	if let, code := last(conn, head+",p="+proof); let || code != "28P01" && code != "08P01" {
		t.Errorf("a recorded proof in a new message: let in %v, %s", let, code)
	}
	// A binding that is not what was said first.
	for _, binding := range []string{"y,,", "p=tls-server-end-point,,", "n,a=admin,", "", "n,,x"} {
		conn, again = h.greet(t, "reader")
		fresh = prove(t, h.key, again)
		changed := strings.Replace(fresh, "c=biws", "c="+base64.StdEncoding.EncodeToString([]byte(binding)), 1)
		if let, code := last(conn, changed); let || code != "28P01" && code != "08P01" {
			t.Errorf("binding %q: let in %v, %s", binding, let, code)
		}
	}
	// Another's proof, in the reader's exchange.
	conn, again = h.greet(t, "reader")
	if let, code := last(conn, prove(t, h.Env["PGPASSWORD"], again)); let || code != "28P01" {
		t.Errorf("the proof of the admin's key: let in %v, %s", let, code)
	}
	h.serves(t)
	h.calm(t)
}

// TestWhoExists: the first steps of a login tell nobody which users there are.
func TestWhoExists(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	salts := map[string]string{}
	for _, user := range []string{"reader", "nobody0", "admin", "nobody1", strings.Repeat("x", 5000), "re\nader", "READER"} {
		for range 3 {
			conn, server := h.greet(t, user)
			_ = conn.Close()
			fields := strings.Split(server, ",")
			if len(fields) != 3 || !strings.HasPrefix(fields[0], "r="+clientNonce) || len(fields[0]) != 52 ||
				len(fields[1]) != 2+base64.StdEncoding.EncodedLen(16) || fields[2] != "i=4096" {
				t.Errorf("%.20q: %q", user, server)
				continue
			}
			if before, ok := salts[user]; ok && before != fields[1] {
				t.Errorf("%.20q: another salt at each try", user)
			}
			salts[user] = fields[1]
		}
	}
	seen := map[string]bool{}
	for _, salt := range salts {
		seen[salt] = true
	}
	if len(seen) != len(salts) {
		t.Errorf("%d salts for %d users", len(seen), len(salts))
	}
}

// TestRevoked: sessions end with their key, whatever they do; a grant that is
// taken back is gone for the next statement.
func TestRevoked(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	open := func(principal, key string) *pgx.Conn {
		t.Helper()
		config, err := pgx.ParseConfig(h.DSN("user="+principal, "password="+key))
		if err != nil {
			t.Fatal(err)
		}
		config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(t.Context()) })
		return conn
	}
	must := func(conn *pgx.Conn, sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	key := h.newKey(t, "other")
	h.Tavana("grant", "other", "local.main")
	idle, cursor, busy := open("other", key), open("other", key), open("other", key)
	must(cursor, "BEGIN; DECLARE c CURSOR FOR SELECT range FROM range(100000000); FETCH 5 FROM c")
	ended := make(chan error, 1)
	go func() {
		_, err := busy.Exec(t.Context(), "SELECT count(*) FROM nation, range(1000000000) a, range(1000000) b WHERE a.range + b.range = -n_nationkey - 1")
		ended <- err
	}()
	for line := range strings.Lines(h.Tavana("key", "list")) {
		if strings.Contains(line, "other") {
			h.Tavana("key", "revoke", strings.Fields(line)[0])
		}
	}
	// The idle one is told without asking.
	raw, err := idle.PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if text, err := io.ReadAll(raw.Conn); err != nil || !strings.Contains(string(text), "C28000\x00") {
		t.Errorf("an idle session: %q, %v", text, err)
	}
	if e := said(<-ended); e == nil || e.Code != "28000" {
		t.Errorf("a running statement: %v", e)
	}
	if _, err := cursor.Exec(t.Context(), "FETCH 5 FROM c"); err == nil {
		t.Error("a cursor goes on")
	}
	if _, err := pgx.Connect(t.Context(), h.DSN("user=other", "password="+key)); said(err) == nil || said(err).Code != "28P01" {
		t.Errorf("the key still opens the door: %v", err)
	}
	h.idle(t)

	// A key that expires.
	words := strings.Fields(h.Tavana("key", "create", "other", "--expires", "10s"))
	short := open("other", words[slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "tvn_") })])
	must(short, "SELECT count(*) FROM nation")
	raw, err = short.PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	if text, err := io.ReadAll(raw.Conn); !strings.Contains(string(text), "C28000\x00") {
		t.Errorf("a session whose key expired: %q, %v", text, err)
	}

	// A grant.
	reader := open("reader", h.key)
	must(reader, "PREPARE p AS SELECT count(*) FROM nation; EXECUTE p")
	h.Tavana("revoke", "reader", "local.main")
	for _, sql := range []string{"EXECUTE p", "SELECT count(*) FROM nation", "SELECT count(*) FROM local.main.nation"} {
		if _, err := reader.Exec(t.Context(), sql); said(err) == nil || !slices.Contains([]string{"42P01", "3D000", "3F000"}, said(err).Code) {
			t.Errorf("%s after the grant was taken back: %v", sql, err)
		}
	}
	h.serves(t)
	h.calm(t)
}
