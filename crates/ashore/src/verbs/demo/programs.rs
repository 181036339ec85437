//! The demo's programs: one source for all systems, told by each system's own numbers.

use super::asm::{Code, Reg};

/// What one system calls things.
pub(super) struct System {
    /// The name a person types.
    pub(super) name: &'static str,
    /// The name a person reads.
    pub(super) title: &'static str,
    /// The operating-system byte of an ELF file.
    osabi: u8,
    write: u32,
    read: u32,
    exit: u32,
    pipe2: u32,
    nonblock: i32,
    /// Whether pipe2 leaves its descriptors in registers.
    pipe_in_registers: bool,
    /// Whether an error is a negative result, as on Linux, and not a carry flag.
    negative_errors: bool,
    /// What reading an empty pipe says.
    pub(super) again: u32,
}

/// The systems. Numbers: each system's own `syscall.h`, `fcntl.h` and `errno.h`.
#[rustfmt::skip]
pub(super) static SYSTEMS: &[System] = &[
    System { name: "dragonfly", title: "DragonFly BSD", osabi: 0, write: 4, read: 3, exit: 1, pipe2: 538, nonblock: 4, pipe_in_registers: true, negative_errors: false, again: 35 },
    System { name: "freebsd", title: "FreeBSD", osabi: 9, write: 4, read: 3, exit: 1, pipe2: 542, nonblock: 4, pipe_in_registers: false, negative_errors: false, again: 35 },
    System { name: "netbsd", title: "NetBSD", osabi: 2, write: 4, read: 3, exit: 1, pipe2: 453, nonblock: 4, pipe_in_registers: false, negative_errors: false, again: 35 },
    System { name: "linux", title: "Linux", osabi: 3, write: 1, read: 0, exit: 60, pipe2: 293, nonblock: 0o4000, pipe_in_registers: false, negative_errors: true, again: 11 },
];

/// The status every greeting ends with.
pub(super) const STATUS: i32 = 7;

impl System {
    /// What the greeting prints.
    pub(super) fn greeting_text(&self) -> String {
        format!("hello from {}\nan empty pipe says errno {}\n", self.title, self.again)
    }

    fn say(&self, code: &mut Code, label: &'static str, len: usize) {
        code.set(Reg::Rdi, 1);
        code.address(Reg::Rsi, label);
        code.set(Reg::Rdx, len as i32);
        code.call(self.write);
    }

    fn leave(&self, code: &mut Code, status: i32) {
        code.set(Reg::Rdi, status);
        code.call(self.exit);
    }

    /// Says hello, reads from an empty pipe that must not block, prints the error's number and exits with 7.
    pub(super) fn greeting(&self) -> Vec<u8> {
        let mut code = Code::default();
        let hello = format!("hello from {}\n", self.title);
        let text = "an empty pipe says errno ";
        self.say(&mut code, "hello", hello.len());
        if self.pipe_in_registers {
            code.set(Reg::Rdi, 0);
            code.set(Reg::Rsi, self.nonblock);
            code.call(self.pipe2);
            code.store("fds", Reg::Rax);
        } else {
            code.address(Reg::Rdi, "fds");
            code.set(Reg::Rsi, self.nonblock);
            code.call(self.pipe2);
        }
        code.load_edi("fds");
        code.address(Reg::Rsi, "fds");
        code.set(Reg::Rdx, 1);
        code.call(self.read);
        if self.negative_errors {
            code.jump_unless_negative("wrong");
            code.negate();
        } else {
            code.jump_unless_carry("wrong");
        }
        code.digits("digits");
        self.say(&mut code, "text", text.len() + 3);
        self.leave(&mut code, STATUS);
        code.label("wrong");
        self.leave(&mut code, 1);
        code.label("hello");
        code.data(hello.as_bytes());
        code.label("text");
        code.data(text.as_bytes());
        code.label("digits");
        code.data(b"00\n");
        code.label("fds");
        code.data(&[0; 8]);
        elf(&code.finish(), self.osabi)
    }
}

/// Sets the thread pointer the FreeBSD way (call 165, operation 129), as a real program for DragonFly once
/// did, and crashes on purpose when that fails.
pub(super) fn wrong_thread_pointer() -> Vec<u8> {
    let mut code = Code::default();
    code.set(Reg::Rdi, 129);
    code.address(Reg::Rsi, "base");
    code.call(165);
    code.jump_unless_carry("fine");
    // mov [0xf1], 0xf1
    code.data(&[0xc7, 0x04, 0x25, 0xf1, 0, 0, 0, 0xf1, 0, 0, 0]);
    code.label("fine");
    code.set(Reg::Rdi, 0);
    code.call(1);
    code.label("base");
    code.data(&[0; 8]);
    elf(&code.finish(), 0)
}

const BASE: u64 = 0x40_0000;
const HEADERS_LEN: u64 = 64 + 56;

/// A static ELF file with one segment that may be read, written and run.
fn elf(code: &[u8], osabi: u8) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, osabi];
    file.extend([0; 8]);
    let len = HEADERS_LEN + code.len() as u64;
    for half in [2u16, 62] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1u32.to_le_bytes());
    for word in [BASE + HEADERS_LEN, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 1, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    for word in [1u32, 7] {
        file.extend(word.to_le_bytes());
    }
    for word in [0, BASE, BASE, len, len, 0x1000] {
        file.extend(word.to_le_bytes());
    }
    file.extend_from_slice(code);
    file
}
