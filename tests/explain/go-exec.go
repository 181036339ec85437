// Cannot run another program.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0981
// cause: it could not run /nowhere/tool: there is no such program (ENOENT)
// status: 1
// with: explain
package main

import (
	"log"
	"os"
	"syscall"
)

func main() {
	if err := syscall.Exec("/nowhere/tool", []string{"tool"}, os.Environ()); err != nil {
		log.Fatal("exec /nowhere/tool: ", err)
	}
}
