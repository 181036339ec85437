//! Telling what came of a job, to a person or as JSON.

use super::{make::Outcome, status};
use ashore_patch::{Done, Edit, KernelCall, Manifest, census::Census, hex};
use ashore_report::Report;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Tells what came of it, and how the command ends.
pub(super) fn outcome(outcome: &Outcome, is_json: bool) -> u8 {
    let text = if is_json { format!("{:#}\n", json(outcome)) } else { text(outcome) };
    // Who reads less than everything is not our failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    status::DONE
}

/// Tells a refusal as JSON.
pub(super) fn refusal(report: &Report) {
    let row = report.diagnosis;
    let error = json!({
        "code": row.code,
        "slug": row.slug,
        "text": row.text,
        "address": report.place.addr.map(|addr| addr.to_string()),
        "function": report.place.symbol,
        "offset": report.place.offset,
        "reason": report.reason,
        "notes": report.notes,
        "remedy": row.remedy,
    });
    let _ = writeln!(std::io::stdout(), "{:#}", json!({ "error": error }));
}

fn text(outcome: &Outcome) -> String {
    let mut text = String::new();
    match outcome {
        Outcome::Changed { done, warnings, manifest, output } => {
            done.iter().for_each(|done| request(&mut text, done));
            for warning in warnings {
                let _ = writeln!(text, "{warning}");
            }
            let _ = writeln!(text, "{}, verified", extent(manifest));
            wrote(&mut text, output.as_deref());
        }
        Outcome::Already { requests } => {
            requests.iter().for_each(|line| {
                let _ = writeln!(text, "{line}");
            });
            text.push_str("already so: nothing to do\n");
        }
        Outcome::Undone { manifest, output } => {
            let _ = writeln!(text, "{} undone: sha256 {} again", extent(manifest), manifest.input.1);
            wrote(&mut text, output.as_deref());
        }
        Outcome::KernelCalls { sites } => {
            for KernelCall { at, function } in sites {
                let _ = writeln!(text, "{at}  {}", function.as_deref().unwrap_or("?"));
            }
            let _ = writeln!(text, "{} calls of the kernel", sites.len());
        }
        Outcome::Shown { manifest, is_intact } => {
            text.push_str(&manifest.text());
            text.push_str(if *is_intact {
                "intact: the file is as the patch left it\n"
            } else {
                "DAMAGED: the file was changed since\n"
            });
        }
    }
    text
}

fn wrote(text: &mut String, output: Option<&Path>) {
    let _ = match output {
        Some(path) => writeln!(text, "wrote {}", path.display()),
        None => writeln!(text, "nothing was written"),
    };
}

fn request(text: &mut String, done: &Done) {
    let _ = writeln!(text, "{}", done.request);
    if let Some(census) = &done.census {
        let _ = writeln!(text, "  before: {}", counts(census));
    }
    for line in &done.lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn counts(census: &Census) -> String {
    let counts: Vec<String> = census.counts().iter().map(|(words, count)| format!("{count} {words}")).collect();
    if counts.is_empty() { "nothing leads there".into() } else { counts.join(", ") }
}

fn extent(manifest: &Manifest) -> String {
    let changed: usize = manifest.change.edits.iter().map(|edit| edit.new.len()).sum();
    let added: u64 = manifest.change.inserted.iter().map(|range| range.len).sum();
    format!("{changed} bytes in {} places changed, {added} added", manifest.change.edits.len())
}

fn json(outcome: &Outcome) -> Value {
    let path = |output: &Option<std::path::PathBuf>| output.as_ref().map(|path| path.display().to_string());
    match outcome {
        Outcome::Changed { done, warnings, manifest, output } => json!({
            "status": "changed",
            "requests": done.iter().map(done_json).collect::<Vec<_>>(),
            "warnings": warnings.iter().map(|report| report.to_string()).collect::<Vec<_>>(),
            "manifest": manifest_json(manifest),
            "output": path(output),
        }),
        Outcome::Already { requests } => json!({ "status": "already", "requests": requests }),
        Outcome::Undone { manifest, output } => {
            json!({ "status": "undone", "manifest": manifest_json(manifest), "output": path(output) })
        }
        Outcome::KernelCalls { sites } => {
            let site = |site: &KernelCall| json!({ "address": site.at.to_string(), "function": site.function });
            json!({ "status": "listed", "kernel_calls": sites.iter().map(site).collect::<Vec<_>>() })
        }
        Outcome::Shown { manifest, is_intact } => {
            json!({ "status": "shown", "manifest": manifest_json(manifest), "intact": is_intact })
        }
    }
}

fn done_json(done: &Done) -> Value {
    let census = done.census.as_ref().map(|census| json!(census.counts()));
    json!({ "request": done.request, "before": census, "lines": done.lines })
}

fn manifest_json(manifest: &Manifest) -> Value {
    let edit = |edit: &Edit| json!({ "offset": edit.offset, "old": hex(&edit.old), "new": hex(&edit.new), "reason": edit.reason });
    let inserted = manifest.change.inserted.iter().map(|range| json!({ "offset": range.offset, "len": range.len }));
    json!({
        "tool": manifest.tool,
        "input": { "len": manifest.input.0, "sha256": manifest.input.1.to_string() },
        "output": { "sha256": manifest.output.to_string() },
        "requests": manifest.requests,
        "edits": manifest.change.edits.iter().map(edit).collect::<Vec<_>>(),
        "inserted": inserted.collect::<Vec<_>>(),
    })
}
