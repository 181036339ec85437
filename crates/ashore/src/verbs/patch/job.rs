//! What the command line and the plan file ask for.

use ashore_base::Cpu;
use ashore_patch::{KINDS, Request, Words, binding};
use ashore_report::{Report, table::PATCH_USAGE};
use clap::ArgMatches;
use std::path::{Path, PathBuf};

/// One run of the verb.
pub(super) struct Job {
    /// The program's file.
    pub(super) path: PathBuf,
    /// The same for people.
    pub(super) shown: String,
    pub(super) task: Task,
    /// Where the result goes; none when nothing is to be written.
    pub(super) output: Option<PathBuf>,
    /// Whether the result takes the place of the program.
    pub(super) is_in_place: bool,
    /// Which program of a file with several.
    pub(super) cpu: Option<Cpu>,
}

/// What to do.
pub(super) enum Task {
    Change(Vec<Request>),
    Undo,
    Show,
    /// Tell where the program calls the kernel.
    KernelCalls,
}

impl Job {
    /// Reads the options.
    pub(super) fn read(matches: &ArgMatches) -> Result<Job, Report> {
        let words: Vec<&str> = matches.get_many::<String>("words").into_iter().flatten().map(String::as_str).collect();
        let is_verb = |word: &str| KINDS.iter().any(|kind| kind.verb == word);
        // The file comes first; people who think of the edit first may write it last.
        let (file, edits) = match words.as_slice() {
            [first, rest @ ..] if !is_verb(first) || Path::new(first).exists() => (*first, rest),
            [rest @ .., last] => (*last, rest),
            [] => return Err(PATCH_USAGE.because("no file is named")),
        };
        let path = PathBuf::from(file);
        let task = match () {
            () if matches.get_flag("show") => Task::Show,
            () if matches.get_flag("undo") => Task::Undo,
            () if matches.get_flag("list-kernel-calls") => Task::KernelCalls,
            () => Task::Change(requests(matches, edits)?),
        };
        if !matches!(task, Task::Change(_)) && !edits.is_empty() {
            return Err(PATCH_USAGE.because("--undo, --show and --list-kernel-calls take no edits"));
        }
        let is_in_place = matches.get_flag("in-place");
        let ending = if matches!(task, Task::Undo) { ".original" } else { ".patched" };
        let beside = || [file, ending].concat().into();
        let output = match () {
            () if matches.get_flag("dry-run") || matches!(task, Task::Show | Task::KernelCalls) => None,
            () if is_in_place => Some(path.clone()),
            () => Some(matches.get_one::<PathBuf>("output").cloned().unwrap_or_else(beside)),
        };
        let cpu = match matches.get_one::<String>("cpu") {
            Some(name) => Some(
                Cpu::from_name(name)
                    .ok_or_else(|| PATCH_USAGE.because(format!("\"{name}\" is none of {}", Cpu::ALL.map_names())))?,
            ),
            None => None,
        };
        Ok(Job { shown: file.to_owned(), path, task, output, is_in_place, cpu })
    }
}

trait Names {
    fn map_names(&self) -> String;
}

impl Names for &[Cpu] {
    fn map_names(&self) -> String {
        self.iter().map(|cpu| cpu.name()).collect::<Vec<_>>().join(", ")
    }
}

/// The edits of the plan file, then those of the command line, with their object files read.
fn requests(matches: &ArgMatches, words: &[&str]) -> Result<Vec<Request>, Report> {
    let mut requests = Vec::new();
    if let Some(path) = matches.get_one::<PathBuf>("plan") {
        requests.extend(plan_file(path)?);
    }
    let bound = |name| matches.get_one::<String>(name).and_then(|word| binding(word));
    let mut objects = matches.get_many::<String>("with").unwrap_or_default();
    // `replace` needs an object file; what is left over is for `kernel-calls`, which can do with the program's own functions.
    let is_needed = |pair: &&[&str]| matches!(pair, ["replace", operand] if !operand.contains('='));
    let mut left_over = objects.len().saturating_sub(words.chunks(2).filter(is_needed).count());
    for pair in words.chunks(2) {
        let [verb, operand] = pair else {
            return Err(PATCH_USAGE.because(format!("\"{}\" lacks what to do it with", pair.concat())));
        };
        let mut operand = (*operand).to_owned();
        let takes_left_over = *verb == "kernel-calls" && !operand.contains('=') && left_over > 0;
        if takes_left_over || is_needed(&pair) {
            let object = objects.next().ok_or_else(|| PATCH_USAGE.because("`replace` needs --with FILE.o"))?;
            operand = format!("{operand}={object}");
            left_over -= usize::from(takes_left_over);
        }
        let is_calls = matches.get_flag("calls");
        let words = Words { verb, operand: &operand, is_calls, from: bound("from"), to: bound("to") };
        requests.push(with_object(Request::parse(words)?)?);
    }
    if objects.next().is_some() {
        return Err(PATCH_USAGE.because("there are more --with than edits that take an object file"));
    }
    if requests.is_empty() {
        return Err(PATCH_USAGE.because("no edit is given"));
    }
    Ok(requests)
}

/// Reads the object file a request names.
pub(super) fn with_object(mut request: Request) -> Result<Request, Report> {
    if let Some(object) = request.object_mut() {
        let unreadable = |e: std::io::Error| PATCH_USAGE.because(format!("{}: {e}", object.path));
        object.bytes = std::fs::read(&object.path).map_err(unreadable)?.into();
    }
    Ok(request)
}

/// The edits of a plan file: `[[edit]]` tables, each with a verb's name as key, and `calls`, `from` and `to`.
fn plan_file(path: &Path) -> Result<Vec<Request>, Report> {
    let wrong = |reason: String| PATCH_USAGE.at(ashore_report::Place::file(path.to_string_lossy()), reason);
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let plan: toml::Table = text.parse().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
    let edits = plan.get("edit").and_then(|edits| edits.as_array());
    let edits = edits.ok_or_else(|| wrong("it has no [[edit]]".into()))?;
    if let Some(other) = plan.keys().find(|key| *key != "edit") {
        return Err(wrong(format!("\"{other}\" is not known; a plan is made of [[edit]] tables")));
    }
    let read = |(index, edit): (usize, &toml::Value)| {
        let in_edit = |reason: &str| wrong(format!("edit {}: {reason}", index + 1));
        let table = edit.as_table().ok_or_else(|| in_edit("it is not a table"))?;
        let known = ["calls", "from", "to"];
        let is_verb = |key: &&String| KINDS.iter().any(|kind| kind.verb == key.as_str());
        if let Some(other) = table.keys().find(|key| !is_verb(key) && !known.contains(&key.as_str())) {
            return Err(in_edit(&format!("\"{other}\" is neither an edit nor calls, from or to")));
        }
        let mut verbs = table.keys().filter(is_verb);
        let (Some(verb), None) = (verbs.next(), verbs.next()) else {
            return Err(in_edit("it must have exactly one of the edits as a key"));
        };
        let text = |key: &str| table.get(key).and_then(|value| value.as_str());
        let operand = text(verb).ok_or_else(|| in_edit("what to change must be a string"))?;
        // A choice that is not understood must not be no choice.
        let is_calls = match table.get("calls") {
            Some(value) => value.as_bool().ok_or_else(|| in_edit("calls is true or false"))?,
            None => false,
        };
        let bound = |key: &str| match table.get(key) {
            Some(value) => match value.as_str().and_then(binding) {
                Some(binding) => Ok(Some(binding)),
                None => Err(in_edit(&format!("{key} is \"weak\", \"strong\" or \"local\""))),
            },
            None => Ok(None),
        };
        let (from, to) = (bound("from")?, bound("to")?);
        with_object(
            Request::parse(Words { verb, operand, is_calls, from, to })
                .map_err(|report| report.in_file(&path.to_string_lossy()))?,
        )
    };
    edits.iter().enumerate().map(read).collect()
}
