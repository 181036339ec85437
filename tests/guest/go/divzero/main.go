//go:build amd64

// Division faults: checked by the compiler and raised by the processor. Others give zero and raise nothing.
package main

import (
	"fmt"
	"math"

	"guest/internal/tell"
)

// divide lets the processor find a zero divisor by itself; see divide_amd64.s.
func divide(dividend, divisor int64) int64

// divide32 is the same with 32-bit operands.
func divide32(dividend, divisor int32) int32

//go:noinline
func checked(dividend, divisor int) int { return dividend / divisor }

//go:noinline
func modulo(dividend, divisor int) int { return dividend % divisor }

func caught(name string, run func()) {
	defer func() { tell.Line("%s: %v", name, recover()) }()
	run()
}

func main() {
	zero := 0
	caught("checked", func() { checked(1, zero) })
	caught("modulo", func() { modulo(1, zero) })
	tell.Line("fine: %d %d", divide(42, 6), divide32(-7, 2))
	caught("processor", func() { divide(1, 0) })
	caught("processor, 32 bits", func() { divide32(1, 0) })
	caught("overflow", func() { divide(math.MinInt64, -1) })
	tell.Line("smallest over -1: %d", checked(math.MinInt, -1))
	for i := 0; i < 200; i++ {
		func() {
			defer func() { recover() }()
			divide(int64(i), 0)
		}()
	}
	x := 0.0
	fmt.Println("floats:", 1/x, -1/x, math.IsNaN(x/x))
	done := make(chan any)
	for i := 0; i < 8; i++ {
		go func() {
			defer func() { done <- recover() }()
			divide(1, 0)
		}()
	}
	for i := 0; i < 8; i++ {
		tell.Line("goroutine: %v", <-done)
	}
}
