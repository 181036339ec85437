//go:build dragonfly || freebsd || netbsd

package tell

import "syscall"

// own are the errors only these systems have.
var own = map[syscall.Errno]string{syscall.EFTYPE: "EFTYPE", syscall.ENOATTR: "ENOATTR"}
