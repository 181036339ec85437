//! The memory of a process.

use crate::files::made::View;
use crate::memory::{AreaView, Present, Prot};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::PAGE_SIZE;
use ashore_pivot::Errno;
use ashore_pivot::layout::stat::device_parts;

type Text = Result<Vec<u8>, Errno>;

/// Where the path of an area's file begins in a line.
const PATH_COLUMN: usize = 73;

fn line(view: &View<'_>, area: &AreaView, out: &mut Vec<u8>) {
    let letter = |prot: Prot, letter: char| if area.prot.has(prot) { letter } else { '-' };
    let (device, inode) = area.file.as_ref().map_or((0, 0), |file| (file.device, file.inode));
    let (major, minor) = device_parts(device);
    let mut text = format!(
        "{:08x}-{:08x} {}{}{}{} {:08x} {major:02x}:{minor:02x} {inode} ",
        area.range.start.0,
        area.range.end.0,
        letter(Prot::READ, 'r'),
        letter(Prot::WRITE, 'w'),
        letter(Prot::EXECUTE, 'x'),
        if area.is_shared { 's' } else { 'p' },
        area.offset,
    );
    let now = area.file.as_ref().and_then(|file| file.spot.as_ref());
    let now = now.map(|spot| spot.path(view.visitor.kernel.tree.root(), view.visitor));
    let path = match (&now, &area.file) {
        (Some(path), _) => path,
        (None, Some(file)) => &*file.path,
        (None, None) => area.name.as_bytes(),
    };
    if !path.is_empty() {
        while text.len() < PATH_COLUMN {
            text.push(' ');
        }
    }
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(path);
    out.push(b'\n');
}

pub(super) fn maps(view: &View<'_>) -> Text {
    let mut out = Vec::new();
    view.thread()?.space().areas().iter().for_each(|area| line(view, area, &mut out));
    Ok(out)
}

/// The sizes of an area in `smaps`; nothing is ever swapped out.
fn sizes(area: &AreaView, present: Present) -> String {
    let all = (area.range.end.0 - area.range.start.0) / PAGE_SIZE;
    let clean = present.private_clean + present.shared_clean;
    let there = clean + present.private_dirty + present.shared_dirty;
    let rows = [
        ("Size", all),
        ("KernelPageSize", 1),
        ("MMUPageSize", 1),
        ("Rss", there),
        ("Pss", there),
        ("Shared_Clean", present.shared_clean),
        ("Shared_Dirty", present.shared_dirty),
        ("Private_Clean", present.private_clean),
        ("Private_Dirty", present.private_dirty),
        ("Referenced", there),
        ("Anonymous", if area.file.is_some() { 0 } else { there }),
        ("Swap", 0),
    ];
    rows.into_iter()
        .map(|(name, pages)| format!("{:<16}{:>8} kB\n", format!("{name}:"), pages * PAGE_SIZE / 1024))
        .collect()
}

pub(super) fn smaps(view: &View<'_>) -> Text {
    let mut out = Vec::new();
    let space = view.thread()?.space();
    for area in &space.areas() {
        line(view, area, &mut out);
        out.extend_from_slice(sizes(area, space.present(area.range, area.file.is_some())).as_bytes());
    }
    Ok(out)
}

pub(super) fn smaps_rollup(view: &View<'_>) -> Text {
    let kib = view.thread()?.space().sizes().resident * PAGE_SIZE / 1024;
    let mut text = String::from("00000000-ffffffffffff ---p 00000000 00:00 0    [rollup]\n");
    for name in ["Rss", "Pss", "Private_Dirty"] {
        let name = format!("{name}:");
        text += &format!("{name:<16}{kib:>8} kB\n");
    }
    Ok(text.into_bytes())
}

pub(super) fn statm(view: &View<'_>) -> Text {
    let sizes = view.thread()?.space().sizes();
    let (total, resident, shared) = (sizes.total, sizes.resident, sizes.resident_of_files);
    Ok(format!("{total} {resident} {shared} {} 0 {} 0\n", sizes.text, sizes.data).into_bytes())
}
