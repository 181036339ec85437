//! What is asked of each place in code.

use super::{Code, FunctionAt};
use ashore_base::AddrRange;

/// The question [`Coder::find`](super::Coder::find) answers.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    /// Where is searched.
    pub(crate) code: Code<'a>,
    /// What the places named must be in.
    pub(crate) targets: AddrRange,
    /// Which function holds an address.
    pub(crate) function_at: FunctionAt<'a>,
}
