//! kqueue on epoll.

/// What a system must supply.
pub struct Words {}
