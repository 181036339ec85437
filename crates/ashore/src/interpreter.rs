//! The program that completes a dynamically linked one.

use crate::open::{self, Opened};
use ashore_base::Cpu;
use ashore_image::Image;
use ashore_process::{Interpreter, Link, Root};
use ashore_report::{Report, table};
use std::ffi::OsStr;
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The path of the host that an absolute path has: in the tree when the tree has it. Links of the tree lead to places in it.
pub(crate) fn in_root(root: Option<&Path>, path: &Path) -> PathBuf {
    let found = root
        .filter(|_| path.is_absolute())
        .and_then(|root| Root::new(root.as_os_str().as_bytes()).find(path.as_os_str().as_bytes(), Link::Followed));
    found.map_or_else(|| path.to_owned(), |found| OsStr::from_bytes(&found).into())
}

/// The interpreter that a program names; none when it needs none.
pub(crate) fn of(image: &Image, root: Option<&Path>) -> Result<Option<Interpreter>, Report> {
    let Some(name) = &image.interpreter else {
        // An interpreter is a library with a beginning.
        let is_alone = image.kind.is_static() || (image.cpu != Cpu::X86_64 && image.entry.addr().is_some());
        return if is_alone {
            Ok(None)
        } else {
            Err(table::DYNAMIC_PROGRAM.because(format!("it is {}", image.kind.words())))
        };
    };
    if image.cpu == Cpu::X86_64 {
        return Err(table::DYNAMIC_PROGRAM.because(format!("it wants {name}")));
    }
    let missing = |why: String| table::NO_INTERPRETER.because(format!("it wants {name}: {why}"));
    let path = in_root(root, Path::new(name));
    if !path.exists() {
        return Err(missing("there is none".into()));
    }
    let Opened { file, bytes, .. } = open::open(&path)?;
    let parsed = ashore_formats::read(bytes).map_err(|report| report.in_file(&path.to_string_lossy()))?;
    let Some(part) = parsed.part_for(image.cpu) else {
        return Err(missing(format!("{} is not for {}", path.display(), image.cpu)));
    };
    Ok(Some(Interpreter { image: part.image.clone(), fd: file.into_raw_fd(), bytes }))
}
