//! The load commands.

use super::{constants::*, header::Header};
use crate::{
    check::{self, Loader},
    parsed::{Mark, Section, SymbolTable, Version},
};
use alloc::{format, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Bytes, Cpu};
use ashore_image::{Entry, FileRange, Perms, Segment, TlsTemplate};
use ashore_report::{
    Place, Report,
    table::{MALFORMED, TRUNCATED},
};

/// More sections or libraries than any program has.
const ROW_LIMIT: usize = 4096;

/// Everything the load commands say.
#[derive(Default)]
pub(super) struct Commands {
    pub(super) segments: Vec<Segment>,
    pub(super) sections: Vec<Section>,
    pub(super) interpreter: Option<String>,
    pub(super) needed: Vec<String>,
    pub(super) tls: Option<TlsTemplate>,
    pub(super) symbols: Option<SymbolTable>,
    pub(super) platforms: Vec<Mark>,
    pub(super) stack_len: Option<u64>,
    pub(super) asides: Vec<String>,
    /// The entry named as an offset in the file, and where it is named.
    main: Option<(u64, u64)>,
    /// The entry named as a program counter, and where it is named.
    start: Option<(Addr, u64)>,
}

/// One load command: its bytes alone, so that no field can be read past its end.
struct Command<'a> {
    /// Its offset in the file.
    at: u64,
    kind: u32,
    body: Bytes<'a>,
}

impl<'a> Command<'a> {
    fn read(bytes: Bytes<'a>, at: u64, end: u64) -> Result<Command<'a>, Report> {
        let damaged = |reason: String| MALFORMED.at(Place::offset(at), reason);
        let (Some(kind), Some(len)) = (bytes.u32(at), bytes.u32(at.saturating_add(4))) else {
            return Err(TRUNCATED.at(Place::offset(at), "a load command begins here, but the file ends"));
        };
        let len = u64::from(len);
        if len < COMMAND_LEN || len % 4 != 0 || at.saturating_add(len) > end {
            return Err(damaged(format!(
                "a load command of {len:#x} bytes does not fit the list, which ends at {end:#x}"
            )));
        }
        let body = bytes.slice(at, len).unwrap_or_default();
        Ok(Command { at, kind, body: Bytes(body) })
    }

    fn short(&self) -> Report {
        let reason = format!("load command {:#x} has only {:#x} bytes", self.kind, self.body.0.len());
        MALFORMED.at(Place::offset(self.at), reason)
    }

    fn u32(&self, at: u64) -> Result<u32, Report> {
        self.body.u32(at).ok_or_else(|| self.short())
    }

    fn u64(&self, at: u64) -> Result<u64, Report> {
        self.body.u64(at).ok_or_else(|| self.short())
    }

    /// The string whose offset in the command stands at `at`; the command's end ends it too.
    fn string(&self, at: u64) -> Result<String, Report> {
        let start = usize::try_from(self.u32(at)?).unwrap_or(usize::MAX);
        let text = self.body.0.get(start..).ok_or_else(|| self.short())?;
        Ok(padded(text))
    }

    /// The name in 16 bytes at `at`.
    fn name(&self, at: u64) -> Result<String, Report> {
        Ok(padded(&self.body.array::<16>(at).ok_or_else(|| self.short())?))
    }
}

/// The text before the first zero byte.
fn padded(text: &[u8]) -> String {
    String::from_utf8_lossy(text.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
}

impl Commands {
    /// Reads the whole list.
    pub(super) fn read(bytes: Bytes<'_>, header: &Header) -> Result<Commands, Report> {
        let mut found = Commands::default();
        let mut at = HEADER_LEN;
        for _ in 0..header.command_count {
            let command = Command::read(bytes, at, header.commands_end)?;
            found.take(bytes, header.cpu, &command)?;
            at += command.body.0.len() as u64;
        }
        Ok(found)
    }

    /// Where the program begins, and where the file says so.
    pub(super) fn entry(&self) -> Result<(Entry, u64), Report> {
        if let Some((offset, at)) = self.main {
            // The offset counts from the segment that maps the header.
            let text = self.segments.iter().find(|segment| segment.file.offset == 0 && segment.file.len > 0);
            let addr = text.and_then(|text| text.memory.start.0.checked_add(offset));
            let reason = || format!("the entry is {offset:#x} bytes after the header, which no segment maps");
            let addr = addr.ok_or_else(|| MALFORMED.at(Place::offset(at), reason()))?;
            return Ok((Entry::Main(Addr(addr)), at));
        }
        Ok(self.start.map_or((Entry::None, 0), |(addr, at)| (Entry::Start(addr), at)))
    }

    fn take(&mut self, bytes: Bytes<'_>, cpu: Cpu, command: &Command<'_>) -> Result<(), Report> {
        match command.kind {
            LC_SEGMENT_64 => self.segment(bytes, cpu, command)?,
            LC_MAIN => {
                self.main = Some((command.u64(8)?, command.at));
                self.stack_len = Some(command.u64(16)?).filter(|&len| len != 0);
            }
            LC_UNIXTHREAD => self.thread(cpu, command)?,
            LC_LOAD_DYLINKER => self.interpreter = Some(command.string(8)?),
            LC_LOAD_DYLIB | LC_LOAD_WEAK_DYLIB | LC_REEXPORT_DYLIB | LC_LAZY_LOAD_DYLIB | LC_LOAD_UPWARD_DYLIB
                if self.needed.len() < ROW_LIMIT =>
            {
                self.needed.push(command.string(8)?);
            }
            LC_SYMTAB => self.symbols(bytes, command)?,
            LC_BUILD_VERSION => self.platform(command.u32(8)?, command.u32(12)?, command.u32(16)?),
            LC_VERSION_MIN_MACOSX => self.platform(PLATFORM_MACOS, command.u32(8)?, command.u32(12)?),
            LC_VERSION_MIN_IPHONEOS => self.platform(PLATFORM_IOS, command.u32(8)?, command.u32(12)?),
            LC_CODE_SIGNATURE => self.aside("it carries a code signature"),
            LC_DYLD_INFO | LC_DYLD_INFO_ONLY => self.aside("its imports are bound by opcodes"),
            LC_DYLD_CHAINED_FIXUPS => self.aside("its imports are bound by chained fixups"),
            LC_ENCRYPTION_INFO_64 if command.u32(16)? != 0 => self.aside("part of it is encrypted"),
            _ => {}
        }
        Ok(())
    }

    fn aside(&mut self, words: &str) {
        if !self.asides.iter().any(|known| known == words) {
            self.asides.push(words.into());
        }
    }

    fn platform(&mut self, id: u32, oldest: u32, kit: u32) {
        if self.platforms.len() < ROW_LIMIT {
            self.platforms.push(Mark::Platform { id, oldest: Version(oldest), kit: Version(kit) });
        }
    }

    fn segment(&mut self, bytes: Bytes<'_>, cpu: Cpu, command: &Command<'_>) -> Result<(), Report> {
        let memory = check::memory(command.u64(24)?, command.u64(32)?, command.at)?;
        let file = FileRange { offset: command.u64(40)?, len: command.u64(48)? };
        let protection = command.u32(60)?;
        let perms = Perms {
            is_read: protection & VM_PROT_READ != 0,
            is_write: protection & VM_PROT_WRITE != 0,
            is_exec: protection & VM_PROT_EXECUTE != 0,
        };
        let section_count = u64::from(command.u32(64)?);
        let segment = Segment { memory, file, perms, align: 1, name: Some(command.name(8)?) };
        // Debug information may stand in a segment that takes no memory.
        if !memory.is_empty() {
            check::segment(bytes, (cpu, Loader::System), &segment, command.at)?;
            self.segments.push(segment);
        }
        if SEGMENT_LEN.saturating_add(section_count * SECTION_LEN) > command.body.0.len() as u64 {
            return Err(command.short());
        }
        for index in 0..section_count {
            self.section(bytes, command, SEGMENT_LEN + index * SECTION_LEN)?;
        }
        Ok(())
    }

    fn section(&mut self, bytes: Bytes<'_>, command: &Command<'_>, at: u64) -> Result<(), Report> {
        let flags = command.u32(at + 64)?;
        let kind = flags & 0xff;
        let len = command.u64(at + 40)?;
        let memory = check::memory(command.u64(at + 32)?, len, command.at + at)?;
        let is_zero = matches!(kind, S_ZEROFILL | S_GB_ZEROFILL | S_THREAD_LOCAL_ZEROFILL);
        let file = match is_zero {
            true => FileRange::default(),
            false => check::range(bytes, command.u32(at + 48)?.into(), len, "a section").unwrap_or_default(),
        };
        if matches!(kind, S_THREAD_LOCAL_REGULAR | S_THREAD_LOCAL_ZEROFILL) {
            let align = 1u64.checked_shl(command.u32(at + 52)?).filter(|&align| align <= 1 << 30).unwrap_or(1);
            self.thread_local(TlsTemplate { memory, file, align });
        }
        if self.sections.len() < ROW_LIMIT {
            let name = [command.name(at + 16)?, command.name(at)?].join(",");
            let align = 1u64.checked_shl(command.u32(at + 52)?).unwrap_or(1);
            let perms = self.segments.iter().find(|segment| segment.memory.contains(memory.start));
            // The code segment also holds constants; only the section's own flags tell.
            let perms = perms.map(|segment| segment.perms).unwrap_or_default();
            let perms = Perms { is_exec: perms.is_exec && flags & S_ATTR_INSTRUCTIONS != 0, ..perms };
            self.sections.push(Section { name, memory, file, perms, align, holds_strings: kind == S_CSTRINGS });
        }
        Ok(())
    }

    /// The template is what the thread-local sections cover together; the initialised one comes first.
    fn thread_local(&mut self, section: TlsTemplate) {
        let Some(tls) = &mut self.tls else {
            self.tls = Some(section);
            return;
        };
        let start = tls.memory.start.min(section.memory.start);
        let end = tls.memory.end.max(section.memory.end);
        tls.memory = AddrRange { start, end };
        tls.align = tls.align.max(section.align);
        if tls.file.len == 0 {
            tls.file = section.file;
        }
    }

    fn thread(&mut self, cpu: Cpu, command: &Command<'_>) -> Result<(), Report> {
        let (flavor, counter) = match cpu {
            Cpu::X86_64 => X86_THREAD_STATE_64,
            Cpu::Aarch64 => ARM_THREAD_STATE_64,
            Cpu::Riscv64 => return Err(MALFORMED.at(Place::offset(command.at), "no register set for this CPU exists")),
        };
        let given = command.u32(8)?;
        if given != flavor {
            let reason = format!("register set {given} instead of {flavor}");
            return Err(MALFORMED.at(Place::offset(command.at + 8), reason));
        }
        self.start = Some((Addr(command.u64(16 + counter * 8)?), command.at));
        Ok(())
    }

    fn symbols(&mut self, bytes: Bytes<'_>, command: &Command<'_>) -> Result<(), Report> {
        let len = u64::from(command.u32(12)?) * SYMBOL_LEN;
        let entries = check::range(bytes, command.u32(8)?.into(), len, "the symbol table")?;
        let names = check::range(bytes, command.u32(16)?.into(), command.u32(20)?.into(), "the names of symbols")?;
        self.symbols = Some(SymbolTable { entries, names, is_full: true });
        Ok(())
    }
}
