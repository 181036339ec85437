// Serves pages, with TLS and without, and asks for them from many sides.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
)

func main() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d %s", r.Method, len(body), r.URL.Query().Get("n"))
	})
	var answers, right atomic.Int64
	for _, server := range []*httptest.Server{httptest.NewServer(handler), httptest.NewTLSServer(handler)} {
		client := server.Client()
		var all sync.WaitGroup
		for side := range 10 {
			all.Add(1)
			go func() {
				defer all.Done()
				for n := range 10 {
					size := side*1000 + n
					answer, err := client.Post(fmt.Sprintf("%s/?n=%d", server.URL, n), "text/plain", strings.NewReader(strings.Repeat("x", size)))
					if err != nil {
						fmt.Println(err)
						continue
					}
					text, _ := io.ReadAll(answer.Body)
					answer.Body.Close()
					answers.Add(1)
					if string(text) == fmt.Sprintf("POST %d %d", size, n) {
						right.Add(1)
					}
				}
			}()
		}
		all.Wait()
		server.Close()
	}
	fmt.Printf("%d answers, %d of them right\n", answers.Load(), right.Load())
}
