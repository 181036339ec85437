// The same program where it belongs.
// systems: linux dragonfly freebsd netbsd
// silent
package main

import "fmt"

func main() { fmt.Println("hello") }
