// IPv6 and IPv4 together: dual-stack sockets, V6ONLY, mapped addresses, the same port twice.
package main

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"guest/internal/tell"
)

func talk(name, network, address string) {
	connection, err := net.Dial(network, address)
	if err != nil {
		tell.Line("%s: %s", name, tell.Errno(err))
		return
	}
	defer connection.Close()
	buffer := make([]byte, 100)
	n, err := connection.Read(buffer)
	tell.Line("%s: %s %v", name, buffer[:n], err)
}

// serve answers each connection with the family of its peer.
func serve(listener net.Listener) string {
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			family := "IPv6"
			if connection.RemoteAddr().(*net.TCPAddr).IP.To4() != nil {
				family = "IPv4"
			}
			fmt.Fprintf(connection, "peer is %s", family)
			connection.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

func main() {
	only, err := net.Listen("tcp6", "[::1]:0")
	tell.Must(err)
	port := serve(only)
	talk("::1", "tcp6", "[::1]:"+port)
	talk("v4 to ::1", "tcp4", "127.0.0.1:"+port)
	only.Close()

	four, err := net.Listen("tcp4", "127.0.0.1:0")
	tell.Must(err)
	port = serve(four)
	talk("127.0.0.1", "tcp4", "127.0.0.1:"+port)
	six, err := net.Listen("tcp6", "[::1]:"+port)
	tell.Check("same port, other family", err == nil, err)
	serve(six)
	talk("beside it", "tcp6", "[::1]:"+port)
	six.Close()
	four.Close()

	wild, err := net.Listen("tcp", ":0")
	tell.Must(err)
	port = serve(wild)
	talk("wildcard by v4", "tcp4", "127.0.0.1:"+port)
	wild.Close()

	// tcp6 on the wildcard never takes IPv4.
	six, err = net.Listen("tcp6", "[::]:0")
	tell.Must(err)
	port = serve(six)
	talk("tcp6 wildcard by v6", "tcp6", "[::1]:"+port)
	talk("tcp6 wildcard by v4", "tcp4", "127.0.0.1:"+port)
	four, err = net.Listen("tcp4", "0.0.0.0:"+port)
	tell.Check("both wildcards", err == nil, err)
	serve(four)
	talk("tcp4 wildcard beside it", "tcp4", "127.0.0.1:"+port)
	four.Close()
	six.Close()

	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			value, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY)
			tell.Line("option on a tcp6 socket: %v %s", value != 0, tell.Errno(err))
		})
	}}
	listener, err := config.Listen(context.Background(), "tcp6", "[::1]:0")
	tell.Must(err)
	listener.Close()

	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	tell.Must(err)
	value, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY)
	tell.Line("default: %v %s", value != 0, tell.Errno(err))
	tell.Must(syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1))
	value, _ = syscall.GetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY)
	tell.Line("set: %v", value != 0)
	address, err := syscall.Getsockname(fd)
	inet6, isInet6 := address.(*syscall.SockaddrInet6)
	tell.Check("unbound name", err == nil && isInet6 && inet6.Port == 0, address, err)
	tell.Line("addresses: %v %v", net.ParseIP("::1"), net.IPv6loopback)
	zone, err := net.ResolveTCPAddr("tcp6", "[fe80::1%1]:80")
	tell.Line("zone resolves: %v %v", zone != nil && zone.Zone != "", err)
}
