//! Runs one guest thread to its next exit.
//!
//! The exit is a value ([`Exit`]); a personality or a debugger answers it and runs the thread again.
//! Nothing here knows an operating system.
#![forbid(unsafe_code)]

pub mod native;

pub use ashore_sys::{FaultInfo, SignalInfo};

/// Why a guest thread stopped.
#[derive(Debug, Clone, Copy)]
pub enum Exit {
    /// It asked its kernel for something; the registers hold the question.
    Call,
    /// A signal for the guest waits.
    Interrupted,
    /// An instruction faulted.
    Fault(FaultInfo),
}
