// Nobody listens where it connects to.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0974
// cause: nobody listens there (ECONNREFUSED)
// status: 1
// with: explain
package main

import (
	"log"
	"net"
)

func main() {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	gone.Close()
	if _, err := net.Dial("tcp", gone.Addr().String()); err != nil {
		log.Fatal(err)
	}
}
