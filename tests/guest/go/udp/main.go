// Datagrams over IPv4 and IPv6 loopback, connected and not.
package main

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"guest/internal/tell"
)

func exercise(network, address string) {
	server, err := net.ListenPacket(network, address)
	tell.Must(err)
	client, err := net.Dial(network, server.LocalAddr().String())
	tell.Must(err)
	_, err = client.Write([]byte("ping"))
	tell.Must(err)
	buffer := make([]byte, 2000)
	n, from, err := server.ReadFrom(buffer)
	tell.Check(network+" from", from.String() == client.LocalAddr().String(), from, err)
	tell.Line("%s got %q", network, buffer[:n])
	_, err = server.WriteTo([]byte("pong"), from)
	tell.Must(err)
	n, err = client.Read(buffer)
	tell.Line("%s back %q %v", network, buffer[:n], err)
	_, err = client.Write(nil)
	tell.Must(err)
	n, _, err = server.ReadFrom(buffer)
	tell.Line("%s empty %d %v", network, n, err)
	_, err = server.WriteTo(make([]byte, 70_000), from)
	tell.Line("%s too large: %s", network, tell.Errno(err))
	server.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	_, _, err = server.ReadFrom(buffer)
	tell.Line("%s deadline %v", network, errors.Is(err, os.ErrDeadlineExceeded))
	server.Close()
	client.Write([]byte("nobody"))
	client.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err = client.Read(buffer)
	tell.Line("%s nobody: %s", network, tell.Errno(err))
	client.Close()
}

func main() {
	exercise("udp4", "127.0.0.1:0")
	exercise("udp6", "[::1]:0")

	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	tell.Must(err)
	tell.Must(server.SetReadBuffer(32 * 1024))
	tell.Must(server.SetWriteBuffer(32 * 1024))
	target := netip.MustParseAddrPort(server.LocalAddr().String())
	client, err := net.ListenUDP("udp4", nil)
	tell.Must(err)
	n, _, err := client.WriteMsgUDPAddrPort([]byte("message"), nil, target)
	tell.Line("sendmsg %d %v", n, err)
	buffer := make([]byte, 3)
	n, _, flags, from, err := server.ReadMsgUDPAddrPort(buffer, nil)
	tell.Line("recvmsg %q cut %v %v", buffer[:n], flags&syscall.MSG_TRUNC != 0, err)
	tell.Check("address", from.Addr() == netip.MustParseAddr("127.0.0.1"), from)
	raw, err := server.SyscallConn()
	tell.Must(err)
	raw.Control(func(fd uintptr) {
		size, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
		tell.Check("buffer size", size >= 32*1024, size, err)
		kind, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TYPE)
		tell.Line("type is datagram: %v %v", kind == syscall.SOCK_DGRAM, err)
		tell.Must(syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, 1))
		tell.Must(syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TTL, 42))
		ttl, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TTL)
		tell.Line("ttl %d %v", ttl, err)
		_, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, 0x7777)
		tell.Line("no such option: %s", tell.Errno(err))
	})
	// A packet may be dropped when nobody reads: each waits for the one before.
	received := 0
	for i := 0; i < 200; i++ {
		client.WriteToUDPAddrPort([]byte("many"), target)
		server.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, _, err := server.ReadFromUDP(buffer); err == nil {
			received++
		}
	}
	tell.Line("many: %d", received)
}
