//! The inputs a run starts from.

use crate::boot;
use crate::recording;
use crate::samples::{self, cores};
use ashore_base::Cpu;
use std::fs;
use std::path::Path;

/// A longer input is left out: it would make every case slow.
const MOST_BYTES: u64 = 8 << 20;

/// The files in `folder`, in order of name, small files of every format, and the empty input.
pub(crate) fn load(folder: &Path) -> Result<Vec<Vec<u8>>, String> {
    let mut inputs = vec![Vec::new()];
    inputs.extend(samples::all().into_iter().map(|(_, file)| file.0));
    inputs.extend(Cpu::ALL.iter().map(|cpu| cores::linux(*cpu)));
    inputs.extend(cores::bsds().into_iter().map(|(_, file)| file));
    inputs.push(recording::sample());
    inputs.push(boot::sample());
    inputs.extend(files(folder)?);
    Ok(inputs)
}

/// The files in `folder`, in order of name.
pub(crate) fn files(folder: &Path) -> Result<Vec<Vec<u8>>, String> {
    let entries = fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    let mut inputs = Vec::new();
    for file in files {
        let size = fs::metadata(&file).map(|data| data.len()).unwrap_or(0);
        if size <= MOST_BYTES {
            inputs.push(fs::read(&file).map_err(|why| format!("{}: {why}", file.display()))?);
        }
    }
    Ok(inputs)
}
