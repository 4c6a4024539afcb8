// Package attack drives the real binaries as an attacker would: hostile
// statements in every form, hostile files, broken protocol, and a child that has
// been taken over. It holds tests only.
//
// `make test` runs a pass of a few minutes; with TAVANA_ATTACK=whole, as in
// `make check`, every statement comes in every form. `make soak` is for hours.
package attack
