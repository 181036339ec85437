package main

// Numbers and options of sys/syscall.h, sys/wait.h and sys/time.h.
const (
	wait4        = 7
	wait6        = 548
	wcontinued   = 4
	wexited      = 16
	wnowait      = 8
	pid          = 0
	nanosleep    = 240
	clockGettime = 232
	setitimer    = 83
	getitimer    = 86
	timerCreate  = 0
	timerSettime = 0
	timerDelete  = 0
	monotonic    = 4
	processTime  = 15
)

// siginfo's code stands after the error number.
const codeAt = 8
