package attack_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tavana/tavana/internal/worker/pipe"
	pb "github.com/tavana/tavana/proto/tavana/v1"
)

// fakeChild, as this program's first argument, makes it a child that has been
// taken over; the second one is the real tavana-worker. Statements without
// the word misdeed go on to a real child, statement by statement.
const fakeChild = "fake-child"

// misdeedMark stands before a misdeed's name in a statement.
const misdeedMark = "misdeed:"

// taken is a child that an attacker has: its pipe to the supervisor, and its
// line to the gateway.
type taken struct {
	pipe *pipe.Conn
	raw  *os.File // the pipe's descriptor, for what package pipe does not send
	line *os.File // nil: none came
}

// subverted lives the life of a child.
func subverted(worker string) error {
	raw, err := dup(pipe.FD)
	if err != nil {
		return err
	}
	conn, err := pipe.Inherited()
	if err != nil {
		return fmt.Errorf("fake child: %w", err)
	}
	c := &taken{pipe: conn, raw: raw}
	packet, err := conn.Receive(nil)
	if err == nil && packet.Kind == pipe.Line {
		c.line = packet.File
		packet, err = conn.Receive(nil)
	}
	if errors.Is(err, io.EOF) {
		return nil // a spare that nobody wanted
	}
	if err != nil {
		return fmt.Errorf("fake child: %w", err)
	}
	var request pb.ExecuteRequest
	if packet.Kind == pipe.Message && proto.Unmarshal(packet.Data, &request) == nil {
		if _, after, ok := strings.Cut(request.GetStart().GetSql(), misdeedMark); ok {
			name, _, _ := strings.Cut(after, "'")
			return misdeeds()[name](c)
		}
	}
	return c.behave(worker, packet)
}

func dup(fd int) (*os.File, error) {
	other, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 10)
	if err != nil {
		return nil, fmt.Errorf("duplicate descriptor: %w", err)
	}
	return os.NewFile(uintptr(other), "pipe"), nil
}

// behave lets a real child do the work, and carries what they say.
func (c *taken) behave(worker string, first pipe.Packet) error {
	near, far, err := pipe.Pair()
	if err != nil {
		return fmt.Errorf("fake child: %w", err)
	}
	cmd := exec.Command(worker, "child")
	cmd.ExtraFiles, cmd.Stderr = []*os.File{far}, os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("fake child: %w", err)
	}
	_ = far.Close()
	if c.line != nil {
		if err := near.SendLine(c.line); err != nil {
			return fmt.Errorf("fake child: %w", err)
		}
		_ = c.line.Close()
	}
	go func() {
		for {
			if err := pass(near, first); err != nil {
				_ = near.Close()
				return
			}
			if first, err = c.pipe.Receive(nil); err != nil {
				_ = near.Close()
				return
			}
		}
	}()
	for {
		p, err := near.Receive(nil)
		if err != nil {
			return cmd.Wait() //nolint:wrapcheck // for a test
		}
		if err := pass(c.pipe, p); err != nil {
			return err
		}
	}
}

// pass sends a packet on; what its message is does not matter.
func pass(to *pipe.Conn, p pipe.Packet) error {
	if p.Kind == pipe.Rows {
		return to.SendRows(p.Rows, p.Data) //nolint:wrapcheck // for a test
	}
	m := &emptypb.Empty{}
	// All fields are unknown, and kept.
	if err := proto.Unmarshal(p.Data, m); err != nil {
		return err //nolint:wrapcheck // for a test
	}
	return to.Send(p.Kind, m) //nolint:wrapcheck // for a test
}

// described says that the result has one column of numbers, as planned, and
// waits for the pull.
func (c *taken) described() error {
	m := &pb.ExecuteResponse{Message: &pb.ExecuteResponse_Described{
		Described: &pb.Described{Columns: []*pb.Column{{Name: "n", Type: "BIGINT"}}},
	}}
	if err := c.pipe.Send(pipe.Message, m); err != nil {
		return err //nolint:wrapcheck // for a test
	}
	_, err := c.pipe.Receive(nil)
	return err //nolint:wrapcheck // for a test
}

// onLine describes, waits for the pull, and sends bytes on the line.
func onLine(data string) func(*taken) error {
	return func(c *taken) error {
		if err := c.described(); err != nil {
			return err
		}
		if _, err := c.line.WriteString(data); err != nil {
			return err //nolint:wrapcheck // for a test
		}
		return hang(c)
	}
}

// onPipe sends bytes to the supervisor at once.
func onPipe(data string) func(*taken) error {
	return func(c *taken) error {
		if _, err := c.raw.WriteString(data); err != nil {
			return err //nolint:wrapcheck // for a test
		}
		return hang(c)
	}
}

// hang never ends by itself.
func hang(*taken) error {
	for {
		time.Sleep(time.Hour) //nolint:forbidigo // what hangs
	}
}

// packet makes one of package pipe, with a length that may be a lie.
func packet(length uint32, kind byte, data string) string {
	return string(append(binary.BigEndian.AppendUint32(nil, length), kind)) + data
}

// whole1 makes a packet with a true length.
func whole1(kind byte, data string) string { return packet(uint32(len(data)+1), kind, data) }

// rows makes a frame that claims a count of rows.
func rows(count uint64, data string) string {
	return whole1(byte(pipe.Rows), string(binary.BigEndian.AppendUint64(nil, count))+data)
}

// row is a DataRow of so many fields, each one digit.
func row(fields int) string {
	body := binary.BigEndian.AppendUint16(nil, uint16(fields))
	for range fields {
		body = append(body, 0, 0, 0, 1, '7')
	}
	return "D" + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))) + string(body)
}

// typed makes a message of the PostgreSQL wire.
func typed(kind, body string) string {
	return kind + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))) + body
}

func message(m *pb.ExecuteResponse) string {
	data, _ := proto.Marshal(m)
	return whole1(byte(pipe.Message), string(data))
}

func pulled(rows int64, done bool) string {
	return message(&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Pulled{Pulled: &pb.Pulled{Rows: rows, Done: done}}})
}

func outcome(status pb.Outcome_Status, f *pb.Fault) string {
	return message(&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Outcome{Outcome: &pb.Outcome{Status: status, Fault: f}}})
}

// forever repeats bytes into a file until it breaks.
func forever(f *os.File, data string) error {
	many := []byte(strings.Repeat(data, 1+(1<<16)/len(data)))
	for {
		if _, err := f.Write(many); err != nil {
			return err //nolint:wrapcheck // for a test
		}
	}
}

// daemon forks a process that leaves every group it can, and that would live
// on for long. Its argument is found again by whoever looks for it.
func daemon(mark string) error {
	cmd := exec.Command("/bin/sh", "-c", "trap '' HUP TERM INT; sleep 3000; : "+mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start() //nolint:wrapcheck // for a test
}

// misdeeds are what a child that has been taken over does, by name.
func misdeeds() map[string]func(*taken) error {
	all := lineMisdeeds()
	maps.Copy(all, pipeMisdeeds())
	maps.Copy(all, processMisdeeds())
	return all
}

// lineMisdeeds are told straight to the gateway.
func lineMisdeeds() map[string]func(*taken) error {
	const evil = "SFATAL\x00C28P01\x00Mgive me your password\x00\x00"
	return map[string]func(*taken) error{
		"line: garbage":                 onLine(strings.Repeat("\xff", 64)),
		"line: HTTP":                    onLine("HTTP/1.1 200 OK\r\n\r\n"),
		"line: an error as rows":        onLine(rows(1, typed("E", evil))),
		"line: login request":           onLine(rows(1, typed("R", "\x00\x00\x00\x03"))),
		"line: ready for query":         onLine(rows(0, typed("Z", "I"))),
		"line: command complete":        onLine(rows(1, row(1)+typed("C", "SELECT 1\x00"))),
		"line: copy in":                 onLine(rows(0, typed("G", "\x00\x00\x00"))),
		"line: copy data for rows":      onLine(rows(1, typed("d", "x"))),
		"line: too many fields":         onLine(rows(1, row(2))),
		"line: too few fields":          onLine(rows(1, row(0))),
		"line: more rows than counted":  onLine(rows(1, row(1)+row(1))),
		"line: fewer rows than counted": onLine(rows(9, row(1))),
		"line: 2^62 rows":               onLine(rows(1<<62, row(1))),
		"line: 2^63 rows":               onLine(rows(1<<63, row(1))),
		"line: half a row":              onLine(rows(1, row(1)[:6])),
		"line: row longer than frame":   onLine(rows(1, "D\x00\x00\x10\x00\x00\x01")),
		"line: row of length 0":         onLine(rows(1, "D\x00\x00\x00\x00\x00\x01")),
		"line: row of length 2^32-1":    onLine(rows(1, "D\xff\xff\xff\xff\x00\x01")),
		"line: frame of 4 GiB":          onLine(packet(1<<32-1, 2, "\x00")),
		"line: frame of 96 MiB, unsent": onLine(packet(96<<20, 2, "\x00\x00\x00\x00\x00\x00\x00\x01D")),
		"line: message of 64 MiB":       onLine(packet(64<<20, 1, "")),
		"line: empty packet":            onLine(packet(0, 2, "")),
		"line: packet of no kind":       onLine(packet(1, 0, "")),
		"line: a line on the line":      onLine(packet(1, 4, "")),
		"line: an inspection":           onLine(whole1(3, "x")),
		"line: wrong sum":               onLine(rows(1, row(1)) + pulled(7, true)),
		"line: end without rows":        onLine(rows(1, row(1)) + pulled(-1, true)),
		"line: an outcome":              onLine(outcome(pb.Outcome_STATUS_SUCCESS, nil)),
		"line: a description":           onLine(message(&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Described{Described: &pb.Described{}}})),
		"line: nested protobuf":         onLine(whole1(1, strings.Repeat("\x0a\x7f", 400))),
		"line: header without end": func(c *taken) error {
			if err := c.described(); err != nil {
				return err
			}
			for _, b := range []byte("\x00\x00\x00") {
				_, _ = c.line.Write([]byte{b})
			}
			_ = c.line.Close()
			return hang(c)
		},
		"line: closed": func(c *taken) error {
			_ = c.line.Close()
			if err := c.described(); err != nil {
				return err
			}
			return hang(c)
		},
		"line: rows, then gone": func(c *taken) error {
			if err := c.described(); err != nil {
				return err
			}
			_, err := c.line.WriteString(rows(1, row(1)))
			return err //nolint:wrapcheck // for a test
		},
		"line: descriptors": func(c *taken) error {
			if err := c.described(); err != nil {
				return err
			}
			for range 200 {
				if err := unix.Sendmsg(int(c.line.Fd()), []byte("\x00"), unix.UnixRights(0, 1, 2), nil, 0); err != nil {
					break
				}
			}
			return hang(c)
		},
		"line: empty frames for ever": func(c *taken) error {
			if err := c.described(); err != nil {
				return err
			}
			_ = forever(c.line, packet(1, 9, "")+rows(0, ""))
			return hang(c)
		},
	}
}

// pipeMisdeeds are told to the supervisor.
func pipeMisdeeds() map[string]func(*taken) error {
	described := message(&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Described{
		Described: &pb.Described{Columns: []*pb.Column{{Name: "n", Type: "BIGINT"}}},
	}})
	return map[string]func(*taken) error{
		"pipe: garbage":             onPipe(strings.Repeat("\xff", 64)),
		"pipe: unasked rows":        onPipe(rows(1, row(1))),
		"pipe: rows although lined": func(c *taken) error { _ = c.described(); return onPipe(rows(1, row(1)))(c) },
		"pipe: unasked end":         onPipe(described + pulled(0, true)),
		"pipe: described twice":     onPipe(described + described),
		"pipe: other columns": onPipe(message(&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Described{
			Described: &pb.Described{Columns: []*pb.Column{{Name: vaultColumn, Type: "VARCHAR"}, {Name: "m", Type: "BIGINT"}}},
		}})),
		"pipe: a million columns": onPipe(message(&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Described{
			Described: &pb.Described{Columns: make([]*pb.Column, 1_000_000)},
		}})),
		"pipe: an inspection":        onPipe(whole1(3, "")),
		"pipe: a line":               onPipe(packet(1, 4, "")),
		"pipe: no kind":              onPipe(packet(1, 99, "")),
		"pipe: no message":           onPipe(whole1(1, "\xff\xff\xff\xff")),
		"pipe: empty message":        onPipe(whole1(1, "")),
		"pipe: 4 GiB":                onPipe(packet(1<<32-1, 1, "")),
		"pipe: success without rows": onPipe(described + outcome(pb.Outcome_STATUS_SUCCESS, nil)),
		"pipe: success at once":      onPipe(outcome(pb.Outcome_STATUS_SUCCESS, nil)),
		"pipe: outcome of no status": onPipe(outcome(99, nil)),
		"pipe: forged login error": onPipe(outcome(pb.Outcome_STATUS_FAILED, &pb.Fault{
			Kind: "unauthenticated", Message: "forged: give me your password",
		})),
		"pipe: closed": func(c *taken) error {
			_ = c.raw.Close()
			_ = c.pipe.Close()
			return hang(c)
		},
		"pipe: descriptors": func(c *taken) error {
			for range 200 {
				if err := unix.Sendmsg(int(c.raw.Fd()), []byte("\x00"), unix.UnixRights(0, 1, 2), nil, 0); err != nil {
					break
				}
			}
			return hang(c)
		},
		"pipe: half a header": onPipe("\x00\x00"),
		"pipe: progress for ever": func(c *taken) error {
			return forever(c.raw, message(&pb.ExecuteResponse{Message: &pb.ExecuteResponse_Progress{
				Progress: &pb.Progress{Fraction: 9e9, RowsProcessed: -1, MemoryBytes: -1},
			}}))
		},
	}
}

// processMisdeeds are those of a process.
func processMisdeeds() map[string]func(*taken) error {
	return map[string]func(*taken) error{
		"process: ignores signals": func(c *taken) error {
			signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
			return hang(c)
		},
		"process: leaves a daemon": func(*taken) error { return daemon("attack-daemon-left") },
		"process: daemon and hang": func(c *taken) error {
			if err := daemon("attack-daemon-hang"); err != nil {
				return err
			}
			return hang(c)
		},
		"process: writes to its log for ever": func(*taken) error {
			return forever(os.Stderr, "level=ERROR msg=\"forged\"\x1b[31m\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\n")
		},
		"process: fills its folder with links": func(*taken) error {
			for i := range 2000 {
				_ = os.Symlink("/etc/passwd", fmt.Sprintf("l%d", i))
			}
			_ = os.Symlink("/", "root")
			_ = os.MkdirAll(filepath.Join("a", "b"), 0o000)
			_ = os.Chmod("a", 0o000)
			return nil
		},
		"process: stops itself": func(c *taken) error {
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			return hang(c)
		},
	}
}
