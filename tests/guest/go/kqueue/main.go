//go:build dragonfly || freebsd || netbsd

// The event queue of the BSDs through the syscall package, filter by filter.

package main

import "os"

func main() {
	topic := ""
	if len(os.Args) > 1 {
		topic = os.Args[1]
	}
	run(topic)
}
