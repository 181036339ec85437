// Panics with a value of its own and of the runtime's, and recovers from both.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
// with: explain
package main

import "os"

//go:noinline
func open(n int) int {
	if n == 0 {
		panic("no more doors")
	}
	return open(n-1) + 1
}

//go:noinline
func pick(words []string, n int) string { return words[n] }

func try(what func()) {
	defer func() {
		if recover() == nil {
			os.Exit(3)
		}
	}()
	what()
}

func main() {
	try(func() { println(open(3)) })
	try(func() { println(pick([]string{"a", "b", "c"}, 6+len(os.Args))) })
}
