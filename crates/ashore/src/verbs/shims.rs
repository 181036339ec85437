//! `ashore shims install|remove|list`: links that make other tools use Ashore by themselves.

use crate::cpus;
use ashore_base::Cpu;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::io;
use std::path::{Path, PathBuf};

/// The CPU part of a shim's name, as Go spells it.
const ARCHES: &[(Cpu, &str)] = &[(Cpu::X86_64, "amd64"), (Cpu::Aarch64, "arm64")];

pub(crate) fn options(command: Command) -> Command {
    let dir = Arg::new("dir")
        .long("dir")
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .help("Where the links are (default: ~/.local/bin)");
    command
        .subcommand_required(true)
        .subcommand(Command::new("install").about("Make the links").arg(dir.clone()))
        .subcommand(Command::new("remove").about("Remove the links that point here").arg(dir.clone()))
        .subcommand(Command::new("list").about("Show the links").arg(dir))
}

/// The system a shim of this name stands for.
pub(crate) fn system_of(name: &str) -> Option<&'static str> {
    // Most starts are by another name.
    name.strip_prefix("go_")?;
    shims().find(|(shim, _)| shim == name).map(|(_, system)| system)
}

/// The names of all shims, with their systems. Go runs programs of its own system and CPU itself.
fn shims() -> impl Iterator<Item = (String, &'static str)> {
    cpus::systems().filter(|(cpu, os)| (*cpu, os.name) != (Cpu::X86_64, "linux")).filter_map(|(cpu, os)| {
        let (_, arch) = ARCHES.iter().find(|(known, _)| *known == cpu)?;
        Some((format!("go_{}_{arch}_exec", os.name), os.name))
    })
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    let Some((action, matches)) = matches.subcommand() else { return 125 };
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/bin"));
    let Some(dir) = matches.get_one::<PathBuf>("dir").cloned().or(home) else {
        eprintln!("ashore: HOME is not set: name the directory with --dir");
        return 125;
    };
    let done = match action {
        "install" => install(&dir),
        "remove" => remove(&dir),
        _ => list(&dir),
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("ashore: {}: {error}", dir.display());
            125
        }
    }
}

fn install(dir: &Path) -> io::Result<()> {
    let target = std::env::current_exe()?;
    std::fs::create_dir_all(dir)?;
    for (name, _) in shims() {
        let link = dir.join(&name);
        match std::fs::read_link(&link) {
            Ok(_) => std::fs::remove_file(&link)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(_) => {
                return Err(io::Error::other(format!(
                    "{name} is there already and is no link of ours: remove it first"
                )));
            }
        }
        std::os::unix::fs::symlink(&target, &link)?;
        println!("{} -> {}", link.display(), target.display());
    }
    let on_path = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|p| p == dir));
    if !on_path {
        println!("\n{} is not on PATH yet:\n  export PATH={}:$PATH", dir.display(), dir.display());
    }
    println!("\nNow `GOOS=freebsd go test ./...` and `GOARCH=arm64 go run .` work as they are.");
    println!("For cargo, in .cargo/config.toml:");
    for system in ["freebsd", "netbsd", "dragonfly"] {
        println!("  [target.x86_64-unknown-{system}]\n  runner = \"{} run --os {system}\"", target.display());
    }
    Ok(())
}

fn remove(dir: &Path) -> io::Result<()> {
    let target = std::env::current_exe()?;
    for (name, _) in shims() {
        let link = dir.join(&name);
        if std::fs::read_link(&link).is_ok_and(|to| to == target) {
            std::fs::remove_file(&link)?;
            println!("removed {}", link.display());
        }
    }
    Ok(())
}

fn list(dir: &Path) -> io::Result<()> {
    for (name, system) in shims() {
        match std::fs::read_link(dir.join(&name)) {
            Ok(to) => println!("{name}: {system} programs run by {}", to.display()),
            Err(_) => println!("{name}: not installed"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shim_names_its_system() {
        for (name, system) in shims() {
            assert_eq!(system_of(&name), Some(system));
        }
        assert_eq!(system_of("go_linux_arm64_exec"), Some("linux"));
        assert_eq!(system_of("go_linux_amd64_exec"), None);
        assert_eq!(system_of("go_plan9_amd64_exec"), None);
        assert_eq!(system_of("ashore"), None);
    }
}
