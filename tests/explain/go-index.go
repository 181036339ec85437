// Reads behind the end of a slice.
// systems: linux freebsd
// cpus: arm64
// code: E0952
// cause: it panicked: runtime error: index out of range [7] with length 3, in main.pick
// status: 2
// with: explain
// twin: go-panic-ok
package main

import "os"

//go:noinline
func pick(words []string, n int) string { return words[n] }

func main() { println(pick([]string{"a", "b", "c"}, 6+len(os.Args))) }
