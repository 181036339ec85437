//! `ashore demo`: programs of every system that runs, made on the spot and run.
//!
//! They come from [`programs`], assembled by [`asm`]: no compiler, no download, no network.

mod asm;
mod programs;

use clap::{ArgMatches, Command};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command as Child, Output};

pub(crate) fn options(command: Command) -> Command {
    command
}

pub(crate) fn run(_matches: &ArgMatches) -> u8 {
    let dir = std::env::temp_dir().join(format!("ashore-demo-{}", std::process::id()));
    let result = std::fs::create_dir(&dir).and_then(|()| show(&dir));
    let _ = std::fs::remove_dir_all(&dir);
    match result {
        Ok(true) => {
            println!("\nAll as it should be.");
            0
        }
        Ok(false) => {
            println!("\nNot all of that was as it should be: `ashore doctor` shows what this machine lacks.");
            1
        }
        Err(error) => {
            eprintln!("ashore: {}: {error}", dir.display());
            125
        }
    }
}

fn show(dir: &Path) -> io::Result<bool> {
    println!("Four programs, each speaking to its own system's kernel, made just now by a small assembler:");
    let mut good = true;
    for system in programs::SYSTEMS {
        let path = write(dir, &format!("greet-{}", system.name), &system.greeting())?;
        let words =
            if system.name == "dragonfly" || system.name == "linux" { vec!["--os", system.name] } else { vec![] };
        let output = ashore("run", &words, &path)?;
        good &= output.status.code() == Some(programs::STATUS);
        good &= output.stdout == system.greeting_text().as_bytes();
    }
    println!("\nThe same FreeBSD program traced, in its own system's words:");
    let path = dir.join("greet-freebsd");
    let output = ashore("trace", &[], &path)?;
    good &= String::from_utf8_lossy(&output.stderr).contains("EAGAIN (35)");
    println!("\nA DragonFly program that sets its thread pointer the FreeBSD way, and dies of it:");
    let path = write(dir, "wrong-tls", &programs::wrong_thread_pointer())?;
    let output = ashore("run", &["--os", "dragonfly"], &path)?;
    good &= output.status.signal() == Some(11) && String::from_utf8_lossy(&output.stderr).contains("472");
    Ok(good)
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let path = dir.join(name);
    std::fs::write(&path, bytes)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// Runs ourselves and shows what comes out, as a person would see it.
fn ashore(verb: &str, words: &[&str], program: &Path) -> io::Result<Output> {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let words_text: String = words.iter().map(|word| format!("{word} ")).collect();
    println!("\n  $ ashore {verb} {words_text}{name}");
    let output = Child::new(std::env::current_exe()?).arg(verb).args(words).arg(program).output()?;
    for stream in [&output.stderr, &output.stdout] {
        for line in String::from_utf8_lossy(stream).lines() {
            println!("  {line}");
        }
    }
    match (output.status.code(), output.status.signal()) {
        (Some(code), _) => println!("  (exit status {code})"),
        (None, signal) => println!("  (died of signal {})", signal.unwrap_or(0)),
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::programs;

    #[test]
    fn the_programs_are_what_a_reader_takes_them_for() {
        for system in programs::SYSTEMS {
            let bytes = system.greeting();
            let parsed = ashore_formats::read(&bytes).unwrap();
            assert_eq!(parsed.parts.len(), 1);
            assert!(parsed.parts[0].image.kind.is_static());
        }
    }
}
