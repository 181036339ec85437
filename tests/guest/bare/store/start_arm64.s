#include "textflag.h"

// What semihosting's SYS_EXIT is given: ADP_Stopped_ApplicationExit and the exit status.
DATA ·kept+0(SB)/8, $0x20026
DATA ·kept+8(SB)/8, $0
GLOBL ·kept(SB), RODATA|NOPTR, $16
DATA ·lost+0(SB)/8, $0x20026
DATA ·lost+8(SB)/8, $1
GLOBL ·lost(SB), RODATA|NOPTR, $16
DATA ·fault+0(SB)/8, $0x20026
DATA ·fault+8(SB)/8, $2
GLOBL ·fault(SB), RODATA|NOPTR, $16

// Ends the machine with the status in the block at R1.
#define EXIT \
	MOVD	$0x18, R0	\
	WORD	$0xd45e0000	// HLT #0xf000

// Exceptions end with status 2.
#define VECTOR \
	PCALIGN	$128	\
	MOVD	$·fault(SB), R1	\
	EXIT

TEXT ·vectors(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN	$2048
	VECTOR; VECTOR; VECTOR; VECTOR
	VECTOR; VECTOR; VECTOR; VECTOR
	VECTOR; VECTOR; VECTOR; VECTOR
	VECTOR; VECTOR; VECTOR; VECTOR
	PCALIGN	$128
	RET

// The entry. Registers are set, not inherited; the store is what it is all about.
TEXT ·start(SB), NOSPLIT|NOFRAME, $0-0
	WORD	$0xd5384240 // MRS CurrentEL, R0
	MOVD	$·vectors(SB), R1
	WORD	$0xd518c001 // MSR R1, VBAR_EL1
	MOVD	$0x30d00800, R2
	WORD	$0xd5181002 // MSR R2, SCTLR_EL1
	WORD	$0xd518e11f // MSR XZR, CNTKCTL_EL1
	WORD	$0xd51bd07f // MSR XZR, TPIDRRO_EL0
	ISB	$15
	MOVD	$·counter(SB), R2
	MOVD	$0x1234567, R3
	MOVD	R3, (R2)
	MOVD	(R2), R4
	MOVD	$·kept(SB), R1
	CMP	R3, R4
	BEQ	end
	MOVD	$·lost(SB), R1
end:
	EXIT
halt:
	WFE
	B	halt
