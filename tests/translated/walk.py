"""Finds its own file, which the tree does not have, name by name from the root; links and sockets that the tree has."""
import ctypes
import os
import socket
import sys

FLAGS = os.O_PATH | os.O_NOFOLLOW
names = os.path.realpath(sys.argv[1]).strip("/").split("/")
at = os.open("/", os.O_PATH)
for name in names[:-1]:
    assert os.stat(name, dir_fd=at, follow_symlinks=False)
    at = os.open(name, FLAGS, dir_fd=at)
with open(os.open(names[-1], os.O_RDONLY | os.O_NOFOLLOW, dir_fd=at)) as file:
    print(file.readline())

print("of the kernel:", os.readlink("self/exe", dir_fd=os.open("proc", FLAGS, dir_fd=os.open("/", os.O_PATH))) != "")
os.chdir("/")
os.chdir(os.path.join(*names[:-1]))
print("below the root:", os.path.exists(names[-1]))
os.chdir("/")
print("below the root:", os.path.exists(os.path.join(*names)))
for missing in ("nothing", "usr/nothing"):
    for dir_fd in (None, os.open("/", os.O_PATH)):
        try:
            os.stat(missing, dir_fd=dir_fd)
        except FileNotFoundError as error:
            print(error)

# No path at all: since Linux 6.11 that is the descriptor itself.
AT_EMPTY_PATH, STATX, FSTATAT = 0x1000, 291, 79
is_new = tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 11)
record = ctypes.create_string_buffer(256)
call = ctypes.CDLL(None).syscall
print("no path:", call(STATX, at, None, AT_EMPTY_PATH, 0xFFF, record) == (0 if is_new else -1))
print("no path:", call(FSTATAT, at, None, record, AT_EMPTY_PATH) == (0 if is_new else -1))

folder = f"/var/walk-{os.getpid()}"
os.mkdir(folder)
with open(f"{folder}/file", "w") as file:
    file.write("behind a link")
os.symlink(f"{folder}/file", f"{folder}/link")
print(open(os.open("link", os.O_RDONLY, dir_fd=os.open(folder, os.O_PATH))).read())
for name in ("file", "link"):
    os.unlink(f"{folder}/{name}")
for name in ("short", "long" * 20):
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(f"{folder}/{name}")
        server.listen()
        client.connect(f"{folder}/{name}")
        client.send(b"hello")
        print(len(name), os.listdir(folder) == [name], server.accept()[0].recv(9))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as two:
        os.unlink(f"{folder}/{name}")
        one.bind(f"{folder}/{name}")
        two.sendto(b"a letter", f"{folder}/{name}")
        print(one.recv(9))
    os.unlink(f"{folder}/{name}")
os.rmdir(folder)
