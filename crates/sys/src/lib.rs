//! The machine: raw system calls, entering and leaving guest code, signal handlers, memory, threads.
//!
//! The only hosted crate with unsafe code. Its types: [`Block`], one per guest thread, holds the guest's
//! registers while the host runs and is found through the GS base at any moment, in a signal handler
//! too; [`Memory`] is the guest's memory with faults turned into errors. What it does not do: it knows no
//! guest system, no file format and no policy.
//!
//! The rules that every module here keeps:
//! - Host code that runs between two stays in the guest uses no AVX: the guest's upper vector halves
//!   live in the CPU all the time; only the low halves are saved.
//! - System calls of the host come from the program's own text only: the safety net allows no other place.
//! - A handler runs on the thread's own alternate stack and first puts the host's FS base back.

mod access;
mod block;
mod clock;
mod copy;
mod enter;
mod fault;
mod fp;
mod handler;
mod heap;
mod kick;
mod map;
mod maps;
mod memory;
mod net;
mod process;
mod raw;
mod say;
mod stack;
mod stubs;
mod text;
mod thread;
pub mod translated;
mod tsc;

pub use access::{AccessSize, exchange, load, store};
pub use block::{Block, ExitKind, FaultInfo, SignalInfo};
pub use clock::{ClockCall, Mark, Watch, answer_clocks, clock};
pub use enter::{leave_call_address, run};
pub use fp::{FP_LEGACY_LEN, load_fp, save_fp};
pub use handler::{Disposition, FAULTS, install_all, is_ignored, set_disposition, set_disposition_with};
pub use heap::{heap_range, populate};
pub use kick::{Patience, kick};
pub use map::{Mapping, anonymous, file_bytes, forget, host_ranges, map, protect, protect_host, unmap, write_code};
pub use maps::{PROT_EXEC, mapped_at};
pub use memory::GuestMemory;
pub use net::{Net, announce_execs, arm, available, has_seccomp};
pub use process::{
    die_of, end_with_us, exec, exit_group, fork, high_fd, in_copy, next_signal, restore_pipe_signal, run_aside,
    set_signal_mask,
};
pub use raw::{call, wait};
pub use say::{remember_stderr, say, tell, write_unsignalled};
pub use stubs::{StubMeta, publish as publish_stubs};
pub use text::{host_text, hwcap, shared_page};
pub use thread::{
    adopt, current, current_fault as thread_fault, current_tid, forget_fsgsbase, has_fsgsbase, release, spawn,
};
pub use tsc::{free_tsc, read_tsc, trap_tsc, tsc_len};
