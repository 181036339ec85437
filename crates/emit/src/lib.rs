//! Makes machine code of the host CPU out of blocks of the language CPU semantics are written in.
//!
//! [`Emitter`] turns a [`Unit`] (one block, or several that jump to each other) into bytes, the places where it leaves
//! ([`Exit`]) and a side table ([`Mark`]) that says for every host instruction which guest instruction it belongs to and where
//! the guest's flags are. Which guest register lives in which host register is data, a [`RegMap`]; nothing here names a CPU.
//!
//! What has no template is not translated: its whole instruction becomes an exit of the kind `Eval`, for the evaluator. That is
//! decided while writing: a template that cannot be used refuses, and what its instruction had written is taken back.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod asm;
pub mod flags;
pub mod frame;
mod gates;
mod generate;
mod host;
mod live;
mod map;
pub mod reg;
mod unit;

pub use flags::Form;
pub use host::{Host, HostPart};
pub use map::{Guest, RegMap};
pub use unit::{
    Addresses, CALL_LEN, COUNTER_LEN, Code, Emitter, Exit, ExitKind, Gates, JUMP, Known, Mark, MarkKind, Nans, Part,
    Place, Tiny, Unit, trap_of,
};
