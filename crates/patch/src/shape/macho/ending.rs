//! The end of a program: where the manifest goes and the signature is made.
//!
//! The manifest lies in `__LINKEDIT` between everything else and the signature. Tools that sign or strip want that segment
//! filled without a gap, so the table of names, which is last, is told to be longer.

use super::{
    super::{Changed, Sealer},
    annex,
    commands::{Command, Commands, Segment},
    signature::{Statement, Text, shortened},
    table::*,
};
use crate::{
    draft::Draft,
    seal::{Old, Piece},
};
use ashore_base::Bytes;
use ashore_image::FileRange;
use ashore_report::{
    Place, Report,
    table::{PATCH_REFUSED, PATCH_SIGNATURE},
};

/// A signature begins at a multiple of this.
const UNIT: u64 = 16;
/// The identifier of a program that never had one.
const IDENTIFIER: &str = "a.out";

/// One changed program and how it ends.
pub(super) struct Ending<'p, 'a> {
    changed: Changed<'p, 'a>,
    pub(super) commands: Commands,
    /// What the new signature says, if there will be one.
    statement: Option<Statement>,
    /// Where in the program the signature begins, or would.
    end: u64,
    /// What is made anew: from there to the next program or the end of this one.
    tail: FileRange,
    /// The same in few words.
    old: Old,
    pub(super) warning: Option<Report>,
    /// How long the program was made.
    len: u64,
}

impl<'p, 'a> Ending<'p, 'a> {
    /// How `changed` ends; `limit` is where the next program of the file begins.
    pub(super) fn of(changed: Changed<'p, 'a>, limit: Option<u64>) -> Result<Ending<'p, 'a>, Report> {
        let file = changed.program.file;
        let commands = Commands::read(file, changed.program.part)?;
        let slice = commands.slice;
        let refused = |at: u64, reason: &str| PATCH_REFUSED.at(Place::offset(slice.offset + at), reason);
        for command in &commands.list {
            let is_known =
                OFFSETS.iter().any(|row| row.kind == command.kind) || WITHOUT_OFFSETS.contains(&command.kind);
            if !is_known {
                return Err(refused(command.at, &format!("the load command {:#x} is not known", command.kind)));
            }
        }
        let signature = commands.find(LC_CODE_SIGNATURE).map(|command| command.stretch(8));
        let end = match (signature, commands.linkedit()) {
            (Some(signature), _) => signature.offset,
            (None, Some(linkedit)) => linkedit.file.end(),
            (None, None) => slice.len,
        };
        let holds = |linkedit: &Segment| linkedit.file.offset <= end && end <= linkedit.file.end();
        if signature.is_some() && !commands.linkedit().is_some_and(holds) {
            return Err(refused(end, "its signature lies outside __LINKEDIT"));
        }
        if commands.linkedit().is_some_and(|own| own.memory_len == 0 || own.memory_len < own.file.len) {
            return Err(refused(end, "its __LINKEDIT segment is not mapped as a whole"));
        }
        let limit = limit.unwrap_or(slice.end());
        let tail =
            FileRange { offset: slice.offset.saturating_add(end), len: limit.saturating_sub(slice.offset + end) };
        let signed = commands.in_file(signature.unwrap_or(FileRange { offset: end, len: 0 }));
        let rest = FileRange { offset: signed.end(), len: limit.saturating_sub(signed.end()) };
        let is_empty = rest.of(file).is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0));
        if !is_empty || end > slice.len {
            return Err(refused(end, "something lies behind its last segment"));
        }
        let behind = commands.list.iter().filter(|command| command.kind != LC_CODE_SIGNATURE);
        if behind.flat_map(offsets).any(|offset| offset > end) {
            return Err(refused(end, "something lies behind its signature"));
        }
        let statement = match signature {
            Some(signature) => {
                let bytes = commands.in_file(signature).of(file).unwrap_or_default();
                let statement = Statement::of(bytes);
                Some(statement.ok_or_else(|| refused(signature.offset, "its signature cannot be read"))?)
            }
            None => (commands.cpu() == CPU_ARM64 && commands.linkedit().is_some()).then(|| Statement::new(IDENTIFIER)),
        };
        let mut old = match signature {
            Some(_) => shortened(file, slice.offset, signed),
            None => Old::default(),
        };
        if rest.len > 0 {
            old.0.push(Piece::Zeros(rest.len));
        }
        let was_signed = statement.as_ref().is_some_and(|statement| statement.had_signer);
        let warning = was_signed.then(|| {
            let report = PATCH_SIGNATURE.at(Place::offset(signed.offset), "its signer did not sign the new bytes");
            report.note("it carries a signature of nobody's (ad hoc) now")
        });
        Ok(Ending { changed, commands, statement, end, tail, old, warning, len: slice.len })
    }

    /// Where in the file what is added to the end goes.
    fn place(&self) -> u64 {
        self.commands.slice.offset + self.end
    }

    /// Completes the draft for this program. With `manifest_len`, the manifest goes here. What follows keeps its
    /// place as far as `align` tells.
    pub(super) fn finish(
        &mut self,
        draft: &mut Draft,
        manifest_len: Option<u64>,
        align: Option<u64>,
    ) -> Result<Option<Sealer>, Report> {
        let file = self.changed.program.file;
        let mut commands = self.commands.clone();
        let base = commands.slice.offset;
        commands.take(draft);
        annex::attach(file, &mut commands, draft, self.changed.annex)?;
        let statement = self.statement.clone().filter(|_| self.make_room(&mut commands));
        let start = draft.moved(base);
        let position = |draft: &Draft, offset: u64| draft.moved(base + offset).wrapping_sub(start);
        let filler = position(draft, self.end).next_multiple_of(UNIT) - position(draft, self.end);
        if filler > 0 && statement.is_some() {
            draft.insert(self.place(), vec![0; filler as usize]);
        }
        if let Some(len) = manifest_len {
            draft.reserve(self.place(), len);
        }
        let limit = position(draft, self.end);
        let signature_len = statement.as_ref().map_or(0, |statement| statement.len(limit));
        self.len = limit + signature_len;
        let end = start.wrapping_add(self.len);
        let tail_len = signature_len + self.filler(end, align);
        let has_tail = self.tail.len > 0 || tail_len > 0;
        if has_tail {
            draft.seal(self.tail, self.old.clone(), tail_len);
        }
        let offset = |old: u64| position(draft, old);
        let is_longer = self.end.checked_sub(1).is_some_and(|last| offset(last) + 1 != limit);
        self.update(&mut commands, &offset, limit, signature_len);
        if is_longer {
            self.cover(&mut commands, limit);
        }
        let text = commands.text().map(|text| Text { file: text.file, is_program: commands.file_type() == MH_EXECUTE });
        commands.write(file, draft)?;
        let text = text.unwrap_or(Text { file: FileRange::default(), is_program: false });
        let range = FileRange { offset: start, len: limit };
        let sealer = move |new: &[u8]| {
            let code = range.of(new).unwrap_or_default();
            let mut bytes = statement.as_ref().map(|statement| statement.sign(code, text)).unwrap_or_default();
            bytes.resize(tail_len as usize, 0);
            bytes
        };
        Ok(has_tail.then(|| Box::new(sealer) as Sealer))
    }

    /// How many zeroes stand behind a program that ends at `end` of the new file: the next one stays where it is when it can, and
    /// keeps its alignment when it cannot.
    fn filler(&self, end: u64, align: Option<u64>) -> u64 {
        let Some(align) = align else { return 0 };
        let next = self.tail.end();
        let wanted = if end <= next { next } else { end + next.wrapping_sub(end) % align };
        wanted - end
    }

    /// Makes sure that a command names the signature; whether one does.
    fn make_room(&mut self, commands: &mut Commands) -> bool {
        if commands.find(LC_CODE_SIGNATURE).is_some() {
            return true;
        }
        let used = commands.len() - self.commands.len();
        if self.commands.room(self.changed.program.file) < used + LINKEDIT_DATA_LEN {
            let report =
                PATCH_REFUSED.at(Place::offset(self.commands.slice.offset), "there is no room to name a signature");
            self.warning =
                Some(report.note("macOS on this CPU runs signed programs only: sign it before it is patched"));
            return false;
        }
        let words = [LC_CODE_SIGNATURE, LINKEDIT_DATA_LEN as u32, self.end as u32, 0];
        let body = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        commands.list.push(Command { kind: LC_CODE_SIGNATURE, at: 0, body });
        true
    }

    /// Tells the load commands where everything is now.
    fn update(&self, commands: &mut Commands, offset: &dyn Fn(u64) -> u64, limit: u64, signature_len: u64) {
        let Some(linkedit) = self.commands.linkedit() else { return };
        let page = annex::page(commands);
        let start = offset(linkedit.file.offset);
        let file_len = (limit + signature_len).saturating_sub(start);
        let memory_len = linkedit.memory_len.max(file_len.next_multiple_of(page));
        for command in &mut commands.list {
            if command.kind == LC_SEGMENT_64
                && Bytes(&command.body).slice(8, LINKEDIT.len() as u64 + 1) == Some(b"__LINKEDIT\0")
            {
                for (at, long) in [(32, memory_len), (40, start), (48, file_len)] {
                    command.put(at, &long.to_le_bytes());
                }
            }
            let Some(row) = OFFSETS.iter().find(|row| row.kind == command.kind) else { continue };
            for &at in row.narrow {
                let old = u64::from(command.u32(at));
                if old != 0 {
                    command.put(at, &(offset(old) as u32).to_le_bytes());
                }
            }
            for &at in row.wide {
                let old = command.u64(at);
                if old != 0 {
                    command.put(at, &offset(old).to_le_bytes());
                }
            }
            if command.kind == LC_CODE_SIGNATURE {
                command.put(8, &(limit as u32).to_le_bytes());
                command.put(12, &(signature_len as u32).to_le_bytes());
            }
        }
    }

    /// Makes the table of names reach to `limit`, when it is what stands there.
    fn cover(&self, commands: &mut Commands, limit: u64) {
        let names_end = self.commands.find(LC_SYMTAB).map(|table| table.stretch(16).end());
        if names_end.is_some_and(|end| end <= self.end && self.end - end < UNIT) {
            for command in commands.list.iter_mut().filter(|command| command.kind == LC_SYMTAB) {
                let names = u64::from(command.u32(16));
                command.put(20, &(limit.saturating_sub(names) as u32).to_le_bytes());
            }
        }
    }

    /// How many bytes the program has in the new file.
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

/// The offsets a command names, zeroes left out.
fn offsets(command: &Command) -> Vec<u64> {
    let Some(row) = OFFSETS.iter().find(|row| row.kind == command.kind) else { return Vec::new() };
    let narrow = row.narrow.iter().map(|&at| u64::from(command.u32(at)));
    let wide = row.wide.iter().map(|&at| command.u64(at));
    narrow.chain(wide).filter(|&offset| offset != 0).collect()
}
