//! See the description in Cargo.toml; filled by the next commits.
#![no_std]
#![forbid(unsafe_code)]
