// Planted: the error of O_NOFOLLOW on a symbolic link.
package main

import (
	"diff/internal/plain"
	"os"
	"syscall"
)

func main() {
	plain.Busy()
	plain.Must(os.WriteFile("file", []byte("data"), 0o644))
	plain.Must(os.Symlink("file", "link"))
	if _, err := syscall.Open("link", syscall.O_RDONLY|syscall.O_NOFOLLOW, 0); err == nil {
		panic("followed")
	}
	plain.Busy()
	plain.Must(os.Remove("link"))
}
