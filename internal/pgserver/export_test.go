package pgserver

import (
	"context"
	"log/slog"
)

// Sweep sweeps the states of a folder.
func Sweep(ctx context.Context, parent string) error {
	s := sweeper{parent: parent, logger: slog.New(slog.DiscardHandler)}
	held, err := s.begin(ctx)
	if err != nil {
		return err
	}
	s.aside()
	err = held.Close()
	s.remove(ctx)
	return err
}

// StateOf makes what a start writes about the state of a home, and gives its
// folder.
func StateOf(parent, home string) (string, error) {
	dir := parent + "/" + hashOf(home)
	p := place{state: dir, data: dir + "/data", run: dir + "/run", hba: dir + "/pg_hba.conf", ident: dir + "/pg_ident.conf"}
	a, err := findAccount()
	if err != nil {
		return "", err
	}
	return dir, p.make(a, home)
}

// MountOf is mountOf.
func MountOf(path, mounts string) string { return mountOf(path, mounts) }
