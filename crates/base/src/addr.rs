//! Addresses of a guest and half-open ranges of them.

use core::fmt;

/// The page size of every host and guest Ashore runs natively.
pub const PAGE_SIZE: u64 = 4096;

/// A guest address. Under the native engine it is also a host address, but only `sys` may treat it so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Addr(pub u64);

impl Addr {
    /// The null address.
    pub const NULL: Addr = Addr(0);

    /// Whether this is the null address.
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address `bytes` further on, wrapping as the CPU does.
    #[must_use]
    pub const fn plus(self, bytes: u64) -> Addr {
        Addr(self.0.wrapping_add(bytes))
    }

    /// The address `bytes` before, wrapping as the CPU does.
    #[must_use]
    pub const fn minus(self, bytes: u64) -> Addr {
        Addr(self.0.wrapping_sub(bytes))
    }

    /// The address rounded down to a multiple of `align`, a power of two.
    #[must_use]
    pub const fn align_down(self, align: u64) -> Addr {
        Addr(self.0 & !(align - 1))
    }

    /// The address rounded up to a multiple of `align`, a power of two; wraps at the top.
    #[must_use]
    pub const fn align_up(self, align: u64) -> Addr {
        Addr(self.0.wrapping_add(align - 1) & !(align - 1))
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::LowerHex for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

/// A half-open range of addresses: `start <= a < end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct AddrRange {
    /// The first address inside.
    pub start: Addr,
    /// The first address after the range.
    pub end: Addr,
}

impl AddrRange {
    /// The range of `len` bytes at `start`, or `None` when it would pass the end of the address space.
    pub const fn new(start: Addr, len: u64) -> Option<AddrRange> {
        match start.0.checked_add(len) {
            Some(end) => Some(AddrRange { start, end: Addr(end) }),
            None => None,
        }
    }

    /// How many bytes the range holds.
    pub const fn len(self) -> u64 {
        self.end.0.saturating_sub(self.start.0)
    }

    /// Whether the range holds nothing.
    pub const fn is_empty(self) -> bool {
        self.end.0 <= self.start.0
    }

    /// Whether `at` lies inside.
    pub const fn contains(self, at: Addr) -> bool {
        self.start.0 <= at.0 && at.0 < self.end.0
    }

    /// Whether the two share an address.
    pub const fn overlaps(self, other: AddrRange) -> bool {
        self.start.0 < other.end.0 && other.start.0 < self.end.0 && !self.is_empty() && !other.is_empty()
    }
}
