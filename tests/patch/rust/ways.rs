//! Every way Rust code reaches a function. Each line says which one answered.
use std::hint::black_box;

#[inline(never)]
#[unsafe(no_mangle)]
pub fn old_one(n: i32) -> i32 {
    black_box(n) * 2
}

#[inline(never)]
#[unsafe(no_mangle)]
pub fn new_one(n: i32) -> i32 {
    black_box(n) * 2 + 1000
}

#[inline(never)]
#[unsafe(no_mangle)]
pub fn wrapped(n: i32) -> i32 {
    black_box(n) + 7
}

#[inline(never)]
#[unsafe(no_mangle)]
pub fn wrap(n: i32) -> i32 {
    black_box(wrapped(n)) + 1000
}

#[inline(never)]
#[unsafe(no_mangle)]
pub fn answer() -> i32 {
    black_box(6)
}

trait Act {
    fn act(&self, n: i32) -> i32;
}

struct Plain;

impl Act for Plain {
    fn act(&self, n: i32) -> i32 {
        old_one(n)
    }
}

static VARIABLE: fn(i32) -> i32 = old_one;
static TABLE: [fn(i32) -> i32; 2] = [new_one, old_one];

#[inline(never)]
fn through(f: &dyn Fn(i32) -> i32, n: i32) -> i32 {
    f(n) + 1
}

fn say(way: &str, got: i32, old: i32) {
    let who = match got - old {
        0 => "old",
        1000 => "new",
        _ => "neither",
    };
    println!("{way}: {who}");
}

fn main() {
    let plain: Box<dyn Act> = Box::new(Plain);
    say("direct", old_one(5), 10);
    say("variable", black_box(&VARIABLE)(5), 10);
    say("table", black_box(&TABLE)[black_box(1)](5), 10);
    say("object", black_box(plain).act(5), 10);
    say("argument", through(black_box(&old_one), 5), 11);
    say("closure", (5..6).map(old_one).sum(), 10);
    say("thread", std::thread::spawn(|| old_one(5)).join().unwrap(), 10);
    say("wrap", wrapped(5), 12);
    println!("answer: {}", answer());
    println!("others: {} {}", new_one(1), wrap(1) % 1000);
}
