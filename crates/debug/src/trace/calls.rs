//! A system's calls as a trace needs them, worked out once: nothing is looked up by name while the guest runs.

use super::filter::Filter;
use super::format::Printer;
use super::signature::{Signature, Type, parse};
use ashore_guest::{Os, Row};

/// What a call, even one that fails, may change of what descriptors mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changes {
    /// Nothing.
    Nothing,
    /// The descriptor in this argument.
    Argument(usize),
    /// Any.
    All,
}

/// A call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) signature: Signature,
    /// Its name and the parenthesis.
    pub(crate) head: String,
    /// Whether the person wants to see it.
    pub(crate) is_wanted: bool,
    /// Which arguments are known only at the end, one for each.
    pub(crate) outputs: Vec<bool>,
    /// How many arguments stand before the first of those.
    pub(crate) inputs_first: usize,
    /// Of which descriptors what was known is forgotten.
    pub(crate) changes: Changes,
    /// Whether it is part of what the program does, not of what its run time does for itself.
    pub(crate) is_behaviour: bool,
    /// Whether its result is a descriptor that means something new.
    pub(crate) opens: bool,
}

impl Call {
    pub(super) fn of(row: &Row, filter: &Filter) -> Call {
        let signature = parse(row.signature);
        let outputs: Vec<bool> = signature.params.iter().map(|param| Printer::is_output(&param.kind)).collect();
        let changes = match signature.name {
            "close" => Changes::Argument(0),
            "dup2" | "dup3" => Changes::Argument(1),
            "closefrom" | "close_range" | "pipe" | "pipe2" | "socketpair" | "recvmsg" | "recvmmsg" => Changes::All,
            _ => Changes::Nothing,
        };
        Call {
            head: format!("{}(", signature.name),
            is_wanted: filter.wants(signature.name, Some(&signature)),
            inputs_first: outputs.iter().position(|is_output| *is_output).unwrap_or(outputs.len()),
            is_behaviour: crate::diff::is_behaviour(row),
            opens: signature.result == Type::Fd,
            outputs,
            changes,
            signature,
        }
    }
}

/// The calls of a system, by number.
#[derive(Debug)]
pub(crate) struct Calls(Vec<Option<Call>>);

impl Calls {
    pub(crate) fn of(os: &'static Os, filter: &Filter) -> Calls {
        let highest = os.calls.iter().map(|row| usize::from(row.number)).max().unwrap_or(0);
        let mut calls: Vec<Option<Call>> = (0..=highest).map(|_| None).collect();
        for row in os.calls {
            calls[usize::from(row.number)] = Some(Call::of(row, filter));
        }
        Calls(calls)
    }

    pub(crate) fn get(&self, row: Option<&'static Row>) -> Option<&Call> {
        self.0.get(usize::from(row?.number))?.as_ref()
    }

    /// Every call with its number.
    pub(crate) fn each(&self) -> impl Iterator<Item = (usize, &Call)> {
        self.0.iter().enumerate().filter_map(|(number, call)| Some((number, call.as_ref()?)))
    }

    /// One more than the highest number.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
