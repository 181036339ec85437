// Signals: asked for, ignored, reset, in storms, to children and from them.
package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"guest/internal/tell"
)

func main() {
	topics := []struct {
		name string
		run  func()
	}{
		{"notify", notify}, {"ignore", ignore}, {"child", child}, {"pipe", pipe}, {"storm", storm},
		{"context", stopContext}, {"timer", timer}, {"threads", threads},
	}
	for _, topic := range topics {
		if len(os.Args) < 2 || os.Args[1] == topic.name {
			topic.run()
		}
	}
}

func send(number syscall.Signal) { tell.Must(syscall.Kill(os.Getpid(), number)) }

func expect(name string, signals chan os.Signal, number syscall.Signal) {
	select {
	case got := <-signals:
		tell.Check(name, got == number, got)
	case <-time.After(10 * time.Second):
		tell.Check(name, false, "nothing came")
	}
}

func quiet(name string, signals chan os.Signal) {
	select {
	case got := <-signals:
		tell.Check(name, false, got)
	case <-time.After(30 * time.Millisecond):
		tell.Line("%s: ok", name)
	}
}

func notify() {
	rows := []struct {
		name   string
		number syscall.Signal
	}{
		{"HUP", syscall.SIGHUP}, {"INT", syscall.SIGINT}, {"QUIT", syscall.SIGQUIT}, {"USR1", syscall.SIGUSR1},
		{"USR2", syscall.SIGUSR2}, {"ALRM", syscall.SIGALRM}, {"TERM", syscall.SIGTERM}, {"CHLD", syscall.SIGCHLD},
		{"WINCH", syscall.SIGWINCH}, {"URG", syscall.SIGURG}, {"IO", syscall.SIGIO}, {"CONT", syscall.SIGCONT},
		{"TSTP", syscall.SIGTSTP}, {"PIPE", syscall.SIGPIPE}, {"SYS", syscall.SIGSYS}, {"TRAP", syscall.SIGTRAP},
		{"ABRT", syscall.SIGABRT}, {"TTIN", syscall.SIGTTIN}, {"TTOU", syscall.SIGTTOU}, {"XCPU", syscall.SIGXCPU},
		{"XFSZ", syscall.SIGXFSZ}, {"VTALRM", syscall.SIGVTALRM},
	}
	for _, row := range rows {
		signals := make(chan os.Signal, 4)
		signal.Notify(signals, row.number)
		send(row.number)
		expect("notify "+row.name, signals, row.number)
		signal.Stop(signals)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	signal.Stop(signals)
	send(syscall.SIGUSR1)
	quiet("stopped", signals)
}

func ignore() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	signal.Ignore(syscall.SIGHUP)
	tell.Line("ignored: %v", signal.Ignored(syscall.SIGHUP))
	send(syscall.SIGHUP)
	quiet("nothing comes", signals)
	// An ignored signal stays ignored in a child, a handled one does not.
	out, err := exec.Command("sh", "-c", "kill -HUP $$; echo survived").CombinedOutput()
	tell.Line("child ignores too: %q %v", out, err)
	signal.Reset(syscall.SIGHUP)
	signal.Notify(signals, syscall.SIGHUP)
	out, err = exec.Command("sh", "-c", "kill -HUP $$; echo survived").CombinedOutput()
	tell.Line("child does not: %q %v", out, err)
	send(syscall.SIGHUP)
	expect("after reset and notify", signals, syscall.SIGHUP)
	signal.Reset()
	tell.Line("ignored: %v", signal.Ignored(syscall.SIGHUP))
}

func child() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD)
	tell.Must(exec.Command("true").Run())
	expect("child ended", signals, syscall.SIGCHLD)
	signal.Stop(signals)

	answers := make(chan os.Signal, 1)
	signal.Notify(answers, syscall.SIGUSR2)
	tell.Must(exec.Command("sh", "-c", "kill -USR2 $PPID").Run())
	expect("child sends", answers, syscall.SIGUSR2)
	signal.Stop(answers)
}

func pipe() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGPIPE)
	reader, writer, err := os.Pipe()
	tell.Must(err)
	reader.Close()
	_, err = writer.Write([]byte("x"))
	tell.Line("pipe: %s", tell.Errno(err))
	expect("pipe signal", signals, syscall.SIGPIPE)
	signal.Stop(signals)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	tell.Must(err)
	go func() {
		connection, err := listener.Accept()
		tell.Must(err)
		connection.Read(make([]byte, 1))
		connection.(*net.TCPConn).SetLinger(0)
		connection.Close()
	}()
	connection, err := net.Dial("tcp", listener.Addr().String())
	tell.Must(err)
	for i := 0; i < 100; i++ {
		if _, err = connection.Write([]byte("x")); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	name := tell.Errno(err)
	tell.Check("socket", name == "EPIPE" || name == "ECONNRESET", name)
}

func storm() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	var stop atomic.Bool
	var group sync.WaitGroup
	var work atomic.Uint64
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			x := uint64(i)
			f := float64(i)
			for !stop.Load() {
				for j := 0; j < 100_000; j++ {
					x = x*6364136223846793005 + 1
					f = f*0.5 + 1.25
				}
				if f > 2.6 {
					panic("a register was lost")
				}
			}
			work.Add(x | 1)
		}()
	}
	group.Add(1)
	go func() {
		defer group.Done()
		for !stop.Load() {
			runtime.GC()
			buffer := make([]byte, 1<<16)
			buffer[0] = 1
		}
	}()
	got := 0
	for i := 0; i < 2000; i++ {
		send(syscall.SIGUSR1)
		select {
		case <-signals:
			got++
		default:
		}
	}
	stop.Store(true)
	group.Wait()
	select {
	case <-signals:
		got++
	case <-time.After(100 * time.Millisecond):
	}
	tell.Check("storm", got > 0 && work.Load() != 0, got)
}

func stopContext() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	send(syscall.SIGTERM)
	<-ctx.Done()
	tell.Line("context: %v", ctx.Err())
}

func timer() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGALRM)
	tell.Must(alarm(10 * time.Millisecond))
	expect("alarm", signals, syscall.SIGALRM)
	signal.Stop(signals)
}

// threads blocks many threads in calls and interrupts all of them over and over.
func threads() {
	var group sync.WaitGroup
	var right atomic.Int32
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			var pair [2]int
			tell.Must(syscall.Pipe(pair[:]))
			go func() {
				time.Sleep(time.Duration(20+i*10) * time.Millisecond)
				syscall.Write(pair[1], []byte("x"))
			}()
			buffer := make([]byte, 1)
			// A blocking read outside the poller: it must be restarted, never EINTR.
			n, err := syscall.Read(pair[0], buffer)
			if n == 1 && err == nil {
				right.Add(1)
			} else {
				tell.Line("read: %d %s", n, tell.Errno(err))
			}
		}()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	for i := 0; i < 50; i++ {
		send(syscall.SIGUSR1)
		time.Sleep(2 * time.Millisecond)
	}
	group.Wait()
	tell.Line("restarted reads: %d", right.Load())
}
