//! Whether the first line of a crash report names the right cause: every program of `tests/explain` on every system that it is
//! built for, and that healthy programs, near twins and the cases' guests, hear nothing.
//!
//! What a program is to end like stands in the first comment of its source; `tests/explain/README.md` lists the directives.
//! Every rule has such a program, and every program a twin that the rule must not take for one.

mod common;

use ashore_debug::explain::RULES;
use common::{SYSTEMS, built_for, folder};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// So many failing programs must have run, each system counted, and so many different ones.
const RUNS_MIN: usize = 60;
const PROGRAMS_MIN: usize = 40;
/// So many of a hundred first lines must be right.
const RIGHT_PERCENT: usize = 95;
/// So many healthy guests must have run.
const HEALTHY_MIN: usize = 100;
/// The CPU that every program is built for.
const USUAL_CPU: &str = "amd64";
/// The system that is there for no other CPU.
const WITHOUT_OTHER_CPUS: &str = "dragonfly";
/// Longer runs no program.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a report begins a line with.
const OURS: &str = "ashore: ";

/// What a run is to end like.
#[derive(Clone, Default)]
struct Wanted {
    /// The diagnosis; none for a healthy program.
    code: Option<String>,
    /// What the first line must hold.
    words: Vec<String>,
    /// The exit status, 128 and the number for a signal.
    status: Option<i32>,
    is_silent: bool,
    has_explain: bool,
    options: Vec<String>,
    args: Vec<String>,
    /// What is changed in it before it runs, in the words of `ashore patch`.
    patch: Vec<String>,
}

/// A program of the corpus.
struct Program {
    name: String,
    systems: Vec<String>,
    /// The CPUs that it is built for, where a system of its runs on them.
    cpus: Vec<String>,
    /// Why it is built for one CPU alone.
    only: Option<String>,
    /// How it is to end, by CPU.
    wanted: Vec<(String, Wanted)>,
    /// The program that differs in what is wrong with this one.
    twin: String,
}

/// One program on one system.
struct Run {
    name: String,
    program: PathBuf,
    wanted: Wanted,
}

/// How it went.
struct Seen {
    status: Option<ExitStatus>,
    stderr: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The program that an entry of the corpus is, if it is one.
fn program(path: &Path) -> Option<Program> {
    let source = if path.is_dir() { path.join("main.c") } else { path.to_owned() };
    if !["c", "S", "go"].iter().any(|end| source.extension().is_some_and(|found| found == *end)) || !source.is_file() {
        return None;
    }
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(&source).unwrap();
    let (mut systems, mut twin) = (vec!["linux".to_owned()], format!("{name}-ok"));
    let (mut cpus, mut only) = (vec![USUAL_CPU.to_owned()], None);
    for (word, value) in directives(&text) {
        let values = || value.split_whitespace().map(str::to_owned);
        match word {
            "systems" => systems = values().collect(),
            "cpus" => cpus.extend(values()),
            "only" => only = Some(value.to_owned()),
            "twin" => twin = value.to_owned(),
            _ => {}
        }
    }
    let wanted = cpus.iter().map(|cpu| (cpu.clone(), wanted(&text, cpu))).collect::<Vec<_>>();
    let is_said = wanted.iter().all(|(_, wanted)| wanted.code.is_some() != wanted.is_silent);
    assert!(is_said, "{}: either `code:` or `silent`", source.display());
    Some(Program { name, systems, cpus, only, wanted, twin })
}

/// The words of a program's first comment, each with what stands behind it.
fn directives(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//")).map(str::trim);
    lines.map(|line| line.split_once(':').map_or((line, ""), |(word, value)| (word, value.trim())))
}

/// What a program's comment wants of it on a CPU.
fn wanted(text: &str, cpu: &str) -> Wanted {
    let mut wanted = Wanted::default();
    for (word, value) in directives(text) {
        let values = || value.split_whitespace().map(str::to_owned);
        let (word, of) = word.split_once('/').unwrap_or((word, cpu));
        match word {
            _ if of != cpu => {}
            "code" => wanted.code = Some(value.to_owned()),
            "cause" => wanted.words.push(value.to_owned()),
            "status" => wanted.status = Some(value.parse().unwrap()),
            "silent" => wanted.is_silent = true,
            "with" => wanted.has_explain = value == "explain",
            "strict" => wanted.options.push("--strict".to_owned()),
            "os" => wanted.options.extend(["--os".to_owned(), value.to_owned()]),
            "patch" => wanted.patch = values().collect(),
            "args" => wanted.args.extend(values()),
            _ => {}
        }
    }
    wanted
}

/// The corpus, by name.
fn programs() -> Vec<Program> {
    let entries = fs::read_dir(root().join("tests/explain")).unwrap();
    let mut found: Vec<Program> = entries.filter_map(|entry| program(&entry.unwrap().path())).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

impl Program {
    fn runs(&self) -> Vec<Run> {
        let run = |system: &String, (cpu, wanted): &(String, Wanted)| Run {
            name: format!("{system}-{cpu}/{}", self.name),
            program: built_for("explain", &format!("{system}-{cpu}"), &self.name),
            wanted: wanted.clone(),
        };
        let has = |system: &str, cpu: &str| cpu == USUAL_CPU || system != WITHOUT_OTHER_CPUS;
        let targets = self.systems.iter().flat_map(|system| self.wanted.iter().map(move |of| (system, of)));
        targets.filter(|(system, (cpu, _))| has(system, cpu)).map(|(system, of)| run(system, of)).collect()
    }

    /// How it is to end on the usual CPU; the cause is the same on all.
    fn usually(&self) -> &Wanted {
        &self.wanted[0].1
    }

    /// Whether this is only there to be another's twin.
    fn is_twin(&self) -> bool {
        self.usually().is_silent || self.name.ends_with("-ok")
    }
}

/// The program as it is to run: itself, or what a patch makes of it.
fn ready(run: &Run, folder: &Path) -> PathBuf {
    if run.wanted.patch.is_empty() {
        return run.program.clone();
    }
    let changed = folder.join("changed");
    let mut patch = Command::new(env!("CARGO_BIN_EXE_ashore"));
    patch.arg("patch").arg(&run.program).args(&run.wanted.patch).arg("-o").arg(&changed);
    let patched = patch.output().unwrap();
    assert!(patched.status.success(), "{}: {patched:?}", run.name);
    changed
}

/// Runs it without the person's own state directory and input.
fn watch(run: &Run, folder: &Path) -> Seen {
    fs::create_dir_all(folder).unwrap();
    let (out, err) = (folder.join("stdout"), folder.join("stderr"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.arg(if run.wanted.has_explain { "explain" } else { "run" }).args(&run.wanted.options);
    command.arg(ready(run, folder)).args(&run.wanted.args).current_dir(folder).env("XDG_STATE_HOME", folder);
    command.stdin(Stdio::null()).stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    command.env_remove("GOTRACEBACK");
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if start.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let stderr = String::from_utf8_lossy(&fs::read(&err).unwrap()).into_owned();
    let _ = fs::remove_dir_all(folder);
    Seen { status, stderr }
}

impl Seen {
    /// The exit status as a shell has it.
    fn status(&self) -> Option<i32> {
        let status = self.status?;
        status.code().or_else(|| status.signal().map(|signal| 128 + signal))
    }

    /// The line that names the cause.
    fn first(&self) -> &str {
        self.stderr.lines().find(|line| line.starts_with(OURS) && line.contains("[E")).unwrap_or_default()
    }

    /// Whether Ashore found something to say; that there is nothing to explain is an answer to who asked.
    fn speaks(&self) -> bool {
        self.stderr.lines().any(|line| line.starts_with(OURS) && !line.ends_with("there is nothing to explain"))
    }
}

/// What is wrong with how a run ended, if anything is.
fn complaint(wanted: &Wanted, seen: &Seen) -> Option<String> {
    let first = seen.first();
    let Some(status) = seen.status() else { return Some("it did not end".to_owned()) };
    let expected = wanted.status.or(wanted.is_silent.then_some(0));
    if let Some(expected) = expected.filter(|expected| *expected != status) {
        return Some(format!("status {status} instead of {expected}: {first}"));
    }
    let Some(code) = &wanted.code else {
        return seen.speaks().then(|| format!("it speaks: {}", seen.stderr.trim()));
    };
    if !first.contains(&format!("[{code},")) {
        return Some(format!("wanted {code}, says: {}", if first.is_empty() { seen.stderr.trim() } else { first }));
    }
    let missing: Vec<&String> = wanted.words.iter().filter(|words| !first.contains(*words)).collect();
    (!missing.is_empty()).then(|| format!("without {missing:?}: {first}"))
}

/// Runs them all, as many at a time as there are processors, and gives back what is wrong with which.
fn judge(runs: &[Run], place: &str) -> Vec<(String, Seen, String)> {
    let folder = folder(place);
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let seen = watch(run, &folder.join(run.name.replace('/', "-")));
                    if let Some(why) = complaint(&run.wanted, &seen) {
                        wrong.lock().unwrap().push((run.name.clone(), seen, why));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort_by(|one, other| one.0.cmp(&other.0));
    wrong
}

fn table(wrong: &[(String, Seen, String)]) -> String {
    wrong.iter().map(|(name, _, why)| format!("{name:<40} {why}\n")).collect()
}

#[test]
fn the_first_line_names_the_cause() {
    let only = std::env::var("ASHORE_EXPLAIN_ONLY").unwrap_or_default();
    let runs: Vec<Run> = programs().iter().flat_map(Program::runs).collect();
    let runs: Vec<Run> = runs.into_iter().filter(|run| run.name.contains(&only)).collect();
    let wrong = judge(&runs, "corpus");
    let failing: Vec<&Run> = runs.iter().filter(|run| run.wanted.code.is_some()).collect();
    let is_failing = |name: &str| failing.iter().any(|run| run.name == name);
    let missed = wrong.iter().filter(|(name, ..)| is_failing(name)).count();
    // A certain verdict that is wrong, and a word to a healthy program, are worse than one that is missing.
    let worst: Vec<&str> = wrong
        .iter()
        .filter(|(name, seen, _)| !is_failing(name) || seen.first().contains(", certain]"))
        .map(|(name, ..)| name.as_str())
        .collect();
    let table = table(&wrong);
    println!("{} of {} first lines are right\n{table}", failing.len() - missed, failing.len());
    assert!(worst.is_empty(), "wrong and certain, or said to the healthy: {worst:?}\n{table}");
    assert!(
        (failing.len() - missed) * 100 >= failing.len() * RIGHT_PERCENT,
        "{missed} of {} wrong\n{table}",
        failing.len()
    );
    if only.is_empty() {
        let programs: BTreeSet<&str> = failing.iter().filter_map(|run| run.name.split('/').next_back()).collect();
        assert!(failing.len() >= RUNS_MIN && programs.len() >= PROGRAMS_MIN, "{} of {}", failing.len(), programs.len());
    }
}

/// What a program lacks for a rule to be shown by it: a twin on each of its systems that ends otherwise.
fn lacks(program: &Program, corpus: &[Program]) -> Option<String> {
    let name = &program.name;
    let Some(twin) = corpus.iter().find(|other| other.name == program.twin) else {
        return Some(format!("{name} has no twin {}", program.twin));
    };
    if twin.usually().code == program.usually().code {
        return Some(format!("{name} and its twin {} have the same cause", twin.name));
    }
    let without = program.systems.iter().find(|system| !twin.systems.contains(system));
    let without = without.or_else(|| program.cpus.iter().find(|cpu| !twin.cpus.contains(cpu)))?;
    Some(format!("{name} is built for {without}, its twin {} is not", twin.name))
}

#[test]
fn every_rule_has_a_program_and_a_twin() {
    let corpus = programs();
    let failing: Vec<&Program> = corpus.iter().filter(|program| !program.is_twin()).collect();
    let mut wrong: Vec<String> = failing.iter().filter_map(|program| lacks(program, &corpus)).collect();
    for program in corpus.iter().filter(|program| (program.cpus.len() > 1) == program.only.is_some()) {
        wrong.push(format!("{}: either `cpus:` or why it is `only:` for one", program.name));
    }
    for rule in RULES {
        let code = rule.diagnosis.code;
        if !failing.iter().any(|program| program.usually().code.as_deref() == Some(code)) {
            wrong.push(format!("{code} ({}) has no program in tests/explain", rule.diagnosis.slug));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A case that ends well without options, input or help: its guest is healthy.
fn healthy(case: &Path) -> Vec<Run> {
    let text = fs::read_to_string(case).unwrap();
    let value = |word: &str| text.lines().find_map(|line| line.strip_prefix(word)).map(str::trim);
    let special = ["exit", "signal", "stderr", "options", "stdin", "args", "env"];
    let is_special = |line: &str| special.iter().any(|word| line.starts_with(word) && line.contains(':'));
    if text.lines().any(is_special) {
        return Vec::new();
    }
    let (Some(guest), Some(systems)) = (value("guest:"), value("systems:")) else { return Vec::new() };
    let name = case.file_stem().unwrap().to_string_lossy();
    let run = |target: String| Run {
        name: format!("{target}/{name}"),
        program: built_for("out", &target, guest),
        wanted: Wanted { is_silent: true, ..Wanted::default() },
    };
    let cpus: Vec<&str> =
        [USUAL_CPU].into_iter().chain(value("cpus:").unwrap_or_default().split_whitespace()).collect();
    let has = |system: &str, cpu: &str| cpu == USUAL_CPU || system != WITHOUT_OTHER_CPUS;
    let own = SYSTEMS.iter().filter(|system| systems.split_whitespace().any(|word| word == **system));
    let targets = own.flat_map(|system| cpus.iter().map(move |cpu| (system, cpu)));
    targets.filter(|(system, cpu)| has(system, cpu)).map(|(system, cpu)| run(format!("{system}-{cpu}"))).collect()
}

#[test]
fn healthy_guests_hear_nothing() {
    let cases = fs::read_dir(root().join("tests/guest/cases")).unwrap().map(|entry| entry.unwrap().path());
    let runs: Vec<Run> = cases.flat_map(|case| healthy(&case)).collect();
    let mut wrong = judge(&runs, "healthy");
    // How they end is the cases' matter; a note about a call that is missing is no report.
    wrong.retain(|(_, seen, _)| seen.status.is_none() || !seen.first().is_empty());
    assert!(runs.len() >= HEALTHY_MIN, "only {} healthy guests", runs.len());
    assert!(wrong.is_empty(), "of {} healthy guests:\n{}", runs.len(), table(&wrong));
}
