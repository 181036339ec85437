package main

import "encoding/binary"

// answering is the code of a function that answers a number: movz w0, number; ret.
func answering(number byte) []byte {
	move := binary.LittleEndian.AppendUint32(nil, 0x52800000|uint32(number)<<5)
	return binary.LittleEndian.AppendUint32(move, 0xd65f03c0)
}
