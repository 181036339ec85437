//! Names of the kernel's functions, for reports: a table that is filled in after linking.
//!
//! A count; for each function, ascending, where it begins in the image and where its name begins behind the rows; the names,
//! each with a length byte before it. All numbers are 32-bit words.

use ashore_base::Bytes;

/// Bytes kept free for the table.
const LEN: usize = 0x1_8000;

#[repr(C, align(8))]
struct Table([u8; LEN]);

#[unsafe(link_section = ".symbols")]
static TABLE: Table = Table([0; LEN]);

/// The function an offset in the image lies in, and how far inside.
pub(crate) fn name(offset: u32) -> Option<(&'static str, u32)> {
    // The table the compiler sees is empty: it must not draw conclusions.
    let table = core::hint::black_box(&TABLE);
    let bytes = Bytes(&table.0);
    let count = bytes.u32(0)?;
    let start = |nth: u32| bytes.u32(4 + 8 * u64::from(nth));
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if start(middle)? <= offset {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let nth = low.checked_sub(1)?;
    let names = 4 + 8 * u64::from(count) + u64::from(bytes.u32(8 + 8 * u64::from(nth))?);
    let len = bytes.u8(names)?;
    Some((core::str::from_utf8(bytes.slice(names + 1, len.into())?).ok()?, offset - start(nth)?))
}
