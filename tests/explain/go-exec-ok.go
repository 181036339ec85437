// Cannot run another program, which it does not mind; it fails for a reason of its own.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
package main

import (
	"os"
	"syscall"
)

func main() {
	if syscall.Exec("/nowhere/tool", []string{"tool"}, os.Environ()) != nil {
		println("go-exec-ok: 17 is no prime number, or is it?")
		os.Exit(3)
	}
}
