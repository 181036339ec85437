"""Starts a static program in which nothing says whose it is, as an assembler and a linker make it."""
import os
import struct
import sys

CODE = struct.pack("<3I", 0xD2800BA8, 0xD28000E0, 0xD4000001)  # mov x8, #93; mov x0, #7; svc #0
START = 0x400000
HEAD = 64 + 56
header = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, START + HEAD, 64, 0, 0, 64, 56, 1, 0, 0, 0)
segment = struct.pack("<IIQQQQQQ", 1, 5, 0, START, START, HEAD + len(CODE), HEAD + len(CODE), 0x1000)
path = os.path.join(sys.argv[1], "unmarked")
with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o755), "wb") as file:
    file.write(header + segment + CODE)
print(os.spawnv(os.P_WAIT, path, [path]))
