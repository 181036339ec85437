// Knows its option.
// systems: linux freebsd
// cpus: arm64
// silent
// with: explain
// args: -colour
package main

import "flag"

func main() {
	flag.Bool("colour", false, "")
	flag.Parse()
}
