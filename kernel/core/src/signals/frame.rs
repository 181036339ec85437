//! The frame a handler runs on: Linux's own, as the hosted side builds it too.

use super::UNBLOCKABLE;
use crate::call::{Call, Own};
use crate::kernel::Kernel;
use crate::thread::Thread;
use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_guest::linux::arm64::frame::{self, Entry, Fault};
use ashore_guest::{Action, AltStack, Handler, SaFlags};
use ashore_pivot::layout::sigaction::{SA_ONSTACK, SS_AUTODISARM, SS_DISABLE, SigStack, Sigaction};
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::{Errno, SigSet};

/// A handler and the stack it is to run on.
pub(crate) struct Run<'a> {
    pub(crate) info: &'a SigInfo,
    pub(crate) action: &'a Sigaction,
    /// The mask that comes back with the handler's return.
    pub(crate) mask: SigSet,
    /// The alternate stack.
    pub(crate) stack: SigStack,
}

/// Builds the frame and enters the handler.
pub(crate) fn build(kernel: &Kernel, thread: &Arc<Thread>, own: &mut Own, run: &Run<'_>) -> Result<(), Errno> {
    let is_fault = run.info.code > 0 && run.info.signal.is_fault();
    let fault = own.fault.take().filter(|_| is_fault);
    kernel.machine().leave(&mut own.context);
    let alt_stack = match run.stack.flags & SS_DISABLE {
        0 => AltStack { base: Addr(run.stack.sp), len: run.stack.size },
        _ => AltStack::default(),
    };
    let sp = Addr(own.context.regs.sp);
    let wants = run.action.flags as u32 & SA_ONSTACK != 0 && alt_stack.len != 0;
    let stack = if wants && !alt_stack.holds(sp) { alt_stack.top() } else { sp };
    let handler = Addr(run.action.handler);
    let space = thread.space();
    let entry = Entry {
        info: *run.info,
        action: Action {
            handler: Handler::Guest(handler),
            flags: SaFlags(run.action.flags as u32),
            mask: SigSet(run.action.mask),
            trampoline: Addr(run.action.restorer),
            version: 0,
        },
        handler,
        trampoline: space.way_back(),
        mask: run.mask,
        stack,
        alt_stack,
        fault: fault.map(|(address, syndrome)| Fault { address: Addr(address), syndrome }),
    };
    let context = &mut own.context;
    frame::build(&mut context.regs, &context.vectors, &entry, &*space)?;
    if stack != sp && run.stack.flags & SS_AUTODISARM != 0 {
        thread.signals.lock().stack = SigStack { sp: 0, flags: SS_DISABLE, size: 0 };
    }
    Ok(())
}

/// Takes a handler's frame off; the mask that comes back.
pub(crate) fn resume(call: &mut Call<'_>) -> Result<SigSet, Errno> {
    let at = Addr(call.context.regs.sp);
    let space = call.thread.space();
    let context = &mut *call.context;
    let resumed = frame::read(&mut context.regs, &mut context.vectors, at, &*space)?;
    call.kernel.machine().arrive(context);
    let mask = resumed.mask.unwrap_or_default();
    if let Some(stack) = resumed.alt_stack
        && stack.len != 0
    {
        call.thread.signals.lock().stack = SigStack { sp: stack.base.0, flags: 0, size: stack.len };
    }
    Ok(SigSet(mask.0 & !UNBLOCKABLE.0))
}
