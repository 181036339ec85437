// Waits for what somebody sends.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
// with: explain
package main

func main() {
	door := make(chan int)
	go func() { door <- 1 }()
	<-door
}
