// Stores a number and reads it back on a bare machine, before Go's runtime: the entry is start, in assembly.
// The runtime is linked in and never started.
package main

// counter is zero at first, so the linker puts it into .noptrbss.
var counter uint64

func main() { println(counter) }
