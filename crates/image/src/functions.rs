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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Where its code is.
    pub code: AddrRange,
    /// What it is called; empty when unknown.
    pub name: String,
}

/// A list of functions, sorted by address.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct FunctionList(Vec<Function>);

impl FunctionList {
    /// The list of `functions`, in any order.
    pub fn new(mut functions: Vec<Function>) -> FunctionList {
        functions.sort_by_key(|function| function.code.start);
        FunctionList(functions)
    }

    fn find(&self, addr: Addr) -> Option<&Function> {
        let after = self.0.partition_point(|function| function.code.start <= addr);
        let function = self.0.get(after.checked_sub(1)?)?;
        function.code.contains(addr).then_some(function)
    }
}

impl FunctionIndex for FunctionList {
    fn containing(&self, addr: Addr) -> Option<AddrRange> {
        Some(self.find(addr)?.code)
    }

    fn name(&self, addr: Addr) -> Option<String> {
        self.find(addr).map(|function| function.name.clone()).filter(|name| !name.is_empty())
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
