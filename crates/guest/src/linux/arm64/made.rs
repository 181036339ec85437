//! Files of `/proc` that say something of the CPU: the host's are about another one.

use crate::{About, Ctx};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_pivot::layout::open::{O_ACCMODE, O_CLOEXEC};
use ashore_pivot::{Arg, Errno, Sys};

/// The descriptor of a file that is made here; nothing if the path is not of one. Flags are the pivot's.
pub(super) fn open(ctx: &Ctx<'_>, path: &[u8], flags: u32) -> Option<Result<u64, Errno>> {
    let about = ctx.kernel.about()?;
    let path = path.strip_suffix(&[0]).unwrap_or(path);
    let text = match path {
        b"/proc/self/auxv" | b"/proc/thread-self/auxv" => about.auxv.clone(),
        b"/proc/cpuinfo" => cpu_text(about).into_bytes(),
        _ => return None,
    };
    Some(if flags & O_ACCMODE == 0 { of_bytes(ctx, &text, flags) } else { Err(Errno::EACCES) })
}

/// As the kernel writes it: a paragraph for each CPU.
fn cpu_text(about: &About) -> String {
    let mut text = String::new();
    for number in 0..about.cpus {
        text += &format!("processor\t: {number}\n");
        for (name, value) in &about.cpu {
            // The colons stand in line.
            let tab = if name.len() < 16 { "\t" } else { "" };
            text += &format!("{name}{tab}: {value}\n");
        }
        text.push('\n');
    }
    text
}

/// A file of these bytes that can only be read, at the lowest number there is.
fn of_bytes(ctx: &Ctx<'_>, bytes: &[u8], flags: u32) -> Result<u64, Errno> {
    let fd = ctx.call_with(Sys::MEMFD_CREATE, &mut [Arg::In(b"proc\0"), Arg::Word(1)])?;
    let reopened = (|| {
        ctx.call_with(
            Sys::PWRITE64,
            &mut [Arg::Word(fd), Arg::In(bytes), Arg::Word(bytes.len() as u64), Arg::Word(0)],
        )?;
        let name: Vec<u8> = format!("/proc/self/fd/{fd}\0").into_bytes();
        let at = -100i64 as u64;
        ctx.call_with(Sys::OPENAT, &mut [Arg::Word(at), Arg::In(&name), Arg::Word(O_CLOEXEC.into()), Arg::Word(0)])
    })();
    let done = reopened.and_then(|other| {
        let done = ctx.call(Sys::DUP3, [other, fd, u64::from(flags & O_CLOEXEC), 0, 0, 0]);
        let _ = ctx.call(Sys::CLOSE, [other, 0, 0, 0, 0, 0]);
        done
    });
    if done.is_err() {
        let _ = ctx.call(Sys::CLOSE, [fd, 0, 0, 0, 0, 0]);
    }
    done
}
