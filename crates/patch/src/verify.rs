//! Looking at the result with new eyes: the file as it was written is read again, decoded again and compared with the plan.

use crate::{
    census::{self, Census},
    draft::Change,
    program::Program,
};
use ashore_base::{Addr, AddrRange};
use ashore_report::{Place, Report, table::PATCH_UNVERIFIED};

/// What must hold of the patched program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expect {
    /// The instruction at `at` branches to `target`.
    Branch {
        /// Where it is.
        at: Addr,
        /// Where it leads.
        target: Addr,
    },
    /// These bytes are at `at`.
    Bytes {
        /// Where.
        at: Addr,
        /// What.
        bytes: Vec<u8>,
    },
    /// So many places lead to `addr`.
    Census {
        /// The function.
        addr: Addr,
        /// In code.
        code: usize,
        /// In data.
        data: usize,
    },
}

/// Whether `patched` is `original` with `change` and nothing else.
pub fn difference(original: &[u8], patched: &[u8], change: &Change) -> Result<(), Report> {
    match change.mismatch(original, patched) {
        None => Ok(()),
        Some(offset) => Err(PATCH_UNVERIFIED.at(Place::offset(offset), "a byte differs that is not in the plan")),
    }
}

/// Whether the patched program is what was planned.
pub fn meaning(program: &Program<'_>, expects: &[Expect]) -> Result<(), Report> {
    expects.iter().try_for_each(|expect| one(program, expect))
}

fn one(program: &Program<'_>, expect: &Expect) -> Result<(), Report> {
    match expect {
        Expect::Branch { at, target } => {
            let places = place_at(program, *at, *target);
            if places { Ok(()) } else { Err(wrong(program, *at, format!("it does not branch to {target}"))) }
        }
        Expect::Bytes { at, bytes } => {
            let (_, found) = program.bytes_at(*at, bytes.len() as u64)?;
            if found == bytes { Ok(()) } else { Err(wrong(program, *at, "other bytes are there".into())) }
        }
        Expect::Census { addr, code, data } => {
            let found = Census::of(program, *addr);
            if (found.code.len(), found.data.len()) == (*code, *data) {
                return Ok(());
            }
            let (found_code, found_data) = (found.code.len(), found.data.len());
            let reason = format!(
                "{found_code} places in code and {found_data} in data lead there, {code} and {data} were planned"
            );
            Err(wrong(program, *addr, reason))
        }
    }
}

/// Whether the code at `at` branches to `target`. Only a few instructions are looked at, from where one starts.
fn place_at(program: &Program<'_>, at: Addr, target: Addr) -> bool {
    const ENOUGH: u64 = 16;
    let Some(code) = program.code_at(at) else { return false };
    let end = at.plus(ENOUGH).min(code.range().end);
    let own = AddrRange { start: at, end };
    let Some(code) = code.within(own) else { return false };
    let places = program.coder.find(code, census::entry(target), &|_| Some(own));
    places.iter().any(|place| place.at == at)
}

fn wrong(program: &Program<'_>, at: Addr, reason: String) -> Report {
    PATCH_UNVERIFIED.at(program.place(at), reason)
}
