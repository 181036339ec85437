//! Which call instructions a program has, and how each is caught.
//!
//! The bytes of a call instruction also occur inside other instructions, so code is decoded from the start
//! of the function that holds them and never guessed. Where no function is known, every way to decode the
//! bytes before must agree.

use super::again::can_run_again;
use ashore_base::{Addr, AddrRange};
use ashore_image::FunctionIndex;
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, OpKind};

/// How a call instruction is caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caught {
    /// What stands before it becomes a jump to a stub, which runs that itself: one instruction, or several of which
    /// running the first of them twice changes nothing.
    ///
    /// Where that is long enough for the jump, the call's own bytes stay: whoever jumps to the call directly still gets
    /// to the net. Where it is not, the end of the jump lies over them, and is chosen so that running it faults
    /// ([`super::rewrite`]), which is as good as the net.
    Stub {
        /// Where that instruction, or the first of several, starts.
        at: Addr,
        /// How long what is overwritten is.
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
    /// Whether the jump to the stub lies over the call's own bytes.
    pub fn is_covered(&self) -> bool {
        matches!(self.caught, Caught::Stub { at, len } if at.plus(len.into()) > self.at)
    }

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
/// With at least so much before a call, the part of a jump that lies over the call can be chosen freely.
const COVER_MIN: u64 = 3;
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
    /// Where its direct branches go, sorted.
    targets: Vec<u64>,
    /// Whether it has a branch to a computed place: then any instruction may be a target.
    is_computed: bool,
}

impl Decoded {
    fn new(code: &[u8], base: Addr, extent: AddrRange) -> Option<Decoded> {
        let start = usize::try_from(extent.start.0.checked_sub(base.0)?).ok()?;
        let len = usize::try_from(extent.len().min(FUNCTION_MAX)).ok()?;
        let bytes = code.get(start..start.checked_add(len)?.min(code.len()))?;
        let mut decoder = Decoder::with_ip(64, bytes, extent.start.0, DecoderOptions::NONE);
        let instructions: Vec<Instruction> = decoder.iter().collect();
        let mut targets: Vec<u64> = instructions.iter().filter_map(branch_target).collect();
        targets.sort_unstable();
        let is_computed = instructions.iter().any(|i| i.flow_control() == FlowControl::IndirectBranch);
        Some(Decoded { extent, instructions, targets, is_computed })
    }

    /// The site at `at`, if the decoded code has a call instruction there.
    fn site(&self, at: Addr) -> Option<Site> {
        let found = self.instructions.binary_search_by_key(&at.0, |i| i.ip());
        let Ok(index) = found else {
            // Inside another instruction, or past what was decoded: then only the net may decide.
            let beyond = self.instructions.last().is_none_or(|last| last.next_ip() <= at.0);
            return beyond.then_some(Site { at, caught: Caught::Net("the function is too long to decode") });
        };
        if self.instructions.get(index)?.code() != Code::Syscall {
            return None;
        }
        Some(Site { at, caught: self.caught(index, at) })
    }

    /// How the call at `index` is caught: by the first way that is safe.
    fn caught(&self, index: usize, at: Addr) -> Caught {
        let Some(before) = index.checked_sub(1).and_then(|i| self.instructions.get(i)) else {
            return Caught::Net("no instruction before it in its function");
        };
        let alone = judge(before, at);
        if before.len() < JUMP_LEN && before.flow_control() == FlowControl::Next {
            let several = self.several(index, at, JUMP_LEN as u64);
            let cover = || self.cover(before.ip(), at);
            let cover_several = || self.several(index, at, COVER_MIN);
            return several.or_else(cover).or_else(cover_several).unwrap_or(alone);
        }
        if self.is_entered(before.ip(), at.0) {
            return Caught::Net("a branch goes into the instruction before it");
        }
        alone
    }

    /// Whether a direct branch goes between `first` and `end`.
    fn is_entered(&self, first: u64, end: u64) -> bool {
        let after = self.targets.partition_point(|to| *to <= first);
        self.targets.get(after).is_some_and(|to| *to < end)
    }

    /// The few short instructions before the call at `index`, `least` bytes or more, that can move together. This is how
    /// Go's `Syscall6` on Linux looks, which carries nearly all calls of a program.
    fn several(&self, index: usize, at: Addr, least: u64) -> Option<Caught> {
        let mut first = index;
        while at.0 - self.instructions.get(first)?.ip() < least {
            first = first.checked_sub(1)?;
        }
        let moved = self.instructions.get(first..index)?;
        let start = moved.first()?.ip();
        if self.is_computed || self.is_entered(start, at.0) || !can_run_again(moved) {
            return None;
        }
        if at.0 - start < JUMP_LEN as u64 {
            return self.cover(start, at);
        }
        Some(Caught::Stub { at: Addr(start), len: (at.0 - start) as u8 })
    }

    /// A jump over what starts at `start` and over the call.
    fn cover(&self, start: u64, at: Addr) -> Option<Caught> {
        let len = at.0 - start;
        let is_long = len >= COVER_MIN && self.extent.contains(at.plus(SYSCALL.len() as u64 - 1));
        let is_safe = is_long && !self.is_entered(start, at.0) && !self.is_entered(at.0, at.0 + 2);
        is_safe.then_some(Caught::Stub { at: Addr(start), len: len as u8 + SYSCALL.len() as u8 })
    }
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

    /// The one site of `code`, a function.
    fn caught(code: &[u8]) -> Caught {
        match find_sites(code, BASE, &whole(code))[..] {
            [site] => site.caught,
            ref other => panic!("{other:?}"),
        }
    }

    #[test]
    fn copies_that_cannot_run_twice_stay() {
        // mov rdi, rbx; mov rbx, rcx; syscall: after the second the first would copy something else.
        let code = [0x48, 0x89, 0xdf, 0x48, 0x89, 0xcb, 0x0f, 0x05, 0xc3];
        assert_eq!(caught(&code), Caught::Stub { at: BASE.plus(3), len: 5 });
    }

    #[test]
    fn a_constant_and_a_zeroing_move_together() {
        // mov esi, 3; xor edx, edx; syscall
        let code = [0xbe, 3, 0, 0, 0, 0x31, 0xd2, 0x0f, 0x05, 0xc3];
        assert_eq!(caught(&code), Caught::Stub { at: BASE, len: 7 });
    }

    #[test]
    fn a_jump_covers_the_call_when_what_stands_before_is_short() {
        // add rdi, 8; syscall: the end of the jump lies over the call.
        assert_eq!(caught(&[0x48, 0x83, 0xc7, 8, 0x0f, 0x05, 0xc3]), Caught::Stub { at: BASE, len: 6 });
        // mov r9, [rcx]; syscall
        assert_eq!(caught(&[0x4c, 0x8b, 0x09, 0x0f, 0x05, 0xc3]), Caught::Stub { at: BASE, len: 5 });
        // xor edi, edi; xor esi, esi; syscall
        assert_eq!(caught(&[0x31, 0xff, 0x31, 0xf6, 0x0f, 0x05, 0xc3]), Caught::Stub { at: BASE, len: 6 });
    }

    #[test]
    fn a_covered_call_may_be_jumped_to_but_not_what_moved() {
        // jmp to the syscall; mov r9, [rcx]; syscall: who jumps there runs the fault.
        let code = [0xeb, 0x03, 0x4c, 0x8b, 0x09, 0x0f, 0x05, 0xc3];
        assert_eq!(caught(&code), Caught::Stub { at: BASE.plus(2), len: 5 });
        // jmp into the mov
        let code = [0xeb, 0x01, 0x4c, 0x8b, 0x09, 0x0f, 0x05, 0xc3];
        assert!(matches!(caught(&code), Caught::Net(_)));
        // jmp to the second half of the syscall
        let code = [0xeb, 0x04, 0x4c, 0x8b, 0x09, 0x0f, 0x05, 0xc3];
        assert!(matches!(caught(&code), Caught::Net(_)));
    }

    #[test]
    fn several_stay_where_branches_are_computed() {
        // xor edi, edi; xor esi, esi; syscall; jmp rax
        let code = [0x31, 0xff, 0x31, 0xf6, 0x0f, 0x05, 0xff, 0xe0];
        assert!(matches!(caught(&code), Caught::Net(_)));
    }

    #[test]
    fn a_branch_between_copies_keeps_the_first_where_it_is() {
        let mut code = vec![0xeb, 0x03];
        code.extend(SYSCALL6);
        assert_eq!(caught(&code), Caught::Stub { at: BASE.plus(5), len: 5 });
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
