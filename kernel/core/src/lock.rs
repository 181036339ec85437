//! The one lock of the kernel.
//!
//! Nothing interrupts the kernel, so a holder is always running on some CPU and lets go soon. Locks are leaves wherever
//! possible; who must hold two takes the outer object's first (process before space, space before frames). Nobody holds two
//! objects of one kind at once: two CPUs could take them the other way round.

use core::fmt;
use core::ops::{Deref, DerefMut};

/// In which order locks are taken, watched where the kernel is tested.
#[cfg(test)]
mod order;
/// Outside of tests nothing is watched, and nothing is kept for it.
#[cfg(not(test))]
mod order {
    pub(super) struct Kind;
    pub(super) struct Mark;

    impl Kind {
        pub(super) const fn here() -> Self {
            Kind
        }

        pub(super) fn wait(&self) {}

        pub(super) fn wait_also(&self) {}

        pub(super) fn taken(&self) -> Mark {
            Mark
        }
    }
}

/// Guards a value; waiting for it spins.
pub struct Lock<T: ?Sized> {
    kind: order::Kind,
    inner: spin::Mutex<T>,
}

/// Access to a locked value; lets go when dropped.
pub struct Held<'a, T: ?Sized> {
    inner: spin::MutexGuard<'a, T>,
    _mark: order::Mark,
}

impl<T: ?Sized> Deref for Held<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for Held<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

/// Spins after which the kernel says that it is stuck rather than hang without a word.
const STUCK: u64 = if cfg!(test) { 1 << 26 } else { 1 << 32 };

impl<T> Lock<T> {
    /// A lock around `value`.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Lock { kind: order::Kind::here(), inner: spin::Mutex::new(value) }
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
        self.kind.wait();
        self.take()
    }

    /// The same beside another one of its kind, when the caller has made sure that all take the two in one order or one at a time.
    #[inline]
    #[track_caller]
    pub fn lock_also(&self) -> Held<'_, T> {
        self.kind.wait_also();
        self.take()
    }

    #[inline]
    #[track_caller]
    fn take(&self) -> Held<'_, T> {
        match self.try_lock() {
            Some(held) => held,
            None => self.wait(),
        }
    }

    #[cold]
    #[track_caller]
    fn wait(&self) -> Held<'_, T> {
        let mut spins = 0;
        loop {
            if let Some(held) = self.try_lock() {
                return held;
            }
            core::hint::spin_loop();
            spins += 1;
            assert!(spins < STUCK, "a lock is not let go");
        }
    }

    /// The value, if nobody holds it now.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<Held<'_, T>> {
        let inner = self.inner.try_lock()?;
        Some(Held { inner, _mark: self.kind.taken() })
    }
}

impl<T: Default> Default for Lock<T> {
    #[track_caller]
    fn default() -> Self {
        Lock::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}
