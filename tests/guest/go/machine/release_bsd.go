//go:build dragonfly || freebsd || netbsd

package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"guest/internal/tell"
)

var kinds = map[string]string{"dragonfly": "DragonFly", "freebsd": "FreeBSD", "netbsd": "NetBSD"}

// machines are the names of the machine, by system and Go's name of the CPU.
var machines = map[string]string{
	"dragonfly/amd64": "x86_64",
	"freebsd/amd64":   "amd64",
	"freebsd/arm64":   "arm64",
	"netbsd/amd64":    "amd64",
	"netbsd/arm64":    "evbarm",
}

func release() {
	text, err := syscall.Sysctl("kern.osrelease")
	major, _, _ := strings.Cut(text, ".")
	number, numberErr := strconv.Atoi(major)
	tell.Check("release", err == nil && numberErr == nil && number >= 4, text, err)
	kind, err := syscall.Sysctl("kern.ostype")
	tell.Check("kind", err == nil && kind == kinds[runtime.GOOS], kind, err)
	host, err := syscall.Sysctl("kern.hostname")
	name, _ := os.Hostname()
	tell.Check("kern.hostname", err == nil && host == name, host, err)
	count, err := syscall.SysctlUint32("hw.ncpu")
	tell.Check("hw.ncpu", err == nil && count >= 1, count, err)
	page, err := syscall.SysctlUint32("hw.pagesize")
	tell.Check("hw.pagesize", err == nil && page == 4096, page, err)
	machine, err := syscall.Sysctl("hw.machine")
	tell.Check("hw.machine", err == nil && machine == machines[runtime.GOOS+"/"+runtime.GOARCH], machine, err)
	_, err = syscall.Sysctl("no.such.name")
	tell.Check("no such name", err != nil, err)
}
