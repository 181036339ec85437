// Planted: the error of unlink on a directory. Nothing else differs: the program ignores which error it is.
package main

import (
	"diff/internal/plain"
	"os"
	"syscall"
)

func main() {
	plain.Must(os.Mkdir("folder", 0o755))
	plain.Must(os.WriteFile("folder/file", nil, 0o644))
	if err := syscall.Unlink("folder"); err == nil {
		panic("removed")
	}
	plain.Busy()
	plain.Must(os.RemoveAll("folder"))
}
