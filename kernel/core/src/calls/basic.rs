//! Who am I, and let others run.

use crate::call::{Answer, Call, Row};
use crate::thread::attention;
use ashore_pivot::Sys;

/// The calls of this topic.
pub(crate) const ROWS: &[Row] =
    &[Row::new(Sys::GETPID, getpid), Row::new(Sys::GETTID, gettid), Row::new(Sys::SCHED_YIELD, sched_yield)];

fn getpid(call: &mut Call<'_>) -> Answer {
    Ok(u64::from(call.thread.process.pid))
}

fn gettid(call: &mut Call<'_>) -> Answer {
    Ok(u64::from(call.thread.tid))
}

fn sched_yield(call: &mut Call<'_>) -> Answer {
    call.thread.set_attention(attention::YIELD);
    Ok(0)
}
