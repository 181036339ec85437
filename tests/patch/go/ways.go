// Every way Go code reaches a function or a method. Each line says which one answered.
package main

import (
	"fmt"
	"reflect"
)

// The results are pieced together without a call of anything else that is patched.

//go:noinline
func Old(n int) string { return fmt.Sprint("old ", n) }

//go:noinline
func New(n int) string { return fmt.Sprint("new ", n) }

type speaker interface{ Speak(n int) string }

type voice struct{ k int }

//go:noinline
func (v *voice) Speak(n int) string { return fmt.Sprint("old ", n+v.k) }

//go:noinline
func (v *voice) Shout(n int) string { return fmt.Sprint("new ", n+v.k) }

// Deep needs more stack than it finds: its start runs twice.
//
//go:noinline
func Deep(n int) string {
	var room [8192]byte
	room[n&8191] = byte(n)
	if n > 0 {
		return Deep(n - 1)
	}
	return fmt.Sprint("deep ", len(room), room[0])
}

// Wrap calls what it takes the place of.
//
//go:noinline
func Wrap(n int) string { return "wrapped " + Wrapped(n) }

//go:noinline
func Wrapped(n int) string { return fmt.Sprint("plain ", n) }

//go:noinline
func Answer() int { return len(reflect.TypeOf(voice{}).Name()) }

var variable = Old

type holder struct{ f func(int) string }

//go:noinline
func call(f func(int) string) string { return f(2) }

//go:noinline
func speak(s speaker) string { return s.Speak(3) }

//go:noinline
func tail(n int) string { return Old(n) }

func ways() {
	v := &voice{1}
	args := []reflect.Value{reflect.ValueOf(4)}
	fmt.Println("direct:", Old(1))
	fmt.Println("tail:", tail(1))
	fmt.Println("variable:", variable(1))
	fmt.Println("argument:", call(Old))
	fmt.Println("field:", holder{Old}.f(3))
	fmt.Println("reflection:", reflect.ValueOf(Old).Call(args)[0])
	fmt.Println("method:", v.Speak(1))
	fmt.Println("method value:", call(v.Speak))
	fmt.Println("method expression:", (*voice).Speak(v, 3))
	fmt.Println("interface:", speak(v))
	fmt.Println("method by reflection:", reflect.ValueOf(v).MethodByName("Speak").Call(args)[0])
	done := make(chan string)
	go func() { done <- Old(5) }()
	fmt.Println("goroutine:", <-done)
	defer func() { fmt.Println("deferred:", Old(6)) }()
	go func() { done <- Deep(20) }()
	fmt.Println(<-done)
	fmt.Println("wrap:", Wrapped(7))
	fmt.Println("answer:", Answer())
	fmt.Println("others:", New(8), v.Shout(8), Wrap(8))
}
