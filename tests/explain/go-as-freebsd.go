// A healthy Go program, run as a program for FreeBSD.
// systems: linux dragonfly netbsd
// cpus: arm64
// os: freebsd
// code: E0902
// cause: it is a program for
// cause: and ran as one for FreeBSD: its call numbers mean other calls there
// twin: go-as-itself
package main

import "fmt"

func main() { fmt.Println("hello") }
