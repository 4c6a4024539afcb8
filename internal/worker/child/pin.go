package child

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tavana/tavana/internal/fault"
	"github.com/tavana/tavana/internal/query"
)

// pins holds files open and gives them names that nobody else can change.
//
// Whoever writes into a data directory may put a link in the place of a file at
// any moment, also between a look at it and DuckDB's open. So each file is opened
// here, without following links, and looked at through its descriptor; DuckDB is
// given that descriptor's name in /proc or, where the reader takes something from
// the name, a link to it in the child's own directory.
type pins struct {
	home  string // the child's own directory
	dir   string // of the links, in home; empty until one is needed
	files []*os.File
	names []renamed
}

// renamed is a pinned file.
type renamed struct{ inside, outside string }

// close lets go of all files.
func (p *pins) close() {
	for _, f := range p.files {
		_ = f.Close()
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
}

// pin gives the same files under names of their own. A file that is not the one
// that was described is a fault.
func (p *pins) pin(files []query.File) ([]query.File, error) {
	out := make([]query.File, len(files))
	for i, f := range files {
		name, err := p.one(f)
		if err != nil {
			return nil, err
		}
		p.names = append(p.names, renamed{inside: name, outside: f.Path})
		out[i] = f
		out[i].Path = name
	}
	return out, nil
}

func (p *pins) one(f query.File) (string, error) {
	opened, err := openPlain(f.Path)
	if err != nil {
		return "", err
	}
	p.files = append(p.files, opened)
	info, err := opened.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", fault.Wrap(err, fault.TableUnreadable, "one of its files is no regular file any more")
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(opened.Fd()), &stat); err != nil {
		return "", fault.Wrap(err, fault.TableUnreadable, "one of its files cannot be looked at")
	}
	if f.Inode != 0 && (stat.Ino != f.Inode || info.Size() != f.Size || !info.ModTime().Equal(f.Modified)) {
		return "", fault.New(fault.TableChanged, "one of its files changed since the table was opened").
			WithHint("Run the statement again.")
	}
	name := descriptors + strconv.Itoa(int(opened.Fd()))
	// Readers take the compression from the name, and partition keys from the
	// folders.
	if compression(f.Path) == "" && !strings.Contains(filepath.Dir(f.Path), "=") {
		return name, nil
	}
	link, err := p.link(f.Path, name)
	if err != nil {
		return "", unnamed(err)
	}
	return link, nil
}

// descriptors is the folder in which a process finds what it has open.
const descriptors = "/proc/self/fd/"

// link makes a link with the name of a file, in folders of its partition keys.
func (p *pins) link(path, target string) (string, error) {
	if p.dir == "" {
		made, err := os.MkdirTemp(p.home, "files")
		if err != nil {
			return "", err //nolint:wrapcheck // its caller says what was done
		}
		p.dir = made
	}
	folder := filepath.Join(p.dir, strconv.Itoa(len(p.files)))
	for part := range strings.SplitSeq(filepath.Dir(path), string(filepath.Separator)) {
		if strings.Contains(part, "=") {
			folder = filepath.Join(folder, part)
		}
	}
	name := filepath.Join(folder, filepath.Base(path))
	return name, errors.Join(os.MkdirAll(folder, 0o700), os.Symlink(target, name))
}

// unnamed explains why a file could not be given a name.
func unnamed(err error) error {
	if full := fault.FullDisk(err); full != nil {
		return full
	}
	return fmt.Errorf("name a file: %w", err)
}

// openPlain opens a file whose path has no link in it. One that is a FIFO does
// not keep us.
func openPlain(path string) (*os.File, error) {
	const flags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOFOLLOW
	fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{Flags: flags, Resolve: unix.RESOLVE_NO_SYMLINKS})
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // an old kernel, or one that is told to look old
		fd, err = unix.Open(path, flags, 0)
	}
	switch {
	case errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE):
		return nil, fault.Wrap(err, fault.ProgramLimit, "the tables of the statement have more files than may be open at once").
			WithHint("Name fewer tables or partitions, or raise the server's limit of open files.")
	case errors.Is(err, unix.ELOOP):
		return nil, fault.Wrap(err, fault.TableUnreadable, "one of its files is no regular file any more")
	case err != nil:
		return nil, fault.Wrap(err, fault.TableUnreadable, "one of its files is gone or closed to the server")
	}
	return os.NewFile(uintptr(fd), path), nil
}

// outside puts the files' own names into an error in place of those here.
func (p *pins) outside(err error) error {
	if err == nil || len(p.names) == 0 {
		return err
	}
	// The longest first: one name may begin with another.
	slices.SortStableFunc(p.names, func(a, b renamed) int { return len(b.inside) - len(a.inside) })
	pairs := make([]string, 0, 2*len(p.names))
	for _, n := range p.names {
		pairs = append(pairs, n.inside, n.outside)
	}
	f := *fault.From(err)
	names := strings.NewReplacer(pairs...)
	f.Message, f.Detail = names.Replace(f.Message), names.Replace(f.Detail)
	return &f
}
