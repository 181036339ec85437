// A web server and its clients in one process, in the clear and over TLS.
package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"guest/internal/tell"
)

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s over %s", r.URL.Query().Get("name"), r.Proto)
	})
	mux.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) {
		hash := sha256.New()
		n, err := io.Copy(hash, r.Body)
		tell.Must(err)
		fmt.Fprintf(w, "%d %x", n, hash.Sum(nil)[:4])
	})
	mux.HandleFunc("/chunks", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 5; i++ {
			fmt.Fprintf(w, "chunk %d;", i)
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	return mux
}

func get(client *http.Client, url string) string {
	response, err := client.Get(url)
	tell.Must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	tell.Must(err)
	return response.Status + ": " + string(body)
}

func exercise(client *http.Client, base string) {
	tell.Line("%s", get(client, base+"/hello?name=guest"))
	tell.Line("%s", get(client, base+"/chunks"))
	tell.Line("%s", get(client, base+"/missing"))

	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	response, err := client.Post(base+"/sum", "text/plain", bytes.NewReader(big))
	tell.Must(err)
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	tell.Line("a megabyte: %s", body)

	var group sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		group.Add(1)
		go func() {
			defer group.Done()
			answers[i] = get(client, fmt.Sprintf("%s/hello?name=%d", base, i))
		}()
	}
	group.Wait()
	right := 0
	for i, answer := range answers {
		if strings.Contains(answer, fmt.Sprintf("hello, %d over", i)) {
			right++
		}
	}
	tell.Line("at once: %d right", right)

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, "GET", base+"/slow", nil)
	_, err = client.Do(request)
	tell.Line("slow: %v", err != nil && ctx.Err() != nil)
}

func certificate() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tell.Must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "guest"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	tell.Must(err)
	parsed, err := x509.ParseCertificate(der)
	tell.Must(err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	tell.Must(err)
	server := &http.Server{Handler: handler()}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	exercise(&http.Client{Transport: &http.Transport{}}, "http://"+listener.Addr().String())
	server.Close()
	tell.Line("server: %v", <-ended)
	_, err = net.Dial("tcp", listener.Addr().String())
	tell.Line("nobody listens: %s", tell.Errno(err))

	cert, pool := certificate()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	tell.Must(err)
	secure := &http.Server{Handler: handler(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
	go func() { ended <- secure.ServeTLS(plain, "", "") }()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	exercise(&http.Client{Transport: transport}, "https://"+plain.Addr().String())
	secure.Close()
	tell.Line("secure server: %v", <-ended)
}
