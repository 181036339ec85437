// Timers, tickers, deadlines: their order, never their exact time.
package main

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"guest/internal/tell"
)

func main() {
	start := time.Now()
	fired := make(chan time.Duration, 3)
	for _, after := range []time.Duration{120, 20, 70} {
		after *= time.Millisecond
		time.AfterFunc(after, func() { fired <- time.Since(start) - after })
	}
	for i := 0; i < 3; i++ {
		tell.Line("fired early: %v", <-fired < 0)
	}
	tell.Check("not early", time.Since(start) >= 120*time.Millisecond, time.Since(start))
	tell.Check("not very late", time.Since(start) < 20*time.Second, time.Since(start))

	ticker := time.NewTicker(5 * time.Millisecond)
	var last time.Time
	for i := 0; i < 5; i++ {
		now := <-ticker.C
		tell.Check("tick goes forward", now.After(last))
		last = now
	}
	ticker.Stop()

	var count atomic.Int32
	stopped := time.AfterFunc(time.Hour, func() { count.Add(1) })
	tell.Line("stopped in time: %v", stopped.Stop())
	tell.Line("stopped again: %v", stopped.Stop())
	again := time.NewTimer(time.Hour)
	tell.Line("was running: %v", again.Reset(time.Millisecond))
	<-again.C

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	tell.Line("context: %v", ctx.Err())

	reader, writer, err := os.Pipe()
	tell.Must(err)
	tell.Must(reader.SetReadDeadline(time.Now().Add(15 * time.Millisecond)))
	_, err = reader.Read(make([]byte, 1))
	tell.Line("pipe deadline: %v", errors.Is(err, os.ErrDeadlineExceeded))
	tell.Must(reader.SetReadDeadline(time.Time{}))
	go func() {
		time.Sleep(5 * time.Millisecond)
		writer.Write([]byte("x"))
	}()
	n, err := reader.Read(make([]byte, 1))
	tell.Line("after the deadline was lifted: %d %v", n, err)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	tell.Must(err)
	tell.Must(listener.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Millisecond)))
	_, err = listener.Accept()
	var timeout net.Error
	tell.Line("accept deadline: %v", errors.As(err, &timeout) && timeout.Timeout())

	before := time.Now()
	time.Sleep(30 * time.Millisecond)
	tell.Check("sleep is long enough", time.Since(before) >= 30*time.Millisecond)
	wall := time.Now().Round(0).Sub(before.Round(0))
	tell.Check("wall clock and monotonic clock agree", wall > 20*time.Millisecond && wall < 20*time.Second, wall)
	tell.Check("the year is plausible", time.Now().Year() >= 2024 && time.Now().Year() < 2200)

	select {
	case <-time.After(0):
		tell.Line("zero fires")
	case <-time.After(10 * time.Second):
		tell.Line("zero is late")
	}
	tell.Line("never fired: %d", count.Load())
}
