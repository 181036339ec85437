//! The page of every diagnosis, from its row and its rule.

use super::RULES;
use ashore_report::{Diagnosis, Level, table};
use std::fmt::Write;

/// The areas of diagnoses, by the beginning of their codes.
static AREAS: &[(&str, &str)] = &[
    ("E01", "Files"),
    ("E02", "Which system and CPU"),
    ("E03", "Start-up"),
    ("E04", "Call sites and engine"),
    ("E05", "The guest's calls"),
    ("E06", "The command line and the host"),
    ("E07", "What ashore check finds"),
    ("E08", "Changing programs"),
    ("E09", "Why a program died"),
];

/// The page of a diagnosis, as text.
pub fn page(diagnosis: &Diagnosis) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} {}: {}", diagnosis.code, diagnosis.slug, diagnosis.text);
    body(&mut out, diagnosis);
    out
}

fn body(out: &mut String, diagnosis: &Diagnosis) {
    if let Some(rule) = RULES.iter().find(|rule| rule.diagnosis.code == diagnosis.code) {
        let _ = writeln!(out, "\n{}\n\nSeen when: {}.", rule.about, rule.signature);
    }
    if let Some(status) = diagnosis.level.exit_status() {
        let _ = writeln!(out, "\nAshore ends with status {status} then.");
    } else if diagnosis.level == Level::Cause {
        let _ = writeln!(out, "\nThe program ends as it would have ended.");
    }
    if !diagnosis.remedy.is_empty() {
        let _ = writeln!(out, "\nWhat to do: {}.", diagnosis.remedy);
    }
}

/// Every diagnosis as the files of a folder: one per area, and a list of all. Names and texts.
pub fn pages() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut index =
        "# Diagnoses\n\nEverything Ashore can say, by its code: `ashore explain CODE` shows one. Made from the \
                     tables by `cargo xtask diagnoses`.\n"
            .to_owned();
    for (prefix, title) in AREAS {
        let rows: Vec<&Diagnosis> = table::ALL.iter().copied().filter(|row| row.code.starts_with(prefix)).collect();
        if rows.is_empty() {
            continue;
        }
        let mut text = format!("# {title}\n");
        let _ = write!(index, "\n## [{title}]({prefix}.md)\n\n");
        for row in rows {
            let _ = write!(text, "\n## {} {}\n\n{}{}.\n", row.code, row.slug, upper(row.text), rest(row.text));
            body(&mut text, row);
            let _ = writeln!(index, "- {} {}: {}", row.code, row.slug, row.text);
        }
        files.push((format!("{prefix}.md"), text));
    }
    files.push(("README.md".to_owned(), index));
    files
}

fn upper(text: &str) -> String {
    text.chars().take(1).flat_map(char::to_uppercase).collect()
}

fn rest(text: &str) -> String {
    text.chars().skip(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_diagnosis_has_a_page_in_an_area() {
        let files = pages();
        for row in table::ALL {
            let heading = format!("## {} {}\n", row.code, row.slug);
            assert!(files.iter().any(|(_, text)| text.contains(&heading)), "{} belongs to no area", row.code);
        }
    }
}
