"""Threads, processes, signals and the parts of the library that are written in C."""
import hashlib
import json
import os
import queue
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

print(sys.version_info[0], os.uname().machine, sys.byteorder, sys.maxsize)

counts = {}
lock = threading.Lock()
work = queue.Queue()


def worker(name):
    while (item := work.get()) is not None:
        with lock:
            counts[item % 7] = counts.get(item % 7, 0) + item
    with lock:
        counts.setdefault("ended", []).append(name)


threads = [threading.Thread(target=worker, args=(n,)) for n in range(8)]
for thread in threads:
    thread.start()
for item in range(5000):
    work.put(item)
for _ in threads:
    work.put(None)
for thread in threads:
    thread.join()
counts["ended"].sort()
print(sorted((str(k), v) for k, v in counts.items()))

text = json.dumps({"pi": 3.141592653589793, "list": list(range(20)), "text": "\u00e9\u4e2d", "none": None})
print(text, json.loads(text)["pi"] * 2)
for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
    print(name, hashlib.new(name, b"x" * 100_000).hexdigest()[:32])
print(zlib.crc32(b"hello" * 1000), len(zlib.compress(b"hello" * 10_000)), struct.pack("<dQf", 1.5, 2**63, 0.1).hex())
print(re.findall(r"(\w+)@(\w+)\.org", "ann@home.org, bob@work.org, none@x.com"))
print(0.1 + 0.2, 1e308 * 10, float("nan"), round(2.675, 2), 2**200, divmod(-7, 2), 10**50 // 3**20)

done = subprocess.run(["/bin/sh", "-c", "read x; echo got $x; exit 5"], input="word\n", capture_output=True, text=True)
print(done.returncode, done.stdout.strip())
first = subprocess.Popen(["/bin/seq", "1000"], stdout=subprocess.PIPE)
second = subprocess.Popen(["/usr/bin/sort", "-rn"], stdin=first.stdout, stdout=subprocess.PIPE)
first.stdout.close()
print(second.communicate()[0].split()[:3], first.wait())

caught = []
signal.signal(signal.SIGALRM, lambda number, frame: caught.append(number))
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
while len(caught) < 3:
    pass
signal.setitimer(signal.ITIMER_REAL, 0)
print("alarms", caught[0] == signal.SIGALRM)

pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), signal.SIGKILL)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

one, other = socket.socketpair()
poller = select.epoll()
poller.register(other, select.EPOLLIN)
one.send(b"ping")
print(poller.poll(1) == [(other.fileno(), select.EPOLLIN)], other.recv(10))
server = socket.create_server(("127.0.0.1", 0))


def serve():
    end, _ = server.accept()
    with end:
        end.sendall(b"".join(iter(lambda: end.recv(65536), b""))[::-1])


thread = threading.Thread(target=serve)
thread.start()
with socket.create_connection(server.getsockname()) as end:
    end.sendall(b"0123456789" * 20_000)
    end.shutdown(socket.SHUT_WR)
    answer = b"".join(iter(lambda: end.recv(65536), b""))
thread.join()
print(len(answer), answer[:10])

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "file")
    with open(path, "w") as file:
        file.write("line\n" * 1000)
    print(os.stat(path).st_size, sum(1 for _ in open(path)), oct(os.stat(path).st_mode & 0o777))
start = time.monotonic()
time.sleep(0.05)
print(0.04 < time.monotonic() - start < 5)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(21), sum(i * i for i in range(100_000)), sorted(range(5000), key=lambda n: n * 7919 % 5003)[:5])
