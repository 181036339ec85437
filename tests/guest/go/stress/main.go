// Everything at once: goroutines, collection, timers, sockets, signals and children, for a while.
// The argument is the number of rounds; a round takes about a tenth of a second.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"guest/internal/tell"
)

type node struct {
	left, right *node
	value       int
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{value: 1}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1), value: 1}
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.value + n.left.sum() + n.right.sum()
}

func round(number int, address string) (right int) {
	var group sync.WaitGroup
	results := make(chan bool, 100)
	work := func(run func() bool) {
		group.Add(1)
		go func() {
			defer group.Done()
			results <- run()
		}()
	}
	for i := 0; i < 40; i++ {
		work(func() bool { return tree(8+i%5).sum() == 1<<(9+i%5)-1 })
	}
	for i := 0; i < 10; i++ {
		work(func() bool { time.Sleep(time.Duration(i) * time.Millisecond); runtime.GC(); return true })
	}
	for i := 0; i < 10; i++ {
		work(func() bool {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				return false
			}
			defer connection.Close()
			fmt.Fprintf(connection, "%4d", i)
			answer := make([]byte, 4)
			_, err = io.ReadFull(connection, answer)
			return err == nil && string(answer) == fmt.Sprintf("%4d", i)
		})
	}
	work(func() bool {
		out, err := exec.Command(os.Args[0], "child", strconv.Itoa(number)).Output()
		return err == nil && string(out) == fmt.Sprintf("child %d\n", number)
	})
	work(func() bool {
		out, err := exec.Command("echo", "tool").Output()
		return err == nil && string(out) == "tool\n"
	})
	for i := 0; i < 20; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	}
	group.Wait()
	close(results)
	for ok := range results {
		if ok {
			right++
		}
	}
	return right
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		runtime.GC()
		tell.Line("child %s", os.Args[2])
		return
	}
	rounds := 5
	if len(os.Args) > 1 {
		var err error
		rounds, err = strconv.Atoi(os.Args[1])
		tell.Must(err)
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	tell.Must(err)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(connection, connection)
				connection.Close()
			}()
		}
	}()
	for number := 0; number < rounds; number++ {
		tell.Line("round %d: %d right", number, round(number, listener.Addr().String()))
	}
}
