package pgwire

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/gateway/secure"
	"github.com/tavana/tavana/internal/gateway/session"
)

const (
	alpn             = "postgresql"
	tlsRecord        = 0x16 // first byte of a TLS handshake
	maxStartupPacket = 10_000
	majorVersion     = 3

	codeCancel = 80877102
	codeSSL    = 80877103
	codeGSSENC = 80877104
)

// startupPacket is a client's first words.
type startupPacket struct {
	minor      int
	user       string
	parameters map[string]string
}

// negotiate answers the requests that may come before the startup packet. It
// gives nil without an error when the client wanted nothing more.
func (c *connection) negotiate(ctx context.Context) (*startupPacket, error) {
	if first, err := c.in.Peek(1); err != nil {
		return nil, fmt.Errorf("read startup packet: %w", err)
	} else if first[0] == tlsRecord && c.server.tls != nil {
		if err := c.upgrade(ctx, &preread{Conn: c.socket, in: c.in}, true); err != nil {
			return nil, err
		}
	}
	for range 3 { // GSSENCRequest, SSLRequest, then the startup packet
		packet, err := c.startupBytes()
		if err != nil {
			return nil, err
		}
		switch code := binary.BigEndian.Uint32(packet); code {
		case codeCancel:
			c.cancelRequest(packet)
			return nil, nil
		case codeGSSENC:
			err = c.answerByte('N')
		case codeSSL:
			err = c.answerSSL(ctx)
		default:
			return c.parseStartup(packet)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Protocol, "too many requests before the startup packet")
}

// startupBytes takes a packet that has no type, without its length.
func (c *connection) startupBytes() ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(c.in, header[:]); err != nil {
		return nil, fmt.Errorf("read startup packet: %w", err)
	}
	size := binary.BigEndian.Uint32(header[:])
	if size < 8 || size > maxStartupPacket {
		// An answer would go to something that speaks another protocol.
		return nil, fmt.Errorf("startup packet of %d bytes", size)
	}
	packet := make([]byte, size-4)
	if _, err := io.ReadFull(c.in, packet); err != nil {
		return nil, fmt.Errorf("read startup packet: %w", err)
	}
	return packet, nil
}

// answerByte answers a request. What came behind the request in plain text is
// refused: an attacker may have put it there.
func (c *connection) answerByte(answer byte) error {
	if c.in.Buffered() > 0 {
		return fault.New(fault.Protocol, "received unencrypted data after a request for encryption").
			WithHint("This could be a faulty client, or somebody between it and the server.")
	}
	if _, err := c.wire.Write([]byte{answer}); err != nil {
		return fmt.Errorf("answer to a request for encryption: %w", err)
	}
	return nil
}

func (c *connection) answerSSL(ctx context.Context) error {
	_, encrypted := c.wire.(*secure.Conn)
	switch {
	case encrypted:
		return fault.New(fault.Protocol, "the connection is encrypted already")
	case c.server.tls == nil || c.local:
		return c.answerByte('N')
	}
	if err := c.answerByte('S'); err != nil {
		return err
	}
	return c.upgrade(ctx, c.socket, false)
}

// parseStartup reads version and parameters.
func (c *connection) parseStartup(packet []byte) (*startupPacket, error) {
	major, minor := int(binary.BigEndian.Uint16(packet)), int(binary.BigEndian.Uint16(packet[2:]))
	if major != majorVersion {
		return nil, fault.New(fault.Unsupported, "unsupported frontend protocol %d.%d: server supports 3.0", major, minor)
	}
	p := &startupPacket{minor: minor, parameters: map[string]string{}}
	rest := packet[4:]
	for {
		name, after, ok := cutString(rest)
		if !ok {
			return nil, fault.New(fault.Protocol, "invalid startup packet layout: expected terminator as last byte")
		}
		if name == "" {
			rest = after
			break
		}
		value, after, ok := cutString(after)
		if !ok {
			return nil, fault.New(fault.Protocol, "invalid startup packet layout: expected terminator as last byte")
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, fault.New(fault.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\" in the startup packet")
		}
		p.parameters[name], rest = value, after
	}
	if len(rest) != 0 {
		return nil, fault.New(fault.Protocol, "invalid startup packet layout: expected terminator as last byte")
	}
	p.user = p.parameters["user"]
	return p, nil
}

func cutString(data []byte) (text string, rest []byte, ok bool) {
	end := slices.Index(data, 0)
	if end < 0 {
		return "", nil, false
	}
	return string(data[:end]), data[end+1:], true
}

// readStartup judges the startup packet, and tells a newer client which version
// is spoken.
func (c *connection) readStartup(p *startupPacket) (session.Startup, error) {
	if _, encrypted := c.wire.(*secure.Conn); !encrypted && !c.local {
		return session.Startup{}, fault.New(fault.NotAuthorized, "connections without TLS are refused").
			WithHint("Connect with sslmode=require, or better sslmode=verify-full and sslrootcert.")
	}
	if value := strings.ToLower(p.parameters["replication"]); value != "" && !slices.Contains([]string{"false", "off", "no", "0"}, value) {
		return session.Startup{}, fault.New(fault.Unsupported, "replication is not supported")
	}
	if p.user == "" {
		return session.Startup{}, fault.New(fault.NotAuthorized, "no PostgreSQL user name specified in startup packet")
	}
	settings, err := parseOptions(p.parameters["options"])
	if err != nil {
		return session.Startup{}, err
	}
	var unknown []string
	for name, value := range p.parameters {
		switch {
		case strings.HasPrefix(name, "_pq_."):
			unknown = append(unknown, name)
		case name != "user" && name != "database" && name != "options" && name != "replication":
			settings[name] = value
		}
	}
	if p.minor > 0 || len(unknown) > 0 {
		slices.Sort(unknown)
		if err := c.out.send(&pgproto3.NegotiateProtocolVersion{
			NewestMinorProtocol: pgproto3.ProtocolVersion30,
			UnrecognizedOptions: unknown,
		}); err != nil {
			return session.Startup{}, err
		}
	}
	return session.Startup{
		Database: p.parameters["database"],
		Settings: settings,
		Door:     "postgres",
	}, nil
}

// parseOptions reads the parameter options as PostgreSQL does: words parted by
// spaces, a backslash keeps the next character; -c name=value or --name=value.
func parseOptions(text string) (map[string]string, error) {
	settings := map[string]string{}
	words := splitWords(text)
	for i := 0; i < len(words); i++ {
		assignment := ""
		switch word := words[i]; {
		case word == "-c":
			if i++; i < len(words) {
				assignment = words[i]
			}
		case strings.HasPrefix(word, "-c"):
			assignment = word[2:]
		case strings.HasPrefix(word, "--"):
			name, value, _ := strings.Cut(word[2:], "=")
			assignment = strings.ReplaceAll(name, "-", "_") + "=" + value
		}
		name, value, found := strings.Cut(assignment, "=")
		if !found || name == "" {
			return nil, fault.New(fault.Syntax, "invalid command-line argument in options: %s", shorten(words[min(i, len(words)-1)])).
				WithHint("Settings are given as -c name=value.")
		}
		settings[name] = value
	}
	return settings, nil
}

func splitWords(text string) []string {
	var words []string
	var word strings.Builder
	inside, escaped := false, false
	for _, r := range text {
		space := strings.ContainsRune(" \t\r\n\v\f", r)
		switch {
		case escaped:
			word.WriteRune(r)
			inside, escaped = true, false
		case r == '\\':
			escaped = true
		case !space:
			word.WriteRune(r)
			inside = true
		case inside:
			words = append(words, word.String())
			word.Reset()
			inside = false
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}

// shorten keeps a stranger's text fit for a message.
func shorten(text string) string {
	const most = 63
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// preread is a socket some of whose bytes were read already.
type preread struct {
	net.Conn
	in io.Reader
}

// Read reads what was read already first; errors stay what they are.
func (p *preread) Read(b []byte) (int, error) { return p.in.Read(b) } //nolint:wrapcheck // TLS judges the socket's own errors
