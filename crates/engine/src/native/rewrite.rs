//! Carries out what [`super::find_sites`] decided: stubs near the program, jumps in its text.

use super::area::{GUARDED_AREA_MAX, GUARDED_TEXT_MAX, guarded, is_guarded, near};
use super::{Caught, Site};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_pivot::Errno;
use ashore_sys::StubMeta;
use iced_x86::{BlockEncoder, BlockEncoderOptions, Decoder, DecoderOptions, InstructionBlock};

const STUB_LEN: u64 = 32;
const INT3: u8 = 0xcc;
const READ_EXEC: u32 = 5;

/// A change of the guest's text: undone for whoever looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where.
    pub at: Addr,
    /// What stood there.
    pub original: Vec<u8>,
    /// What stands there now.
    pub written: Vec<u8>,
}

/// Rewrites call sites of one mapped program or library.
#[derive(Debug, Default)]
pub struct Rewriter {
    /// Everything it changed so far.
    pub patches: Vec<Patch>,
}

impl Rewriter {
    /// Makes stubs for `sites`, which ascend and whose code is `code` at `base`, and writes the jumps. The text must be
    /// writable and not yet running. Sites that cannot be reached are left to the net. Returns how many have a stub.
    pub fn rewrite(&mut self, sites: &[Site], code: &[u8], base: Addr) -> Result<usize, Errno> {
        let stubs = sites.iter().filter(|s| matches!(s.caught, Caught::Stub { .. }));
        let (covered, kept): (Vec<&Site>, Vec<&Site>) = stubs.partition(|site| site.is_covered());
        let text = AddrRange { start: base, end: base.plus(code.len() as u64) };
        let mut count = 0;
        if let Some(area) = if kept.is_empty() { None } else { near(text, area_len(kept.len()))? } {
            count += self.fill(area, &kept, code, base)?;
        }
        for group in Groups(&covered) {
            let calls = AddrRange { start: group[0].at, end: group[group.len() - 1].at.plus(2) };
            if let Some(area) = guarded(calls, area_len(group.len()))? {
                count += self.fill(area, group, code, base)?;
            }
        }
        Ok(count)
    }

    /// Puts the stubs of `sites` into `area` and the jumps to them into the text.
    fn fill(&mut self, area: AddrRange, sites: &[&Site], code: &[u8], base: Addr) -> Result<usize, Errno> {
        // The last 8 bytes hold the address every stub jumps to.
        let literal = Addr(area.end.0 - 8);
        let mut bytes = vec![INT3; area.len() as usize];
        let at_literal = bytes.len() - 8;
        bytes[at_literal..].copy_from_slice(&ashore_sys::leave_call_address().to_le_bytes());
        let mut metas = Vec::with_capacity(sites.len());
        let mut patches = Vec::with_capacity(sites.len());
        for site in sites {
            let stub = area.start.plus(metas.len() as u64 * STUB_LEN);
            let Some((body, meta, patch)) = stub_of(site, code, base, stub, literal) else { continue };
            let start = metas.len() * STUB_LEN as usize;
            bytes[start..start + body.len()].copy_from_slice(&body);
            metas.push(meta);
            patches.push(patch);
        }
        ashore_sys::write_code(area.start, &bytes)?;
        ashore_sys::protect_host(area, READ_EXEC)?;
        if !ashore_sys::publish_stubs(area.start.0, metas) {
            return Ok(0);
        }
        for patch in &patches {
            ashore_sys::write_code(patch.at, &patch.written)?;
        }
        let count = patches.len();
        self.patches.extend(patches);
        Ok(count)
    }

    /// The bytes the guest's own file has where `bytes`, read from memory at `at`, hold rewritten ones.
    pub fn restore(&self, at: Addr, bytes: &mut [u8]) {
        for patch in &self.patches {
            for (i, original) in patch.original.iter().enumerate() {
                let offset = patch.at.plus(i as u64).0.wrapping_sub(at.0);
                if let Some(byte) = usize::try_from(offset).ok().and_then(|o| bytes.get_mut(o)) {
                    *byte = *original;
                }
            }
        }
    }
}

/// The length of an area for so many stubs.
fn area_len(stubs: usize) -> u64 {
    (stubs as u64 * STUB_LEN + 8 + PAGE_SIZE - 1) & !(PAGE_SIZE - 1)
}

/// Sites, in groups that can share an area of guarded stubs.
struct Groups<'a>(&'a [&'a Site]);

impl<'a> Iterator for Groups<'a> {
    type Item = &'a [&'a Site];

    fn next(&mut self) -> Option<&'a [&'a Site]> {
        const STUBS_MAX: usize = (GUARDED_AREA_MAX / STUB_LEN) as usize - 1;
        let first = self.0.first()?.at.0;
        let near = self.0.partition_point(|site| site.at.0 + 2 - first <= GUARDED_TEXT_MAX);
        let (group, rest) = self.0.split_at(near.min(STUBS_MAX));
        self.0 = rest;
        Some(group)
    }
}

/// The bytes of a stub at `stub`: the moved instructions, the address after the call in rcx (which every
/// call destroys anyway), and a jump. Nothing is pushed: the guest may use the 128 bytes under its stack.
fn stub_of(site: &Site, code: &[u8], base: Addr, stub: Addr, literal: Addr) -> Option<(Vec<u8>, StubMeta, Patch)> {
    let Caught::Stub { at, len } = site.caught else { return None };
    let start = usize::try_from(at.0.checked_sub(base.0)?).ok()?;
    let original = code.get(start..start + usize::from(len))?;
    let before = u8::try_from(site.at.0.checked_sub(at.0)?).ok()?;
    let mut body = moved(original.get(..usize::from(before))?, at, stub)?;
    let moved_len = body.len() as u8;
    let after = site.at.plus(2);
    let lea_end = stub.plus(body.len() as u64 + 7);
    body.extend([0x48, 0x8d, 0x0d]);
    body.extend(distance(lea_end, after)?.to_le_bytes());
    let jmp_end = lea_end.plus(6);
    body.extend([0xff, 0x25]);
    body.extend(distance(jmp_end, literal)?.to_le_bytes());
    if body.len() > STUB_LEN as usize {
        return None;
    }
    let written = if site.is_covered() { covering_jump(at, len, stub)? } else { jump(at, len, stub)? };
    let meta = StubMeta { site: site.at.0, before, moved_len, is_covered: site.is_covered() };
    Some((body, meta, Patch { at, original: original.to_vec(), written }))
}

/// A jump at the start of `len` bytes.
fn jump(at: Addr, len: u8, stub: Addr) -> Option<Vec<u8>> {
    let mut written = vec![0xe9];
    written.extend(distance(at.plus(5), stub)?.to_le_bytes());
    written.resize(usize::from(len), INT3);
    Some(written)
}

/// A jump at the end of `len` bytes, whose last two are a call's: the upper half of its distance. Prefixes without a
/// meaning stand before it.
fn covering_jump(at: Addr, len: u8, stub: Addr) -> Option<Vec<u8>> {
    const CS: u8 = 0x2e;
    let distance = distance(at.plus(len.into()), stub).filter(|distance| is_guarded(*distance))?;
    let mut written = vec![CS; usize::from(len.checked_sub(5)?)];
    written.push(0xe9);
    written.extend(distance.to_le_bytes());
    Some(written)
}

/// What stood at `at` as it must be encoded at `to`: the same bytes unless it is one instruction that names an
/// address relative to itself. Several moved together never do.
fn moved(original: &[u8], at: Addr, to: Addr) -> Option<Vec<u8>> {
    let mut decoder = Decoder::with_ip(64, original, at.0, DecoderOptions::NONE);
    let instruction = decoder.decode();
    if !instruction.is_ip_rel_memory_operand() {
        return Some(original.to_vec());
    }
    let block = InstructionBlock::new(core::slice::from_ref(&instruction), to.0);
    BlockEncoder::encode(64, block, BlockEncoderOptions::NONE).ok().map(|r| r.code_buffer)
}

fn distance(from: Addr, to: Addr) -> Option<i32> {
    i32::try_from(to.0.wrapping_sub(from.0) as i64).ok()
}
