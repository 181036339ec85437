// Finds names with Go's own resolver and talks to itself over "localhost".
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"sort"
)

func main() {
	addresses, err := net.LookupHost("localhost")
	sort.Strings(addresses)
	fmt.Println("localhost:", addresses, err)
	name, _ := os.Hostname()
	addresses, err = net.LookupHost(name)
	fmt.Println("own name:", len(addresses) > 0, err)
	_, err = net.LookupHost("nobody.invalid")
	fmt.Println("unknown:", err != nil)

	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			io.WriteString(conn, "found\n")
			conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	conn, err := net.Dial("tcp", "localhost:"+port)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	text, _ := io.ReadAll(conn)
	fmt.Print("by name: ", string(text))
}
