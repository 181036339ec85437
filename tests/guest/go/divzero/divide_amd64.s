#include "textflag.h"

// func divide(dividend, divisor int64) int64
TEXT ·divide(SB), NOSPLIT, $0-24
	MOVQ	dividend+0(FP), AX
	CQO
	IDIVQ	divisor+8(FP)
	MOVQ	AX, ret+16(FP)
	RET

// func divide32(dividend, divisor int32) int32
TEXT ·divide32(SB), NOSPLIT, $0-12
	MOVL	dividend+0(FP), AX
	CDQ
	IDIVL	divisor+4(FP)
	MOVL	AX, ret+8(FP)
	RET
