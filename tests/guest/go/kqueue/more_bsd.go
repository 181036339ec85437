//go:build dragonfly || freebsd || netbsd

package main

import (
	"os"
	"syscall"
	"time"

	"guest/internal/tell"
)

// removed: an open directory that loses its name, and a file that loses one of two.
func removed() {
	q := open()
	const all = syscall.NOTE_DELETE | syscall.NOTE_WRITE | syscall.NOTE_ATTRIB | syscall.NOTE_LINK | syscall.NOTE_RENAME
	tell.Must(os.Mkdir("holder", 0o755))
	tell.Must(os.Mkdir("holder/gone", 0o755))
	dir, err := syscall.Open("holder/gone", syscall.O_RDONLY, 0)
	tell.Must(err)
	tell.Must(q.change(dir, syscall.EVFILT_VNODE, syscall.EV_ADD|syscall.EV_CLEAR, all, 0))
	tell.Must(os.Remove("holder/gone"))
	event := q.expect("directory removed", dir, syscall.EVFILT_VNODE)
	tell.Line("only NOTE_DELETE: %v", event.Fflags == syscall.NOTE_DELETE)
	syscall.Close(dir)

	tell.Must(os.WriteFile("holder/one", nil, 0o644))
	file, err := syscall.Open("holder/one", syscall.O_RDONLY, 0)
	tell.Must(err)
	tell.Must(q.change(file, syscall.EVFILT_VNODE, syscall.EV_ADD|syscall.EV_CLEAR, all, 0))
	tell.Must(os.Link("holder/one", "holder/two"))
	event = q.expect("second name", file, syscall.EVFILT_VNODE)
	tell.Line("only NOTE_LINK: %v", event.Fflags == syscall.NOTE_LINK)
	tell.Must(os.Remove("holder/two"))
	event = q.expect("one name again", file, syscall.EVFILT_VNODE)
	tell.Line("not NOTE_ATTRIB: %v", event.Fflags&syscall.NOTE_ATTRIB == 0)
	syscall.Close(file)
	syscall.Close(q.fd)
}

// grown: a file read to its end is readable when it grows, as tail needs it.
func grown() {
	q := open()
	tell.Must(os.WriteFile("log", []byte("first"), 0o644))
	fd, err := syscall.Open("log", syscall.O_RDONLY, 0)
	tell.Must(err)
	syscall.Read(fd, make([]byte, 100))
	tell.Must(q.change(fd, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	q.quiet("at the end")
	go func() {
		time.Sleep(30 * time.Millisecond)
		log, err := os.OpenFile("log", os.O_WRONLY|os.O_APPEND, 0)
		tell.Must(err)
		log.WriteString(" and more")
		log.Close()
	}()
	tell.Line("new bytes: %d", q.expect("grown", fd, syscall.EVFILT_READ).Data)
	syscall.Read(fd, make([]byte, 100))
	q.quiet("at the new end")
	syscall.Close(fd)
	syscall.Close(q.fd)
}

// mixed: one descriptor, level triggered for reading and edge triggered for writing.
func mixed() {
	q := open()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	tell.Must(q.change(ends[0], syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	tell.Must(q.change(ends[0], syscall.EVFILT_WRITE, syscall.EV_ADD|syscall.EV_CLEAR, 0, 0))
	q.expect("writable", ends[0], syscall.EVFILT_WRITE)
	q.quiet("writable once")
	tell.Must(q.change(ends[0], syscall.EVFILT_WRITE, syscall.EV_DELETE, 0, 0))
	syscall.Write(ends[1], []byte("hi"))
	for _, name := range []string{"readable", "readable still"} {
		tell.Line("bytes: %d", q.expect(name, ends[0], syscall.EVFILT_READ).Data)
	}
	syscall.Close(ends[0])
	q.quiet("closed")
	syscall.Close(ends[1])
	syscall.Close(q.fd)
}

// duplicate: a queue lives as long as one of its descriptors, and no longer.
func duplicate() {
	q := open()
	r, w := pair()
	tell.Must(q.change(r, syscall.EVFILT_READ, syscall.EV_ADD, 0, 0))
	second, err := syscall.Dup(q.fd)
	tell.Must(err)
	syscall.Close(q.fd)
	q = queue{second}
	syscall.Write(w, []byte("x"))
	q.expect("by the duplicate", r, syscall.EVFILT_READ)
	syscall.Read(r, make([]byte, 1))
	ended := make(chan error)
	go func() {
		limit := syscall.NsecToTimespec(int64(10 * time.Second))
		_, err := syscall.Kevent(q.fd, nil, make([]syscall.Kevent_t, 1), &limit)
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond)
	syscall.Close(q.fd)
	tell.Line("a waiter of a closed queue: %s", tell.Errno(<-ended))
	syscall.Close(r)
	syscall.Close(w)
}

// refused: a connection that fails is an end of file, and its error is still there to be asked for.
func refused() {
	q := open()
	nobody, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	tell.Must(syscall.Bind(nobody, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	address, err := syscall.Getsockname(nobody)
	tell.Must(err)
	client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	tell.Must(syscall.SetNonblock(client, true))
	if err := syscall.Connect(client, address); err != syscall.EINPROGRESS && err != syscall.ECONNREFUSED {
		tell.Must(err)
	}
	tell.Must(q.change(client, syscall.EVFILT_WRITE, syscall.EV_ADD|syscall.EV_ONESHOT, 0, 0))
	event := q.expect("refused", client, syscall.EVFILT_WRITE)
	tell.Line("EV_EOF: %v", event.Flags&syscall.EV_EOF != 0)
	for _, fd := range []int{client, nobody, q.fd} {
		syscall.Close(fd)
	}
}
