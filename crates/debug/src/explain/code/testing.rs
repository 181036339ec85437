//! Memory for tests: a few stretches.

use ashore_base::Addr;
use ashore_pivot::{Errno, Memory};

pub(crate) struct Sparse(Vec<(u64, Vec<u8>)>);

impl Sparse {
    pub(crate) fn new(stretches: &[(u64, &[u8])]) -> Sparse {
        Sparse(stretches.iter().map(|(at, bytes)| (*at, bytes.to_vec())).collect())
    }
}

impl Memory for Sparse {
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
        for (place, at) in into.iter_mut().zip(from.0..) {
            let byte = self.0.iter().find_map(|(start, bytes)| bytes.get(at.checked_sub(*start)? as usize));
            *place = *byte.ok_or(Errno::EFAULT)?;
        }
        Ok(())
    }

    fn write(&self, _: Addr, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }

    fn cstr_len(&self, _: Addr, _: usize) -> Result<usize, Errno> {
        Err(Errno::EFAULT)
    }

    fn load_u32(&self, _: Addr) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }

    fn compare_exchange_u32(&self, _: Addr, _: u32, _: u32) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }
}
