// A thousand goroutines that work, wait and make garbage while it is collected.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

type node struct {
	left, right *node
	payload     [48]byte
}

func grow(depth int) *node {
	if depth == 0 {
		return nil
	}
	return &node{left: grow(depth - 1), right: grow(depth - 1)}
}

func (n *node) count() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.count() + n.right.count()
}

func main() {
	debug.SetGCPercent(20)
	const workers = 1000
	var group sync.WaitGroup
	var nodes, locked atomic.Int64
	var mutex sync.Mutex
	shared := map[int]int{}
	results := make(chan int)
	for worker := range workers {
		group.Go(func() {
			nodes.Add(int64(grow(9).count()))
			mutex.Lock()
			shared[worker%10]++
			mutex.Unlock()
			time.Sleep(time.Duration(worker%7) * time.Millisecond)
			locked.Add(1)
			results <- worker
		})
	}
	sum := 0
	for range workers {
		sum += <-results
	}
	group.Wait()
	fmt.Println("nodes:", nodes.Load(), "sum:", sum, "locked:", locked.Load(), "shared:", len(shared), shared[3])
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	fmt.Println("collected:", stats.NumGC > 3, "small again:", stats.HeapAlloc < 64<<20)
	timers()
	busy()
	defer func() {
		fmt.Println("recovered:", recover())
		if nodes.Load() != workers*511 {
			os.Exit(1)
		}
	}()
	var nothing *node
	fmt.Println(nothing.payload[3])
}

func timers() {
	ticker := time.NewTicker(3 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(5 * time.Second)
	for range 10 {
		select {
		case <-ticker.C:
		case <-late:
			fmt.Println("FAILED: a ticker that does not tick")
			os.Exit(1)
		}
	}
	fmt.Println("ticks: 10")
}

// Goroutines that never yield are interrupted by signals.
func busy() {
	var stop atomic.Bool
	var spins atomic.Int64
	for range runtime.NumCPU() + 2 {
		go func() {
			for n := 0; ; n++ {
				if n%1000000 == 0 {
					spins.Add(1)
					if stop.Load() {
						return
					}
				}
			}
		}()
	}
	for spins.Load() < 10 {
		runtime.Gosched()
		runtime.GC()
	}
	stop.Store(true)
	fmt.Println("preempted: true")
}
