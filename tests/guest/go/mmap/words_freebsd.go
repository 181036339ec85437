package main

// The advice of sys/mman.h.
const (
	dontNeed = 4
	free     = 5
)
