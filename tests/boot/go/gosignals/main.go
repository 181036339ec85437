// Signals as Go programs take them.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	got := make(chan os.Signal, 10)
	signal.Notify(got, syscall.SIGUSR1, syscall.SIGTERM, syscall.SIGHUP)
	for _, number := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGTERM, syscall.SIGHUP} {
		syscall.Kill(os.Getpid(), number)
		select {
		case came := <-got:
			fmt.Println("came:", came)
		case <-time.After(5 * time.Second):
			fmt.Println("FAILED:", number, "did not come")
			os.Exit(1)
		}
	}
	signal.Ignore(syscall.SIGUSR2)
	syscall.Kill(os.Getpid(), syscall.SIGUSR2)
	fmt.Println("ignored:", signal.Ignored(syscall.SIGUSR2))
	fmt.Println("fault:", fault())
	fmt.Println("division:", divide(0))
	reader, writer, _ := os.Pipe()
	reader.Close()
	_, err := writer.Write([]byte("x"))
	fmt.Println("pipe:", err)
	signal.Reset(syscall.SIGTERM)
	fmt.Println("the end is near")
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	time.Sleep(10 * time.Second)
	os.Exit(1)
}

func fault() (said string) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if err, ok := recover().(error); ok {
			said = err.Error()
		}
	}()
	memory, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(memory[5])
}

func divide(by int) (said string) {
	defer func() { said = fmt.Sprint(recover()) }()
	return fmt.Sprint(1 / by)
}
