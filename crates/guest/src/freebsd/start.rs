//! What a program is told at its start, on any CPU.

use super::sysctl::RELEASE_NUMBER;
use crate::StartRequest;
use crate::bsd::start::{CANARY_LEN, PAGE_SIZES_LEN, Placed};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::PAGE_SIZE;

/// Read and write: what the stack's permission is said to be.
const STACK_PROT: u64 = 3;

/// The auxiliary vector, without what is the CPU's.
pub fn auxv(request: &StartRequest<'_>, placed: &Placed) -> Vec<(u64, u64)> {
    vec![
        (3, request.headers.0),      // PHDR
        (4, request.header_size),    // PHENT
        (5, request.header_count),   // PHNUM
        (6, PAGE_SIZE),              // PAGESZ
        (8, 0),                      // FLAGS
        (9, request.entry.0),        // ENTRY
        (7, request.base.0),         // BASE
        (24, 0),                     // EHDRFLAGS
        (15, placed.exec_path.0),    // EXECPATH
        (18, RELEASE_NUMBER as u64), // OSRELDATE
        (16, placed.canary.0),       // CANARY
        (17, CANARY_LEN),            // CANARYLEN
        (19, request.cpus),          // NCPUS
        (20, placed.page_sizes.0),   // PAGESIZES
        (21, PAGE_SIZES_LEN),        // PAGESIZESLEN
        // No TIMEKEEP (22): without a shared clock page programs ask the kernel.
        (23, STACK_PROT),                // STACKPROT
        (28, request.args.len() as u64), // ARGC
        (29, placed.argv.0),             // ARGV
        (30, request.env.len() as u64),  // ENVC
        (31, placed.envp.0),             // ENVV
        (32, placed.ps_strings.0),       // PS_STRINGS
        (35, request.stack.end.0),       // USRSTACKBASE
        (36, request.stack.len()),       // USRSTACKLIM
    ]
}
