//! Functions from object files.

use super::Planner;
use crate::{
    inject::{self, Around, Content, Late, Loads, Placed, Relocator, Target, Unit},
    names::{AT, Name, locate, resolve},
    request::Object,
    shape::{Choice, Slot},
    verify::Expect,
};
use ashore_base::Addr;
use ashore_image::FunctionIndex;
use ashore_report::{Report, table::*};

/// What begins the name of a function's own code, though the function is replaced. The second can be written in C as it is.
const ORIGINAL: [&str; 2] = ["original:", "__original_"];
/// More zeroed memory than this is a mistake.
const ZEROED_MAX: u64 = 1 << 30;
/// More added bytes than this find no place.
const ADDED_MAX: u64 = 15 << 20;

/// Names that compilers use on their own, and how they are told not to.
#[rustfmt::skip]
static HELPERS: &[(&str, &str)] = &[
    ("__stack_chk_", "compile with -fno-stack-protector"),
    ("__ubsan_", "compile with -fno-sanitize=undefined"),
    ("__asan_", "compile with -fno-sanitize=address"),
    ("__sanitizer_", "compile without -fsanitize and coverage options"),
    ("__gcov", "compile without --coverage"),
    ("__tls_get_addr", "thread-local variables cannot be added"),
    ("_GLOBAL_OFFSET_TABLE_", "compile with -mcmodel=small"),
    ("__aarch64_", "compile with -mno-outline-atomics"),
    ("__mcount", "compile without -pg"),
    ("mem", "compilers call it on their own: define it in the object, as a plain loop with -fno-builtin"),
];

impl Planner<'_, '_> {
    /// The function at `at`, called `name`, does what a function of `object` does.
    pub(super) fn replace(
        &mut self,
        at: Addr,
        name: &str,
        object: &Object,
        symbol: Option<&str>,
    ) -> Result<(), Report> {
        let census = crate::census::Census::of(self.program, at);
        if let Some(done) = self.done.last_mut() {
            done.census = Some(census);
        }
        let old = self.program.describe(at);
        let new = self.inject(object, symbol, name)?;
        self.detour(at, new, format!("entry of {old} to {}", object.path))?;
        self.say(format!("{old} at {at} begins with a branch to {} at {new}: all callers", object.path));
        if self.program.go.is_some_and(|table| table.containing(at).is_some()) {
            let reason = "the replaced function is Go's: it passes arguments in Go's registers (RAX, RBX, RCX, RDI... on x86-64, \
                          R0, R1, R2... on AArch64, X10, X11... on RISC-V), and its stack may be small";
            self.warnings.push(PATCH_CONVENTION.at(self.program.place(at), reason));
        }
        Ok(())
    }

    /// Adds what the function `symbol` of `object` needs, and tells its address. Without a symbol it is the one called `name`.
    pub(super) fn inject(&mut self, object: &Object, symbol: Option<&str>, name: &str) -> Result<Addr, Report> {
        let known = self.objects.iter().position(|(known, _)| known == object);
        let index = match known {
            Some(index) => index,
            None => {
                let unit = Unit::read(&object.path, &object.bytes, self.program.part.image.cpu)?;
                self.objects.push((object.clone(), Placed::new(unit)));
                self.objects.len() - 1
            }
        };
        // The file is taken out while the rest of the planner is used for it.
        let (object, mut placed) = self.objects.remove(index);
        let entry = self.place(&mut placed, symbol, name);
        self.objects.insert(index, (object, placed));
        entry
    }

    fn place(&mut self, placed: &mut Placed, symbol: Option<&str>, name: &str) -> Result<Addr, Report> {
        let entry = placed.unit.function(symbol, name)?;
        let reached = placed.reach(entry);
        let too_many = || PATCH_OBJECT.because("it is too large").in_file(&placed.unit.path);
        let wanted = reached.sections.iter().filter_map(|&index| placed.section(index));
        let len = wanted.clone().filter(|section| section.content != Content::Zeroes).map(|section| section.len).sum();
        let zeroed: u64 = wanted.filter(|section| section.content == Content::Zeroes).map(|section| section.len).sum();
        let added = (self.annex.code.len() + self.annex.data.len()) as u64;
        if added.saturating_add(len) > ADDED_MAX || zeroed > ZEROED_MAX {
            return Err(too_many());
        }
        for &index in &reached.sections {
            let Some(section) = placed.section(index) else { continue };
            let at = match section.content {
                Content::Code | Content::Constants => self.reserve_code(section.len, section.align)?,
                Content::Variables => self.reserve_data(section.len, section.align)?,
                Content::Zeroes => continue,
            };
            placed.sections.insert(index, at);
        }
        for number in reached.elsewhere {
            let Some(symbol) = placed.unit.symbols.get(&number) else { continue };
            let (name, is_weak) = (symbol.name.clone(), symbol.is_weak);
            let in_file = |report: Report| match report.diagnosis == &PATCH_OBJECT {
                true => report.in_file(&placed.unit.path),
                false => report.note(format!("\"{name}\" is a name that {} uses", placed.unit.path)),
            };
            let target = self.target(&name, is_weak).map_err(in_file)?;
            placed.targets.insert(number, target);
        }
        let path = &placed.unit.path;
        if len > 0 || zeroed > 0 {
            self.say(format!("{len} bytes of {path} are added, and {zeroed} that begin as zero"));
        }
        if placed.unit.has_records {
            self.say(format!("records for debuggers and unwinding are left out: no exception passes through {path}"));
        }
        let entry = placed.address(entry);
        entry.ok_or_else(|| PATCH_OBJECT.because("the function lies in a section that is left behind").in_file(path))
    }

    /// What a name that the object file does not define leads to.
    fn target(&mut self, name: &str, is_weak: bool) -> Result<Target, Report> {
        if let Some(function) = ORIGINAL.iter().find_map(|start| name.strip_prefix(start)) {
            let at = resolve(self.program, &Name::new(function))?;
            let near = self.next_code()?;
            let len = match self.program.coder.branch(at, near) {
                Ok(branch) => branch.len() as u64,
                Err(why) => return Err(self.unencodable(&why)),
            };
            let original = self.original(at, len);
            return original.map(Target::At).map_err(|why| why.note(format!("wanted: the own code of {function}")));
        }
        if let Some(addr) = locate(self.program, name)? {
            return match self.program.shape.choice(self.program, addr) {
                Choice::Itself => Ok(Target::At(addr)),
                Choice::Other(slot) => Ok(Target::Slot(slot)),
                Choice::Unknown => {
                    let reason = format!("\"{name}\" chooses another function at start-up, and no word holds which");
                    Err(PATCH_OBJECT.at(self.program.place(addr), reason))
                }
            };
        }
        if let Some(slot) = self.program.shape.import(self.program, name.as_bytes()) {
            return self.bound(name, slot);
        }
        if is_weak {
            return Ok(Target::Missing);
        }
        let report = PATCH_OBJECT.because(format!("the program has no \"{name}\""));
        let helper = HELPERS.iter().find(|(start, _)| name.starts_with(start));
        Err(match helper {
            Some((_, remedy)) => report.note(*remedy),
            None => report
                .note("only what is in the program, or what it imports already, can be used; define it in the object")
                .note(format!("what has no name is named by its address: {AT}0x401000 instead of {name}")),
        })
    }

    fn bound(&self, name: &str, slot: Slot) -> Result<Target, Report> {
        let way = inject::of(self.program.part.image.cpu);
        if slot.is_late && way.late() == Late::Nothing {
            let reason = format!("the program binds \"{name}\" only when it calls it for the first time");
            return Err(PATCH_OBJECT.because(reason).note("link the program with -z now"));
        }
        Ok(Target::Slot(slot))
    }

    fn reserve_code(&mut self, len: u64, align: u64) -> Result<Addr, Report> {
        let start = self.room()?.code;
        Ok(reserve(&mut self.annex.code, start, len, align))
    }

    fn reserve_data(&mut self, len: u64, align: u64) -> Result<Addr, Report> {
        let start = self.room()?.data;
        Ok(reserve(&mut self.annex.data, start, len, align))
    }

    /// With every request planned, the addresses are known: object files are completed.
    pub(super) fn link(&mut self) -> Result<(), Report> {
        let (objects, mut units): (Vec<Object>, Vec<Placed>) = core::mem::take(&mut self.objects).into_iter().unzip();
        if objects.is_empty() {
            return Ok(());
        }
        let program = self.program;
        let way = inject::of(program.part.image.cpu);
        let mut loads = Loads::decide(way, &units);
        for key in loads.wanted.clone() {
            let at = self.add_word()?;
            loads.add(key, at);
        }
        let room = self.room()?;
        let end = room.data.plus(self.annex.data.len() as u64);
        let zeroed_end = units.iter_mut().fold(end, |end, unit| unit.place_zeroes(end));
        self.annex.zeroed_len = zeroed_end.0.saturating_sub(end.0);
        if self.annex.zeroed_len > ZEROED_MAX {
            return Err(PATCH_OBJECT.because(format!("{} zeroed bytes are too many", self.annex.zeroed_len)));
        }
        let next_code = self.next_code()?;
        let is_movable = program.part.image.kind.is_relocatable();
        let around = Around { way, coder: program.coder, is_movable, next_code };
        let relocated = Relocator::relocate(around, &units, &loads)?;
        self.add_code(&relocated.stubs);
        let stubs = (!relocated.stubs.is_empty()).then_some((next_code, relocated.stubs));
        for (at, bytes) in relocated.bytes.into_iter().chain(stubs) {
            self.fill(at, &bytes);
            self.expects.push(Expect::Bytes { at, bytes });
        }
        if !relocated.rebased.is_empty() {
            program.shape.rebase(program, &mut self.draft, &mut self.annex, &relocated.rebased)?;
        }
        Ok(())
    }

    /// Puts bytes where memory was reserved for them.
    fn fill(&mut self, at: Addr, bytes: &[u8]) {
        let Some(room) = self.room else { return };
        let (start, memory) =
            if at < room.data { (room.code, &mut self.annex.code) } else { (room.data, &mut self.annex.data) };
        let offset = usize::try_from(at.0.saturating_sub(start.0)).unwrap_or(usize::MAX);
        let place = memory.get_mut(offset..offset.saturating_add(bytes.len()));
        place.into_iter().for_each(|place| place.copy_from_slice(bytes));
    }
}

/// Makes room at the end of `memory`, which begins at `start`.
fn reserve(memory: &mut Vec<u8>, start: Addr, len: u64, align: u64) -> Addr {
    let at = start.plus(memory.len() as u64).align_up(align);
    memory.resize((at.plus(len).0 - start.0) as usize, 0);
    at
}
