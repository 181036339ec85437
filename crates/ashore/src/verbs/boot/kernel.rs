//! The kernel that is booted.

use ashore_report::{Report, table};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// What `cargo xtask kernel` made before this program was built; empty when it had not.
static BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/kernel"));

/// The kernel named, else the one that is built in.
pub(super) fn image(named: Option<&Path>) -> Result<Cow<'static, [u8]>, Report> {
    match named {
        Some(path) => {
            let read = fs::read(path);
            read.map(Cow::Owned).map_err(|why| table::NO_KERNEL.because(format!("{}: {why}", path.display())))
        }
        None if BUILT_IN.is_empty() => Err(table::NO_KERNEL.because("none was there when it was built")),
        None => Ok(Cow::Borrowed(BUILT_IN)),
    }
}
