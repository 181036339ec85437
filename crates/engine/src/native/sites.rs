//! Which call instructions a program has, and how each is caught.
//!
//! The bytes of a call instruction also occur inside other instructions, so code is decoded from the start
//! of the function that holds them and never guessed. Where no function is known, every way to decode the
//! bytes before must agree.

use ashore_base::{Addr, AddrRange};
use ashore_image::FunctionIndex;
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, OpKind, Register};

/// How a call instruction is caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caught {
    /// The instruction before it becomes a jump to a stub, which runs that instruction itself; or several, when one is
    /// too short and running the first of them twice changes nothing. The call's own bytes stay, so whoever
    /// jumps to it directly still gets to the net.
    Stub {
        /// Where that instruction, or the first of several, starts.
        at: Addr,
        /// How long they are.
        len: u8,
    },
    /// By the kernel's net, for this reason.
    Net(&'static str),
}

/// A call instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// Its address.
    pub at: Addr,
    /// How it is caught.
    pub caught: Caught,
}

impl Site {
    /// Moves the site with the image it is in.
    pub fn rebase(&mut self, bias: u64) {
        self.at = self.at.plus(bias);
        if let Caught::Stub { at, .. } = &mut self.caught {
            *at = at.plus(bias);
        }
    }
}

const SYSCALL: [u8; 2] = [0x0f, 0x05];
const JUMP_LEN: usize = 5;
/// How far back code is decoded where no function is known.
const BACK: usize = 48;
/// A function longer than this is not decoded: its sites are left to the net.
const FUNCTION_MAX: u64 = 1 << 20;

/// The call instructions in `code`, which lies at `base`.
pub fn find_sites(code: &[u8], base: Addr, functions: &dyn FunctionIndex) -> Vec<Site> {
    let mut sites = Vec::new();
    let mut function: Option<Decoded> = None;
    for offset in memchr::memmem::find_iter(code, &SYSCALL) {
        let at = base.plus(offset as u64);
        if !function.as_ref().is_some_and(|f| f.extent.contains(at)) {
            function = functions.containing(at).and_then(|extent| Decoded::new(code, base, extent));
        }
        let site = match &function {
            Some(function) => function.site(at),
            None => consensus(code, offset, base),
        };
        sites.extend(site);
    }
    sites
}

/// A function decoded from its start.
struct Decoded {
    extent: AddrRange,
    instructions: Vec<Instruction>,
}

impl Decoded {
    fn new(code: &[u8], base: Addr, extent: AddrRange) -> Option<Decoded> {
        let start = usize::try_from(extent.start.0.checked_sub(base.0)?).ok()?;
        let len = usize::try_from(extent.len().min(FUNCTION_MAX)).ok()?;
        let bytes = code.get(start..start.checked_add(len)?.min(code.len()))?;
        let mut decoder = Decoder::with_ip(64, bytes, extent.start.0, DecoderOptions::NONE);
        let instructions = decoder.iter().collect();
        Some(Decoded { extent, instructions })
    }

    /// The site at `at`, if the decoded code has a call instruction there.
    fn site(&self, at: Addr) -> Option<Site> {
        let found = self.instructions.binary_search_by_key(&at.0, |i| i.ip());
        let Ok(index) = found else {
            // Inside another instruction, or past what was decoded: then only the net may decide.
            let beyond = self.instructions.last().is_none_or(|last| last.next_ip() <= at.0);
            return beyond.then_some(Site { at, caught: Caught::Net("the function is too long to decode") });
        };
        if self.instructions[index].code() != Code::Syscall {
            return None;
        }
        let Some(before) = index.checked_sub(1).map(|i| self.instructions[i]) else {
            return Some(Site { at, caught: Caught::Net("no instruction before it in its function") });
        };
        let mut caught = judge(&before, at);
        if before.len() < JUMP_LEN
            && let Some(several) = self.several(index)
        {
            caught = several;
        }
        let first = if let Caught::Stub { at, .. } = caught { at.0 } else { before.ip() };
        let inside = first + 1..before.next_ip();
        if self.instructions.iter().any(|i| branch_target(i).is_some_and(|to| inside.contains(&to))) {
            caught = Caught::Net("a branch goes into the instruction before it");
        }
        Some(Site { at, caught })
    }
}

impl Decoded {
    /// The few short instructions before the call at `index` that can move together.
    ///
    /// A signal may come between them, and the guest then goes on at the first: all must be copies between
    /// registers, none changing what itself or one before it reads. This is how Go's `Syscall6` on Linux looks, which
    /// carries nearly all calls of a program.
    fn several(&self, index: usize) -> Option<Caught> {
        let at = self.instructions.get(index)?.ip();
        let mut first = index;
        while at - self.instructions.get(first)?.ip() < JUMP_LEN as u64 {
            first = first.checked_sub(1)?;
        }
        let moved = self.instructions.get(first..index)?;
        let mut read = Vec::new();
        for instruction in moved {
            let (to, from) = copy_between_registers(instruction)?;
            read.push(from);
            if read.contains(&to) {
                return None;
            }
        }
        let start = moved.first()?.ip();
        Some(Caught::Stub { at: Addr(start), len: (at - start) as u8 })
    }
}

/// The registers of a plain `mov` of all 64 bits from one to another.
fn copy_between_registers(instruction: &Instruction) -> Option<(Register, Register)> {
    let is_copy = matches!(instruction.code(), Code::Mov_rm64_r64 | Code::Mov_r64_rm64)
        && instruction.op0_kind() == OpKind::Register
        && instruction.op1_kind() == OpKind::Register;
    is_copy.then(|| (instruction.op0_register(), instruction.op1_register()))
}

/// Where no function is known: every decoding that starts in the bytes before and reaches the call must see
/// the same instruction before it.
fn consensus(code: &[u8], offset: usize, base: Addr) -> Option<Site> {
    let at = base.plus(offset as u64);
    let mut agreed: Option<Instruction> = None;
    let mut votes = 0;
    let mut against = 0;
    for back in (16..=BACK).rev() {
        let Some(bytes) = offset.checked_sub(back).and_then(|from| code.get(from..offset + 2)) else { continue };
        let mut decoder = Decoder::with_ip(64, bytes, at.0.wrapping_sub(back as u64), DecoderOptions::NONE);
        let mut before = None;
        for instruction in &mut decoder {
            if instruction.ip() >= at.0 || instruction.is_invalid() {
                if instruction.ip() != at.0 {
                    before = None;
                }
                break;
            }
            before = Some(instruction);
        }
        let Some(before) = before.filter(|b| b.next_ip() == at.0) else {
            against += 1;
            continue;
        };
        votes += 1;
        if agreed.is_some_and(|seen| seen.ip() != before.ip()) {
            return Some(Site { at, caught: Caught::Net("no function is known here and decodings differ") });
        }
        agreed = Some(before);
    }
    match agreed {
        Some(before) if votes >= 8 && against * 4 <= votes => Some(Site { at, caught: judge(&before, at) }),
        _ => Some(Site { at, caught: Caught::Net("no function is known here") }),
    }
}

/// Whether the instruction before a call can move to a stub.
fn judge(before: &Instruction, at: Addr) -> Caught {
    if before.is_invalid() || before.next_ip() != at.0 {
        return Caught::Net("the bytes before it are not an instruction");
    }
    if before.flow_control() != FlowControl::Next {
        return Caught::Net("the instruction before it goes elsewhere");
    }
    if before.len() < JUMP_LEN {
        return Caught::Net("the instruction before it is shorter than a jump");
    }
    Caught::Stub { at: Addr(before.ip()), len: before.len() as u8 }
}

fn branch_target(instruction: &Instruction) -> Option<u64> {
    let direct = instruction.op_count() > 0
        && matches!(instruction.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64);
    direct.then(|| instruction.near_branch_target())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_image::{Function, FunctionList, NoFunctions};

    const BASE: Addr = Addr(0x40_0000);

    fn whole(code: &[u8]) -> FunctionList {
        let code = AddrRange { start: BASE, end: BASE.plus(code.len() as u64) };
        FunctionList::new(vec![Function { code, name_at: 0 }])
    }

    #[test]
    fn a_mov_before_the_call_becomes_a_stub() {
        let code = [0xb8, 0x14, 0, 0, 0, 0x0f, 0x05, 0xc3];
        let sites = find_sites(&code, BASE, &whole(&code));
        let caught = Caught::Stub { at: BASE, len: 5 };
        assert_eq!(sites, [Site { at: BASE.plus(5), caught }]);
    }

    #[test]
    fn the_bytes_inside_another_instruction_are_no_site() {
        // mov eax, 0x050f; ret
        let code = [0xb8, 0x0f, 0x05, 0, 0, 0xc3];
        assert_eq!(find_sites(&code, BASE, &whole(&code)), []);
    }

    #[test]
    fn a_short_instruction_before_leaves_the_call_to_the_net() {
        // xor eax, eax; syscall; ret
        let code = [0x31, 0xc0, 0x0f, 0x05, 0xc3];
        let sites = find_sites(&code, BASE, &whole(&code));
        assert!(matches!(sites[..], [Site { caught: Caught::Net(_), .. }]));
    }

    /// mov rsi, rcx; mov rdi, rbx; syscall: the end of Go's `Syscall6` on Linux.
    const SYSCALL6: [u8; 9] = [0x48, 0x89, 0xce, 0x48, 0x89, 0xdf, 0x0f, 0x05, 0xc3];

    #[test]
    fn short_copies_before_the_call_move_together() {
        let sites = find_sites(&SYSCALL6, BASE, &whole(&SYSCALL6));
        let caught = Caught::Stub { at: BASE, len: 6 };
        assert_eq!(sites, [Site { at: BASE.plus(6), caught }]);
    }

    #[test]
    fn copies_that_cannot_run_twice_stay() {
        // mov rdi, rbx; mov rbx, rcx; syscall: after the second the first would copy something else.
        let code = [0x48, 0x89, 0xdf, 0x48, 0x89, 0xcb, 0x0f, 0x05, 0xc3];
        let sites = find_sites(&code, BASE, &whole(&code));
        assert!(matches!(sites[..], [Site { caught: Caught::Net(_), .. }]));
    }

    #[test]
    fn a_branch_between_moved_copies_leaves_the_call_to_the_net() {
        let mut code = vec![0xeb, 0x03];
        code.extend(SYSCALL6);
        let sites = find_sites(&code, BASE, &whole(&code));
        assert!(matches!(sites[..], [Site { caught: Caught::Net(_), .. }]));
    }

    #[test]
    fn a_branch_into_the_moved_instruction_leaves_the_call_to_the_net() {
        // jmp into the immediate of the mov
        let code = [0xeb, 0x01, 0xb8, 0x14, 0, 0, 0, 0x0f, 0x05, 0xc3];
        let sites = find_sites(&code, BASE, &whole(&code));
        assert!(matches!(sites[..], [Site { caught: Caught::Net(_), .. }]));
    }

    #[test]
    fn a_branch_to_the_call_itself_is_allowed() {
        // jmp to the syscall; mov eax, 20; syscall
        let code = [0xeb, 0x05, 0xb8, 0x14, 0, 0, 0, 0x0f, 0x05, 0xc3];
        let sites = find_sites(&code, BASE, &whole(&code));
        assert!(matches!(sites[..], [Site { caught: Caught::Stub { .. }, .. }]));
    }

    #[test]
    fn without_functions_agreeing_decodings_decide() {
        let mut code = vec![0x90; 64];
        code.extend([0xb8, 0x14, 0, 0, 0, 0x0f, 0x05, 0xc3]);
        let sites = find_sites(&code, BASE, &NoFunctions);
        assert_eq!(sites, [Site { at: BASE.plus(69), caught: Caught::Stub { at: BASE.plus(64), len: 5 } }]);
    }
}
