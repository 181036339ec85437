// An HTTP server and its clients in one process, over the loopback network.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const clients, requests = 8, 20

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		check(err)
		fmt.Fprintf(w, "%s %s", r.URL.Query().Get("n"), strings.ToUpper(string(body)))
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) {
		for range 64 {
			w.Write(make([]byte, 16384))
		}
	})
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	address := "http://" + listener.Addr().String()

	var group sync.WaitGroup
	good := make(chan int, clients)
	for client := range clients {
		group.Go(func() {
			count := 0
			for n := range requests {
				text := fmt.Sprintf("client %d request %d", client, n)
				response, err := http.Post(fmt.Sprintf("%s/echo?n=%d", address, n), "text/plain", strings.NewReader(text))
				check(err)
				body, err := io.ReadAll(response.Body)
				check(err)
				response.Body.Close()
				if string(body) == fmt.Sprintf("%d CLIENT %d REQUEST %d", n, client, n) {
					count++
				}
			}
			good <- count
		})
	}
	group.Wait()
	total := 0
	for range clients {
		total += <-good
	}
	fmt.Println("answers:", total)
	response, err := http.Get(address + "/large")
	check(err)
	size, err := io.Copy(io.Discard, response.Body)
	check(err)
	fmt.Println("large:", size)
	response, err = http.Get(address + "/absent")
	check(err)
	fmt.Println("absent:", response.StatusCode)
	check(server.Close())
	_, err = net.DialTimeout("tcp", listener.Addr().String(), time.Second)
	fmt.Println("refused after the end:", err != nil && strings.Contains(err.Error(), "connection refused"))
	pair()
	packets()
}

// A stream between two ends of a Unix socket.
func pair() {
	path := "/tmp/boot-goweb"
	os.Remove(path)
	listener, err := net.Listen("unix", path)
	check(err)
	go func() {
		end, err := listener.Accept()
		check(err)
		io.Copy(end, end)
		end.Close()
	}()
	end, err := net.Dial("unix", path)
	check(err)
	_, err = end.Write([]byte("through a file's name"))
	check(err)
	check(end.(*net.UnixConn).CloseWrite())
	text, err := io.ReadAll(end)
	check(err)
	fmt.Println("unix:", string(text))
	listener.Close()
}

func packets() {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(err)
	client, err := net.Dial("udp", server.LocalAddr().String())
	check(err)
	_, err = client.Write([]byte("packet"))
	check(err)
	buffer := make([]byte, 100)
	count, from, err := server.ReadFrom(buffer)
	check(err)
	fmt.Println("udp:", string(buffer[:count]), from.String() == client.LocalAddr().String())
	server.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, _, err = server.ReadFrom(buffer)
	fmt.Println("deadline:", os.IsTimeout(err))
}

func check(err error) {
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
}
