//! What a program is told at its start, on any CPU.

use crate::StartRequest;
use crate::bsd::start::Placed;
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::PAGE_SIZE;

/// The auxiliary vector.
pub fn auxv(request: &StartRequest<'_>, placed: &Placed) -> Vec<(u64, u64)> {
    let [uid, euid, gid, egid] = request.ids.map(u64::from);
    vec![
        (3, request.headers.0),     // PHDR
        (4, request.header_size),   // PHENT
        (5, request.header_count),  // PHNUM
        (6, PAGE_SIZE),             // PAGESZ
        (7, request.base.0),        // BASE
        (8, 0),                     // FLAGS
        (9, request.entry.0),       // ENTRY
        (2000, euid),               // EUID
        (2001, uid),                // RUID
        (2002, egid),               // EGID
        (2003, gid),                // RGID
        (13, request.stack.end.0),  // STACKBASE
        (2014, placed.exec_path.0), // SUN_EXECNAME
    ]
}
