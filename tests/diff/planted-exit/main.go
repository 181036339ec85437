// Planted: how the program ends.
package main

import (
	"diff/internal/plain"
	"os"
	"runtime"
)

func main() {
	plain.Busy()
	if runtime.GOOS == "linux" {
		os.Exit(4)
	}
}
