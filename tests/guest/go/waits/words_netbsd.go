package main

// Numbers and options of sys/syscall.h, sys/wait.h and sys/time.h.
const (
	wait4        = 449
	wait6        = 481
	wcontinued   = 16
	wexited      = 0x20
	wnowait      = 0x10000
	pid          = 1
	nanosleep    = 430
	clockGettime = 427
	setitimer    = 425
	getitimer    = 426
	timerCreate  = 235
	timerSettime = 446
	timerDelete  = 236
	monotonic    = 3
	processTime  = 0x40000000
)

// siginfo's code stands before the error number.
const codeAt = 4
