// A healthy Go program, run as a program for NetBSD.
// systems: linux dragonfly freebsd
// cpus: arm64
// os: netbsd
// code: E0902
// cause: it is a program for
// cause: and ran as one for NetBSD: its call numbers mean other calls there
// twin: go-as-itself
package main

import "fmt"

func main() { fmt.Println("hello") }
