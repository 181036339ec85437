// Asks for a host whose name is an address.
// systems: linux freebsd
// cpus: arm64
// silent
// with: explain
package main

import (
	"log"
	"net"
)

func main() {
	if _, err := net.LookupHost("127.0.0.1"); err != nil {
		log.Fatal(err)
	}
}
