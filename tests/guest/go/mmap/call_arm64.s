#include "textflag.h"

// func call(entry uintptr) uint64
//
// The code was just written: it is cleaned from the data cache and dropped from the instruction cache first.
TEXT ·call(SB), NOSPLIT, $16-16
	MOVD	entry+0(FP), R0
	WORD	$0xd50b7b20 // dc cvau, x0
	WORD	$0xd5033b9f // dsb ish
	WORD	$0xd50b7520 // ic ivau, x0
	WORD	$0xd5033b9f // dsb ish
	WORD	$0xd5033fdf // isb
	CALL	(R0)
	MOVD	R0, ret+8(FP)
	RET
