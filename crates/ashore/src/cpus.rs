//! The CPUs whose programs are run, one row each: by which engine.

use crate::cache::{Cache, Use};
use ashore_base::Cpu;
use ashore_engine::jit::Keeper;
use ashore_engine::{Settings, Tier, eval, jit, native};
use ashore_guest::{GUESTS, Guest, Os};
use ashore_isa::aarch64;
use ashore_isa::lift::Hidden;
use ashore_process::{Options, Program};
use ashore_report::{Report, table};

/// Starts a program of a system; comes back only when that failed.
pub(crate) type Start = fn(&Guest, &Program<'_>, Options) -> Report;

/// A CPU's row.
struct Row {
    cpu: Cpu,
    start: Start,
}

static ROWS: &[Row] = &[
    Row {
        cpu: Cpu::X86_64,
        start: |guest, program, options| match guest.x86_64 {
            Some(abi) => ashore_process::start::<native::Cpu>(program, abi, options),
            None => table::UNSUPPORTED_CPU.because(guest.os.title),
        },
    },
    Row {
        cpu: Cpu::Aarch64,
        start: |guest, program, options| match guest.aarch64 {
            Some(abi) if !translates(&options) => {
                ashore_process::start::<eval::Cpu<aarch64::Regs>>(program, abi, options)
            }
            Some(abi) => ashore_process::start::<jit::Cpu<aarch64::Regs>>(program, abi, options),
            None => table::UNSUPPORTED_CPU.because(guest.os.title),
        },
    },
];

/// Whether the host's CPU can run translated code, and nobody wants it otherwise.
fn translates(options: &Options) -> bool {
    if options.engine.tier == Tier::Evaluated {
        return false;
    }
    let lacks = options.engine.host.unwrap_or_else(jit::host).lacks();
    if let Some(part) = lacks
        && !options.quiet
    {
        ashore_sys::say(&format!(
            "ashore: this CPU lacks {part}: the program is not translated but evaluated, which is slow\n"
        ));
    }
    lacks.is_none()
}

/// How a person wants programs of another CPU run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chosen {
    /// The parts of the CPU to hide, with commas between them.
    pub(crate) hidden: Option<String>,
    /// What runs the code.
    pub(crate) tier: Tier,
    /// The bytes for translated code.
    pub(crate) code_len: Option<u64>,
    /// Keep no translations.
    pub(crate) no_cache: bool,
    /// Tell profilers what was translated to where.
    pub(crate) perf_map: bool,
}

impl Chosen {
    /// The words that ask for the same.
    pub(crate) fn words(&self) -> Vec<Vec<u8>> {
        let mut words = Vec::new();
        let mut pair = |option: &str, value: String| words.extend([option.as_bytes().to_vec(), value.into_bytes()]);
        if let Some(hidden) = &self.hidden {
            pair("--cpu", hidden.clone());
        }
        if self.tier != Tier::Any {
            pair("--tier", self.tier.name().to_owned());
        }
        if let Some(len) = self.code_len {
            pair("--code-size", len.to_string());
        }
        if self.no_cache {
            words.push(b"--no-cache".to_vec());
        }
        if self.perf_map {
            words.push(b"--perf-map".to_vec());
        }
        words
    }
}

/// Where translations of programs of a CPU are kept: none are made for those of the host's.
pub(crate) fn keeper(cpu: Cpu, chosen: &Chosen) -> Option<Box<dyn Keeper>> {
    let how = if chosen.no_cache || cpu == Cpu::X86_64 { Use::Off } else { Use::of_environment() };
    Some(Box::new(Cache::open(how)?))
}

/// The same for programs of one CPU. Its parts may be named with or without `no-` before them.
pub(crate) fn settings(cpu: Cpu, chosen: &Chosen) -> Result<Settings, Report> {
    let parts = ashore_isa::parts(cpu);
    let mut hidden = Hidden::default();
    // What runs on the host's CPU sees all of it.
    let names = chosen.hidden.as_deref().filter(|_| !parts.is_empty()).unwrap_or_default();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let name = name.strip_prefix("no-").unwrap_or(name);
        match parts.iter().position(|part| part.name == name) {
            Some(at) => hidden.0 |= 1 << at,
            None => return Err(table::UNSUPPORTED_CPU.because(format!("{cpu} has no part {name} (--cpu list)"))),
        }
    }
    let lacking = std::env::var("ASHORE_HOST_LACKS").unwrap_or_default();
    let host = jit::host().without_named(&lacking).map_err(|name| {
        table::UNSUPPORTED_CPU.because(format!("ASHORE_HOST_LACKS: no template knows a part {name}"))
    })?;
    let counts = std::env::var("ASHORE_COUNTS").is_ok_and(|value| value == "on");
    Ok(Settings {
        hidden,
        tier: chosen.tier,
        code_len: chosen.code_len,
        host: Some(host),
        counts,
        ..Settings::default()
    })
}

/// What can be hidden, as `--cpu list` prints it.
pub(crate) fn list_parts() -> String {
    let lines = all().flat_map(|cpu| {
        let line = move |part: ashore_isa::lift::Part| format!("{cpu}  {:<10} {}\n", part.name, part.title);
        ashore_isa::parts(cpu).into_iter().map(line)
    });
    lines.collect()
}

/// Every system that runs on some CPU, as it is on that CPU.
pub(crate) fn systems() -> impl Iterator<Item = (Cpu, &'static Os)> {
    GUESTS.iter().flat_map(|guest| all().filter_map(move |cpu| Some((cpu, guest.on(cpu)?))))
}

/// What starts programs of `guest` on `cpu`; the host's CPU first among those a file may be for.
pub(crate) fn starter(cpu: Cpu, guest: &Guest) -> Option<Start> {
    ROWS.iter().find(|row| row.cpu == cpu && guest.on(cpu).is_some()).map(|row| row.start)
}

/// The CPUs, those whose programs are preferred in a file for several first.
pub(crate) fn all() -> impl Iterator<Item = Cpu> {
    ROWS.iter().map(|row| row.cpu)
}
