//! How threads and processes are made, end, and are waited for.

mod clone;
mod end;
mod stop;
mod wait;

pub(crate) use clone::{Request, clone, exit_signal};
pub(crate) use end::TICK;
pub(crate) use wait::{Found, Whom, wait};
