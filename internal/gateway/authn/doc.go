// Package authn finds out who is at the door. A principal proves that it holds
// one of its live keys, by SCRAM-SHA-256 or by sending the key itself; the
// answer is an Identity with the key's scopes.
//
// It fails closed: a catalog that is away refuses everybody. A principal that
// does not exist goes the same way as one with a wrong key, and failures are
// slowed down by address and by principal; nobody is ever locked out.
package authn
