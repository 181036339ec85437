//! Maps a program where it wants to be and rewrites its call sites.

use crate::mapping::{MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_PRIVATE};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_engine::native::{Rewriter, find_sites};
use ashore_image::{FunctionIndex, Image, Segment};
use ashore_pivot::Errno;
use ashore_report::{Report, table};
use ashore_sys::Mapping;

/// A program in memory.
pub(crate) struct Loaded {
    /// The first instruction.
    pub(crate) entry: Addr,
    /// Where the program headers are, or null.
    pub(crate) headers: Addr,
    /// The first address after the last segment, where a break would start.
    pub(crate) end: Addr,
    /// By how much its addresses differ from the file's.
    pub(crate) bias: u64,
    /// What was rewritten.
    pub(crate) rewriter: Option<Rewriter>,
}

impl Loaded {
    /// Whether it lies where it was to lie.
    pub(crate) fn is_at(&self, image: &Image, place: Addr) -> bool {
        image.span().start.align_down(PAGE_SIZE).plus(self.bias) == place
    }
}

/// How a program is put into memory.
pub(crate) struct Placing {
    /// Where it lies when it can lie anywhere; the host chooses otherwise.
    pub(crate) place: Option<Addr>,
    /// Where the host tries first.
    pub(crate) hint: Addr,
    /// Rewrites its call sites; without one they stay as they are.
    pub(crate) rewriter: Option<Rewriter>,
}

/// Maps `image`, whose file is open as `fd` and readable as `bytes`.
pub(crate) fn load(
    image: &Image,
    fd: i32,
    bytes: &[u8],
    functions: &dyn FunctionIndex,
    placing: Placing,
) -> Result<Loaded, Report> {
    let Placing { place, hint, mut rewriter } = placing;
    let span = image.span();
    let whole = AddrRange { start: span.start.align_down(PAGE_SIZE), end: span.end.align_up(PAGE_SIZE) };
    let bias = reserve(image, whole, place, hint)?;
    for segment in &image.segments {
        map_segment(segment, bias, fd).map_err(|errno| refused(segment, bias, errno))?;
        if let Some(rewriter) = rewriter.as_mut().filter(|_| segment.perms.is_exec) {
            rewrite(segment, bias, bytes, functions, rewriter).map_err(|errno| refused(segment, bias, errno))?;
        }
    }
    let entry = image.entry.addr().unwrap_or(Addr::NULL).plus(bias);
    let headers = image.headers.and_then(|table| table.addr).map_or(Addr::NULL, |at| at.plus(bias));
    Ok(Loaded { entry, headers, end: whole.end.plus(bias), bias, rewriter })
}

fn refused(segment: &Segment, bias: u64, errno: Errno) -> Report {
    table::CANNOT_MAP.at(segment.memory.start.plus(bias), format!("{} bytes: {errno}", segment.memory.len()))
}

/// Takes the whole span, so that nothing else comes between the segments; returns the bias.
fn reserve(image: &Image, whole: AddrRange, place: Option<Addr>, hint: Addr) -> Result<u64, Report> {
    let fixed = !image.kind.is_relocatable() || place.is_some();
    let at = if image.kind.is_relocatable() { place.unwrap_or(hint) } else { whole.start };
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | 0x4000 | if fixed { MAP_FIXED_NOREPLACE } else { 0 };
    let mapping = Mapping { at, len: whole.len(), prot: 0, flags, fd: -1, offset: 0 };
    let got = ashore_sys::map(&mapping)
        .map_err(|errno| table::CANNOT_MAP.at(whole.start, format!("the program's {} bytes: {errno}", whole.len())))?;
    Ok(got.0.wrapping_sub(whole.start.0))
}

fn map_segment(segment: &Segment, bias: u64, fd: i32) -> Result<(), Errno> {
    let prot = u32::from(segment.perms.is_read)
        | u32::from(segment.perms.is_write) << 1
        | u32::from(segment.perms.is_exec) << 2;
    let start = segment.memory.start.plus(bias);
    let filled = segment.filled().end.plus(bias);
    let end = segment.memory.end.plus(bias).align_up(PAGE_SIZE);
    let page = start.align_down(PAGE_SIZE);
    let skew = start.0 - page.0;
    let file_end = if segment.file.len == 0 { page } else { filled.align_up(PAGE_SIZE) };
    if segment.file.len != 0 {
        let offset = segment.file.offset.checked_sub(skew).ok_or(Errno::EINVAL)?;
        let len = file_end.0 - page.0;
        let flags = MAP_PRIVATE | MAP_FIXED;
        ashore_sys::map(&Mapping { at: page, len, prot, flags, fd, offset })?;
        // The rest of the last file page is zero when it belongs to the zero fill.
        if segment.memory.len() > segment.file.len && filled < file_end && segment.perms.is_write {
            ashore_sys::write_code(filled, &vec![0; (file_end.0 - filled.0) as usize])?;
        }
    }
    if end > file_end {
        let len = end.0 - file_end.0;
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        ashore_sys::map(&Mapping { at: file_end, len, prot, flags, fd: -1, offset: 0 })?;
    }
    Ok(())
}

fn rewrite(
    segment: &Segment,
    bias: u64,
    bytes: &[u8],
    functions: &dyn FunctionIndex,
    rewriter: &mut Rewriter,
) -> Result<(), Errno> {
    let Some(code) = segment.file.of(bytes) else { return Err(Errno::EINVAL) };
    // Functions are known by the file's addresses: sites are found there and moved by the bias after.
    let mut sites = find_sites(code, segment.memory.start, functions);
    for site in &mut sites {
        site.rebase(bias);
    }
    let text = AddrRange {
        start: segment.memory.start.plus(bias).align_down(PAGE_SIZE),
        end: segment.filled().end.plus(bias).align_up(PAGE_SIZE),
    };
    if sites.is_empty() {
        return Ok(());
    }
    ashore_sys::protect(text, 3)?;
    rewriter.rewrite(&sites, code, segment.memory.start.plus(bias))?;
    let prot = 1 | u32::from(segment.perms.is_write) << 1 | 4;
    ashore_sys::protect(text, prot)
}
