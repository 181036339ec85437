//! Says why a program died.

pub mod code;
