//! What a thread looks at before it goes on in its program.

use crate::call::{Own, Until};
use crate::kernel::{Kernel, Leave};
use crate::thread::{Thread, attention};
use alloc::sync::Arc;

impl Kernel {
    /// Looks at what there is; says why the CPU leaves the thread, if it does.
    pub(crate) fn attend(&self, thread: &Arc<Thread>, own: &mut Own, bits: u32) -> Option<Leave> {
        if bits & attention::END != 0 {
            return Some(self.end_thread(thread, own));
        }
        if bits & attention::STOP != 0 {
            // Whoever lets the process go on takes the bit away first and wakes then.
            return Some(Leave::Park(Until::Woken));
        }
        if bits & attention::SIGNAL != 0
            && let Some(leave) = self.deliver(thread, own)
        {
            return Some(leave);
        }
        if thread.take_attention(attention::YIELD) {
            self.sched.give_way(self.machine().cpu(), thread);
            return Some(Leave::Yield);
        }
        None
    }
}
