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
            let refused = |why: &dyn std::fmt::Display| table::NO_KERNEL.because(format!("{}: {why}", path.display()));
            let bytes = fs::read(path).map_err(|why| refused(&why))?;
            if bytes.is_empty() { Err(refused(&"it is empty")) } else { Ok(Cow::Owned(bytes)) }
        }
        None if BUILT_IN.is_empty() => Err(table::NO_KERNEL.because("none was there when it was built")),
        None => Ok(Cow::Borrowed(BUILT_IN)),
    }
}
