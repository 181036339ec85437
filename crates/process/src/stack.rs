//! The guest's stack, for a person: return addresses along the frame pointers, with the functions' names.

use ashore_base::Addr;
use ashore_isa::Registers;
use ashore_pivot::Memory;

/// Tells what is at an address of the program: `runtime.main+0x1f`.
pub type Names = Box<dyn Fn(Addr) -> Option<String> + Send + Sync>;

/// How many frames are shown.
const FRAMES: usize = 24;
/// A frame further up than this is damage.
const FRAME_MAX: u64 = 1 << 20;

/// One line per frame, the innermost first.
pub(crate) fn lines(regs: &Registers, memory: &dyn Memory, names: &Names) -> Vec<String> {
    let found = frames(regs, memory, names);
    let line =
        |(n, at): (usize, &u64)| format!("  #{n:<2} {at:#x} {}", names(Addr(*at)).unwrap_or_else(|| "?".to_owned()));
    found.iter().enumerate().map(line).collect()
}

/// The addresses that the functions go on at, the innermost first.
///
/// A function that has no frame of its own (a call stub, most often) leaves its caller's frame pointer in
/// place; the word on top of the stack, or the link register, is then the way back to that caller. A link into the function
/// itself is what its last call left.
fn frames(regs: &Registers, memory: &dyn Memory, names: &Names) -> Vec<u64> {
    let word = |at: u64| {
        let mut bytes = [0; 8];
        memory.read(Addr(at), &mut bytes).ok().map(|()| u64::from_le_bytes(bytes))
    };
    let mut found = vec![regs.pc()];
    let function = |at: u64| names(Addr(at)).map(|name| name.split('+').next().unwrap_or_default().to_owned());
    let link = regs.link().filter(|link| function(*link) != function(regs.pc()));
    let top = if regs.link().is_some() { link } else { word(regs.sp()) };
    if let Some(top) = top.filter(|top| names(Addr(*top)).is_some()) {
        found.push(top);
    }
    let mut frame = regs.frame();
    while found.len() < FRAMES {
        let (Some(next), Some(back)) = (word(frame), word(frame.wrapping_add(8))) else { break };
        if back == 0 {
            break;
        }
        if found.last() != Some(&back) {
            found.push(back);
        }
        if next <= frame || next - frame > FRAME_MAX {
            break;
        }
        frame = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_isa::x86_64::Regs;
    use ashore_pivot::Errno;

    struct Stack(Vec<u64>);

    const BASE: u64 = 0x1000;

    impl Memory for Stack {
        fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
            let n = from.0.checked_sub(BASE).ok_or(Errno::EFAULT)? / 8;
            let word = self.0.get(n as usize).ok_or(Errno::EFAULT)?;
            into.copy_from_slice(&word.to_le_bytes());
            Ok(())
        }
        fn write(&self, _: Addr, _: &[u8]) -> Result<(), Errno> {
            Err(Errno::EFAULT)
        }
        fn cstr_len(&self, _: Addr, _: usize) -> Result<usize, Errno> {
            Err(Errno::EFAULT)
        }
        fn load_u32(&self, _: Addr) -> Result<u32, Errno> {
            Err(Errno::EFAULT)
        }
        fn compare_exchange_u32(&self, _: Addr, _: u32, _: u32) -> Result<u32, Errno> {
            Err(Errno::EFAULT)
        }
    }

    #[test]
    fn frames_are_followed_to_their_end_and_damage_ends_them() {
        let names: Names = Box::new(|at| (at.0 >= 0x40_0000).then(|| format!("f{:x}", at.0)));
        // [rsp] = return address, then two frames, then a frame pointer that points back.
        let stack = Stack(vec![0x40_0001, 0, BASE + 32, 0x40_0002, BASE, 0x40_0003]);
        let regs = Regs { rip: 0x40_0000, rsp: BASE, rbp: BASE + 16, ..Regs::default() };
        let lines = lines(&Registers::X86_64(regs), &stack, &names);
        let shown: Vec<&str> = lines.iter().filter_map(|line| line.rsplit(' ').next()).collect();
        assert_eq!(shown, ["f400000", "f400001", "f400002", "f400003"]);
    }
}
