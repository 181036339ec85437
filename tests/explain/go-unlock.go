// Unlocks what is not locked.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0953
// cause: Go's runtime gave up: sync: unlock of unlocked mutex
// status: 2
// with: explain
package main

import "sync"

func main() {
	var lock sync.Mutex
	lock.Unlock()
}
