//! What was found, for a person and as JSON.

use super::Checked;
use ashore_check::rules::table::RULES;
use ashore_report::{Level, Report};
use serde_json::{Value, json};

/// How many reports of each kind there are.
#[derive(Default)]
struct Count {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Count {
    fn of(reports: &[Report]) -> Count {
        let mut count = Count::default();
        for report in reports {
            match report.diagnosis.level {
                Level::Warning => count.warnings += 1,
                Level::Note | Level::Cause => count.notes += 1,
                Level::Finding | Level::Failed | Level::CannotRun | Level::NotFound => count.errors += 1,
            }
        }
        count
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The rule that reports this.
fn rule(report: &Report) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.diagnosis.code == report.diagnosis.code).map(|rule| rule.id)
}

/// The page for a person: every report, then one line per program.
pub(super) fn text(path: &str, results: &[Checked]) -> String {
    let mut page = String::new();
    for result in results {
        for report in &result.reports {
            let name = rule(report).map(|id| format!("[{id}] ")).unwrap_or_default();
            page += &format!("{name}{report}\n\n");
        }
        let Count { errors, warnings, notes } = Count::of(&result.reports);
        let verdict = match (errors, warnings, notes) {
            (0, 0, 0) => "clean".to_owned(),
            (0, 0, notes) => format!("clean, {}", plural(notes, "note")),
            _ => [plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note")].join(", "),
        };
        page += &format!("{path} ({}) on {}: {verdict}\n", result.cpu, result.target);
    }
    page
}

/// The same as JSON.
pub(super) fn json(path: &str, results: &[Checked]) -> String {
    let programs = results.iter().map(|result| {
        let Count { errors, warnings, notes } = Count::of(&result.reports);
        json!({
            "cpu": result.cpu,
            "target": result.target,
            "errors": errors,
            "warnings": warnings,
            "notes": notes,
            "findings": result.reports.iter().map(finding).collect::<Vec<_>>(),
        })
    });
    format!("{:#}\n", json!({ "file": path, "programs": programs.collect::<Vec<_>>() }))
}

/// A refusal as JSON.
pub(super) fn refused(path: &str, report: &Report) -> String {
    format!("{:#}\n", json!({ "file": path, "error": finding(report) }))
}

fn finding(report: &Report) -> Value {
    let row = report.diagnosis;
    json!({
        "rule": rule(report),
        "code": row.code,
        "slug": row.slug,
        "level": row.level.word(),
        "text": row.text,
        "remedy": row.remedy,
        "offset": report.place.offset,
        "address": report.place.addr.map(|at| format!("{at:#x}")),
        "function": report.place.symbol,
        "reason": report.reason,
        "notes": report.notes,
    })
}
