// The same program where it belongs.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
package main

import "fmt"

func main() { fmt.Println("hello") }
