//! Runs programs of another CPU by translating them.
//!
//! [`Jit`] is what the threads of a process share: translated code, and which guest address it is for. [`Thread`] is one guest
//! thread: its registers in a frame, and the loop that enters translated code, answers why it came out, and goes in again
//! until there is something for others to do ([`Exit`]). Which CPU it is, is a [`Lifter`]; guest addresses are host addresses.
//!
//! There are two tiers of the same translation. Code seen first is translated block by block with one map of registers. What
//! has been entered often and loops is translated again as a region, with a map chosen for it. Whatever has no template is
//! evaluated, instruction by instruction, and so is what the host's floating-point unit stops at.

mod ahead;
mod blocks;
mod cache;
mod control;
mod counts;
mod cpu;
mod customs;
mod entry;
mod evaluated;
mod habit;
mod halves;
mod lift;
mod mapper;
mod maps;
mod marks;
mod memory;
mod peek;
mod region;
mod settings;
mod shared;
mod stop;
mod tables;
mod targets;
mod tenants;
mod thread;
mod verify;

pub use ashore_isa::lift::Lifter;
pub use cache::Keeper;
pub use counts::Stats;
pub use cpu::{Cpu, Shared};
pub use halves::{Bytes, Pieces, seal};
pub use mapper::{Mapper, Unit};
pub(crate) use memory::size_of;
pub use settings::Settings;
pub use shared::Jit;
pub use thread::{Exit, Thread};
pub use verify::Difference;

use ashore_emit::{Host, HostPart, frame};
use ashore_sys::translated;
use std::is_x86_feature_detected;

// The crate that writes code and the one that enters it agree on the frame.
const _: () = assert!(
    frame::BIAS as usize == translated::BIAS
        && frame::HOST_RSP == translated::HOST_RSP
        && frame::RETURN == translated::RETURN
        && frame::GUEST_MXCSR == translated::GUEST_MXCSR
        && frame::HOST_MXCSR == translated::HOST_MXCSR
        && frame::CONTEXT == translated::CONTEXT
        && frame::CONTEXT_VECTORS == translated::CONTEXT_VECTORS
);

/// What the host's CPU has of what templates use.
pub fn host() -> Host {
    Host::of(|part| match part {
        HostPart::Sse42 => is_x86_feature_detected!("sse4.2"),
        HostPart::Popcnt => is_x86_feature_detected!("popcnt"),
        HostPart::Lzcnt => is_x86_feature_detected!("lzcnt"),
        HostPart::Bmi1 => is_x86_feature_detected!("bmi1"),
        HostPart::Bmi2 => is_x86_feature_detected!("bmi2"),
        HostPart::Avx2 => is_x86_feature_detected!("avx2"),
        HostPart::Fma => is_x86_feature_detected!("fma"),
        HostPart::Aes => is_x86_feature_detected!("aes"),
        HostPart::Pclmul => is_x86_feature_detected!("pclmulqdq"),
        HostPart::Sha => is_x86_feature_detected!("sha"),
        HostPart::F16c => is_x86_feature_detected!("f16c"),
    })
}

/// Where instructions come from: whoever knows what may be executed.
pub trait Code {
    /// Reads executable bytes from an address on, as many as there are; gives how many.
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize;

    /// Whether somebody notes where instructions were read: who knows them by heart then reads nothing there.
    fn is_noted(&self) -> bool {
        false
    }
}
