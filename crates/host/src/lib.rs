//! Answers the pivot by asking the host's kernel.
#![forbid(unsafe_code)]

use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Linux, Message, Sys};

/// The host's kernel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Host;

/// Lowers arguments to words. The slices stay borrowed by the caller for the length of the call.
fn lower(args: &mut [Arg<'_>]) -> [u64; 6] {
    let mut words = [0; 6];
    for (word, arg) in words.iter_mut().zip(args) {
        *word = match arg {
            Arg::Word(value) => *value,
            Arg::In(bytes) => bytes.as_ptr() as u64,
            Arg::Out(bytes) => bytes.as_mut_ptr() as u64,
        };
    }
    words
}

/// `struct msghdr` of the kernel.
#[repr(C)]
struct Header {
    name: u64,
    name_len: u64,
    iov: u64,
    iov_len: u64,
    control: u64,
    control_len: u64,
    flags: u64,
}

const _: () = assert!(size_of::<Header>() == 56);

impl Linux for Host {
    #[inline]
    fn call(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        // What programs ask most often of all needs no call.
        if sys == Sys::CLOCK_GETTIME
            && let Some(told) = ashore_sys::clock(words[0], Addr(words[1]))
        {
            return told.map(|()| 0);
        }
        ashore_sys::call(u64::from(sys.0), words)
    }

    fn wait(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        ashore_sys::wait(u64::from(sys.0), words)
    }

    fn call_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        ashore_sys::call(u64::from(sys.0), lower(args))
    }

    fn wait_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        ashore_sys::wait(u64::from(sys.0), lower(args))
    }

    fn sendmsg(&self, fd: i32, message: &Message<'_>, flags: u32) -> Result<u64, Errno> {
        let header = header_of(message);
        let words = [fd as i64 as u64, &raw const header as u64, u64::from(flags), 0, 0, 0];
        ashore_sys::wait(u64::from(Sys::SENDMSG.0), words)
    }

    fn recvmsg(&self, fd: i32, message: &mut Message<'_>, flags: u32) -> Result<u64, Errno> {
        let mut header = header_of(message);
        let words = [fd as i64 as u64, &raw mut header as u64, u64::from(flags), 0, 0, 0];
        let count = ashore_sys::wait(u64::from(Sys::RECVMSG.0), words)?;
        message.name_len = header.name_len as u32 as usize;
        message.control_len = header.control_len as usize;
        message.flags = header.flags as u32;
        Ok(count)
    }
}

/// Empty names and controls are null, so that the kernel neither reads nor writes them.
fn header_of(message: &Message<'_>) -> Header {
    let pointer = |bytes: &[u8]| if bytes.is_empty() { 0 } else { bytes.as_ptr() as u64 };
    Header {
        name: pointer(message.name),
        name_len: message.name_len.min(message.name.len()) as u64,
        iov: message.iov.as_ptr() as u64,
        iov_len: message.iov.len() as u64,
        control: pointer(message.control),
        control_len: message.control_len.min(message.control.len()) as u64,
        flags: 0,
    }
}
