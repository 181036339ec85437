// Unix sockets: streams, datagrams, packets, pairs, descriptors handed over.
package main

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"guest/internal/tell"
)

func main() {
	stream()
	datagram()
	pair()
	descriptors()
	oddities()
}

func stream() {
	listener, err := net.Listen("unix", "s.sock")
	tell.Must(err)
	tell.Line("listener %s %s", listener.Addr().Network(), listener.Addr())
	go func() {
		connection, err := listener.Accept()
		tell.Must(err)
		io.Copy(connection, connection)
		connection.Close()
	}()
	connection, err := net.Dial("unix", "s.sock")
	tell.Must(err)
	tell.Line("local %q remote %q", strings.TrimPrefix(connection.LocalAddr().String(), "@"), connection.RemoteAddr())
	text := make([]byte, 300_000)
	for i := range text {
		text[i] = byte(i * 7)
	}
	go func() {
		connection.Write(text)
		connection.(*net.UnixConn).CloseWrite()
	}()
	back, err := io.ReadAll(connection)
	tell.Check("echo", string(back) == string(text), len(back), err)
	connection.Close()
	info, err := os.Lstat("s.sock")
	tell.Must(err)
	tell.Line("mode has socket: %v", info.Mode()&os.ModeSocket != 0)
	_, err = net.Listen("unix", "s.sock")
	tell.Line("bind twice: %s", tell.Errno(err))
	listener.Close()
	_, err = os.Lstat("s.sock")
	tell.Line("unlinked on close: %v", errors.Is(err, os.ErrNotExist))
	_, err = net.Dial("unix", "s.sock")
	tell.Line("dial nobody: %s", tell.Errno(err))
}

func datagram() {
	one, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "one.sock", Net: "unixgram"})
	tell.Must(err)
	two, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "two.sock", Net: "unixgram"})
	tell.Must(err)
	_, err = one.WriteTo([]byte("to two"), two.LocalAddr())
	tell.Must(err)
	buffer := make([]byte, 100)
	n, from, err := two.ReadFrom(buffer)
	tell.Line("got %q from %v %v", buffer[:n], from, err)
	one.WriteTo([]byte("long message"), two.LocalAddr())
	n, _, err = two.ReadFrom(buffer[:4])
	tell.Line("cut %q %v", buffer[:n], err)
	two.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, _, err = two.ReadFrom(buffer)
	tell.Line("rest is gone: %v", errors.Is(err, os.ErrDeadlineExceeded))
	client, err := net.Dial("unixgram", "two.sock")
	tell.Must(err)
	client.Write([]byte("unnamed"))
	two.SetReadDeadline(time.Time{})
	n, _, err = two.ReadFrom(buffer)
	tell.Line("got %q %v", buffer[:n], err)
	one.Close()
	two.Close()
}

func pair() {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	_, err = syscall.Write(fds[0], []byte("both"))
	tell.Must(err)
	_, err = syscall.Write(fds[1], []byte("ways"))
	tell.Must(err)
	buffer := make([]byte, 10)
	n, _ := syscall.Read(fds[1], buffer)
	tell.Line("pair: %s", buffer[:n])
	n, _ = syscall.Read(fds[0], buffer)
	tell.Line("pair: %s", buffer[:n])
	kind, err := syscall.GetsockoptInt(fds[0], syscall.SOL_SOCKET, syscall.SO_TYPE)
	tell.Line("type is stream: %v %v", kind == syscall.SOCK_STREAM, err)
	syscall.Close(fds[0])
	n, err = syscall.Read(fds[1], buffer)
	tell.Line("closed: %d %v", n, err)
	syscall.Close(fds[1])
}

func descriptors() {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: "fd.sock", Net: "unix"})
	tell.Must(err)
	sent := make(chan bool, 1)
	tell.Must(os.WriteFile("passed", []byte("contents"), 0o600))
	go func() {
		connection, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: "fd.sock", Net: "unix"})
		tell.Must(err)
		file, err := os.Open("passed")
		tell.Must(err)
		reader, writer, err := os.Pipe()
		tell.Must(err)
		writer.WriteString("through a passed pipe")
		writer.Close()
		rights := syscall.UnixRights(int(file.Fd()), int(reader.Fd()))
		n, oobn, err := connection.WriteMsgUnix([]byte("two files"), rights, nil)
		sent <- n == 9 && oobn == len(rights) && err == nil
		file.Close()
		reader.Close()
		connection.Close()
	}()
	connection, err := listener.AcceptUnix()
	tell.Must(err)
	buffer, oob := make([]byte, 100), make([]byte, 100)
	n, oobn, flags, _, err := connection.ReadMsgUnix(buffer, oob)
	tell.Must(err)
	tell.Line("message %q", buffer[:n])
	tell.Check("not cut", flags&(syscall.MSG_TRUNC|syscall.MSG_CTRUNC) == 0, flags)
	tell.Line("sent: %v", <-sent)
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	tell.Must(err)
	tell.Check("rights", len(messages) == 1 && messages[0].Header.Level == syscall.SOL_SOCKET && messages[0].Header.Type == syscall.SCM_RIGHTS, messages)
	fds, err := syscall.ParseUnixRights(&messages[0])
	tell.Must(err)
	for _, fd := range fds {
		file := os.NewFile(uintptr(fd), "passed")
		text, err := io.ReadAll(file)
		tell.Line("file %q %v", text, err)
		file.Close()
	}
	connection.Close()
	listener.Close()
}

func oddities() {
	long := "x"
	for len(long) < 200 {
		long += "x"
	}
	_, err := net.Listen("unix", long)
	tell.Line("long name: %s", tell.Errno(err))
	dir, err := os.Getwd()
	tell.Must(err)
	listener, err := net.Listen("unix", filepath.Join(dir, "absolute"))
	tell.Must(err)
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	connection, err := net.Dial("unix", listener.Addr().String())
	tell.Must(err)
	accepted, err := listener.Accept()
	tell.Must(err)
	tell.Line("peer has no name: %q", strings.TrimPrefix(accepted.RemoteAddr().String(), "@"))
	accepted.Close()
	n, err := connection.Read(make([]byte, 1))
	tell.Line("peer left: %d %v", n, err)
	listener.Close()
	_, err = net.Dial("unix", "absolute")
	tell.Line("left over: %s", tell.Errno(err))
	tell.Must(os.Remove("absolute"))
}
