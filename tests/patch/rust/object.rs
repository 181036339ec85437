//! What `object.c` is in C, in Rust, for the same other file.
#![no_std]

use core::hint::black_box;
use core::sync::atomic::{AtomicI32, Ordering::Relaxed};

static SINK: AtomicI32 = AtomicI32::new(0);

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn old_one(n: i32) -> i32 {
    SINK.fetch_add(n, Relaxed);
    n.wrapping_mul(2)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn new_one(n: i32) -> i32 {
    SINK.fetch_sub(n, Relaxed);
    n.wrapping_mul(2).wrapping_add(1000)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn hidden_old(n: i32) -> i32 {
    SINK.fetch_xor(n, Relaxed);
    n.wrapping_mul(2)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn hidden_new(n: i32) -> i32 {
    SINK.fetch_or(n, Relaxed);
    n.wrapping_mul(2).wrapping_add(1000)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn wrapped(n: i32) -> i32 {
    SINK.fetch_and(n, Relaxed);
    n.wrapping_mul(2)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn wrap(n: i32) -> i32 {
    let m = wrapped(n);
    SINK.fetch_add(m, Relaxed);
    m.wrapping_add(1000)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn answer(n: i32) -> i32 {
    n.wrapping_mul(3) ^ (n >> 7) ^ (n >> 9)
}

unsafe extern "C" {
    safe fn away(n: i32) -> i32;
    safe fn outside(n: i32) -> i32;
    fn say(way: *const u8, got: i32, old: i32);
}

/// A method that is reached through a table.
trait Answer {
    fn answer(&self, n: i32) -> i32;
}

struct Old;

impl Answer for Old {
    fn answer(&self, n: i32) -> i32 {
        old_one(n)
    }
}

static TABLE: [extern "C" fn(i32) -> i32; 3] = [new_one, old_one, hidden_old];

fn tell(way: &'static core::ffi::CStr, got: i32, old: i32) {
    // SAFETY: the text ends in a zero.
    unsafe { say(way.as_ptr().cast(), got, old) }
}

#[unsafe(no_mangle)]
pub extern "C" fn report(pick: i32) {
    let table = black_box(&TABLE);
    let at = |index: i32| table.get(index as usize).map_or(0, |function| function(5));
    let object: &dyn Answer = black_box(&Old);
    tell(c"direct", old_one(5), 10);
    tell(c"object", object.answer(5), 10);
    tell(c"table", at(pick), 10);
    tell(c"hidden direct", hidden_old(5), 10);
    tell(c"hidden table", at(pick.wrapping_add(1)), 10);
    tell(c"away", away(5), 10);
    tell(c"outside", black_box(outside as extern "C" fn(i32) -> i32)(5), 10);
    tell(c"wrap", wrapped(5), 10);
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
