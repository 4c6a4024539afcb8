// Package pipe is the line between a supervisor and one of its children: a
// socket pair that the child inherits as file descriptor 3, on which packets
// go both ways.
//
// A packet is a big-endian uint32 with the length of what follows, one byte of
// Kind, and the payload. The supervisor trusts nothing that a child sends:
// lengths are checked before memory is taken for them.
package pipe

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
)

// Kind says what a packet's payload is.
type Kind byte

// The kinds of packets.
const (
	// Message is an ExecuteRequest to the child, or an ExecuteResponse from it
	// (any but a frame).
	Message Kind = 1
	// Rows is a frame of rows from the child: a big-endian uint64 with the
	// count of rows, then the encoded rows.
	Rows Kind = 2
	// Inspect is an InspectRequest to the child, or an InspectResponse from it.
	Inspect Kind = 3
	// Line hands a descriptor to the child, before the start: the socket that
	// its frames and the ends of its pulls go to instead of the pipe.
	Line Kind = 4
)

// Bounds on what goes through a pipe, in bytes.
const (
	MaxFrame   = 96 << 20 // encoded rows of one frame
	MaxRow     = 64 << 20 // one encoded row; an encoder refuses a larger one with fault.ProgramLimit
	MaxMessage = 64 << 20 // one protobuf message
)

const (
	headerSize = 5 // length and kind
	countSize  = 8 // rows in a frame
)

// FD is the descriptor that a child inherits.
const FD = 3

// ErrBroken is wrapped by the errors of packets that break the rules above.
var ErrBroken = errors.New("broken packet")

// Packet is one packet as it was received.
type Packet struct {
	Kind Kind
	Rows int64    // count of rows, in packets of kind Rows
	Data []byte   // the encoded rows, or the protobuf message
	File *os.File // in packets of kind Line
}

// Conn is one end of a pipe. Any number of goroutines may send; one at a time
// may receive.
type Conn struct {
	conn net.Conn

	mu      sync.Mutex // guards the fields below and keeps packets whole
	header  [headerSize + countSize]byte
	vectors [][]byte
	scratch []byte

	head  [headerSize + countSize]byte // of the receiver
	most  int64                        // bytes of a message; 0: MaxMessage
	files *net.UnixConn                // takes descriptors, too; nil: none are taken
	came  *os.File                     // with the head of the packet that is being received
}

// New makes an end of a pipe from a connected stream.
func New(conn net.Conn) *Conn { return &Conn{conn: conn} }

// FromFile makes an end of a pipe from a socket's descriptor. It takes file
// over, also when it fails.
func FromFile(file *os.File) (*Conn, error) {
	conn, err := net.FileConn(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	return New(conn), nil
}

// Inherited gives a child's end of its pipe. It may be called once.
func Inherited() (*Conn, error) {
	unix.CloseOnExec(FD)
	c, err := FromFile(os.NewFile(FD, "pipe"))
	if err == nil {
		c.TakeFiles()
	}
	return c, err
}

// BoundMessages refuses messages of more than so many bytes that come from the
// other end. It is called before anything is received.
func (c *Conn) BoundMessages(bytes int64) { c.most = bytes }

// TakeFiles lets packets of kind Line in: the other end is trusted.
func (c *Conn) TakeFiles() { c.files, _ = c.conn.(*net.UnixConn) }

// Pair makes a pipe: the supervisor's end, and the file that the child
// inherits. The caller closes the file once the child has started.
func Pair() (*Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make socket pair: %w", err)
	}
	child := os.NewFile(uintptr(fds[1]), "pipe")
	conn, err := FromFile(os.NewFile(uintptr(fds[0]), "pipe"))
	if err != nil {
		return nil, nil, errors.Join(err, child.Close())
	}
	return conn, child, nil
}

// Close ends the pipe; a blocked Send or Receive of either end fails.
func (c *Conn) Close() error { return c.conn.Close() }

// Send sends a protobuf message as a packet of kind Message or Inspect.
func (c *Conn) Send(kind Kind, m proto.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, err := proto.MarshalOptions{}.MarshalAppend(c.scratch[:0], m)
	if err != nil {
		return fmt.Errorf("encode packet: %w", err)
	}
	if len(data) <= maxScratch {
		c.scratch = data
	}
	if len(data) > MaxMessage {
		return fmt.Errorf("send packet of %d bytes: %w", len(data), ErrBroken)
	}
	return c.write(kind, c.header[:headerSize], data)
}

const maxScratch = 64 << 10

// SendLine hands a copy of a descriptor to the other end.
func (c *Conn) SendLine(file *os.File) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	socket, ok := c.conn.(*net.UnixConn)
	if !ok {
		return errors.New("send line: the pipe carries no descriptors")
	}
	header := []byte{0, 0, 0, 1, byte(Line)}
	if _, _, err := socket.WriteMsgUnix(header, unix.UnixRights(int(file.Fd())), nil); err != nil {
		return fmt.Errorf("send line: %w", err)
	}
	return nil
}

// SendRows sends a frame of rows, whose data may lie in parts. It blocks while the
// other end does not take it; the memory may be used again when it returns.
func (c *Conn) SendRows(rows int64, data ...[]byte) error {
	size := 0
	for _, part := range data {
		size += len(part)
	}
	if rows < 0 || size > MaxFrame {
		return fmt.Errorf("send frame of %d rows, %d bytes: %w", rows, size, ErrBroken)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	binary.BigEndian.PutUint64(c.header[headerSize:], uint64(rows))
	return c.write(Rows, c.header[:], data...)
}

// write sends a header and a payload in one call of the kernel where it can.
func (c *Conn) write(kind Kind, header []byte, data ...[]byte) error {
	length := len(header) - headerSize + 1
	for _, part := range data {
		length += len(part)
	}
	binary.BigEndian.PutUint32(header, uint32(length)) //nolint:gosec // bounded by the caller
	header[4] = byte(kind)
	c.vectors = append(append(c.vectors[:0], header), data...)
	buffers := net.Buffers(c.vectors)
	_, err := buffers.WriteTo(c.conn)
	clear(c.vectors)
	if err != nil {
		return fmt.Errorf("send packet: %w", err)
	}
	return nil
}

// Receive waits for the next packet. Its data are read into memory that buffer
// gives for a length (nil: fresh memory). The error wraps io.EOF when the
// other end closed the pipe between packets, and ErrBroken when what came is
// no packet; the pipe is then of no more use.
func (c *Conn) Receive(buffer func(kind Kind, size int) []byte) (Packet, error) {
	kind, size, err := c.receiveHeader()
	if err != nil {
		return Packet{}, err
	}
	p := Packet{Kind: kind}
	if kind == Line {
		p.File, c.came = c.came, nil
		return p, nil
	}
	if kind == Rows {
		if _, err := io.ReadFull(c.conn, c.head[headerSize:]); err != nil {
			return Packet{}, fmt.Errorf("receive count of rows: %w", noEOF(err))
		}
		count := binary.BigEndian.Uint64(c.head[headerSize:])
		if count > 1<<62 {
			return Packet{}, fmt.Errorf("receive frame of %d rows: %w", count, ErrBroken)
		}
		p.Rows = int64(count)
	}
	if buffer == nil {
		p.Data = make([]byte, size)
	} else {
		p.Data = buffer(kind, size)
	}
	if _, err := io.ReadFull(c.conn, p.Data); err != nil {
		return p, fmt.Errorf("receive packet of %d bytes: %w", size, noEOF(err))
	}
	return p, nil
}

// receiveHeader reads a packet's head and checks it; size is that of the data.
func (c *Conn) receiveHeader() (kind Kind, size int, err error) {
	if err := c.readHead(); err != nil {
		return 0, 0, fmt.Errorf("receive packet: %w", err)
	}
	length := int64(binary.BigEndian.Uint32(c.head[:]))
	kind = Kind(c.head[4])
	least, most := int64(1), 1+cmp.Or(c.most, MaxMessage)
	switch kind {
	case Message, Inspect:
	case Rows:
		least, most = 1+countSize, 1+countSize+MaxFrame
	case Line:
		most = 1
		if c.came == nil {
			return 0, 0, fmt.Errorf("receive line without a descriptor: %w", ErrBroken)
		}
	default:
		return 0, 0, fmt.Errorf("receive packet of kind %d: %w", kind, ErrBroken)
	}
	if length < least || length > most {
		return 0, 0, fmt.Errorf("receive packet of kind %d and length %d: %w", kind, length, ErrBroken)
	}
	return kind, int(length - least), nil
}

// readHead reads the head of a packet, and the descriptor that comes with it.
func (c *Conn) readHead() error {
	head := c.head[:headerSize]
	if c.files == nil {
		_, err := io.ReadFull(c.conn, head)
		return err //nolint:wrapcheck // the caller does
	}
	oob := make([]byte, unix.CmsgSpace(4))
	for have := 0; have < len(head); {
		n, oobn, _, _, err := c.files.ReadMsgUnix(head[have:], oob)
		if files := Files(oob[:oobn]); len(files) > 0 {
			CloseFiles(files[1:])
			c.came = files[0]
		}
		if err != nil {
			if have > 0 {
				err = noEOF(err)
			}
			return err //nolint:wrapcheck // the caller does
		}
		have += n
	}
	return nil
}

// Files gives the descriptors in what came beside a message.
func Files(oob []byte) []*os.File {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	var files []*os.File
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	return files
}

// CloseFiles closes what nobody wants.
func CloseFiles(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// noEOF makes the end of the stream inside a packet differ from the end
// between packets.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
