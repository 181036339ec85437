//! A library that zig compiles, for measuring: what of its standard library a small program uses.
const std = @import("std");

export fn sum(numbers: [*]u64, count: usize) u64 {
    const all = numbers[0..count];
    std.mem.sort(u64, all, {}, std.sort.asc(u64));
    return std.hash.Wyhash.hash(1, std.mem.sliceAsBytes(all));
}
