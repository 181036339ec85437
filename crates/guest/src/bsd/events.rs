//! kqueue on epoll.

/// What a system must supply.
pub struct Words {}

/// Forgets what waits for descriptor `fd`, which is about to be closed.
pub fn closed(_ctx: &mut crate::Ctx<'_>, _fd: i32) {}
