// A thousand goroutines that allocate, talk over channels and are collected.
package main

import (
	"runtime"
	"sync"
	"sync/atomic"

	"guest/internal/tell"
)

type node struct {
	next *node
	body [64]byte
}

func churn(seed int) int {
	var list *node
	sum := 0
	for i := 0; i < 200; i++ {
		list = &node{next: list}
		list.body[i%64] = byte(seed + i)
	}
	for at := list; at != nil; at = at.next {
		for _, b := range at.body {
			sum += int(b)
		}
	}
	return sum
}

func main() {
	const many = 1000
	ring := make([]chan int, many+1)
	for i := range ring {
		ring[i] = make(chan int)
	}
	var group sync.WaitGroup
	var total atomic.Int64
	for i := 0; i < many; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			total.Add(int64(churn(i)))
			ring[i+1] <- 1 + <-ring[i]
			if i%50 == 0 {
				runtime.GC()
			}
			total.Add(int64(churn(i)))
		}()
	}
	ring[0] <- 0
	tell.Line("through the ring: %d", <-ring[many])
	group.Wait()
	tell.Line("sum: %d", total.Load())

	// Tight loops without calls: only asynchronous pre-emption lets the collector in.
	var stop atomic.Bool
	for i := 0; i < runtime.NumCPU()+1; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			x := uint64(1)
			for !stop.Load() {
				for j := 0; j < 5_000_000; j++ {
					x = x*6364136223846793005 + 1442695040888963407
				}
			}
			total.Store(int64(x))
		}()
	}
	for i := 0; i < 5; i++ {
		runtime.GC()
	}
	stop.Store(true)
	group.Wait()
	tell.Line("tight loops were interrupted")

	// Threads: many goroutines locked to theirs at once.
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	for i := 0; i < 50; i++ {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			runtime.LockOSThread()
			ready.Done()
			<-gate
			if i%2 == 0 {
				runtime.UnlockOSThread()
			}
		}()
	}
	ready.Wait()
	close(gate)
	done.Wait()
	tell.Line("threads came and went")

	var mutex sync.Mutex
	cond := sync.NewCond(&mutex)
	turn := 0
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for round := 0; round < 50; round++ {
				mutex.Lock()
				for turn%8 != i {
					cond.Wait()
				}
				turn++
				cond.Broadcast()
				mutex.Unlock()
			}
		}()
	}
	group.Wait()
	tell.Line("turns taken: %d", turn)
}
