// Directories: listing, large ones, links, walking, removing, temporary ones, odd names.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"guest/internal/tell"
)

func main() {
	tell.Must(os.MkdirAll("tree/a/b/c", 0o755))
	tell.Must(os.WriteFile("tree/one", []byte("1"), 0o644))
	tell.Must(os.WriteFile("tree/a/two", []byte("22"), 0o600))
	tell.Must(os.WriteFile("tree/a/b/c/.hidden", nil, 0o644))
	tell.Must(os.Symlink("one", "tree/link"))
	tell.Must(os.Symlink("nowhere", "tree/dangling"))
	tell.Must(os.Symlink("a", "tree/dirlink"))
	tell.Must(filepath.WalkDir("tree", func(path string, entry fs.DirEntry, err error) error {
		tell.Must(err)
		info, err := entry.Info()
		tell.Must(err)
		size := info.Size()
		if entry.IsDir() || entry.Type() == fs.ModeSymlink {
			size = 0
		}
		tell.Line("%v %d %s", entry.Type(), size, path)
		return nil
	}))

	tell.Must(os.Mkdir("large", 0o755))
	const many = 3000
	for i := 0; i < many; i++ {
		name := fmt.Sprintf("large/%d%s", i, strings.Repeat("n", i%100))
		file, err := os.Create(name)
		tell.Must(err)
		file.Close()
	}
	entries, err := os.ReadDir("large")
	tell.Must(err)
	tell.Line("large: %d", len(entries))
	dir, err := os.Open("large")
	tell.Must(err)
	seen := map[string]bool{}
	for {
		names, err := dir.Readdirnames(7)
		for _, name := range names {
			seen[name] = true
		}
		if err == io.EOF {
			break
		}
		tell.Must(err)
	}
	tell.Line("in portions: %d", len(seen))
	_, err = dir.Seek(0, io.SeekStart)
	tell.Must(err)
	infos, err := dir.Readdir(-1)
	tell.Line("again: %d %v", len(infos), err)
	_, err = dir.Read(make([]byte, 10))
	tell.Check("read of a directory fails or is raw", err != nil, err)
	dir.Close()
	tell.Must(os.RemoveAll("large"))
	_, err = os.Stat("large")
	tell.Line("removed: %v", errors.Is(err, os.ErrNotExist))

	tell.Must(os.Mkdir("odd", 0o755))
	names := []string{"with space", "ünïcode", "new\nline", strings.Repeat("x", 255), "-dash", "..."}
	for _, name := range names {
		tell.Must(os.WriteFile(filepath.Join("odd", name), nil, 0o644))
	}
	entries, err = os.ReadDir("odd")
	tell.Must(err)
	for _, entry := range entries {
		tell.Line("odd %.20q %d", entry.Name(), len(entry.Name()))
	}
	tell.Line("too long: %s", tell.Errno(os.WriteFile("odd/"+strings.Repeat("x", 256), nil, 0o644)))

	target, err := os.Readlink("tree/link")
	tell.Line("readlink %q %v", target, err)
	_, err = os.Readlink("tree/one")
	tell.Line("readlink of a file: %s", tell.Errno(err))
	real, err := filepath.EvalSymlinks("tree/dirlink/two")
	tell.Line("real %q %v", real, err)
	tell.Must(os.Symlink("loop", "loop"))
	_, err = os.Open("loop")
	tell.Line("loop: %s", tell.Errno(err))
	matches, err := filepath.Glob("tree/*/*")
	sort.Strings(matches)
	tell.Line("glob %v %v", matches, err)
	found := 0
	fs.WalkDir(os.DirFS("tree"), ".", func(string, fs.DirEntry, error) error { found++; return nil })
	tell.Line("as a file system: %d", found)

	tell.Line("not empty: %v", os.Remove("tree/a") != nil)
	tell.Line("not a directory: %s", tell.Errno(os.Mkdir("tree/one/x", 0o755)))
	tell.Line("exists: %s", tell.Errno(os.Mkdir("tree/a", 0o755)))
	_, err = os.ReadDir("tree/one")
	tell.Line("list a file: %s", tell.Errno(err))
	temp, err := os.MkdirTemp("", "case")
	tell.Must(err)
	tell.Must(os.Chdir(temp))
	tell.Must(os.WriteFile("here", nil, 0o644))
	_, err = os.Stat(filepath.Join(temp, "here"))
	tell.Line("temporary: %v", err)
	tell.Must(os.Chdir("/"))
	tell.Must(os.RemoveAll(temp))
}
