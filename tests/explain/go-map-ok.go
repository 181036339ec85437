// Two goroutines write one map, one after the other.
// systems: linux dragonfly
// cpus: arm64
// silent
// with: explain
package main

import "sync"

func main() {
	words := map[int]int{}
	var lock sync.Mutex
	var all sync.WaitGroup
	for n := 0; n < 4; n++ {
		all.Go(func() {
			for i := 0; i < 10000; i++ {
				lock.Lock()
				words[i&7]++
				lock.Unlock()
			}
		})
	}
	all.Wait()
}
