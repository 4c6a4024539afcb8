package authn

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/xdg-go/scram"

	"github.com/tavana/tavana/internal/catalog"
)

// conversations runs one SCRAM conversation for each live key. All have the
// same salt and nonce, so the client sees one; the proof tells which key it
// holds. Where there are few keys, or none, others run that nobody can win: who
// measures the work learns nothing about keys.
type conversations struct {
	each     []*scram.ServerConversation
	finished bool
}

// leastConversations run for everybody, known or not.
const leastConversations = 4

// minIterations is what RFC 7677 asks for, and maxIterations bounds what a
// damaged row can make clients compute.
const (
	minIterations = 4096
	maxIterations = 1 << 20
)

func newConversations(c catalog.Credentials) (*conversations, error) {
	if len(c.Salt) == 0 || c.Iterations < minIterations || c.Iterations > maxIterations {
		return nil, errors.New("credentials without a usable salt")
	}
	nonce := rand.Text()
	keys := slices.Clone(c.Keys)
	for len(keys) < leastConversations {
		unknown := make([]byte, 32)
		_, _ = rand.Read(unknown) // never fails
		keys = append(keys, catalog.Credential{StoredKey: unknown, ServerKey: unknown})
	}
	all := &conversations{}
	for _, key := range keys {
		stored := scram.StoredCredentials{
			KeyFactors: scram.KeyFactors{Salt: string(c.Salt), Iters: c.Iterations},
			StoredKey:  key.StoredKey,
			ServerKey:  key.ServerKey,
		}
		// The name in the message counts for nothing: the startup packet's does.
		server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return stored, nil })
		if err != nil {
			return nil, fmt.Errorf("make SCRAM server: %w", err)
		}
		server.WithNonceGenerator(func() string { return nonce })
		all.each = append(all.each, server.NewConversation())
	}
	return all, nil
}

func (c *conversations) first(message string) (answer string, err error) {
	for _, one := range c.each {
		if answer, err = one.Step(message); err != nil {
			c.finished = true
			return "", fmt.Errorf("first message: %w", err)
		}
	}
	return answer, nil
}

// final gives the index of the live key that was proved, with the answer for
// the client; -1 for none. An error means a message that nobody could have
// meant.
func (c *conversations) final(message string, live func(int) bool) (found int, answer string, err error) {
	c.finished = true
	found = -1
	for i, one := range c.each {
		signature, err := one.Step(message)
		switch {
		case err != nil && signature == "":
			return -1, "", fmt.Errorf("final message: %w", err)
		case err == nil && one.Valid() && live(i):
			found, answer = i, signature
		}
	}
	return found, answer, nil
}
