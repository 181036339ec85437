//! Observes a process; nothing depends on it.
//!
//! [`trace`] tells every call in the guest's own words; [`explain`] says why a program died; [`dump`] writes core files.
#![forbid(unsafe_code)]

pub mod dump;
pub mod explain;
pub mod trace;
