// Planted: the program itself asks for something else on one system.
package main

import (
	"diff/internal/plain"
	"os"
	"runtime"
)

func main() {
	plain.Busy()
	mode := os.FileMode(0o600)
	if runtime.GOOS == "linux" {
		mode = 0o640
	}
	plain.Must(os.WriteFile("file", []byte("data"), mode))
	plain.Busy()
}
