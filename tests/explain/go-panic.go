// Panics with a value of its own.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0952
// cause: it panicked: no more doors, in main.open
// status: 2
// with: explain
package main

//go:noinline
func open(n int) int {
	if n == 0 {
		panic("no more doors")
	}
	return open(n-1) + 1
}

func main() { println(open(3)) }
