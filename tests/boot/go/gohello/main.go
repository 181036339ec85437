// The smallest Go program: output, error output, time, environment, exit status.
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

func main() {
	start := time.Now()
	fmt.Println("hello,", runtime.GOOS, runtime.GOARCH)
	fmt.Fprintln(os.Stderr, "errors here")
	time.Sleep(20 * time.Millisecond)
	took := time.Since(start)
	fmt.Println("slept:", took >= 20*time.Millisecond && took < 5*time.Second)
	fmt.Println("this century:", start.Year() >= 2024 && start.Year() < 2100)
	fmt.Println("arguments:", os.Args[1:])
	fmt.Println("BOOT_X:", os.Getenv("BOOT_X"))
	fmt.Println("page size:", os.Getpagesize())
	os.Exit(4)
}
