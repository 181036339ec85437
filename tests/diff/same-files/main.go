// Nothing planted: files and directories.
package main

import (
	"diff/internal/plain"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	folder, err := os.MkdirTemp("", "same")
	plain.Must(err)
	for i := range 20 {
		sub := filepath.Join(folder, fmt.Sprint("sub", i%4))
		plain.Must(os.MkdirAll(sub, 0o755))
		plain.Must(os.WriteFile(filepath.Join(sub, fmt.Sprint("file", i)), make([]byte, i*100), 0o644))
	}
	count, size := 0, int64(0)
	plain.Must(filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		plain.Must(err)
		info, err := entry.Info()
		plain.Must(err)
		if !entry.IsDir() {
			count, size = count+1, size+info.Size()
		}
		return nil
	}))
	_, err = os.Stat(filepath.Join(folder, "nothing"))
	fmt.Println(count, size, os.IsNotExist(err), os.Mkdir(folder, 0o755) != nil)
	plain.Must(os.RemoveAll(folder))
}
