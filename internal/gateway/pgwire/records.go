package pgwire

import (
	"net"
	"sync"
)

// oneRecord is what TLS puts into one record, in bytes.
const oneRecord = 16 << 10

// records is the socket under TLS. It can hold what TLS writes, a record at a
// time, until it goes out in one call of the kernel: a call for each record
// costs more than encrypting it. The writer who holds also flushes; others may
// write meanwhile (a close of TLS does), and what they write keeps its place.
type records struct {
	net.Conn
	pool *sync.Pool // of *[]byte

	mu     sync.Mutex // held while the socket is written to: records keep their order
	buffer *[]byte    // nil: nothing is held
}

// hold keeps what is written from now on, until flush.
func (r *records) hold() {
	buffer, ok := r.pool.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, 0, writeStep+writeStep/8)
		buffer = &fresh
	}
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
	_, err := r.Conn.Write(*buffer)
	*buffer = (*buffer)[:0]
	r.pool.Put(buffer)
	return err //nolint:wrapcheck // the caller does
}

// Write implements net.Conn.
func (r *records) Write(data []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.buffer != nil {
		*r.buffer = append(*r.buffer, data...)
		return len(data), nil
	}
	return r.Conn.Write(data) //nolint:wrapcheck // a net.Conn's own
}
