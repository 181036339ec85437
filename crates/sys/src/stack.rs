//! Threads on stacks of our own heap.
//!
//! The standard library maps each thread's stack, and one for its signals, wherever the kernel finds room, and the
//! room it finds is what the guest has just unmapped (see [`crate::heap`]). A stack from the heap is used again when
//! its thread is gone, which also spares the calls that map and unmap it.

use ashore_pivot::Errno;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::null_mut;
use std::alloc::{Layout, alloc};
use std::sync::{Mutex, MutexGuard, PoisonError};

const LEN: usize = 512 * 1024;
/// What lies below a stack and faults.
const GUARD_LEN: usize = 4096;

/// A stack, by its lowest address; never freed.
struct Stack(*mut u8);

/// A stack whose thread does nothing any more but end; `None` when the thread is not of this process.
struct Ended {
    stack: Stack,
    thread: Option<libc::pthread_t>,
}

// SAFETY: both are only names: of memory that nobody else uses, and of a thread.
unsafe impl Send for Ended {}

struct Job {
    stack: Stack,
    body: Box<dyn FnOnce() + Send>,
}

static ENDED: Mutex<Vec<Ended>> = Mutex::new(Vec::new());

fn ended() -> MutexGuard<'static, Vec<Ended>> {
    ENDED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forks with the list of stacks held. The child has none of the threads that are about to end.
pub(crate) fn around_fork(fork: impl FnOnce() -> i32) -> i32 {
    let mut ended = ended();
    let pid = fork();
    if pid == 0 {
        ended.iter_mut().for_each(|one| one.thread = None);
    }
    pid
}

impl Stack {
    fn new() -> Result<Stack, Errno> {
        let layout = Layout::from_size_align(LEN, GUARD_LEN).map_err(|_| Errno::EINVAL)?;
        // SAFETY: the layout has a size.
        let at = unsafe { alloc(layout) };
        if at.is_null() {
            return Err(Errno::EAGAIN);
        }
        crate::call(libc::SYS_mprotect as u64, [at as u64, GUARD_LEN as u64, 0, 0, 0, 0])?;
        Ok(Stack(at))
    }

    /// A stack of a thread that is gone; waits for one that is about to be.
    fn used() -> Option<Stack> {
        let Ended { stack, thread } = ended().pop()?;
        if let Some(thread) = thread {
            // SAFETY: the thread was not detached, and is joined once: it stood in the list once.
            unsafe { libc::pthread_join(thread, null_mut()) };
        }
        Some(stack)
    }
}

/// Runs `body` on a thread of its own.
pub(crate) fn start(body: impl FnOnce() + Send + 'static) -> Result<(), Errno> {
    let stack = match Stack::used() {
        Some(stack) => stack,
        None => Stack::new()?,
    };
    let low = stack.0;
    let job = Box::into_raw(Box::new(Job { stack, body: Box::new(body) }));
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the attributes are made before they are used; the stack is valid, nobody else's, and stays so until the
    // thread is joined; `begin` takes the job over.
    let failed = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr());
        libc::pthread_attr_setstack(attributes.as_mut_ptr(), low.add(GUARD_LEN).cast(), LEN - GUARD_LEN);
        libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), begin, job.cast())
    };
    if failed == 0 {
        return Ok(());
    }
    // SAFETY: no thread began, so the job is still ours.
    let job = unsafe { Box::from_raw(job) };
    ended().push(Ended { stack: job.stack, thread: None });
    Err(Errno::EAGAIN)
}

extern "C" fn begin(job: *mut c_void) -> *mut c_void {
    // SAFETY: `start` gave the job away.
    let Job { stack, body } = *unsafe { Box::from_raw(job.cast::<Job>()) };
    body();
    // SAFETY: names the calling thread.
    let thread = unsafe { libc::pthread_self() };
    ended().push(Ended { stack, thread: Some(thread) });
    null_mut()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    #[test]
    fn threads_run_and_their_stacks_are_used_again() {
        let (tell, told) = channel();
        for n in 0..200usize {
            let tell = tell.clone();
            let run = move || {
                let deep = [n; 1000];
                let _ = tell.send(deep.iter().sum::<usize>());
            };
            super::start(run).expect("a thread");
            assert_eq!(told.recv(), Ok(n * 1000));
        }
        assert!(super::ended().len() < 20);
    }
}
