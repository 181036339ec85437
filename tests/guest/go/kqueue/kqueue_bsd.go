//go:build dragonfly || freebsd || netbsd

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"guest/internal/tell"
)

// queue is one kqueue and what it is called in the output.
type queue struct{ fd int }

func open() queue {
	fd, err := syscall.Kqueue()
	tell.Must(err)
	return queue{fd}
}

// change applies one registration.
func (q queue) change(ident, filter, flags int, fflags uint32, data int64) error {
	var event syscall.Kevent_t
	syscall.SetKevent(&event, ident, filter, flags)
	event.Fflags = fflags
	event.Data = data
	setUdata(&event, uintptr(0xabcd0000+ident))
	_, err := syscall.Kevent(q.fd, []syscall.Kevent_t{event}, nil, nil)
	return err
}

// next waits for one event; none after the timeout.
func (q queue) next(timeout time.Duration) *syscall.Kevent_t {
	events := make([]syscall.Kevent_t, 1)
	limit := syscall.NsecToTimespec(int64(timeout))
	for {
		n, err := syscall.Kevent(q.fd, nil, events, &limit)
		if err == syscall.EINTR {
			continue
		}
		tell.Must(err)
		if n == 0 {
			return nil
		}
		return &events[0]
	}
}

func (q queue) expect(name string, ident, filter int) *syscall.Kevent_t {
	event := q.next(10 * time.Second)
	if event == nil {
		tell.Check(name, false, "no event")
	}
	right := int(event.Ident) == ident && int64(event.Filter) == int64(filterOf(filter)) && udata(event) == uintptr(0xabcd0000+ident)
	tell.Check(name, right, fmt.Sprintf("%+v", *event))
	return event
}

func (q queue) quiet(name string) {
	event := q.next(40 * time.Millisecond)
	if event != nil {
		tell.Check(name, false, fmt.Sprintf("%+v", *event))
	}
	tell.Line("%s: ok", name)
}

func pair() (int, int) {
	var fds [2]int
	tell.Must(syscall.Pipe(fds[:]))
	return fds[0], fds[1]
}

func run(topic string) {
	topics := []struct {
		name string
		run  func()
	}{
		{"pipes", pipes}, {"flags", flags}, {"sockets", sockets}, {"files", files}, {"vnode", vnode}, {"timer", timer},
		{"user", user}, {"process", process}, {"signal", signals}, {"errors", failures}, {"close", closing}, {"many", many},
		{"removed", removed}, {"grown", grown}, {"mixed", mixed}, {"duplicate", duplicate}, {"refused", refused},
	}
	for _, row := range topics {
		if topic == "" || topic == row.name {
			row.run()
		}
	}
}

func pipes() {
	q := open()
	r, w := pair()
	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	q.quiet("empty pipe")
	syscall.Write(w, []byte("four"))
	tell.Line("readable bytes: %d", q.expect("readable", r, syscall.EVFILT_READ).Data)
	tell.Line("level: %d", q.expect("still readable", r, syscall.EVFILT_READ).Data)
	syscall.Read(r, make([]byte, 4))
	q.quiet("drained")
	tell.Must(q.change(w, syscall.EVFILT_WRITE, syscall.EV_ADD, 0, 0))
	event := q.expect("writable", w, syscall.EVFILT_WRITE)
	tell.Check("writable space", event.Data >= 512, event.Data)
	tell.Must(q.change(w, syscall.EVFILT_WRITE, syscall.EV_DELETE, 0, 0))
	q.quiet("deleted")
	syscall.Close(w)
	event = q.expect("end of file", r, syscall.EVFILT_READ)
	tell.Line("EV_EOF: %v, data %d", event.Flags&syscall.EV_EOF != 0, event.Data)
	syscall.Close(r)

	r, w = pair()
	tell.Must(q.change(w, syscall.EVFILT_WRITE, syscall.EV_ADD|syscall.EV_CLEAR, 0, 0))
	q.expect("writable once", w, syscall.EVFILT_WRITE)
	q.quiet("edge")
	syscall.Close(r)
	event = q.expect("no reader", w, syscall.EVFILT_WRITE)
	tell.Line("EV_EOF: %v", event.Flags&syscall.EV_EOF != 0)
	syscall.Close(w)
	syscall.Close(q.fd)
}

func flags() {
	q := open()
	r, w := pair()
	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ADD|syscall.EV_CLEAR, 0, 0))
	syscall.Write(w, []byte("a"))
	q.expect("clear: first", r, syscall.EVFILT_READ)
	q.quiet("clear: told once")
	syscall.Write(w, []byte("b"))
	tell.Line("clear: bytes %d", q.expect("clear: again", r, syscall.EVFILT_READ).Data)
	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_DELETE, 0, 0))
	tell.Line("delete twice: %s", tell.Errno(q.change(r, syscall.EVFILT_READ, syscall.EV_DELETE, 0, 0)))

	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ADD|syscall.EV_ONESHOT, 0, 0))
	q.expect("oneshot: first", r, syscall.EVFILT_READ)
	q.quiet("oneshot: gone")
	tell.Line("oneshot: delete %s", tell.Errno(q.change(r, syscall.EVFILT_READ, syscall.EV_DELETE, 0, 0)))

	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ADD|syscall.EV_DISABLE, 0, 0))
	q.quiet("disabled")
	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ENABLE, 0, 0))
	q.expect("enabled", r, syscall.EVFILT_READ)
	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_DELETE, 0, 0))

	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ADD|dispatch, 0, 0))
	q.expect("dispatch: first", r, syscall.EVFILT_READ)
	q.quiet("dispatch: disabled itself")
	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ENABLE, 0, 0))
	q.expect("dispatch: enabled again", r, syscall.EVFILT_READ)
	syscall.Close(q.fd)
	syscall.Close(r)
	syscall.Close(w)
}

func sockets() {
	q := open()
	listener, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	tell.Must(syscall.Bind(listener, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	tell.Must(syscall.Listen(listener, 5))
	address, err := syscall.Getsockname(listener)
	tell.Must(err)
	tell.Must(q.change(listener, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	q.quiet("nobody connects")
	client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	tell.Must(syscall.Connect(client, address))
	tell.Line("waiting connections: %d", q.expect("connection", listener, syscall.EVFILT_READ).Data)
	server, _, err := syscall.Accept(listener)
	tell.Must(err)
	q.quiet("accepted")
	// One descriptor, both filters, as the Go poller registers them.
	tell.Must(q.change(server, syscall.EVFILT_READ, syscall.EV_ADD|syscall.EV_CLEAR, 0, 0))
	tell.Must(q.change(server, syscall.EVFILT_WRITE, syscall.EV_ADD|syscall.EV_CLEAR, 0, 0))
	q.expect("write filter", server, syscall.EVFILT_WRITE)
	syscall.Write(client, []byte("hello"))
	tell.Line("bytes: %d", q.expect("read filter", server, syscall.EVFILT_READ).Data)
	tell.Must(q.change(server, syscall.EVFILT_WRITE, syscall.EV_DELETE, 0, 0))
	syscall.Write(client, []byte("!"))
	tell.Line("bytes: %d", q.expect("read filter alone", server, syscall.EVFILT_READ).Data)
	tell.Must(syscall.Shutdown(client, syscall.SHUT_WR))
	event := q.expect("half closed", server, syscall.EVFILT_READ)
	tell.Line("EV_EOF: %v, data %d", event.Flags&syscall.EV_EOF != 0, event.Data)
	for _, fd := range []int{client, server, listener, q.fd} {
		syscall.Close(fd)
	}
}

// files: descriptors epoll does not take are always ready.
func files() {
	q := open()
	tell.Must(os.WriteFile("data", []byte("0123456789"), 0o644))
	fd, err := syscall.Open("data", syscall.O_RDWR, 0)
	tell.Must(err)
	tell.Must(q.change(fd, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	tell.Line("bytes left: %d", q.expect("file readable", fd, syscall.EVFILT_READ).Data)
	syscall.Seek(fd, 4, 0)
	tell.Line("bytes left: %d", q.expect("file readable", fd, syscall.EVFILT_READ).Data)
	tell.Must(q.change(fd, syscall.EVFILT_READ, syscall.EV_DELETE, 0, 0))
	tell.Must(q.change(fd, syscall.EVFILT_WRITE, syscall.EV_ADD|syscall.EV_CLEAR, 0, 0))
	q.expect("file writable", fd, syscall.EVFILT_WRITE)
	syscall.Close(fd)
	syscall.Close(q.fd)
}

func vnode() {
	q := open()
	tell.Must(os.Mkdir("watched", 0o755))
	tell.Must(os.WriteFile("watched/file", nil, 0o644))
	fd, err := syscall.Open("watched/file", syscall.O_RDWR, 0)
	tell.Must(err)
	all := uint32(syscall.NOTE_DELETE | syscall.NOTE_WRITE | syscall.NOTE_EXTEND | syscall.NOTE_ATTRIB | syscall.NOTE_LINK | syscall.NOTE_RENAME)
	tell.Must(q.change(fd, syscall.EVFILT_VNODE, syscall.EV_ADD|syscall.EV_CLEAR, all, 0))
	q.quiet("nothing yet")
	noted := func(name string, note uint32) {
		event := q.expect(name, fd, syscall.EVFILT_VNODE)
		tell.Check(name+" note", uint32(event.Fflags)&note != 0, event.Fflags)
		for q.next(20*time.Millisecond) != nil {
		}
	}
	tell.Must(os.WriteFile("watched/file", []byte("more"), 0o644))
	noted("write", syscall.NOTE_WRITE)
	tell.Must(os.Chmod("watched/file", 0o600))
	noted("attributes", syscall.NOTE_ATTRIB)
	tell.Must(os.Rename("watched/file", "watched/other"))
	noted("rename", syscall.NOTE_RENAME)
	tell.Must(os.Remove("watched/other"))
	noted("delete", syscall.NOTE_DELETE)
	syscall.Close(fd)

	dir, err := syscall.Open("watched", syscall.O_RDONLY, 0)
	tell.Must(err)
	fd = dir
	tell.Must(q.change(dir, syscall.EVFILT_VNODE, syscall.EV_ADD|syscall.EV_CLEAR, all, 0))
	tell.Must(os.WriteFile("watched/new", nil, 0o644))
	noted("directory gains a file", syscall.NOTE_WRITE)
	tell.Must(os.Remove("watched/new"))
	noted("directory loses a file", syscall.NOTE_WRITE)
	tell.Must(os.Mkdir("watched/sub", 0o755))
	noted("directory gains a directory", syscall.NOTE_WRITE|syscall.NOTE_LINK)
	syscall.Close(dir)
	syscall.Close(q.fd)
}

func timer() {
	q := open()
	start := time.Now()
	tell.Must(q.change(1, syscall.EVFILT_TIMER, syscall.EV_ADD|syscall.EV_ONESHOT, 0, 30))
	q.expect("one shot", 1, syscall.EVFILT_TIMER)
	tell.Check("not early", time.Since(start) >= 29*time.Millisecond, time.Since(start))
	q.quiet("once only")
	tell.Must(q.change(2, syscall.EVFILT_TIMER, syscall.EV_ADD, 0, 10))
	for i := 0; i < 3; i++ {
		event := q.expect("periodic", 2, syscall.EVFILT_TIMER)
		tell.Check("expirations", event.Data >= 1, event.Data)
	}
	time.Sleep(60 * time.Millisecond)
	event := q.expect("late", 2, syscall.EVFILT_TIMER)
	tell.Check("expirations are counted", event.Data >= 4, event.Data)
	tell.Must(q.change(2, syscall.EVFILT_TIMER, syscall.EV_DELETE, 0, 0))
	q.quiet("stopped")
	tell.Line("stop twice: %s", tell.Errno(q.change(2, syscall.EVFILT_TIMER, syscall.EV_DELETE, 0, 0)))
	syscall.Close(q.fd)
}

func user() {
	if !hasUser {
		tell.Line("user events: ok")
		return
	}
	q := open()
	const trigger = 0x01000000
	tell.Must(q.change(7, filterUser, syscall.EV_ADD|syscall.EV_CLEAR, 0, 0))
	event := q.next(20 * time.Millisecond)
	tell.Check("user: quiet", event == nil)
	tell.Must(q.change(7, filterUser, 0, trigger, 0))
	event = q.next(10 * time.Second)
	tell.Check("user: triggered", event != nil && event.Ident == 7)
	tell.Check("user: once", q.next(20*time.Millisecond) == nil)
	done := make(chan bool)
	go func() { done <- q.next(10*time.Second) != nil }()
	time.Sleep(20 * time.Millisecond)
	tell.Must(q.change(7, filterUser, 0, trigger, 0))
	tell.Check("user: wakes a waiter", <-done)
	tell.Line("user events: ok")
	syscall.Close(q.fd)
}

func process() {
	q := open()
	command := exec.Command("sh", "-c", "read x; exit 3")
	input, err := command.StdinPipe()
	tell.Must(err)
	tell.Must(command.Start())
	pid := command.Process.Pid
	tell.Must(q.change(pid, syscall.EVFILT_PROC, syscall.EV_ADD, syscall.NOTE_EXIT, 0))
	q.quiet("process runs")
	input.Close()
	event := q.expect("process exits", pid, syscall.EVFILT_PROC)
	tell.Check("process note", uint32(event.Fflags)&syscall.NOTE_EXIT != 0, event.Fflags)
	tell.Line("process: %v", command.Wait())
	tell.Line("no process: %s", tell.Errno(q.change(pid, syscall.EVFILT_PROC, syscall.EV_ADD, syscall.NOTE_EXIT, 0)))
	syscall.Close(q.fd)
}

func signals() {
	q := open()
	signal.Ignore(syscall.SIGUSR1)
	number := int(syscall.SIGUSR1)
	tell.Must(q.change(number, syscall.EVFILT_SIGNAL, syscall.EV_ADD, 0, 0))
	q.quiet("no signal")
	for i := 0; i < 3; i++ {
		tell.Must(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
		time.Sleep(5 * time.Millisecond)
	}
	event := q.expect("signal, though ignored", number, syscall.EVFILT_SIGNAL)
	tell.Line("deliveries: %d", event.Data)
	q.quiet("counted once")
	syscall.Close(q.fd)
}

func failures() {
	q := open()
	tell.Line("bad descriptor: %s", tell.Errno(q.change(999, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0)))
	tell.Line("bad filter: %s", tell.Errno(q.change(0, -100, syscall.EV_ADD, 0, 0)))
	r, w := pair()
	tell.Line("not registered: %s", tell.Errno(q.change(r, syscall.EVFILT_READ, syscall.EV_ENABLE, 0, 0)))
	// With room in the event list an error is an event, and the other changes are made.
	changes := make([]syscall.Kevent_t, 2)
	syscall.SetKevent(&changes[0], 999, syscall.EVFILT_READ, syscall.EV_ADD)
	syscall.SetKevent(&changes[1], w, syscall.EVFILT_WRITE, syscall.EV_ADD)
	events := make([]syscall.Kevent_t, 4)
	n, err := syscall.Kevent(q.fd, changes, events, &syscall.Timespec{})
	tell.Must(err)
	tell.Check("an error event", n >= 1 && events[0].Ident == 999 && events[0].Flags&syscall.EV_ERROR != 0, n, events[0])
	tell.Line("its errno: %s", tell.Errno(syscall.Errno(events[0].Data)))
	// EV_RECEIPT asks for an answer even to success.
	syscall.SetKevent(&changes[0], r, syscall.EVFILT_READ, syscall.EV_ADD|receipt)
	n, err = syscall.Kevent(q.fd, changes[:1], events, &syscall.Timespec{})
	tell.Must(err)
	tell.Check("a receipt", n == 1 && events[0].Flags&syscall.EV_ERROR != 0 && events[0].Data == 0, n, events[0])
	_, err = syscall.Kevent(999, nil, events, &syscall.Timespec{})
	tell.Line("no queue: %s", tell.Errno(err))
	_, err = syscall.Kevent(r, nil, events, &syscall.Timespec{})
	tell.Line("not a queue: %s", tell.Errno(err))
	syscall.Close(q.fd)
	syscall.Close(r)
	syscall.Close(w)
}

// closing: a registration ends with its descriptor, even when a duplicate keeps the file open.
func closing() {
	q := open()
	r, w := pair()
	copied, err := syscall.Dup(r)
	tell.Must(err)
	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	syscall.Close(r)
	syscall.Write(w, []byte("x"))
	q.quiet("closed descriptor, open duplicate")
	tell.Must(q.change(copied, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	q.expect("the duplicate", copied, syscall.EVFILT_READ)
	syscall.Close(copied)
	q.quiet("closed")
	// A queue in a queue.
	inner := open()
	tell.Must(q.change(inner.fd, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	q.quiet("inner queue is empty")
	r2, w2 := pair()
	tell.Must(inner.change(r2, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	syscall.Write(w2, []byte("x"))
	q.expect("inner queue has an event", inner.fd, syscall.EVFILT_READ)
	for _, fd := range []int{w, r2, w2, inner.fd, q.fd} {
		syscall.Close(fd)
	}
}

// many: more connections than one call can report, all answered.
func many() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	tell.Must(err)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				buffer := make([]byte, 8)
				for {
					n, err := connection.Read(buffer)
					if err != nil {
						connection.Close()
						return
					}
					connection.Write(buffer[:n])
				}
			}()
		}
	}()
	right := make(chan bool)
	for i := 0; i < 200; i++ {
		go func() {
			connection, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				right <- false
				return
			}
			defer connection.Close()
			for round := 0; round < 10; round++ {
				connection.Write([]byte{byte(round)})
				answer := make([]byte, 1)
				n, err := connection.Read(answer)
				if n != 1 || err != nil || answer[0] != byte(round) {
					right <- false
					return
				}
			}
			right <- true
		}()
	}
	count := 0
	for i := 0; i < 200; i++ {
		if <-right {
			count++
		}
	}
	tell.Line("connections answered: %d", count)
}
