//! Object files: compiled, patched, linked with a file that was not, run, and undone.

use super::table::{Language, Program};
use super::{build, run};
use crate::guests::Toolchain;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An object file to compile and patch.
pub(super) struct Object {
    pub(super) language: Language,
    /// Go's name of the CPU.
    pub(super) cpu: &'static str,
    /// What its name ends in.
    pub(super) variant: &'static str,
    /// Further arguments of the compiler.
    pub(super) flags: &'static [&'static str],
}

impl Object {
    /// Its name, which begins as that of no program does.
    pub(super) fn name(&self) -> String {
        format!("object-{:?}-{}-{}", self.language, self.cpu, self.variant).to_lowercase()
    }
}

const fn c(cpu: &'static str, variant: &'static str, flags: &'static [&'static str]) -> Object {
    Object { language: Language::C, cpu, variant, flags }
}

const O2_ONE: &[&str] = &["-O2", "-fno-function-sections", "-fno-data-sections"];
const O2_MANY: &[&str] = &["-O2", "-ffunction-sections", "-fdata-sections", "-fPIC"];
const SMALL: &[&str] = &["-Os", "-g", "-ffunction-sections"];

/// Every object file.
#[rustfmt::skip]
pub(super) const OBJECTS: &[Object] = &[
    c("amd64", "o0", &["-O0"]),
    c("amd64", "o2", O2_ONE),
    c("amd64", "sections", O2_MANY),
    c("amd64", "os", SMALL),
    c("arm64", "o0", &["-O0"]),
    c("arm64", "o2", O2_ONE),
    c("arm64", "sections", O2_MANY),
    c("arm64", "os", SMALL),
    c("riscv64", "o0", &["-O0"]),
    c("riscv64", "o2", O2_ONE),
    c("riscv64", "sections", O2_MANY),
    c("riscv64", "os", SMALL),
    c("riscv64", "relax", &["-O2", "-mrelax"]),
    Object { language: Language::Rust, cpu: "amd64", variant: "o0", flags: &["-Copt-level=0"] },
    Object { language: Language::Rust, cpu: "amd64", variant: "o2", flags: &["-Copt-level=2"] },
];

/// An edit, and what the program says then.
struct Way {
    name: &'static str,
    words: &'static [&'static str],
    expected: fn(&str) -> String,
}

/// Functions of the object's own take the place of others; other files reach them too. An answer is a constant.
const INSIDE: Way = Way {
    name: "inside",
    words: &[
        "redirect",
        "old_one=new_one",
        "redirect",
        "hidden_old=hidden_new",
        "redirect",
        "away=outside",
        "redirect",
        "wrapped=wrap",
        "return",
        "answer=42",
    ],
    expected: |text| text.replace(": old", ": new").replace("answer: 6", "answer: 42"),
};
/// A function of another file takes the place of functions of the object; other files do not know.
const OUTSIDE: Way = Way {
    name: "outside",
    words: &["redirect", "old_one=outside", "redirect", "hidden_old=outside"],
    expected: |text| {
        let is_left = |line: &str| ["away", "wrap", "other file"].iter().any(|start| line.starts_with(start));
        let line = |line: &str| if is_left(line) { format!("{line}\n") } else { line.replace(": old", ": new") + "\n" };
        text.lines().map(line).collect()
    },
};
/// A function of the object takes the place of another file's.
const AWAY: Way = Way {
    name: "away",
    words: &["redirect", "away=new_one"],
    expected: |text| {
        let is_meant = |line: &str| line.starts_with("away");
        let line =
            |line: &str| if is_meant(line) { line.replace(": old", ": new") + "\n" } else { format!("{line}\n") };
        text.lines().map(line).collect()
    },
};

/// What object files are tried with.
pub(super) struct Trial<'a> {
    pub(super) repo: &'a Repo,
    pub(super) tools: &'a Toolchain,
    pub(super) ashore: &'a Path,
    pub(super) folder: &'a Path,
}

impl Trial<'_> {
    /// Compiles, patches, links, runs and undoes an object file.
    pub(super) fn exercise(&self, object: &Object) -> Outcome {
        let [file, other] = ["o", "other.o"].map(|end| self.folder.join(format!("{}.{end}", object.name())));
        compile(self.repo, self.tools, object, &file)?;
        let mut command = compiler(self.tools, object.cpu);
        let source = self.repo.root().join("tests/patch/c/callers.c");
        shell::output(command.args(["-O1", "-c", "-fPIC"]).arg(source).arg("-o").arg(&other))?;
        let before = self.linked(object, [&file, &other])?;
        if !before.contains(": old") || before.contains("neither") {
            return Err(Failure::new(format!("it does not say what it should before any patch: {before}")));
        }
        for way in [INSIDE, OUTSIDE, AWAY] {
            let in_way = |why: Failure| Failure::new(format!("{}: {why}", way.name));
            self.one(object, [&file, &other], &way, &(way.expected)(&before)).map_err(in_way)?;
        }
        [file, other].iter().try_for_each(|made| fs::remove_file(made).map_err(|why| Failure::of(made.display(), why)))
    }

    fn one(&self, object: &Object, [file, other]: [&Path; 2], way: &Way, expected: &str) -> Outcome {
        let [patched, undone] =
            ["patched.o", "undone.o"].map(|end| self.folder.join(format!("{}.{end}", object.name())));
        shell::output(self.patch(file, &patched).args(way.words))?;
        let again = shell::output(self.patch(&patched, &patched).args(way.words))?;
        if !again.contains("already so") {
            return Err(Failure::new(format!("a second time it says: {again}")));
        }
        let got = self.linked(object, [&patched, other])?;
        if got != expected {
            return Err(Failure::new(format!("it says\n{got}\ninstead of\n{expected}")));
        }
        self.read_by_others(&patched)?;
        if object.flags.contains(&"-fPIC") && object.cpu != "riscv64" {
            self.shared(object, [&patched, other])?;
        }
        shell::output(self.patch(&patched, &undone).arg("--undo"))?;
        let [original, restored] = [file, undone.as_path()].map(fs::read);
        if original.ok() != restored.ok() {
            return Err(Failure::new("undone, it is not the original".to_owned()));
        }
        [patched, undone]
            .iter()
            .try_for_each(|made| fs::remove_file(made).map_err(|why| Failure::of(made.display(), why)))
    }

    /// Links the two and tells what the program prints. What linkers leave out must not be in it.
    fn linked(&self, object: &Object, files: [&Path; 2]) -> Outcome<String> {
        let out = self.folder.join(object.name());
        let mut command = compiler(self.tools, object.cpu);
        shell::output(command.arg("-static").args(files).arg("-o").arg(&out))?;
        let program = Program { language: Language::C, os: "linux", cpu: object.cpu, variant: "object", flags: &[] };
        let text = run::run(self.repo, &program, &out)?.unwrap_or_default();
        let shown = shell::output(Command::new(self.ashore).args(["inspect", "--json"]).arg(&out))?;
        fs::remove_file(&out).map_err(|why| Failure::of(out.display(), why))?;
        match shown.contains(".ashore.patch") {
            true => Err(Failure::new("the manifest is in the linked program".to_owned())),
            false => Ok(text),
        }
    }

    /// A library can be made of the two: nothing in it takes for granted where another file's functions are.
    fn shared(&self, object: &Object, files: [&Path; 2]) -> Outcome {
        let out = self.folder.join(format!("{}.so", object.name()));
        let mut command = compiler(self.tools, object.cpu);
        shell::output(command.arg("-shared").args(files).arg("-o").arg(&out))?;
        fs::remove_file(&out).map_err(|why| Failure::of(out.display(), why))
    }

    fn patch(&self, file: &Path, output: &PathBuf) -> Command {
        let mut command = Command::new(self.ashore);
        command.arg("patch").arg(file).arg("-o").arg(output);
        command
    }

    /// Another reader finds nothing to complain about, where there is one.
    fn read_by_others(&self, file: &Path) -> Outcome {
        let done = Command::new("readelf").args(["-a", "-W"]).arg(file).output();
        let Ok(done) = done else { return Ok(()) };
        let text = String::from_utf8_lossy(&done.stderr);
        if text.is_empty() { Ok(()) } else { Err(Failure::new(format!("readelf says {text}"))) }
    }
}

fn compile(repo: &Repo, tools: &Toolchain, object: &Object, out: &Path) -> Outcome {
    let sources = repo.root().join("tests/patch");
    let mut command = match object.language {
        Language::Rust => {
            let mut command = Command::new("rustc");
            command.args(["--edition", "2024", "--crate-type", "lib", "--emit", "obj", "-Cpanic=abort"]);
            command.args(["--target", "x86_64-unknown-linux-musl"]).arg(sources.join("rust/object.rs"));
            command
        }
        Language::C | Language::Go => {
            let mut command = compiler(tools, object.cpu);
            command.arg("-c").arg(sources.join("c/object.c"));
            command
        }
    };
    shell::output(command.args(object.flags).arg("-o").arg(out)).map(|_| ())
}

fn compiler(tools: &Toolchain, cpu: &str) -> Command {
    let mut command = tools.zig();
    let cpu = build::cpu(cpu);
    command.args(["cc", "-target", &format!("{cpu}-linux-musl"), "-fno-sanitize=undefined"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_table_has_unique_names() {
        for (at, object) in OBJECTS.iter().enumerate() {
            assert!(OBJECTS.iter().skip(at + 1).all(|other| other.name() != object.name()));
        }
    }
}
