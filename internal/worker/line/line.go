// Package line gives rows a way of their own between two processes of one
// machine. A gateway makes a socket pair and hands one end to the supervisor,
// who hands it on to the child of the lease: frames then go from the child to
// the gateway without a stop. What is small (start, pulls, cancel, progress,
// outcome) goes over gRPC as ever.
//
// A gateway names each line with a token that only it knows, sends it with the
// descriptor to the supervisor's line socket, and then starts the lease with
// the token. On the line go packets of package pipe: frames, and one message
// at the end of each pull.
package line

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tavana/tavana/internal/worker/pipe"
)

// tokenSize is that of a token, in bytes.
const tokenSize = 16

// bufferSize is asked for a line's socket, in bytes, each way. The kernel gives
// less where its own bound is lower.
const bufferSize = 1 << 20

// sendWait bounds the handing over of a line.
const sendWait = 2 * time.Second

// Token names a line.
type Token [tokenSize]byte

// Sender hands lines to a supervisor. It is safe for concurrent use.
type Sender struct {
	socket *net.UnixConn
}

// Dial connects to the line socket of a supervisor.
func Dial(path string) (*Sender, error) {
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("dial line socket: %w", err)
	}
	return &Sender{socket: socket}, nil
}

// Close ends the sender; its lines live on.
func (s *Sender) Close() error { return s.socket.Close() } //nolint:wrapcheck // net's error says it

// Open makes a line and hands its other end over. The caller closes the line.
func (s *Sender) Open() (*pipe.Conn, Token, error) {
	var token Token
	_, _ = rand.Read(token[:]) // never fails
	near, far, err := pair()
	if err != nil {
		return nil, token, err
	}
	// A supervisor that is stopped takes nothing.
	_ = s.socket.SetWriteDeadline(time.Now().Add(sendWait))
	err = s.send(token[:], far)
	if err := errors.Join(err, far.Close()); err != nil {
		return nil, token, errors.Join(fmt.Errorf("hand over line: %w", err), near.Close())
	}
	return near, token, nil
}

// send sends a message with a descriptor: package net does so only from sockets
// that are not connected.
func (s *Sender) send(message []byte, file *os.File) error {
	raw, err := s.socket.SyscallConn()
	if err != nil {
		return err //nolint:wrapcheck // the caller does
	}
	var sent error
	err = raw.Write(func(fd uintptr) bool {
		sent = unix.Sendmsg(int(fd), message, unix.UnixRights(int(file.Fd())), nil, unix.MSG_NOSIGNAL)
		return !errors.Is(sent, unix.EAGAIN)
	})
	return errors.Join(err, sent)
}

func pair() (near *pipe.Conn, far *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make line: %w", err)
	}
	for _, fd := range fds {
		// The larger, the fewer switches from process to process. What is refused
		// makes the line slower only: beyond its bound the kernel lets root alone.
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, bufferSize) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, bufferSize)
		}
	}
	far = os.NewFile(uintptr(fds[1]), "line")
	if near, err = pipe.FromFile(os.NewFile(uintptr(fds[0]), "line")); err != nil {
		return nil, nil, errors.Join(err, far.Close())
	}
	return near, far, nil
}

// Receiver takes lines that gateways hand over, and keeps each until its lease
// takes it.
type Receiver struct {
	socket *net.UnixConn

	mu     sync.Mutex
	lines  map[Token]*arrival
	order  []Token // as they came first
	closed bool
}

// arrival is a line that came, or is waited for.
type arrival struct {
	file  *os.File
	came  chan struct{} // closed with it
	stale *time.Timer   // forgets it; nil: it did not come yet
}

// mostWaiting and longest bound the lines that nobody took: a gateway opens one,
// and starts its lease at once or never.
const (
	mostWaiting = 256
	longest     = 10 * time.Second
)

// Listen opens the line socket at path, which must not be there.
func Listen(path string) (*Receiver, error) {
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("open line socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect line socket: %w", err), socket.Close())
	}
	return &Receiver{socket: socket, lines: map[Token]*arrival{}}, nil
}

// Close ends Run, and all lines that nobody took.
func (r *Receiver) Close() error {
	r.mu.Lock()
	r.closed = true
	for token := range r.lines {
		r.forget(token)
	}
	r.mu.Unlock()
	return r.socket.Close() //nolint:wrapcheck // net's error says it
}

// Run receives lines until the receiver is closed.
func (r *Receiver) Run() error {
	var data [tokenSize + 1]byte
	oob := make([]byte, unix.CmsgSpace(16*4)) // more descriptors than one are closed
	for {
		n, oobn, _, _, err := r.socket.ReadMsgUnix(data[:], oob)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive line: %w", err)
		}
		files := pipe.Files(oob[:oobn])
		if n != tokenSize || len(files) != 1 {
			pipe.CloseFiles(files)
			continue
		}
		r.put(Token(data[:tokenSize]), files[0])
	}
}

// put keeps a line; a token that is there already is none of ours.
func (r *Receiver) put(token Token, file *os.File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.arrival(token)
	if r.closed || a.file != nil {
		_ = file.Close()
		return
	}
	a.file = file
	close(a.came)
	a.stale = time.AfterFunc(longest, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.forget(token)
	})
	for len(r.order) > mostWaiting {
		r.forget(r.order[0])
	}
}

// Take gives the line of a token; it may still be on its way. The caller closes
// it. done ends the wait; nil: there is no such line.
func (r *Receiver) Take(token Token, done <-chan struct{}) *os.File {
	r.mu.Lock()
	a := r.arrival(token)
	r.mu.Unlock()
	select {
	case <-a.came:
	case <-done:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	file := a.file
	a.file = nil
	r.forget(token)
	return file
}

// arrival finds or makes the entry of a token. mu is held.
func (r *Receiver) arrival(token Token) *arrival {
	a := r.lines[token]
	if a == nil {
		a = &arrival{came: make(chan struct{})}
		r.lines[token] = a
		r.order = append(r.order, token)
	}
	return a
}

// forget closes the line of a token, unless it was taken. mu is held.
func (r *Receiver) forget(token Token) {
	a := r.lines[token]
	if a != nil && a.file != nil {
		_ = a.file.Close()
		a.file = nil
	}
	if a != nil && a.stale != nil {
		a.stale.Stop()
	}
	delete(r.lines, token)
	for i, t := range r.order {
		if t == token {
			r.order = append(r.order[:i], r.order[i+1:]...)
			return
		}
	}
}
