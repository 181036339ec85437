// A healthy Go program, run as a program for Linux.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// os: linux
// code: E0902
// cause: it is a program for
// cause: and ran as one for Linux: its call numbers mean other calls there
// twin: go-as-itself
package main

import "fmt"

func main() { fmt.Println("hello") }
