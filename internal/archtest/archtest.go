// Package archtest holds the rules of the layers as tests: who may import what,
// what builds without cgo, how long a file may be.
package archtest
