# Threads, processes, big numbers, compression, hashes and floats of Python's.
$RUN $TREE/usr/bin/python3 -I "$FILES/work.py" > out || exit 1
cmp out "$FILES/python.txt"
