// Cannot read its settings.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0971
// cause: it could not open /etc/ashore-corpus/settings: there is no such file (ENOENT)
// status: 1
// with: explain
package main

import (
	"log"
	"os"
)

func main() {
	if _, err := os.ReadFile("/etc/ashore-corpus/settings"); err != nil {
		log.Fatal(err)
	}
}
