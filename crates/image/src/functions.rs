//! Which function an address belongs to.

use alloc::{string::String, vec::Vec};
use ashore_base::{Addr, AddrRange};

/// Answers which function holds an address. Implementations read their tables only as far as the question needs.
pub trait FunctionIndex {
    /// The extent of the function that holds `addr`. Decoding code from its start is safe. Filler after the function may be
    /// included.
    fn containing(&self, addr: Addr) -> Option<AddrRange>;

    /// The name of the function that holds `addr`.
    fn name(&self, addr: Addr) -> Option<String>;
}

/// One function of a [`FunctionList`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Function {
    /// Where its code is.
    pub code: AddrRange,
    /// File offset of its name, which ends with a zero byte. Names are read when asked for: a hostile table can make all of
    /// them long.
    pub name_at: u64,
}

/// A list of functions, sorted by address.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct FunctionList(Vec<Function>);

/// How many functions before an address may still reach over it: symbols inside a function are rare and few.
const NESTING_LIMIT: usize = 16;

impl FunctionList {
    /// The list of `functions`, in any order.
    pub fn new(mut functions: Vec<Function>) -> FunctionList {
        functions.sort_by_key(|function| function.code.start);
        FunctionList(functions)
    }

    /// All of them, sorted by address.
    pub fn all(&self) -> &[Function] {
        &self.0
    }

    /// The innermost function that holds `addr`.
    pub fn find(&self, addr: Addr) -> Option<&Function> {
        let after = self.0.partition_point(|function| function.code.start <= addr);
        let before = self.0.get(..after)?;
        before.iter().rev().take(NESTING_LIMIT).find(|function| function.code.contains(addr))
    }
}

/// Extents only: the names are in the file.
impl FunctionIndex for FunctionList {
    fn containing(&self, addr: Addr) -> Option<AddrRange> {
        Some(self.find(addr)?.code)
    }

    fn name(&self, _: Addr) -> Option<String> {
        None
    }
}

/// The index of a program about which nothing is known.
#[derive(Clone, Copy, Debug)]
pub struct NoFunctions;

impl FunctionIndex for NoFunctions {
    fn containing(&self, _: Addr) -> Option<AddrRange> {
        None
    }

    fn name(&self, _: Addr) -> Option<String> {
        None
    }
}
