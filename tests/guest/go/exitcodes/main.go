// Ends in the way its arguments say.
package main

import (
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"guest/internal/tell"
)

var signals = map[string]syscall.Signal{
	"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL,
	"QUIT": syscall.SIGQUIT, "ABRT": syscall.SIGABRT, "PIPE": syscall.SIGPIPE, "USR1": syscall.SIGUSR1,
	"SEGV": syscall.SIGSEGV, "CHLD": syscall.SIGCHLD,
}

func main() {
	switch os.Args[1] {
	case "exit":
		status, err := strconv.Atoi(os.Args[2])
		tell.Must(err)
		os.Exit(status)
	case "kill":
		tell.Must(syscall.Kill(os.Getpid(), signals[os.Args[2]]))
		time.Sleep(200 * time.Millisecond)
		tell.Line("survived")
	case "panic":
		panic("on purpose")
	case "goexit":
		go func() { time.Sleep(time.Millisecond); os.Exit(7) }()
		runtime.Goexit()
	case "deadlock":
		<-make(chan int)
	case "thread":
		// The exit comes from a thread that is not the first, while others block.
		for i := 0; i < 4; i++ {
			go func() { runtime.LockOSThread(); time.Sleep(time.Hour) }()
		}
		go func() { runtime.LockOSThread(); os.Exit(9) }()
		time.Sleep(time.Hour)
	case "brokenpipe":
		// Writing to a closed pipe on descriptor 1 kills; on another descriptor it is an error.
		reader, writer, err := os.Pipe()
		tell.Must(err)
		reader.Close()
		_, err = writer.Write([]byte("x"))
		tell.Line("other descriptor: %s", tell.Errno(err))
		tell.Must(dup2(int(writer.Fd()), 1))
		os.Stdout.Write([]byte("x"))
		os.Exit(8)
	}
}
