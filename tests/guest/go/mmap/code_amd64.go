package main

// answering is the code of a function that answers a number: mov eax, number; ret.
func answering(number byte) []byte { return []byte{0xb8, number, 0, 0, 0, 0xc3} }
