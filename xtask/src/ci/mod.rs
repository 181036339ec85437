//! `cargo xtask ci`: everything that must hold before a change lands.
//!
//! The steps are the rows of [`table::STEPS`], run in order until one fails. Each prints one
//! summary line with its time; a run that executed no test is a failure too.

mod documents;
mod steps;
mod table;

use crate::args::Args;
use crate::{Failure, Outcome, Repo};
use std::time::{Duration, Instant};
use table::{STEPS, Step};

/// What the steps found out.
#[derive(Default)]
struct Tally {
    /// Tests that ran and passed.
    tests: u64,
}

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let only = args.values("--only")?;
    let from = args.value("--from")?;
    args.finish()?;
    let steps = select(&only, from.as_deref())?;
    let started = Instant::now();
    let mut tally = Tally::default();
    let mut summary = Vec::new();
    for step in &steps {
        println!("\n== {}: {}", step.name, step.what);
        let begun = Instant::now();
        let outcome = (step.run)(repo, &mut tally);
        let mark = if outcome.is_ok() { "ok" } else { "FAILED" };
        summary.push(line(step.name, mark, begun.elapsed()));
        if let Err(failure) = outcome {
            println!("\n{}", summary.join("\n"));
            return Err(Failure::new(format!("step {}: {failure}", step.name)));
        }
    }
    println!("\n{}", summary.join("\n"));
    let ran_tests = steps.iter().any(|step| step.counts_tests);
    if ran_tests && tally.tests == 0 {
        return Err(Failure::new("no test was executed"));
    }
    println!("ci: {} steps passed, {} tests, {:.0} s", steps.len(), tally.tests, started.elapsed().as_secs_f64());
    Ok(())
}

fn select(only: &[String], from: Option<&str>) -> Outcome<Vec<&'static Step>> {
    for name in only.iter().map(String::as_str).chain(from) {
        if !STEPS.iter().any(|step| step.name == name) {
            let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            return Err(Failure::new(format!("no step named {name}; there are {}", names.join(", "))));
        }
    }
    let later = STEPS.iter().skip_while(|step| from.is_some_and(|name| step.name != name));
    Ok(later.filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect())
}

fn line(name: &str, mark: &str, took: Duration) -> String {
    format!("ci: {name:<10} {mark:<6} {:>7.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], from: Option<&str>) -> Vec<&'static str> {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        select(&only, from).unwrap().into_iter().map(|step| step.name).collect()
    }

    #[test]
    fn steps_are_chosen_by_name_or_from_a_name_on() {
        assert_eq!(names(&[], None).len(), STEPS.len());
        assert_eq!(names(&["tidy"], None), ["tidy"]);
        assert!(!names(&[], Some("tidy")).contains(&"format"));
        assert!(select(&["nonsense".to_owned()], None).is_err());
    }
}
