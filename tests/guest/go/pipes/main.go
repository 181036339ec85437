// Pipes: order, blocking, deadlines, ends, many at once, named ones.
package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"guest/internal/tell"
)

func main() {
	reader, writer, err := os.Pipe()
	tell.Must(err)
	writer.WriteString("some bytes")
	buffer := make([]byte, 4)
	n, err := reader.Read(buffer)
	tell.Line("read %q %v", buffer[:n], err)
	writer.Close()
	rest, err := io.ReadAll(reader)
	tell.Line("rest %q %v", rest, err)
	n, err = reader.Read(buffer)
	tell.Line("end %d %v", n, err)
	reader.Close()
	_, err = reader.Read(buffer)
	tell.Line("closed: %v", errors.Is(err, os.ErrClosed))

	reader, writer, _ = os.Pipe()
	big := bytes.Repeat([]byte("0123456789"), 100_000)
	go func() {
		writer.Write(big)
		writer.Close()
	}()
	got, err := io.ReadAll(reader)
	tell.Line("large %v %v", bytes.Equal(got, big), err)

	var group sync.WaitGroup
	var mutex sync.Mutex
	right := 0
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			r, w, err := os.Pipe()
			tell.Must(err)
			go func() {
				time.Sleep(time.Duration(i%10) * time.Millisecond)
				w.Write([]byte{byte(i)})
				w.Close()
			}()
			text, err := io.ReadAll(r)
			r.Close()
			if len(text) == 1 && text[0] == byte(i) && err == nil {
				mutex.Lock()
				right++
				mutex.Unlock()
			}
		}()
	}
	group.Wait()
	tell.Line("at once: %d right", right)

	reader, writer, _ = os.Pipe()
	writer.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	_, err = writer.Write(make([]byte, 1<<22))
	tell.Line("full: %v", errors.Is(err, os.ErrDeadlineExceeded))
	writer.Close()
	reader.Close()

	reader, writer, _ = os.Pipe()
	closed := make(chan bool)
	go func() {
		time.Sleep(10 * time.Millisecond)
		reader.Close()
		close(closed)
	}()
	_, err = reader.Read(buffer)
	tell.Line("closed under a reader: %v", errors.Is(err, os.ErrClosed))
	// The read may come back before the close has let go of the descriptor.
	<-closed
	_, err = writer.Write([]byte("x"))
	tell.Line("no reader: %s", tell.Errno(err))
	writer.Close()

	var raw [2]int
	tell.Must(syscall.Pipe(raw[:]))
	tell.Must(syscall.SetNonblock(raw[0], true))
	_, err = syscall.Read(raw[0], buffer)
	tell.Line("would block: %s", tell.Errno(err))
	tell.Must(syscall.SetNonblock(raw[1], true))
	total := 0
	for err = nil; err == nil; {
		n, err = syscall.Write(raw[1], make([]byte, 4096))
		if n > 0 {
			total += n
		}
	}
	tell.Check("capacity", total >= 4096 && tell.Errno(err) == "EAGAIN", total, err)
	var stat syscall.Stat_t
	tell.Must(syscall.Fstat(raw[0], &stat))
	tell.Line("is a fifo: %v", stat.Mode&syscall.S_IFMT == syscall.S_IFIFO)
	_, err = syscall.Seek(raw[0], 0, 1)
	tell.Line("seek: %s", tell.Errno(err))

	tell.Must(syscall.Mkfifo("fifo", 0o600))
	go func() {
		w, err := os.OpenFile("fifo", os.O_WRONLY, 0)
		tell.Must(err)
		w.WriteString("by name")
		w.Close()
	}()
	text, err := os.ReadFile("fifo")
	tell.Line("fifo %q %v", text, err)
	_, err = syscall.Open("fifo", syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	tell.Check("nobody reads", err == syscall.ENXIO, err)
}
