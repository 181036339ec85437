// Corners of the system-call interface where translators go wrong, one topic for each.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sort"
	"syscall"
	"time"
	"unsafe"

	"guest/internal/tell"
)

var topics = map[string]func(){
	"errnos": errnos, "pads": pads, "signals": signalNumbers, "directory": directory, "addresses": addresses,
	"options": options, "accept": accept, "nofollow": nofollow, "unsupported": unsupported, "relative": relatives, "maps": maps, "paths": paths, "limits": limits, "sendfile": sendfile, "usage": usage,
	"identity": identity, "own": own, "select": selects, "polls": polls, "descriptors": descriptors, "bidirectional": bidirectional,
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		child(os.Args[2])
		return
	}
	if len(os.Args) > 1 {
		topics[os.Args[1]]()
		return
	}
	var names []string
	for name := range topics {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		tell.Line("== %s", name)
		topics[name]()
	}
}

func child(topic string) {
	switch topic {
	case "limits":
		var limit syscall.Rlimit
		tell.Must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
		tell.Line("child sees more than 50: %v", limit.Cur > 50)
	case "lock":
		lockChild()
	}
}

// errnos: numbers above 34 differ, and EAGAIN and EDEADLK change places.
func errnos() {
	var pair [2]int
	tell.Must(syscall.Pipe(pair[:]))
	tell.Must(syscall.SetNonblock(pair[0], true))
	_, err := syscall.Read(pair[0], make([]byte, 1))
	tell.Line("EAGAIN %d %v", int(err.(syscall.Errno)), err)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	show := func(name string, err error) { tell.Line("%s %d %s", name, int(err.(syscall.Errno)), tell.Errno(err)) }
	show("not connected", shutdown(fd))
	show("not a socket", syscall.Listen(pair[0], 1))
	_, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 77)
	show("no protocol", err)
	_, err = syscall.Socket(222, syscall.SOCK_STREAM, 0)
	show("no family", err)
	show("in use", func() error {
		one, _ := net.Listen("tcp4", "127.0.0.1:0")
		defer one.Close()
		port := one.Addr().(*net.TCPAddr).Port
		return syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}())
	show("not ours", syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{192, 0, 2, 1}}))
	show("refused", syscall.Connect(fd, &syscall.SockaddrInet4{Port: 1, Addr: [4]byte{127, 0, 0, 1}}))
	tell.Must(os.MkdirAll("full/inside", 0o755))
	show("not empty", syscall.Rmdir("full"))
	tell.Must(os.Symlink("loop", "loop"))
	_, err = syscall.Open("loop", syscall.O_RDONLY, 0)
	show("loop", err)
	_, err = syscall.Open(string(bytes.Repeat([]byte("n"), 300)), syscall.O_RDONLY, 0)
	show("long", err)
	deadlock()
}

func shutdown(fd int) error { return syscall.Shutdown(fd, syscall.SHUT_WR) }

// deadlock: two processes wait for each other's lock; the second to wait is told.
func deadlock() {
	tell.Must(os.WriteFile("locks", []byte("ab"), 0o644))
	file, err := os.OpenFile("locks", os.O_RDWR, 0)
	tell.Must(err)
	tell.Must(syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: 0, Len: 1}))
	command := exec.Command(os.Args[0], "child", "lock")
	out, err := command.StdoutPipe()
	tell.Must(err)
	tell.Must(command.Start())
	ready := make([]byte, 1)
	io.ReadFull(out, ready)
	time.Sleep(50 * time.Millisecond)
	err = syscall.FcntlFlock(file.Fd(), syscall.F_SETLKW, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: 1, Len: 1})
	number, _ := err.(syscall.Errno)
	tell.Line("deadlock %d %s", int(number), tell.Errno(err))
	file.Close()
	tell.Must(command.Wait())
}

func lockChild() {
	file, err := os.OpenFile("locks", os.O_RDWR, 0)
	tell.Must(err)
	tell.Must(syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: 1, Len: 1}))
	os.Stdout.Write([]byte("r"))
	tell.Must(syscall.FcntlFlock(file.Fd(), syscall.F_SETLKW, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: 0, Len: 1}))
}

// pads: offsets behind the pad word of mmap, lseek, pread, pwrite, truncate.
func pads() {
	fd, err := syscall.Open("far", syscall.O_RDWR|syscall.O_CREAT, 0o644)
	tell.Must(err)
	const far = 6<<30 + 4096
	n, err := syscall.Pwrite(fd, []byte("far away"), far)
	tell.Line("pwrite %d %v", n, err)
	buffer := make([]byte, 8)
	n, err = syscall.Pread(fd, buffer, far)
	tell.Line("pread %q %v", buffer[:n], err)
	at, err := syscall.Seek(fd, far+4, 0)
	tell.Line("lseek %d %v", at, err)
	at, err = syscall.Seek(fd, -2, 1)
	tell.Line("lseek from here %d %v", at, err)
	at, err = syscall.Seek(fd, 0, 2)
	tell.Line("lseek from the end %d %v", at, err)
	memory, err := syscall.Mmap(fd, far, 4096, syscall.PROT_READ, syscall.MAP_SHARED)
	tell.Must(err)
	tell.Line("mmap %q", memory[:8])
	tell.Must(syscall.Munmap(memory))
	tell.Must(syscall.Ftruncate(fd, far+3))
	tell.Must(syscall.Truncate("far", far+2))
	var stat syscall.Stat_t
	tell.Must(syscall.Fstat(fd, &stat))
	tell.Line("size %d", stat.Size)
	os.Remove("far")
}

// signalNumbers: ten signals have other numbers, in wait statuses too.
func signalNumbers() {
	for _, row := range []struct {
		name   string
		number syscall.Signal
	}{{"BUS", syscall.SIGBUS}, {"SYS", syscall.SIGSYS}, {"USR1", syscall.SIGUSR1}, {"USR2", syscall.SIGUSR2}, {"IO", syscall.SIGIO}} {
		err := exec.Command("sh", "-c", "ulimit -c 0; kill -"+row.name+" $$").Run()
		state := err.(*exec.ExitError).Sys().(syscall.WaitStatus)
		tell.Line("%s %d, status %#x", row.name, int(row.number), uint32(state)&0x7f)
	}
	command := exec.Command("sleep", "60")
	tell.Must(command.Start())
	var state syscall.WaitStatus
	tell.Must(command.Process.Signal(syscall.SIGTSTP))
	_, err := syscall.Wait4(command.Process.Pid, &state, syscall.WUNTRACED, nil)
	tell.Line("stopped %v by %d, status %#x %v", state.Stopped(), int(state.StopSignal()), uint32(state), err)
	tell.Must(command.Process.Signal(syscall.SIGCONT))
	tell.Must(command.Process.Kill())
	command.Wait()
}

// directory: records in a small buffer lose and repeat nothing.
func directory() {
	tell.Must(os.Mkdir("dir", 0o755))
	for i := 0; i < 100; i++ {
		tell.Must(os.WriteFile(fmt.Sprintf("dir/name-%0*d", i%30+1, i), nil, 0o644))
	}
	fd, err := syscall.Open("dir", syscall.O_RDONLY, 0)
	tell.Must(err)
	seen := map[string]int{}
	buffer := make([]byte, 512)
	for {
		n, err := syscall.ReadDirent(fd, buffer)
		tell.Must(err)
		if n <= 0 {
			break
		}
		_, _, names := syscall.ParseDirent(buffer[:n], -1, nil)
		for _, name := range names {
			seen[name]++
		}
	}
	once := 0
	for _, count := range seen {
		if count == 1 {
			once++
		}
	}
	tell.Line("names seen once: %d", once)
	file, err := syscall.Open("dir/name-0", syscall.O_RDONLY|syscall.O_CREAT, 0o644)
	tell.Must(err)
	_, err = syscall.ReadDirent(file, buffer)
	tell.Check("not a directory", err != nil, err)
}

// addresses: byte 0 is a length on the BSDs.
func addresses() {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	tell.Must(err)
	tell.Must(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	raw := make([]byte, 128)
	size := uint32(len(raw))
	_, _, errno := syscall.Syscall(syscall.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(unsafe.Pointer(&size)))
	tell.Line("inet: %d bytes, begins %v, address %v, errno %d", size, raw[:2], raw[4:8], errno)
	six, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_DGRAM, 0)
	tell.Must(err)
	size = uint32(len(raw))
	_, _, errno = syscall.Syscall(syscall.SYS_GETSOCKNAME, uintptr(six), uintptr(unsafe.Pointer(&raw[0])), uintptr(unsafe.Pointer(&size)))
	tell.Line("inet6: %d bytes, begins %v, errno %d", size, raw[:2], errno)
	local, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	tell.Must(err)
	tell.Must(syscall.Bind(local, &syscall.SockaddrUnix{Name: "name"}))
	size = uint32(len(raw))
	_, _, errno = syscall.Syscall(syscall.SYS_GETSOCKNAME, uintptr(local), uintptr(unsafe.Pointer(&raw[0])), uintptr(unsafe.Pointer(&size)))
	tell.Line("unix: family and name %q, errno %d", raw[2:6], errno)
	size = 6
	clear(raw)
	_, _, errno = syscall.Syscall(syscall.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(unsafe.Pointer(&size)))
	tell.Line("short: %v cut %v, errno %d", raw[4:8], size >= 6, errno)
	for _, fd := range []int{fd, six, local} {
		syscall.Close(fd)
	}
}

func options() {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	get := func(name string, level, option int) int {
		value, err := syscall.GetsockoptInt(fd, level, option)
		tell.Check(name, err == nil, err)
		return value
	}
	for _, row := range []struct {
		name          string
		level, option int
	}{
		{"reuseaddr", syscall.SOL_SOCKET, syscall.SO_REUSEADDR}, {"keepalive", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE},
		{"oobinline", syscall.SOL_SOCKET, syscall.SO_OOBINLINE}, {"nodelay", syscall.IPPROTO_TCP, syscall.TCP_NODELAY},
	} {
		tell.Line("%s at first: %v", row.name, get(row.name, row.level, row.option) != 0)
		tell.Must(syscall.SetsockoptInt(fd, row.level, row.option, 1))
		tell.Line("%s then: %v", row.name, get(row.name, row.level, row.option) != 0)
	}
	tell.Must(syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 20_000))
	size := get("send buffer", syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	tell.Line("send buffer as it was set: %v", size == 20_000)
	tell.Must(syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1, Linger: 3}))
	tell.Line("error: %d", get("error", syscall.SOL_SOCKET, syscall.SO_ERROR))
	tell.Must(syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: 1}))
	syscall.Close(fd)

	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	limit := syscall.NsecToTimeval(int64(20 * time.Millisecond))
	tell.Must(syscall.SetsockoptTimeval(pair[0], syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit))
	start := time.Now()
	_, err = syscall.Read(pair[0], make([]byte, 1))
	tell.Line("receive timeout: %s", tell.Errno(err))
	tell.Check("it waited", time.Since(start) >= 15*time.Millisecond, time.Since(start))
	group, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 250), Port: 0})
	tell.Check("multicast", err == nil, err)
	group.Close()
}

// accept: the new socket inherits O_NONBLOCK on the BSDs.
func accept() {
	listener, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	tell.Must(syscall.Bind(listener, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	tell.Must(syscall.Listen(listener, 4))
	address, err := syscall.Getsockname(listener)
	tell.Must(err)
	for _, nonblocking := range []bool{false, true} {
		tell.Must(syscall.SetNonblock(listener, nonblocking))
		client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		tell.Must(err)
		tell.Must(syscall.Connect(client, address))
		time.Sleep(10 * time.Millisecond)
		// Not syscall.Accept: some systems have a variant with flags, Go uses it there.
		fd, _, errno := syscall.Syscall(syscall.SYS_ACCEPT, uintptr(listener), 0, 0)
		tell.Check("accepted", errno == 0, errno)
		flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0)
		tell.Line("listener does not block %v: connection does not block %v", nonblocking, flags&syscall.O_NONBLOCK != 0)
		syscall.Close(int(fd))
		syscall.Close(client)
	}
	_, _, err = syscall.Accept(listener)
	tell.Line("nobody: %s", tell.Errno(err))
}

// paths: the errno of names that mean something else.
func paths() {
	tell.Must(os.MkdirAll("dir/sub", 0o755))
	tell.Must(os.Symlink("dir", "link"))
	tell.Must(os.Symlink("nowhere", "dangling"))
	tell.Must(os.WriteFile("file", nil, 0o644))
	tell.Line("mkdir on a link: %s", tell.Errno(syscall.Mkdir("link", 0o755)))
	tell.Line("mkdir on a dangling link: %s", tell.Errno(syscall.Mkdir("dangling", 0o755)))
	tell.Line("rmdir of a link: %s", tell.Errno(syscall.Rmdir("link")))
	tell.Line("unlink of a directory: %s", tell.Errno(syscall.Unlink("dir")))
	tell.Line("rename onto what is not empty: %s", tell.Errno(func() error { os.Mkdir("other", 0o755); return syscall.Rename("other", "dir") }()))
	tell.Line("rename to the same: %s", tell.Errno(syscall.Rename("file", "file")))
	_, err := syscall.Open("link", syscall.O_RDONLY|syscall.O_NOFOLLOW, 0)
	tell.Line("O_NOFOLLOW on a link: %s", tell.Errno(err))
	_, err = syscall.Open("dangling", syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL, 0o644)
	tell.Line("O_EXCL on a dangling link: %s", tell.Errno(err))
	_, err = syscall.Open("", syscall.O_RDONLY, 0)
	tell.Line("no name: %s", tell.Errno(err))
	_, err = syscall.Open("file/", syscall.O_RDONLY, 0)
	tell.Line("a slash behind a file: %s", tell.Errno(err))
	tell.Line("rmdir dot: %s", tell.Errno(syscall.Rmdir("dir/.")))
	tell.Line("link of a directory fails: %v", syscall.Link("dir", "hard") != nil)
	// Relative to a directory, through the calls os.Root makes.
	root, err := os.OpenRoot("dir")
	tell.Must(err)
	tell.Must(root.Mkdir("made", 0o700))
	_, err = root.Stat("made")
	tell.Line("fstatat: %s", tell.Errno(err))
	_, err = root.Lstat("missing")
	tell.Line("fstatat of nothing: %s", tell.Errno(err))
	tell.Line("unlinkat of a directory: %s", tell.Errno(root.Remove("made")))
	tell.Must(os.RemoveAll("dir"))
}

// nofollow: the errno of a link that must not be followed differs, and os.Root depends on it.
func nofollow() {
	tell.Must(os.MkdirAll("here/sub", 0o755))
	tell.Must(os.Symlink("sub", "here/link"))
	tell.Must(os.WriteFile("here/sub/file", []byte("text"), 0o644))
	_, err := syscall.Open("here/link", syscall.O_RDONLY|syscall.O_NOFOLLOW, 0)
	tell.Line("open: %s %d", tell.Errno(err), int(err.(syscall.Errno)))
	fd, err := syscall.Open("here/link/file", syscall.O_RDONLY|syscall.O_NOFOLLOW, 0)
	tell.Line("a link on the way: %s", tell.Errno(err))
	syscall.Close(fd)
	root, err := os.OpenRoot("here")
	tell.Must(err)
	text, err := root.ReadFile("link/file")
	tell.Line("through a root: %q %v", text, err)
}

// unsupported: "not supported" is one errno on most systems and two on NetBSD.
func unsupported() {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	tell.Must(err)
	err = syscall.Listen(fd, 1)
	tell.Line("listen to datagrams: %s %d", tell.Errno(err), int(err.(syscall.Errno)))
	_, _, err = syscall.Accept(fd)
	number, _ := err.(syscall.Errno)
	tell.Check("accept datagrams", number == syscall.EOPNOTSUPP || number == syscall.EINVAL, err)
}

// limits: children get the limit back that the runtime raised.
func limits() {
	var limit syscall.Rlimit
	tell.Must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	tell.Check("raised to the hard limit", limit.Cur == limit.Max, limit)
	out, err := exec.Command(os.Args[0], "child", "limits").Output()
	tell.Line("%q %v", out, err)
	out, err = exec.Command("sh", "-c", "ulimit -n").Output()
	tell.Check("a tool has a limit", len(out) > 1 && err == nil, string(out))
	core := syscall.Rlimit{}
	tell.Must(syscall.Setrlimit(syscall.RLIMIT_CORE, &core))
	tell.Must(syscall.Getrlimit(syscall.RLIMIT_CORE, &core))
	tell.Line("core %d %d", core.Cur, core.Max)
	data := syscall.Rlimit{}
	tell.Must(syscall.Getrlimit(syscall.RLIMIT_DATA, &data))
	tell.Line("infinity: %v", uint64(data.Max) == uint64(infinity))
}

// sendfile: the web server's way of sending a file.
func sendfile() {
	content := bytes.Repeat([]byte("sendfile "), 200_000)
	tell.Must(os.WriteFile("page", content, 0o644))
	server := httptest.NewServer(http.FileServer(http.Dir(".")))
	defer server.Close()
	response, err := http.Get(server.URL + "/page")
	tell.Must(err)
	body, err := io.ReadAll(response.Body)
	tell.Line("whole %v %v", bytes.Equal(body, content), err)
	request, _ := http.NewRequest("GET", server.URL+"/page", nil)
	request.Header.Set("Range", "bytes=1000000-1000017")
	response, err = http.DefaultClient.Do(request)
	tell.Must(err)
	body, err = io.ReadAll(response.Body)
	tell.Line("%s %q %v", response.Status, body, err)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	tell.Must(err)
	go func() {
		connection, err := listener.Accept()
		tell.Must(err)
		file, err := os.Open("page")
		tell.Must(err)
		n, err := io.Copy(connection, io.LimitReader(file, 1_500_000))
		tell.Check("sent", n == 1_500_000 && err == nil, n, err)
		connection.Close()
	}()
	connection, err := net.Dial("tcp", listener.Addr().String())
	tell.Must(err)
	time.Sleep(20 * time.Millisecond)
	body, err = io.ReadAll(connection)
	tell.Line("slow reader %v %v", bytes.Equal(body, content[:1_500_000]), err)
	copied, err := os.Create("copy")
	tell.Must(err)
	source, err := os.Open("page")
	tell.Must(err)
	n, err := io.Copy(copied, source)
	tell.Line("file to file %d %v", n, err)
}

// usage: padding in time records is zero, memory is counted in KiB.
func usage() {
	var record [200]byte
	for i := range record {
		record[i] = 0xff
	}
	_, _, errno := syscall.Syscall(syscall.SYS_GETRUSAGE, 0, uintptr(unsafe.Pointer(&record[0])), 0)
	seconds := *(*int64)(unsafe.Pointer(&record[0]))
	micros := *(*int64)(unsafe.Pointer(&record[8]))
	tell.Check("times", errno == 0 && seconds >= 0 && seconds < 3600 && micros >= 0 && micros < 1_000_000, errno, seconds, micros)
	size := *(*int64)(unsafe.Pointer(&record[32]))
	tell.Check("memory in KiB", size > 500 && size < 8<<20, size)
	tell.Line("not written behind: %v", record[144] == 0xff)
}

func identity() {
	pid, _, _ := syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0)
	tell.Check("pid", int(pid) == os.Getpid(), pid)
	parent, _, _ := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	tell.Check("ppid", int(parent) == os.Getppid(), parent)
	session, err := syscall.Getpgid(os.Getpid())
	tell.Check("pgid", err == nil && session > 0, err)
	tell.Line("pgid of nobody: %s", tell.Errno(func() error { _, err := syscall.Getpgid(0x3fffffff); return err }()))
	tell.Line("kill nobody: %s", tell.Errno(syscall.Kill(0x3fffffff, 0)))
	tell.Line("bad signal: %s", tell.Errno(syscall.Kill(os.Getpid(), 200)))
	tell.Line("setpgid of nobody: %s", tell.Errno(syscall.Setpgid(0x3fffffff, 0)))
	priority, err := syscall.Getpriority(0, 0)
	tell.Check("priority", err == nil, priority, err)
}

// selects: the old way of waiting.
func selects() {
	var pair [2]int
	tell.Must(syscall.Pipe(pair[:]))
	start := time.Now()
	n, err := selectRead(pair[0], 20*time.Millisecond)
	tell.Line("empty: %d %v", n, err)
	tell.Check("it waited", time.Since(start) >= 15*time.Millisecond, time.Since(start))
	syscall.Write(pair[1], []byte("x"))
	n, err = selectRead(pair[0], 5*time.Second)
	tell.Line("full: %d %v", n, err)
}

func descriptors() {
	fd, err := syscall.Open("/dev/null", syscall.O_RDWR, 0)
	tell.Must(err)
	copied, err := syscall.Dup(fd)
	tell.Check("dup", err == nil && copied > fd, copied, err)
	flags := func(fd int) uintptr {
		f, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
		return f
	}
	tell.Line("close on exec: %d", flags(fd))
	syscall.CloseOnExec(fd)
	tell.Line("close on exec: %d, its copy %d", flags(fd), flags(copied))
	high, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD, 60)
	tell.Line("not below 60: %d %v", high, errno == 0)
	high, _, errno = syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 70)
	tell.Line("not below 70: %d %v, close on exec %d", high, errno == 0, flags(int(high)))
	mode, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
	tell.Line("mode: %d", mode&3)
	tell.Must(syscall.SetNonblock(fd, true))
	mode, _, _ = syscall.Syscall(syscall.SYS_FCNTL, uintptr(copied), syscall.F_GETFL, 0)
	tell.Line("shared by copies: %v", mode&syscall.O_NONBLOCK != 0)
	appending, err := syscall.Open("append", syscall.O_WRONLY|syscall.O_CREAT|syscall.O_APPEND, 0o644)
	tell.Must(err)
	mode, _, _ = syscall.Syscall(syscall.SYS_FCNTL, uintptr(appending), syscall.F_GETFL, 0)
	tell.Line("append: %v", mode&syscall.O_APPEND != 0)
	_, _, errno = syscall.Syscall(syscall.SYS_FCNTL, 999, syscall.F_GETFL, 0)
	tell.Line("nowhere: %s", tell.Errno(errno))
}
