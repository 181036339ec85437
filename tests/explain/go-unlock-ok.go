// Unlocks what is locked.
// systems: linux dragonfly freebsd netbsd
// silent
// with: explain
package main

import "sync"

func main() {
	var lock sync.Mutex
	lock.Lock()
	lock.Unlock()
}
