// What the program asks about the machine and about itself.
package main

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"guest/internal/tell"
)

func main() {
	tell.Check("GOOS", runtime.GOOS != "", runtime.GOOS)
	tell.Check("CPUs", runtime.NumCPU() >= 1 && runtime.NumCPU() <= 1024, runtime.NumCPU())
	tell.Line("page size %d", os.Getpagesize())
	host, err := os.Hostname()
	tell.Check("host name", err == nil && host != "", host, err)
	self, err := os.Executable()
	tell.Check("executable", err == nil && filepath.IsAbs(self) && filepath.Base(self) == "machine", self, err)
	info, err := os.Stat(self)
	tell.Check("executable exists", err == nil && info.Mode().IsRegular(), err)

	tell.Check("pid", os.Getpid() > 1 && os.Getppid() >= 1 && os.Getpid() != os.Getppid())
	tell.Check("ids", os.Getuid() >= 0 && os.Geteuid() == os.Getuid() && os.Getgid() == os.Getegid())
	_, err = os.Getgroups()
	tell.Check("groups", err == nil, err)
	group, err := syscall.Getpgid(0)
	tell.Check("process group", err == nil && group == syscall.Getpgrp(), group, err)

	interfaces()
	limits()
	usage()
	clocks()
	release()
}

func interfaces() {
	all, err := net.Interfaces()
	tell.Must(err)
	var loop *net.Interface
	for i := range all {
		if all[i].Flags&net.FlagLoopback != 0 {
			loop = &all[i]
		}
	}
	tell.Check("a loopback interface", loop != nil, all)
	tell.Check("it is up", loop.Flags&net.FlagUp != 0 && loop.MTU > 0 && loop.Index > 0, *loop)
	addresses, err := loop.Addrs()
	tell.Must(err)
	found := false
	for _, address := range addresses {
		found = found || strings.HasPrefix(address.String(), "127.0.0.1/8")
	}
	tell.Check("its address", found, addresses)
	byName, err := net.InterfaceByName(loop.Name)
	tell.Check("by name", err == nil && byName.Index == loop.Index, err)
	_, err = net.InterfaceAddrs()
	tell.Check("all addresses", err == nil, err)
}

func limits() {
	var limit syscall.Rlimit
	tell.Must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	tell.Check("open files", limit.Cur > 0 && limit.Cur <= limit.Max, limit)
	lower := limit
	lower.Cur = 100
	tell.Must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lower))
	var fds []int
	var err error
	for {
		var fd int
		fd, err = syscall.Open("/dev/null", syscall.O_RDONLY, 0)
		if err != nil {
			break
		}
		fds = append(fds, fd)
	}
	tell.Check("as many as allowed", err == syscall.EMFILE && len(fds) > 50 && len(fds) < 100, err, len(fds))
	for _, fd := range fds {
		syscall.Close(fd)
	}
	tell.Must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	tell.Must(syscall.Getrlimit(syscall.RLIMIT_CORE, &limit))
	tell.Must(syscall.Getrlimit(syscall.RLIMIT_STACK, &limit))
	tell.Check("stack", limit.Cur > 0, limit)
	tell.Line("no such limit: %s", tell.Errno(syscall.Getrlimit(99, &limit)))
}

func usage() {
	var first, second syscall.Rusage
	tell.Must(syscall.Getrusage(syscall.RUSAGE_SELF, &first))
	x := uint64(1)
	for end := time.Now().Add(30 * time.Millisecond); time.Now().Before(end); {
		for i := 0; i < 10000; i++ {
			x = x*3 + 1
		}
	}
	tell.Must(syscall.Getrusage(syscall.RUSAGE_SELF, &second))
	spent := second.Utime.Nano() + second.Stime.Nano() - first.Utime.Nano() - first.Stime.Nano()
	tell.Check("processor time", x != 0 && spent > 0 && spent < int64(time.Minute), spent)
	tell.Check("memory in KiB", second.Maxrss > 500 && second.Maxrss < 8<<20, second.Maxrss)
	tell.Must(syscall.Getrusage(syscall.RUSAGE_CHILDREN, &first))
	tell.Check("no children", first.Utime.Nano() == 0, first.Utime)
}

func clocks() {
	var now syscall.Timeval
	tell.Must(syscall.Gettimeofday(&now))
	difference := time.Since(time.Unix(now.Unix()))
	tell.Check("clocks agree", difference > -time.Second && difference < 10*time.Second, difference)
	random := make([]byte, 8)
	file, err := os.Open("/dev/urandom")
	tell.Must(err)
	n, err := file.Read(random)
	tell.Check("random", n == 8 && err == nil, n, err)
}
