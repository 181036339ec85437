//! What a crash report says about code: whose an address is, what the instruction there does, how it came there.
//!
//! Everything takes values: a [`Program`] (a parsed file and where it was loaded), registers, and memory to read, of a
//! live guest or of a core file. Nothing here opens files, stops on damage or panics: damage gives less.

mod demangle;
mod dwarf;
mod instruction;
mod lines;
mod owner;
mod program;
mod regions;
mod stack;
mod variants;

pub use instruction::{Access, Class, Formula, Instruction, Role, Way, before, instruction_at};
pub use lines::Spot;
pub use owner::{Owner, OwnerKind, Space, Stack};
pub use program::{Named, Program};
pub use regions::{Region, parse_maps};
pub use stack::{Backtrace, End, FoundBy, Frame, Gap, Row, backtrace, holder};
pub use variants::Slot;
