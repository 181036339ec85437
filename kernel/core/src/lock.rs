//! The one lock of the kernel.
//!
//! Nothing interrupts the kernel, so a holder is always running on some CPU and lets go soon. Locks are leaves wherever
//! possible; who must hold two takes the outer object's first (process before space, space before frames). Nobody holds two
//! objects of one kind at once: two CPUs could take them the other way round.

use core::fmt;

/// Guards a value; waiting for it spins.
pub struct Lock<T: ?Sized> {
    inner: spin::Mutex<T>,
}

/// Access to a locked value; lets go when dropped.
pub type Held<'a, T> = spin::MutexGuard<'a, T>;

/// Spins after which the kernel says that it is stuck rather than hang without a word.
const STUCK: u64 = if cfg!(test) { 1 << 26 } else { 1 << 32 };

impl<T> Lock<T> {
    /// A lock around `value`.
    pub const fn new(value: T) -> Self {
        Lock { inner: spin::Mutex::new(value) }
    }

    /// The value, when nobody else can hold it any more.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits until nobody else holds the value.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> Held<'_, T> {
        match self.inner.try_lock() {
            Some(held) => held,
            None => self.wait(),
        }
    }

    #[cold]
    #[track_caller]
    fn wait(&self) -> Held<'_, T> {
        let mut spins = 0;
        loop {
            if let Some(held) = self.inner.try_lock() {
                return held;
            }
            core::hint::spin_loop();
            spins += 1;
            assert!(spins < STUCK, "a lock is not let go");
        }
    }

    /// The value, if nobody holds it now.
    pub fn try_lock(&self) -> Option<Held<'_, T>> {
        self.inner.try_lock()
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Lock::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}
