package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// drain is a client that asks and throws away: it reads no more of an answer
// than the headers of its messages, so that the server is what is measured.
type drain struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

// got is what came as an answer.
type got struct {
	rows  int64
	bytes int64 // of whole messages that carry rows
	first time.Duration
	wall  time.Duration
}

const (
	drainBuffer = 256 << 10
	patience    = 3 * time.Minute // for one answer
)

// dial connects with verified TLS, as a client of PostgreSQL does, and keeps
// the bare connection.
func dial(ctx context.Context, dsn string) (*drain, error) {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	// Its reader in the background, if there is one, would take bytes of ours.
	if err := conn.SyncConn(ctx); err != nil {
		return nil, err
	}
	hijacked, err := conn.Hijack()
	if err != nil {
		return nil, err
	}
	return newDrain(hijacked.Conn, drainBuffer), nil
}

func newDrain(conn net.Conn, buffer int) *drain {
	return &drain{conn: conn, in: bufio.NewReaderSize(conn, buffer)}
}

func (d *drain) close() { _ = d.conn.Close() }

// query runs statements by the simple protocol.
func (d *drain) query(sql string) (got, error) {
	var err error
	d.out, err = (&pgproto3.Query{String: sql}).Encode(d.out[:0])
	if err != nil {
		return got{}, err
	}
	return d.ask()
}

// run prepares and executes in one go: the unnamed statement, as drivers do
// for a statement that they see once.
func (d *drain) run(sql string, format int16) (got, error) {
	err := d.encode(&pgproto3.Parse{Query: sql}, &pgproto3.Bind{ResultFormatCodes: []int16{format}},
		&pgproto3.Execute{}, &pgproto3.Sync{})
	if err != nil {
		return got{}, err
	}
	return d.ask()
}

func (d *drain) encode(messages ...pgproto3.FrontendMessage) error {
	d.out = d.out[:0]
	for _, m := range messages {
		var err error
		if d.out, err = m.Encode(d.out); err != nil {
			return err
		}
	}
	return nil
}

// ask sends what is encoded and reads the answer.
func (d *drain) ask() (got, error) {
	began := time.Now()
	if err := d.conn.SetDeadline(began.Add(patience)); err != nil {
		return got{}, err
	}
	if _, err := d.conn.Write(d.out); err != nil {
		return got{}, err
	}
	return d.answer(began)
}

// answer walks the messages up to ReadyForQuery. An error of the server is told
// once the answer is over.
func (d *drain) answer(began time.Time) (got, error) {
	var g got
	var failure error
	for {
		header, err := d.in.Peek(5)
		if err != nil {
			return g, fmt.Errorf("read a message: %w", err)
		}
		kind, length := header[0], int64(binary.BigEndian.Uint32(header[1:]))+1
		switch kind {
		case 'D', 'd':
			if g.rows == 0 {
				g.first = time.Since(began)
			}
			g.rows++
			g.bytes += length
		case 'E':
			if failure, err = d.refusal(int(length)); err != nil {
				return g, err
			}
			continue
		}
		if err := d.skip(length); err != nil {
			return g, fmt.Errorf("read a message: %w", err)
		}
		if kind == 'Z' {
			g.wall = time.Since(began)
			return g, failure
		}
	}
}

func (d *drain) skip(n int64) error {
	for n > 0 {
		some, err := d.in.Discard(int(min(n, drainBuffer)))
		n -= int64(some)
		if err != nil {
			return err
		}
	}
	return nil
}

// refusal reads an ErrorResponse.
func (d *drain) refusal(length int) (refused, err error) {
	body := make([]byte, length)
	for have := 0; have < length; {
		n, err := d.in.Read(body[have:])
		have += n
		if err != nil {
			return nil, fmt.Errorf("read an error: %w", err)
		}
	}
	var m pgproto3.ErrorResponse
	if err := m.Decode(body[5:]); err != nil {
		return nil, fmt.Errorf("read an error: %w", err)
	}
	return errors.New("the server refused: " + m.Code + " " + m.Message), nil
}
