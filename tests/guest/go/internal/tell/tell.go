// Package tell prints what a guest observes in words that do not depend on the system.
package tell

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// Line prints one line.
func Line(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// Must ends the guest when something that cannot fail did.
func Must(err error) {
	if err != nil {
		fmt.Println("FAILED:", err)
		panic(err)
	}
}

// Check prints a named fact; a wrong one ends the guest with status 3.
func Check(name string, ok bool, details ...any) {
	if ok {
		fmt.Printf("%s: ok\n", name)
		return
	}
	fmt.Printf("%s: WRONG %v\n", name, fmt.Sprint(details...))
	os.Exit(3)
}

// names are the errors every system has; the numbers differ.
var names = map[syscall.Errno]string{
	syscall.EPERM: "EPERM", syscall.ENOENT: "ENOENT", syscall.ESRCH: "ESRCH", syscall.EINTR: "EINTR",
	syscall.EIO: "EIO", syscall.E2BIG: "E2BIG", syscall.ENOEXEC: "ENOEXEC", syscall.EBADF: "EBADF",
	syscall.ECHILD: "ECHILD", syscall.EAGAIN: "EAGAIN", syscall.ENOMEM: "ENOMEM", syscall.EACCES: "EACCES",
	syscall.EFAULT: "EFAULT", syscall.EBUSY: "EBUSY", syscall.EEXIST: "EEXIST", syscall.EXDEV: "EXDEV",
	syscall.ENOTDIR: "ENOTDIR", syscall.EISDIR: "EISDIR", syscall.EINVAL: "EINVAL", syscall.ENOTTY: "ENOTTY",
	syscall.EFBIG: "EFBIG", syscall.ENOSPC: "ENOSPC", syscall.ESPIPE: "ESPIPE", syscall.EROFS: "EROFS",
	syscall.EMLINK: "EMLINK", syscall.EPIPE: "EPIPE", syscall.EDOM: "EDOM", syscall.ERANGE: "ERANGE",
	syscall.EDEADLK: "EDEADLK", syscall.ENAMETOOLONG: "ENAMETOOLONG", syscall.ENOLCK: "ENOLCK",
	syscall.ENOSYS: "ENOSYS", syscall.ENOTEMPTY: "ENOTEMPTY", syscall.ELOOP: "ELOOP",
	syscall.ENOTSOCK: "ENOTSOCK", syscall.EDESTADDRREQ: "EDESTADDRREQ", syscall.EMSGSIZE: "EMSGSIZE",
	syscall.EPROTOTYPE: "EPROTOTYPE", syscall.ENOPROTOOPT: "ENOPROTOOPT", syscall.EPROTONOSUPPORT: "EPROTONOSUPPORT",
	syscall.EAFNOSUPPORT: "EAFNOSUPPORT", syscall.EADDRINUSE: "EADDRINUSE", syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL",
	syscall.ECONNABORTED: "ECONNABORTED", syscall.ECONNRESET: "ECONNRESET", syscall.ENOBUFS: "ENOBUFS",
	syscall.EISCONN: "EISCONN", syscall.ENOTCONN: "ENOTCONN", syscall.ETIMEDOUT: "ETIMEDOUT",
	syscall.ECONNREFUSED: "ECONNREFUSED", syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.EALREADY: "EALREADY",
	syscall.EINPROGRESS: "EINPROGRESS", syscall.EOVERFLOW: "EOVERFLOW", syscall.ECANCELED: "ECANCELED",
	syscall.EOPNOTSUPP: "EOPNOTSUPP",
}

// Errno is the name of the system error inside err.
func Errno(err error) string {
	if err == nil {
		return "ok"
	}
	var number syscall.Errno
	if !errors.As(err, &number) {
		return "not an errno: " + err.Error()
	}
	if number == 0 {
		return "ok"
	}
	if name, known := names[number]; known {
		return name
	}
	if name, known := own[number]; known {
		return name
	}
	return fmt.Sprintf("errno %d", int(number))
}

// Protect is mprotect, which the syscall package does not offer everywhere.
func Protect(memory []byte, protection int) error {
	start := uintptr(unsafe.Pointer(&memory[0]))
	_, _, errno := syscall.Syscall(syscall.SYS_MPROTECT, start, uintptr(len(memory)), uintptr(protection))
	if errno != 0 {
		return errno
	}
	return nil
}
