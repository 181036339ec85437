#include "textflag.h"

// func call(entry uintptr) uint64
TEXT ·call(SB), NOSPLIT, $8-16
	MOVQ	entry+0(FP), AX
	CALL	AX
	MOVQ	AX, ret+8(FP)
	RET
