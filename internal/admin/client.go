package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"

	"github.com/tavana/tavana/internal/fault"
)

// Client calls the server of a home.
type Client struct {
	http *http.Client
	home string
}

// NewClient makes a client; nothing is opened before the first call.
func NewClient(home string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", Socket(home))
	}
	return &Client{home: home, http: &http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Call calls a method; in and out are its documents (out a pointer). The error
// is a *fault.Error, Unavailable when no server runs in the home.
func (c *Client) Call(ctx context.Context, method string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode call of %s: %w", method, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tavana/v1/"+method, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call %s: %w", method, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return fault.From(ctx.Err())
		}
		return fault.Wrap(err, fault.Unavailable, "no server runs with home %s", c.home).
			WithHint("Start one with: tavana serve --home %s", c.home)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		var f failure
		if err := json.NewDecoder(response.Body).Decode(&f); err != nil || !f.Kind.Known() {
			return fault.New(fault.Protocol, "the server answered %s to %s", response.Status, method).
				WithHint("Are the server and this program of one version?")
		}
		return &fault.Error{Kind: f.Kind, Message: f.Message, Detail: f.Detail, Hint: f.Hint}
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		return fault.Wrap(err, fault.Protocol, "malformed answer to %s", method)
	}
	return nil
}
