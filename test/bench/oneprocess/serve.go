package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
	"golang.org/x/sync/errgroup"

	"github.com/tavana/tavana/internal/duck"
	"github.com/tavana/tavana/internal/frames"
	"github.com/tavana/tavana/internal/worker/encode"
)

// answer writes what a request line asks for.
type answer func(ctx context.Context, request string, out io.Writer, setup []string) error

// conversation talks on one connection until the client is gone.
type conversation func(ctx context.Context, conn net.Conn, setup []string) error

// serve listens with TLS (arguments: certificate, key, statements that set a
// database up) and talks on each connection.
func serve(ctx context.Context, args []string, talk conversation) error {
	if len(args) < 2 {
		return errors.New("certificate and key are missing")
	}
	certificate, err := tls.LoadX509KeyPair(args[0], args[1])
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr().String())
	group, ctx := errgroup.WithContext(ctx)
	for ctx.Err() == nil {
		socket, err := listener.Accept()
		if err != nil {
			return err
		}
		conn := tls.Server(socket, &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13, DynamicRecordSizingDisabled: true,
		})
		group.Go(func() error {
			defer conn.Close() //nolint:errcheck // the client may be gone
			return talk(ctx, conn, args[2:])
		})
	}
	return group.Wait()
}

// byLine is a conversation of a line a request; an answer ends with ReadyForQuery.
func byLine(to answer) conversation {
	return func(ctx context.Context, conn net.Conn, setup []string) error {
		in := bufio.NewReader(conn)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return nil //nolint:nilerr // the client has gone
			}
			if err := to(ctx, strings.TrimSpace(line), conn, setup); err != nil {
				return err
			}
			if _, err := conn.Write([]byte{'Z', 0, 0, 0, 5, 'I'}); err != nil {
				return err
			}
		}
	}
}

// echo answers every message with one row of one column, as SELECT 1 is answered:
// the least that a server of this protocol does for a statement.
func echo(_ context.Context, conn net.Conn, _ []string) error {
	answer, err := appendAll(nil,
		&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("?column?"), DataTypeOID: 23, DataTypeSize: 4, TypeModifier: -1}}},
		&pgproto3.DataRow{Values: [][]byte{[]byte("1")}},
		&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")},
		&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if err != nil {
		return err
	}
	in := bufio.NewReader(conn)
	for {
		header, err := in.Peek(5)
		if err != nil {
			return nil //nolint:nilerr // the client has gone
		}
		if _, err := in.Discard(int(binary.BigEndian.Uint32(header[1:])) + 1); err != nil {
			return nil //nolint:nilerr // the client has gone
		}
		if _, err := conn.Write(answer); err != nil {
			return nil //nolint:nilerr // the client has gone
		}
	}
}

func appendAll(dst []byte, messages ...pgproto3.BackendMessage) ([]byte, error) {
	for _, m := range messages {
		var err error
		if dst, err = m.Encode(dst); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// stream runs "FORM SQL" and writes the rows: form is text, binary, copytext
// or copybinary, or drop, which writes none. The database is made anew for each, as a
// child's is.
func stream(ctx context.Context, request string, out io.Writer, setup []string) error {
	word, sql, _ := strings.Cut(request, " ")
	form, ok := map[string]frames.Form{
		"text": {Encoding: frames.Rows}, "binary": {Encoding: frames.Rows, Formats: []int16{1}},
		"copytext": {Encoding: frames.CopyText}, "copybinary": {Encoding: frames.CopyBinary},
	}[word]
	if !ok && word != "drop" {
		return fmt.Errorf("there is no form %q", word)
	}
	db, conn, err := open(ctx, setup)
	if err != nil {
		return err
	}
	defer db.Close()
	defer conn.Close()
	p, err := conn.Prepare(ctx, sql)
	if err != nil {
		return err
	}
	defer p.Close()
	rows, err := p.Stream(ctx)
	if err != nil {
		return err
	}
	defer rows.Close()
	if word == "drop" {
		return drop(ctx, rows)
	}
	return write(ctx, rows, form, out)
}

// drop takes all rows out of the database, and does nothing with them.
func drop(ctx context.Context, rows *duck.Rows) error {
	for {
		chunk, err := rows.Next(ctx)
		if err != nil || chunk == nil {
			return err
		}
	}
}

func write(ctx context.Context, rows *duck.Rows, form frames.Form, out io.Writer) error {
	encoder, err := encode.New(rows.Columns(), rows.Types(), form)
	if err != nil {
		return err
	}
	buffer := encoder.Header(make([]byte, 0, encode.Target+encode.Target/8))
	for {
		chunk, err := rows.Next(ctx)
		if err != nil {
			return err
		}
		if chunk == nil {
			_, err := out.Write(encoder.Trailer(buffer))
			return err
		}
		for from := 0; from < chunk.Rows; {
			if buffer, from, err = encoder.Rows(buffer, chunk, from, chunk.Rows); err != nil {
				return err
			}
			if len(buffer) < encode.Target {
				continue
			}
			if _, err := out.Write(buffer); err != nil {
				return err
			}
			buffer = buffer[:0]
		}
	}
}

// pipe writes as many bytes as it is told, as messages of a megabyte, out of
// one buffer.
func pipe(_ context.Context, request string, out io.Writer, _ []string) error {
	left, err := strconv.ParseInt(request, 10, 64)
	if err != nil {
		return err
	}
	const size = 1 << 20
	message := make([]byte, size)
	message[0] = 'D'
	message[1], message[2], message[3], message[4] = 0, 0x0f, 0xff, 0xff // size - 1
	for ; left > 0; left -= size {
		if _, err := out.Write(message); err != nil {
			return err
		}
	}
	return nil
}
