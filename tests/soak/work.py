import hashlib, json, math, os, queue, random, re, struct, subprocess, sys, threading, zlib

random.seed(7)
data = bytes(random.randrange(256) for _ in range(200000))
assert zlib.decompress(zlib.compress(data)) == data
print(zlib.crc32(data), zlib.adler32(data))
for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
    print(name, hashlib.new(name, data).hexdigest()[:24])
n = math.factorial(1500)
print(len(str(n)), n % 1000003, pow(3, n % 99991, 2**521 - 1) % 1000003)
print("%.12f %.12f" % (sum(math.sin(i) / i for i in range(1, 20000)), math.fsum(1 / i for i in range(1, 20000))))
todo, done = queue.Queue(), queue.Queue()

def work():
    while (item := todo.get()) is not None:
        done.put(sum(i * i for i in range(item)))

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for item in range(500):
    todo.put(item)
for _ in threads:
    todo.put(None)
for thread in threads:
    thread.join()
print(sum(done.get() for _ in range(500)))
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.write(writer, struct.pack("<q", 42))
    os._exit(3)
print(struct.unpack("<q", os.read(reader, 8))[0], os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(subprocess.run([sys.executable, "-I", "-c", "print(6 * 7)"], capture_output=True, text=True).stdout.strip())
text = json.dumps([{"n": i, "s": "x" * (i % 7)} for i in range(3000)])
print(len(text), len(re.findall(r'"s": "(x{3,5})"', text)), len(json.loads(text)))
