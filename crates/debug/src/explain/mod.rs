//! Says why a program died.
//!
//! What is known of an end is one value ([`Evidence`], made from a live process by [`gather`] and from what one left by
//! [`core_file`]); [`judge`] asks every rule of a table what it makes of it; an [`Account`] tells a person, or a program,
//! the result. Nothing here opens a file or prints.

mod account;
pub mod code;
pub mod core_file;
mod evidence;
mod faults;
mod gather;
mod pages;
mod rules;
mod verdict;

pub use account::{Account, Depth};
pub use evidence::{Arrival, Call, Changed, Deed, End, Evidence, FileFacts, Step, Thread};
pub use gather::gather;
pub use pages::{page, pages};
pub use rules::RULES;
pub use verdict::{Confidence, Rule, Verdict, judge};
