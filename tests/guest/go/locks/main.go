// File locks between processes: whole files, ranges of bytes, locks taken by opening.
package main

import (
	"bufio"
	"os"
	"os/exec"
	"syscall"

	"guest/internal/tell"
)

func main() {
	if len(os.Args) > 1 {
		holder(os.Args[1])
		return
	}
	tell.Must(os.WriteFile("file", []byte("0123456789"), 0o644))
	flock()
	ranges()
	byOpening()
}

// holder takes a lock, says so, and keeps it until its input ends.
func holder(kind string) {
	file, err := os.OpenFile("file", os.O_RDWR, 0)
	tell.Must(err)
	switch kind {
	case "exclusive":
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
	case "shared":
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH)
	case "range":
		err = syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, lock(syscall.F_WRLCK, 2, 3))
	}
	tell.Must(err)
	tell.Line("held %d", os.Getpid())
	bufio.NewReader(os.Stdin).ReadString('\n')
}

// held runs check while another process holds a lock.
func held(kind string, check func(pid int)) {
	command := exec.Command(os.Args[0], kind)
	input, err := command.StdinPipe()
	tell.Must(err)
	output, err := command.StdoutPipe()
	tell.Must(err)
	tell.Must(command.Start())
	_, err = bufio.NewReader(output).ReadString('\n')
	tell.Must(err)
	check(command.Process.Pid)
	input.Close()
	tell.Must(command.Wait())
}

func open() int {
	fd, err := syscall.Open("file", syscall.O_RDWR, 0)
	tell.Must(err)
	return fd
}

func flock() {
	try := func(name string, fd, how int) {
		tell.Line("%s: %s", name, tell.Errno(syscall.Flock(fd, how|syscall.LOCK_NB)))
	}
	held("exclusive", func(int) {
		fd := open()
		try("exclusive against exclusive", fd, syscall.LOCK_EX)
		try("shared against exclusive", fd, syscall.LOCK_SH)
		syscall.Close(fd)
	})
	held("shared", func(int) {
		fd := open()
		try("shared against shared", fd, syscall.LOCK_SH)
		try("exclusive against shared", fd, syscall.LOCK_EX)
		syscall.Close(fd)
	})
	one, two := open(), open()
	try("free", one, syscall.LOCK_EX)
	try("another descriptor", two, syscall.LOCK_EX)
	try("release", one, syscall.LOCK_UN)
	try("now", two, syscall.LOCK_EX)
	done := make(chan error)
	go func() { done <- syscall.Flock(one, syscall.LOCK_EX) }()
	try("release", two, syscall.LOCK_UN)
	tell.Line("waited: %s", tell.Errno(<-done))
	syscall.Close(one)
	syscall.Close(two)
	tell.Line("bad descriptor: %s", tell.Errno(syscall.Flock(999, syscall.LOCK_EX)))
}

func lock(kind int16, start, length int64) *syscall.Flock_t {
	return &syscall.Flock_t{Type: kind, Whence: 0, Start: start, Len: length}
}

func ranges() {
	held("range", func(pid int) {
		fd := uintptr(open())
		set := func(name string, kind int16, start, length int64) {
			tell.Line("%s: %s", name, tell.Errno(syscall.FcntlFlock(fd, syscall.F_SETLK, lock(kind, start, length))))
		}
		set("other bytes", syscall.F_WRLCK, 5, 2)
		set("overlap", syscall.F_WRLCK, 4, 1)
		set("read overlap", syscall.F_RDLCK, 0, 0)
		query := lock(syscall.F_WRLCK, 0, 0)
		tell.Must(syscall.FcntlFlock(fd, syscall.F_GETLK, query))
		tell.Check("who", query.Type == syscall.F_WRLCK && int(query.Pid) == pid && query.Start == 2 && query.Len == 3, *query)
		query = lock(syscall.F_WRLCK, 8, 1)
		tell.Must(syscall.FcntlFlock(fd, syscall.F_GETLK, query))
		tell.Check("nobody", query.Type == syscall.F_UNLCK, *query)
		set("release", syscall.F_UNLCK, 0, 0)
		syscall.Close(int(fd))
	})
	fd := uintptr(open())
	tell.Line("after it ended: %s", tell.Errno(syscall.FcntlFlock(fd, syscall.F_SETLKW, lock(syscall.F_WRLCK, 0, 0))))
	syscall.Close(int(fd))
}
