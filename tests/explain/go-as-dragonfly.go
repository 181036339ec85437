// A healthy Go program, run as a program for DragonFly BSD.
// systems: linux freebsd netbsd
// only: amd64, DragonFly has no arm64
// os: dragonfly
// code: E0902
// cause: it is a program for
// cause: and ran as one for DragonFly BSD: its call numbers mean other calls there
// twin: go-as-itself
package main

import "fmt"

func main() { fmt.Println("hello") }
