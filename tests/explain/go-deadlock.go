// Waits for what nobody sends.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0953
// cause: all goroutines are asleep - deadlock!, in main.main
// status: 2
// with: explain
package main

func main() { <-make(chan int) }
