//! What the evidence tells of a fault: what rules ask again and again.

use super::code::{Access, Class, Owner, OwnerKind, Region};
use super::evidence::{Arrival, Call, Deed, Evidence};
use ashore_base::Addr;
use ashore_isa::facts::{Exception, Returns};
use ashore_pivot::Signal;

/// Linux's `si_code` for a fault without an address (`SI_KERNEL`).
pub(super) const WITHOUT_ADDRESS: i32 = 0x80;
/// Linux's `si_code` for a page that is there and forbids this (`SEGV_ACCERR`).
const FORBIDDEN: i32 = 2;
/// The shortest text worth showing.
const TEXT_MIN: usize = 4;
/// The longest text shown.
const TEXT_MAX: usize = 32;

impl Evidence<'_> {
    /// The exception it died of, where more than the signal's number is known of it.
    pub fn exception(&self) -> Option<Exception> {
        self.fault().and_then(|fault| self.facts().exception(fault.trap))
    }

    /// Whether the CPU refused an instruction without naming an address: a pointer that is no address, an operand that is not
    /// aligned, an instruction that is the kernel's.
    pub fn is_refused(&self) -> bool {
        self.fault().is_some_and(|fault| {
            matches!(fault.signal, Signal::SEGV | Signal::BUS)
                && fault.code == WITHOUT_ADDRESS
                && self.exception() != Some(Exception::AlignmentFlag)
        })
    }

    /// The address that was to be executed, when there the fault was.
    pub fn fetched(&self) -> Option<Addr> {
        let form = self.facts().addresses;
        self.fault_address().filter(|at| form.place(at.0) == form.place(self.regs.pc()))
    }

    /// Whether memory is there and its permissions forbade what was tried.
    pub fn is_forbidden(&self) -> bool {
        self.fault().is_some_and(|fault| fault.signal == Signal::SEGV && fault.code == FORBIDDEN)
    }

    /// Whether the fault was at a write.
    pub fn is_write(&self) -> bool {
        self.fault().is_some_and(|fault| u64::from(fault.trap_error) & self.facts().write != 0)
    }

    /// The memory access at which a fault without an address was: the first whose address is of this kind.
    pub fn access_where(&self, is_it: impl Fn(&Access) -> bool) -> Option<&Access> {
        self.instruction.as_ref()?.accesses.iter().find(|access| is_it(access))
    }

    /// The class of the instruction that it stopped at.
    pub fn class(&self) -> Option<Class> {
        self.instruction.as_ref().map(|instruction| instruction.class)
    }

    /// Whether an operand's address was one that the CPU takes for none: it said so without naming it, or named it.
    pub fn is_of_access(&self, access: &Access) -> bool {
        self.is_refused() || self.fault_address().is_some_and(|at| at.0.wrapping_sub(access.at.0) < access.len.max(1))
    }

    /// The byte right before the instruction that it stopped at, where that can be told.
    pub fn byte_before(&self) -> Option<u8> {
        let at = Addr(self.regs.pc().checked_sub(1)?);
        let original = self.programs.iter().find_map(|program| program.original(at)?.first().copied());
        original.or_else(|| self.read::<1>(at).map(|[byte]| byte))
    }

    /// Whether a return may have led to where nothing could run: the word that it took still stands below the stack pointer,
    /// or in the link register.
    pub fn has_returned(&self) -> bool {
        let taken = match self.facts().returns {
            Returns::OnStack => self.word(Addr(self.regs.sp().wrapping_sub(8))),
            Returns::InLink => self.regs.link(),
        };
        self.fetched().is_some_and(|_| taken == Some(self.regs.pc()))
    }

    /// Where the call was that led to where nothing could run: what a called function finds as its way back, when that is
    /// behind a call.
    pub fn came_from(&self) -> Option<Addr> {
        let back = Addr(match self.facts().returns {
            Returns::OnStack => self.word(self.sp())?,
            Returns::InLink => self.regs.link()?,
        });
        let program = self.programs.iter().find(|program| program.is_code(back))?;
        program.is_behind_call(self.memory, back).then_some(back)
    }

    /// That place for a sentence.
    pub fn called_from(&self) -> Option<String> {
        self.came_from().and_then(|back| self.spot(Addr(back.0.saturating_sub(1))))
    }

    /// What part of what an owner's text speaks of, without the file's path.
    pub fn brief(&self, owner: &Owner) -> String {
        match owner.kind {
            OwnerKind::Code | OwnerKind::Constant | OwnerKind::Data => {
                owner.text.split(" of ").next().unwrap_or_default().to_owned()
            }
            OwnerKind::Stack => owner.text.split(',').next().unwrap_or_default().to_owned(),
            _ => owner.text.clone(),
        }
    }

    /// The text that stands at an address, if some does.
    pub fn text_at(&self, at: Addr) -> Option<String> {
        let mut text = String::new();
        for n in 0..TEXT_MAX as u64 {
            let [byte] = self.read::<1>(at.plus(n))?;
            match byte {
                0 => break,
                b' '..=b'~' => text.push(char::from(byte)),
                _ => return None,
            }
        }
        (text.len() >= TEXT_MIN).then_some(text)
    }

    /// The last call of any thread that succeeded, has one of these names, and whose first two words are a range that holds
    /// `at`.
    pub fn call_on(&self, names: &[&str], at: Addr) -> Option<&Call> {
        self.all_calls().find(|call| {
            let [start, len, ..] = call.args;
            call.is_any(names) && call.errno().is_none() && at.0.checked_sub(start).is_some_and(|off| off < len)
        })
    }

    /// The call of any thread whose result is a mapping that holds `at`, as far as its second word tells.
    pub fn mapped_by(&self, at: Addr) -> Option<&Call> {
        self.all_calls().find(|call| {
            let len = call.args[1];
            let start = call.result().filter(|_| call.is("mmap"));
            start.is_some_and(|start| at.0.checked_sub(start).is_some_and(|off| off < len))
        })
    }

    /// The mapping that holds `at`.
    pub fn region(&self, at: Addr) -> Option<&Region> {
        self.regions.iter().find(|region| region.range.contains(at))
    }

    /// The mapping that ends at most `within` bytes below `at` and can be used.
    pub fn ends_before(&self, at: Addr, within: u64) -> Option<&Region> {
        self.regions.iter().rev().find(|region| {
            let is_used = region.perms.is_read || region.perms.is_write;
            is_used && region.range.end <= at && at.0 - region.range.end.0 < within
        })
    }

    /// The signals that came to the thread that ended it, the latest first.
    pub fn arrivals(&self) -> impl Iterator<Item = &Arrival> {
        self.steps().iter().rev().filter_map(|step| match &step.deed {
            Deed::Signal(arrival) => Some(arrival),
            Deed::Call(_) => None,
        })
    }

    /// The name of a handler, for a sentence.
    pub fn handler_name(&self, handler: Addr) -> String {
        self.spot(handler).unwrap_or_else(|| format!("the handler at {handler}"))
    }
}
