//! Redirecting one function to another.

use super::{Planner, tally::Places};
use crate::{
    census::{Census, DataRef},
    request::How,
};
use ashore_base::{Addr, AddrRange};
use ashore_isa::{CodeRef, RefKind};
use ashore_report::{Report, table::*};

impl Planner<'_, '_> {
    /// Whoever reaches `old` reaches `new`.
    pub(super) fn redirect(&mut self, old: Addr, new: Addr, how: How) -> Result<(), Report> {
        if old == new {
            let reason = format!("old and new are both {}", self.program.describe(old));
            return Err(PATCH_REFUSED.at(self.program.place(old), reason));
        }
        let census = Census::of(self.program, old);
        if let Some(done) = self.done.last_mut() {
            done.census = Some(census.clone());
        }
        match how {
            How::Entry => self.redirect_entry(old, new, &census),
            How::Calls => self.redirect_calls(old, new, &census),
        }
    }

    fn redirect_entry(&mut self, old: Addr, new: Addr, census: &Census) -> Result<(), Report> {
        let (old_name, new_name) = (self.program.describe(old), self.program.describe(new));
        // The new function may itself call the old one: it means the old code, not itself.
        let own = self.program.function_from(new).unwrap_or_default();
        let wrapped: Vec<CodeRef> = census.code.iter().filter(|place| own.contains(place.at)).copied().collect();
        let is_ours = self.already_branches(old, new);
        if !wrapped.is_empty() && !is_ours {
            let branch_len = self.branch_len(old, new);
            let original = self.original(old, branch_len)?;
            for place in &wrapped {
                self.retarget_code(place, original)?;
            }
            self.say(format!(
                "{} places in {new_name} still reach the code of {old_name}, at {original}",
                wrapped.len()
            ));
        }
        self.detour(old, new, format!("entry of {old_name} to {new_name}"))?;
        self.say(format!("{old_name} at {old} begins with a branch to {new_name} at {new}: all callers"));
        Ok(())
    }

    /// Whether this very redirection is there already.
    fn already_branches(&self, old: Addr, new: Addr) -> bool {
        let Ok(branch) = self.program.coder.branch(old, new) else { return false };
        self.program.bytes_at(old, branch.len() as u64).is_ok_and(|(_, bytes)| bytes == branch)
    }

    /// How long the branch at `at` will be.
    fn branch_len(&self, at: Addr, target: Addr) -> u64 {
        let branch = self.program.coder.branch(at, target).or_else(|_| self.program.coder.branch(at, at));
        branch.map_or(0, |branch| branch.len() as u64)
    }

    fn redirect_calls(&mut self, old: Addr, new: Addr, census: &Census) -> Result<(), Report> {
        let (old_name, new_name) = (self.program.describe(old), self.program.describe(new));
        let inside_old = self.program.function_from(old).unwrap_or_default();
        let inside_new = self.program.function_from(new).unwrap_or_default();
        let (moved, kept): (Vec<&CodeRef>, Vec<&CodeRef>) =
            census.code.iter().partition(|place| is_caller(place, inside_old, inside_new));
        if moved.is_empty() && census.data.is_empty() {
            let reason = format!("nothing in the program leads to {old_name}");
            return Err(PATCH_NO_MATCH.at(self.program.place(old), reason));
        }
        if !self.tally.begin([old, new]) {
            self.say("the same function by another name: done already".to_owned());
            return Ok(());
        }
        for place in &moved {
            self.retarget_code(place, new)?;
        }
        for place in &census.data {
            let place: &DataRef = place;
            self.retarget_data(place, new)?;
        }
        self.say(format!(
            "{} places in code and {} in data that led to {old_name} lead to {new_name}",
            moved.len(),
            census.data.len()
        ));
        if !kept.is_empty() {
            self.say(format!("{} places inside {old_name} and {new_name} themselves are left as they are", kept.len()));
        }
        let places = Places { code: moved.len(), data: census.data.len() };
        self.tally.take(self.program, old, places);
        // Through islands the places name the island.
        match self.annex.code.is_empty() {
            true => self.tally.add(self.program, new, places),
            false => self.tally.forget(new),
        }
        Ok(())
    }
}

/// Whether a place is somebody's who wants the old function: not the new one, which means the old code when it says so, and
/// not a jump of the old one to its own start.
fn is_caller(place: &CodeRef, old: AddrRange, new: AddrRange) -> bool {
    let is_loop = old.contains(place.at) && place.kind != RefKind::Call;
    !is_loop && !new.contains(place.at)
}
