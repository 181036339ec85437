// Listens at two addresses.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
// with: explain
package main

import (
	"log"
	"net"
)

func main() {
	for n := 0; n < 2; n++ {
		if _, err := net.Listen("tcp", "127.0.0.1:0"); err != nil {
			log.Fatal(err)
		}
	}
}
