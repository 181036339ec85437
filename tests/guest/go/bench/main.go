// Measures one thing and prints `name value` lines; the benchmarks run it natively and under Ashore.
//
// usage: bench calls COUNT | compute ROUNDS | http SECONDS
package main

import (
	"crypto/sha1"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: bench calls COUNT | compute ROUNDS | http SECONDS")
		os.Exit(2)
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	switch os.Args[1] {
	case "calls":
		calls(count)
	case "compute":
		compute(count)
	case "http":
		serve(time.Duration(count) * time.Second)
	default:
		os.Exit(2)
	}
}

// calls prints the nanoseconds of one call that does nothing.
func calls(count int) {
	best := time.Duration(1 << 62)
	for range 5 {
		start := time.Now()
		for range count / 5 {
			syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0)
		}
		best = min(best, time.Since(start))
	}
	fmt.Printf("call %.2f\n", float64(best.Nanoseconds())/float64(count/5))
}

// compute prints the microseconds of a round of each kind of work.
func compute(rounds int) {
	for _, work := range []struct {
		name string
		run  func() float64
	}{{"matrix", matrix}, {"hash", hash}, {"maps", maps}, {"trees", trees}, {"channels", channels}} {
		best := time.Duration(1 << 62)
		sum := 0.0
		for range rounds {
			start := time.Now()
			sum += work.run()
			best = min(best, time.Since(start))
		}
		fmt.Printf("%s %d\n", work.name, best.Microseconds())
		fmt.Fprintln(os.Stderr, work.name, sum)
	}
}

func matrix() float64 {
	const n = 160
	var a, b, c [n][n]float64
	for i := range n {
		for j := range n {
			a[i][j], b[i][j] = float64(i+j), float64(i-j)
		}
	}
	for i := range n {
		for j := range n {
			sum := 0.0
			for k := range n {
				sum += a[i][k] * b[k][j]
			}
			c[i][j] = sum
		}
	}
	return c[n/2][n/3]
}

func hash() float64 {
	block := make([]byte, 1<<16)
	h := sha1.New()
	for range 200 {
		h.Write(block)
	}
	return float64(h.Sum(nil)[0])
}

func maps() float64 {
	counts := map[int]int{}
	x := uint32(1)
	for range 300_000 {
		x = x*1664525 + 1013904223
		counts[int(x>>16)%5000]++
	}
	keys := make([]int, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	sort.Ints(keys)
	return float64(counts[keys[len(keys)/2]])
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

// trees keeps the garbage collector busy.
func trees() float64 {
	kept := grow(14)
	for range 20 {
		grow(13)
	}
	if kept.left == nil {
		return 0
	}
	return 1
}

func channels() float64 {
	work, done := make(chan int), make(chan int)
	for range 4 {
		go func() {
			sum := 0
			for n := range work {
				sum += n
			}
			done <- sum
		}()
	}
	for n := range 20_000 {
		work <- n
	}
	close(work)
	sum := 0
	for range 4 {
		sum += <-done
	}
	return float64(sum)
}

// serve prints the requests per second of a server and eight clients in this one process.
func serve(length time.Duration) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "hello, world\n")
	}))
	url := "http://" + listener.Addr().String() + "/"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	var requests atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Since(start) < length {
				answer, err := client.Get(url)
				if err != nil {
					panic(err)
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				requests.Add(1)
			}
		}()
	}
	group.Wait()
	fmt.Printf("http %.1f\n", float64(requests.Load())/time.Since(start).Seconds())
}
