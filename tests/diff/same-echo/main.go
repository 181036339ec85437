// Nothing planted: servers and clients in many goroutines.
package main

import (
	"diff/internal/plain"
	"fmt"
	"io"
	"net"
	"sync"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	plain.Must(err)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(connection, connection)
				connection.Close()
			}()
		}
	}()
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			connection, err := net.Dial("tcp", listener.Addr().String())
			plain.Must(err)
			data := make([]byte, 1000*(i%3+1))
			_, err = connection.Write(data)
			plain.Must(err)
			connection.(*net.TCPConn).CloseWrite()
			back, err := io.ReadAll(connection)
			plain.Must(err)
			if len(back) != len(data) {
				panic("lost")
			}
			connection.Close()
		})
	}
	group.Wait()
	listener.Close()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	plain.Must(err)
	sender, err := net.Dial("udp", packets.LocalAddr().String())
	plain.Must(err)
	sender.Write([]byte("datagram"))
	var buffer [64]byte
	n, _, err := packets.ReadFrom(buffer[:])
	fmt.Println(n, err)
}
