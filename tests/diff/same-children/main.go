// Nothing planted: children, pipes and signals.
package main

import (
	"diff/internal/plain"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println("child", os.Args[1])
		os.Exit(7)
	}
	self, err := os.Executable()
	plain.Must(err)
	for range 3 {
		out, err := exec.Command(self, "word").Output()
		fmt.Printf("%q %v\n", out, err)
	}
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	plain.Must(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	fmt.Println(<-got)
	_, err = os.ReadFile("nothing")
	fmt.Println(os.IsNotExist(err), syscall.Kill(1<<22+1, syscall.SIGTERM))
}
