// Unlocks what is locked.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
// with: explain
package main

import "sync"

func main() {
	var lock sync.Mutex
	lock.Lock()
	lock.Unlock()
}
