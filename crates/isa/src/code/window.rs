//! The arithmetic that tests many words at once for whether one could name a target.

/// Values of a field that are of interest.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    /// The least of them.
    pub(crate) least: u32,
    /// How many there are.
    pub(crate) count: u32,
}

impl Window {
    /// The distances between `from` and `to`, which is outside, in a signed field of `bits`; as an unsigned field they are in
    /// order once its highest bit is flipped.
    #[inline]
    pub(crate) fn of_distances(from: i64, to: i64, bits: u32) -> Window {
        let half = 1i64 << (bits - 1);
        let (from, to) = (from.clamp(-half, half), to.clamp(-half, half));
        Window { least: (from + half) as u32, count: (to - from).max(0) as u32 }
    }

    /// Negative when the low 31 bits of `field` are a value of interest.
    ///
    /// Yes and no are the highest bits of numbers: of comparisons, which have truth values, the compiler makes no vectors here.
    #[inline(always)]
    pub(crate) fn holds(self, field: u32) -> u32 {
        (field.wrapping_sub(self.least) & 0x7fff_ffff).wrapping_sub(self.count)
    }
}
