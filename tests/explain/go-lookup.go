// Asks for a host that cannot exist.
// systems: linux freebsd
// cpus: arm64
// code: E0975
// cause: it could not find the address of a host
// status: 1
// with: explain
package main

import (
	"log"
	"net"
)

func main() {
	if _, err := net.Dial("tcp", "not a name:80"); err != nil {
		log.Fatal(err)
	}
}
