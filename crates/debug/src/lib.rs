//! Observes a process; nothing depends on it.
//!
//! [`trace`] tells every call in the guest's own words.
#![forbid(unsafe_code)]

pub mod trace;
