package datadir_test

import (
	"path/filepath"
	"testing"
)

// A file that grows at every look is left alone; the looks are counted by the
// registration of a file that was put there later.
func TestFilesAreLeftUntilTheyAreWhole(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"p/1.parquet": whole})
	r := newRegistry()
	watch(t, r, root)

	put(t, filepath.Join(root, "p/2.parquet"), half) // steady, and without a footer
	put(t, filepath.Join(root, "later.csv"), "a")
	eventually(t, r, root, map[string]string{"p": "p/1.parquet", "later": "later.csv"})
	put(t, filepath.Join(root, "p/2.parquet"), whole)
	eventually(t, r, root, map[string]string{"p": "p/1.parquet p/2.parquet", "later": "later.csv"})

	// A file that the table has already must not just fall out of it.
	put(t, filepath.Join(root, "p/1.parquet"), half)
	eventually(t, r, root, map[string]string{"p": "p/1.parquet p/2.parquet PROBLEM", "later": "later.csv"})
	put(t, filepath.Join(root, "p/1.parquet"), whole+"\n"+whole)
	eventually(t, r, root, map[string]string{"p": "p/1.parquet p/2.parquet", "later": "later.csv"})
}

// A file that is written in place is empty for a moment, or for as long as its
// writer computes: its table stays, and never answers without it.
func TestFilesThatAreTruncated(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.csv": "a", "f/1.csv": "x", "f/2.csv": "x"})
	r := newRegistry()
	w := watch(t, r, root)
	want := map[string]string{"a": "a.csv", "f": "f/1.csv f/2.csv"}
	eventually(t, r, root, want)
	dropped := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.drops
	}

	put(t, filepath.Join(root, "a.csv"), "")
	put(t, filepath.Join(root, "f/2.csv"), "")
	put(t, filepath.Join(root, "new.csv"), "") // is no table before it holds something
	empty := map[string]string{"a": "a.csv PROBLEM", "f": "f/1.csv f/2.csv PROBLEM"}
	eventually(t, r, root, empty)
	w.Close()
	watch(t, r, root) // a server that starts meanwhile thinks the same
	put(t, filepath.Join(root, "later.csv"), "a")
	empty["later"] = "later.csv"
	eventually(t, r, root, empty)

	for _, name := range []string{"a.csv", "f/2.csv", "new.csv"} {
		put(t, filepath.Join(root, name), "x")
	}
	want["later"], want["new"] = "later.csv", "new.csv"
	eventually(t, r, root, want)
	if n := dropped(); n != 0 {
		t.Errorf("%d tables were dropped meanwhile", n)
	}
}

// TestFilesThatKillTheirReader: what ends the process that reads it, or does not
// come to an end, is tried a few times and then left alone until it changes; it
// keeps nobody else waiting, also not in a folder.
func TestFilesThatKillTheirReader(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"crash", "endless"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := newRegistry()
			root := tree(t, map[string]string{
				"bomb.json": how, "good.csv": "a", "logs/1.csv": "a,b", "logs/2.csv": how, "logs/3.csv": "a,b",
			})
			watch(t, r, root)
			const folder = "logs/1.csv logs/2.csv logs/3.csv PROBLEM"
			eventually(t, r, root, map[string]string{"bomb": "bomb.json PROBLEM", "logs": folder, "good": "good.csv"})
			tries := r.written("bomb")
			put(t, filepath.Join(root, "later.csv"), "a")
			want := map[string]string{"bomb": "bomb.json PROBLEM", "logs": folder, "good": "good.csv", "later": "later.csv"}
			eventually(t, r, root, want)
			if now := r.written("bomb"); now != tries || now != 4 { // three tries, and the problem
				t.Errorf("given up after %d calls, then %d", tries, now)
			}
			r.mu.Lock()
			reads := r.reads["2.csv"]
			r.mu.Unlock()
			if reads != 3 {
				t.Errorf("a file of the folder was read %d times", reads)
			}
			put(t, filepath.Join(root, "bomb.json"), "mended now")
			want["bomb"] = "bomb.json"
			eventually(t, r, root, want)
		})
	}
}
