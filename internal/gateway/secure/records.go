package secure

import (
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
)

// oneRecord is what TLS puts into one record, in bytes; overhead what it adds to it,
// at most.
const (
	oneRecord = 16 << 10
	overhead  = 256
)

// records is the socket under TLS, which writes each of its records in a call of the
// kernel of its own: that costs more than encrypting it. Here they are held until they
// go out in one.
type records struct {
	net.Conn
	pool *sync.Pool // of *[]byte

	busy   atomic.Bool // a long write is going on
	mu     sync.Mutex  // held while the socket is written to: records keep their order
	buffer *[]byte     // nil: nothing is held
	err    error       // of a flush: half a record may be out, so nothing goes behind it
}

// through writes data to secure, which is TLS over r; all its records go out together.
// It is called by one goroutine at a time. Others may write to secure meanwhile (a
// close of TLS does): what they write keeps its place.
func (r *records) through(secure net.Conn, data []byte) (int, error) {
	if len(data) <= oneRecord {
		return secure.Write(data) //nolint:wrapcheck // a net.Conn's own
	}
	r.busy.Store(true)
	defer r.busy.Store(false)
	r.hold(len(data) + (len(data)/oneRecord+1)*overhead)
	n, err := secure.Write(data)
	return n, errors.Join(err, r.flush())
}

// hold keeps what is written from now on, about size bytes, until flush.
func (r *records) hold(size int) {
	buffer, ok := r.pool.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	*buffer = slices.Grow((*buffer)[:0], size)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buffer = buffer
}

// flush writes what was held.
func (r *records) flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	buffer := r.buffer
	r.buffer = nil
	if r.err == nil {
		_, r.err = r.Conn.Write(*buffer)
	}
	r.pool.Put(buffer)
	return r.err
}

// Write implements net.Conn.
func (r *records) Write(data []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return 0, r.err
	}
	if r.buffer != nil {
		*r.buffer = append(*r.buffer, data...)
		return len(data), nil
	}
	return r.Conn.Write(data) //nolint:wrapcheck // a net.Conn's own
}
