// Something to debug: a variable that changes, many goroutines that burn the CPU, a wait, a crash.
package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

var counter int

//go:noinline
func add(number int) int {
	counter += number
	return counter
}

//go:noinline
func sum(last int) int {
	for number := 1; number <= last; number++ {
		add(number)
	}
	return counter
}

//go:noinline
func crash(at *int) {
	*at = 1
}

// Loops without calls: only signals stop such a goroutine.
func burn(rounds int) int {
	x := 1
	for i := 0; i < rounds; i++ {
		x = x*31 + i
	}
	return x
}

func burnMany() {
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { burn(50_000_000) })
	}
	group.Wait()
}

func main() {
	what := "sum"
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	switch what {
	case "crash":
		crash(nil)
	case "wait":
		time.Sleep(time.Minute)
	case "burn":
		burnMany()
	}
	fmt.Println("sum:", sum(4))
	os.Exit(counter)
}
