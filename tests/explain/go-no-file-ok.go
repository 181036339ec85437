// Cannot read its settings, which it does not mind; it fails for a reason of its own.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
package main

import "os"

func main() {
	if _, err := os.ReadFile("/etc/ashore-corpus/settings"); err != nil {
		println("go-no-file-ok: 17 is no prime number, or is it?")
		os.Exit(3)
	}
}
