// Two goroutines write one map.
// systems: linux dragonfly
// cpus: arm64
// code: E0953
// cause: Go's runtime gave up: concurrent map
// status: 2
// with: explain
package main

import "runtime"

func main() {
	words := map[int]int{}
	for n := 0; n < 4; n++ {
		go func() {
			for i := 0; ; i++ {
				words[i&7]++
				if i%1000 == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
	select {}
}
