package pgserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is who the server runs as, and who may connect to it.
type account struct {
	client   string // name of the account that runs Tavana
	uid, gid uint32 // of the server
	switched bool   // the server's is another one than ours
}

// findAccount gives our own account, or for root one that PostgreSQL accepts.
func findAccount() (account, error) {
	me, err := user.Current()
	if err != nil {
		return account{}, fmt.Errorf("find the account that runs this: %w", err)
	}
	a := account{client: me.Username, uid: uint32(os.Getuid()), gid: uint32(os.Getgid())} //nolint:gosec // never negative here
	if os.Getuid() != 0 {
		return a, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			a.uid, a.gid, a.switched = uint32(uid), uint32(gid), true
			return a, nil
		}
	}
	return a, errors.New("PostgreSQL refuses to run as root, and there is no account postgres or nobody: " +
		"run Tavana as another user, or give it a database")
}

// mkdir makes a folder that only the server's account can enter.
func (a account) mkdir(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	if a.switched {
		return os.Lchown(path, int(a.uid), int(a.gid))
	}
	return os.Chmod(path, 0o700) //nolint:gosec // a folder
}

// place is where the server's files are.
type place struct {
	state, data, run, hba, ident, log string
}

const longestSocket = 107 // what a Unix socket's address takes

func preparePlace(config Config, a account) (place, error) {
	home, err := filepath.Abs(config.Home)
	if err != nil || config.Home == "" {
		return place{}, fmt.Errorf("home %q is no folder", config.Home)
	}
	hash := hashOf(home)
	state := config.StateDir
	switch {
	case state != "":
	case a.switched:
		state = filepath.Join(states, hash)
	default:
		state = filepath.Join(home, "postgres")
	}
	p := place{
		state: state, data: filepath.Join(state, "data"), run: filepath.Join(state, "run"),
		hba: filepath.Join(state, "pg_hba.conf"), ident: filepath.Join(state, "pg_ident.conf"),
		log: filepath.Join(state, "postgres.log"),
	}
	if len(filepath.Join(p.run, ".s.PGSQL."+port+".lock")) > longestSocket {
		p.run = filepath.Join(os.TempDir(), fmt.Sprintf("tavana-%d-%s", a.uid, hash))
	}
	if err := p.make(a, home); err != nil {
		return place{}, fmt.Errorf("make the server's folders: %w", err)
	}
	return p, nil
}

// hashOf names the state of a home.
func hashOf(home string) string {
	sum := sha256.Sum256([]byte(home))
	return hex.EncodeToString(sum[:8])
}

// make makes folders and the files that we write. Those are in a folder of our
// own: the server's account is shared with other programs, and must not lead
// our writes elsewhere.
func (p place) make(a account, home string) error {
	mode := os.FileMode(0o700)
	if a.switched {
		mode = 0o711 // the account passes through to its own folders
		if err := makeParent(filepath.Dir(p.state)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(p.state, mode); err != nil {
		return err
	}
	if err := os.Chmod(p.state, mode); err != nil {
		return err
	}
	if err := a.mkdir(p.run); err != nil {
		return err
	}
	if err := ownedBy(p.run, a.uid); err != nil {
		return err
	}
	where, err := origin(home)
	if err != nil {
		where = "" // then the state is never swept
	}
	for path, text := range map[string]string{
		p.hba: "local all " + role + " peer map=tavana\n" +
			"local all all scram-sha-256\n", // roles that were given a password
		p.ident:                            "tavana " + a.client + " " + role + "\n",
		filepath.Join(p.state, homeFile):   home + "\n",
		filepath.Join(p.state, originFile): where,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // no secret; the account reads it
			return err
		}
		if err := os.Chmod(path, 0o644); err != nil { //nolint:gosec // as above, whatever the umask
			return err
		}
	}
	return nil
}

// makeParent makes the folder that holds states, where there is none: the
// server's account passes through it, whatever the umask.
func makeParent(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // holds nothing itself
		return err
	}
	return os.Chmod(path, 0o755) //nolint:gosec // as above
}

// ownedBy refuses a folder that someone else made before us.
func ownedBy(path string, uid uint32) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || sys.Uid != uid {
		return fmt.Errorf("folder %q is not ours", path)
	}
	return nil
}

// acquire takes the lock of the state, which ends with this process.
func (p place) acquire() (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(p.state, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the state: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("another server uses %q: %w", p.state, err)
	}
	return f, nil
}

// unlock ends a lock, whoever has its descriptor: a process that is being started has
// all of them for a moment.
func unlock(lock *os.File) {
	_ = syscall.Flock(int(lock.Fd()), syscall.LOCK_UN)
	_ = lock.Close() // nothing was written
}

const (
	largestLog = 8 << 20
	tailBytes  = 2 << 10
)

// openLog opens the log to append; a large one is put aside first.
func (p place) openLog() (*os.File, error) {
	if info, err := os.Stat(p.log); err == nil && info.Size() > largestLog {
		if err := os.Rename(p.log, p.log+".1"); err != nil {
			return nil, fmt.Errorf("put the log aside: %w", err)
		}
	}
	f, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return f, nil
}

// tail gives the last words of the server.
func (p place) tail() string {
	f, err := os.Open(p.log)
	if err != nil {
		return "no log: " + err.Error()
	}
	defer f.Close() //nolint:errcheck // only read
	if info, err := f.Stat(); err == nil && info.Size() > tailBytes {
		if _, err := f.Seek(-tailBytes, io.SeekEnd); err != nil {
			return "no log: " + err.Error()
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, tailBytes))
	if err != nil {
		return "no log: " + err.Error()
	}
	return strings.TrimSpace(string(text))
}
