package main

import (
	"syscall"

	"guest/internal/tell"
)

func release() {
	var name syscall.Utsname
	tell.Must(syscall.Uname(&name))
	tell.Check("release", name.Release[0] >= '3' && name.Release[0] <= '9')
}
