# Zig for arm64 compiles what Zig for this CPU compiles to the same bytes, and links a program.
set -e
export ZIG_LOCAL_CACHE_DIR="$PWD/local" ZIG_GLOBAL_CACHE_DIR="$PWD/global"
for source in hello bare; do
    $RUN $ZIG cc -target aarch64-linux-musl -O2 -g0 -c "$FILES/$source.c" -o there.o
    $ZIG_HERE cc -target aarch64-linux-musl -O2 -g0 -c "$FILES/$source.c" -o here.o
    cmp here.o there.o
done
# Without the C library, which Zig would have to build first.
$RUN $ZIG cc -target aarch64-linux-none -O2 -g0 -nostdlib -static -fno-stack-protector "$FILES/bare.c" -o bare
# Nothing in it names a system.
test "$($RUN --os linux ./bare)" = "by itself"
