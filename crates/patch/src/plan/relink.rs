//! Redirecting in a file that is still to be linked: there names lead to functions, and branches at entries are not needed.

use super::{Planner, tally::Places};
use crate::{names::Name, shape::Relink};
use ashore_report::{Report, table::PATCH_REFUSED};

impl Planner<'_, '_> {
    /// Redirects the first of two functions to the second; tells whether the file is one that is still to be linked.
    pub(super) fn relink(&mut self, names: [&Name; 2]) -> Result<bool, Report> {
        let Some(found) = self.program.shape.relink(self.program, &self.annex.added, names) else { return Ok(false) };
        let found = found?;
        if self.tally.is_chained(found.ends) {
            // Who is sent to a name would follow it when it is sent on.
            let [old, new] = names.map(|name| name.text.as_str());
            let reason = format!("another edit sends {new} on, or sends somebody to {old}");
            return Err(PATCH_REFUSED.because(reason).note("name for each where it is to lead in the end"));
        }
        if !self.tally.begin(found.ends) {
            self.say("the same function by another name: done already".to_owned());
            return Ok(true);
        }
        self.count(&found);
        let [_, new] = found.ends;
        for place in &found.moved {
            self.retarget_code(place, new)?;
        }
        for (offset, bytes, reason) in found.edits {
            self.draft.replace(self.program.file, offset, &bytes, reason)?;
        }
        self.annex.added = found.added;
        if let Some(done) = self.done.last_mut() {
            done.census = Some(found.census);
            done.lines.extend(found.lines);
        }
        Ok(true)
    }

    /// Remembers how many places are to lead to each of the two.
    fn count(&mut self, found: &Relink) {
        let [old, new] = found.ends;
        let Relink { moved, census, kept_code, kept_data, .. } = found;
        let (code, data) = (census.code.len().saturating_sub(*kept_code), census.data.len().saturating_sub(*kept_data));
        self.tally.take(self.program, old, Places { code, data });
        let data = found.moved_relocations + found.added_relocations + found.moved_exports;
        self.tally.add(self.program, new, Places { code: moved.len(), data });
    }
}
