// Knows its option.
// systems: linux freebsd
// silent
// with: explain
// args: -colour
package main

import "flag"

func main() {
	flag.Bool("colour", false, "")
	flag.Parse()
}
