package tell

import "syscall"

// own are the errors only this system has.
var own = map[syscall.Errno]string{syscall.ENODATA: "ENODATA"}
