//! Observes a process; nothing depends on it.
//!
//! [`trace`] tells every call in the guest's own words; [`diff`] finds where two traces differ; [`explain`] says why a
//! program died; [`dump`] writes core files; [`gdb`] lets a debugger stop and change the process; [`record`] keeps what
//! a program gets from outside, so that it can be run again without it.
#![forbid(unsafe_code)]

pub mod diff;
pub mod dump;
pub mod explain;
pub mod gdb;
pub mod record;
pub mod trace;
