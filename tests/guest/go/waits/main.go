//go:build !linux

// Wait statuses, sleeps and timers by the systems' own numbers, as their kernels give them.
package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
	"unsafe"

	"guest/internal/tell"
)

func main() {
	if len(os.Args) > 1 {
		// Somebody kills it.
		time.Sleep(time.Minute)
		return
	}
	children()
	sleeps()
	timers()
	clocks()
}

func call(number uintptr, words ...uintptr) (uintptr, syscall.Errno) {
	var six [6]uintptr
	copy(six[:], words)
	result, _, errno := syscall.Syscall6(number, six[0], six[1], six[2], six[3], six[4], six[5])
	return result, errno
}

func at[T any](value *T) uintptr { return uintptr(unsafe.Pointer(value)) }

// word is the error's name, or "ok".
func word(errno syscall.Errno) string {
	if errno == 0 {
		return "ok"
	}
	return tell.Errno(errno)
}

func children() {
	self, err := os.Executable()
	tell.Must(err)
	child := exec.Command(self, "wait to be killed")
	tell.Must(child.Start())
	id := uintptr(child.Process.Pid)
	var status int32
	report := func(what string, found uintptr, errno syscall.Errno) {
		tell.Line("%s: %s %v %#x", what, word(errno), found == id, status)
	}
	tell.Must(syscall.Kill(int(id), syscall.SIGSTOP))
	found, errno := call(wait4, id, at(&status), syscall.WUNTRACED, 0)
	report("stopped", found, errno)
	tell.Must(syscall.Kill(int(id), syscall.SIGCONT))
	found, errno = call(wait4, id, at(&status), wcontinued, 0)
	report("continued", found, errno)
	found, errno = call(wait4, id, 0, syscall.WNOHANG, 0)
	tell.Line("not yet: %s %d", word(errno), found)
	tell.Must(syscall.Kill(int(id), syscall.SIGKILL))
	var info [128]byte
	found, errno = call(wait6, pid, id, at(&status), wexited|wnowait, 0, at(&info))
	report("looked at", found, errno)
	tell.Line("siginfo: %d %d", info[0], info[codeAt])
	var usage syscall.Rusage
	found, errno = call(wait4, id, at(&status), 0, at(&usage))
	report("taken", found, errno)
	tell.Check("usage", usage.Maxrss > 0, usage.Maxrss)
	_, errno = call(wait6, pid, id, at(&status), wexited, 0, 0)
	tell.Line("gone: %s", word(errno))
	_, errno = call(wait6, 55, id, at(&status), wexited, 0, 0)
	tell.Line("no such kind of id: %s", word(errno))
	_, errno = call(wait6, pid, id, at(&status), 0, 0, 0)
	tell.Line("nothing to wait for: %s", word(errno))
}

func sleeps() {
	ask := func(what string, sec, nanos int64) {
		wanted := [2]int64{sec, nanos}
		_, errno := call(nanosleep, at(&wanted), 0)
		tell.Line("%s: %s", what, word(errno))
	}
	ask("short sleep", 0, 1000)
	ask("too many nanoseconds", 0, 1_000_000_000)
	ask("less than no time", -1, 5)
	_, errno := call(nanosleep, 8, 0)
	tell.Line("no time there: %s", word(errno))
}

func timers() {
	alarms := make(chan os.Signal, 4)
	signal.Notify(alarms, syscall.SIGALRM)
	// The upper half of the microseconds is padding on NetBSD; all that is small fits in the lower.
	timer := [4]int64{0, 0, 0, 20_000}
	start := time.Now()
	_, errno := call(setitimer, 0, at(&timer), 0)
	tell.Line("setitimer: %s %v", word(errno), <-alarms)
	tell.Check("not early", time.Since(start) >= 20*time.Millisecond)
	timer = [4]int64{0, 0, 100, 0}
	call(setitimer, 0, at(&timer), 0)
	_, errno = call(getitimer, 0, at(&timer))
	tell.Check("getitimer", errno == 0 && timer[2] >= 90 && timer[2] <= 100, errno, timer)
	timer = [4]int64{}
	call(setitimer, 0, at(&timer), 0)
	_, errno = call(setitimer, 7, at(&timer), 0)
	tell.Line("no such timer: %s", word(errno))
	if timerCreate == 0 {
		return
	}
	var id int32
	_, errno = call(timerCreate, 0, 0, at(&id))
	tell.Line("timer_create: %s", word(errno))
	timer = [4]int64{0, 0, 0, 20_000_000}
	_, errno = call(timerSettime, uintptr(id), 0, at(&timer), 0)
	tell.Line("timer_settime: %s %v", word(errno), <-alarms)
	_, errno = call(timerDelete, uintptr(id))
	tell.Line("timer_delete: %s", word(errno))
}

func clocks() {
	for _, clock := range []uintptr{0, monotonic, processTime, 1, 2} {
		var now [2]int64
		_, errno := call(clockGettime, clock, at(&now))
		tell.Check("clock", errno == 0 && now[0] >= 0 && now[1] < 1_000_000_000, clock, errno, now)
	}
	var now [2]int64
	_, errno := call(clockGettime, 99, at(&now))
	tell.Line("no such clock: %s", word(errno))
}
