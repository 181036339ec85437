//! Patching a damaged program: it may be refused, but what is made must be what was planned, and must be undone exactly.

use ashore_base::Addr;
use ashore_formats::{Parsed, read_unlinked};
use ashore_patch::{Hash, How, LaidOut, Manifest, Name, Program, Request, Work, plan, undo};
use ashore_report::Report;
use std::hash::{DefaultHasher, Hasher};

/// Plans an edit of functions that the input itself chooses, and follows it to its end.
pub(crate) fn patch(bytes: &[u8]) -> String {
    match all(bytes) {
        Ok(answer) => answer,
        Err(report) => report.diagnosis.slug.to_owned(),
    }
}

fn all(bytes: &[u8]) -> Result<String, Report> {
    let parsed = read_unlinked(bytes)?;
    if Manifest::find(bytes).is_some() {
        // It is patched already: what is patched anew is its original.
        return undo(bytes).map(|_| "undone".to_owned());
    }
    let choice = choice(bytes);
    let mut works = Vec::new();
    let mut answer = String::new();
    for index in 0..parsed.parts.len() {
        match one(&parsed, index, choice) {
            Ok(Some(work)) => works.push(work),
            Ok(None) => answer.push_str("no function "),
            Err(report) => answer.push_str(report.diagnosis.slug),
        }
    }
    if works.iter().all(|work| work.plan.draft.is_empty()) {
        return Ok(answer);
    }
    let done = works.iter().flat_map(|work| work.plan.done.iter());
    let requests = done.map(|done| done.request.as_str()).collect::<Vec<_>>().join(", ");
    let laid_out = LaidOut::make(works, "fuzz")?;
    let output = laid_out.output();
    let patched = laid_out.complete(Hash::of(&[bytes]), output)?;
    if let Err(report) = patched.verify(bytes, &patched.bytes) {
        panic!("{requests}: what was made is not what was planned: {report}");
    }
    match undo(&patched.bytes) {
        Ok((_, original)) => assert!(original == bytes, "{requests}: undoing gives other bytes"),
        Err(report) => panic!("{requests}: it cannot be undone: {report}"),
    }
    answer.push_str("patched");
    Ok(answer)
}

fn one<'a>(parsed: &'a Parsed<'a>, index: usize, choice: u64) -> Result<Option<Work<'a>>, Report> {
    let Some(part) = parsed.parts.get(index) else { return Ok(None) };
    let program = Program::new(parsed, part)?;
    let mut places: Vec<Addr> = program.symbols.iter().map(|symbol| symbol.memory.start).collect();
    places.extend(part.image.entry.addr());
    places.extend(program.code().map(|code| code.start));
    places.retain(|&at| program.code_at(at).is_some());
    let pick = |salt: u64| {
        let index = choice.rotate_left(salt as u32) % places.len().max(1) as u64;
        places.get(index as usize).map(|at| Name { text: format!("{at}"), binding: None })
    };
    let (Some(old), Some(new), Some(third)) = (pick(1), pick(17), pick(33)) else { return Ok(None) };
    let how = if choice & 1 == 0 { How::Entry } else { How::Calls };
    let redirect = Request::Redirect { old, new, how };
    let request = match choice & 14 {
        0 | 8 => Request::Hook { function: third },
        2 => Request::Return { function: third, value: choice },
        _ => redirect,
    };
    plan(&program, &[request]).map(|plan| Some(Work { part: index, program, plan }))
}

/// A number that follows from the input, so that a finding is found again.
fn choice(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes.get(..4096).unwrap_or(bytes));
    hasher.write_usize(bytes.len());
    hasher.finish()
}
