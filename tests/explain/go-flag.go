// Does not know an option.
// systems: linux freebsd
// cpus: arm64
// code: E0958
// cause: it did not understand its arguments: flag provided but not defined: -colour
// status: 2
// with: explain
// args: -colour
package main

import "flag"

func main() { flag.Parse() }
