// Go's own panics are Go's to tell; its status 2 is no death.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
// status: 2
package main

func main() {
	var numbers map[string]int
	numbers["one"] = 1
}
