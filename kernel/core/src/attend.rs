//! What a thread looks at before it goes on in its program.

use crate::call::Own;
use crate::kernel::{Kernel, Leave};
use crate::machine::Fault;
use crate::thread::{Thread, attention};
use alloc::sync::Arc;

impl Kernel {
    /// Whether a signal waits that the thread does not hold back, or it is to end.
    pub(crate) fn has_signal(&self, thread: &Arc<Thread>) -> bool {
        thread.attention.load(core::sync::atomic::Ordering::Acquire) & (attention::SIGNAL | attention::END) != 0
    }

    /// Looks at what there is; says why the CPU leaves the thread, if it does.
    pub(crate) fn attend(&self, thread: &Arc<Thread>, own: &mut Own, bits: u32) -> Option<Leave> {
        if bits & attention::YIELD != 0 {
            thread.take_attention(attention::YIELD);
            if own.call.is_none() {
                return Some(Leave::Yield);
            }
        }
        None
    }

    /// Answers a fault of the program.
    pub(crate) fn faulted(&self, _thread: &Arc<Thread>, _own: &mut Own, _fault: Fault) {}
}
