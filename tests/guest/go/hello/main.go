// Prints one line on standard output and one on standard error.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("hello, world")
	fmt.Fprintln(os.Stderr, "hello, error")
}
