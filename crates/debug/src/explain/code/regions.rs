//! The memory map, as the host's kernel prints it.

use ashore_base::{Addr, AddrRange};
use ashore_image::Perms;

/// One mapping.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// Where it is.
    pub range: AddrRange,
    /// What may be done there.
    pub perms: Perms,
    /// A file's path, a name of the kernel's (`[heap]`) or the caller's; empty for nameless memory.
    pub name: String,
}

/// The mappings of `/proc/PID/maps`, sorted by address; lines that make no sense are left out.
pub fn parse_maps(text: &str) -> Vec<Region> {
    let mut regions: Vec<Region> = text.lines().filter_map(line).collect();
    regions.sort_by_key(|region| region.range.start);
    regions
}

/// `start-end perms offset device inode name`, the name padded to a column and free to hold spaces.
fn line(line: &str) -> Option<Region> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let range = AddrRange { start: hex(start)?, end: hex(end)? };
    let perms = fields.next()?.as_bytes();
    let has = |at: usize, letter: u8| perms.get(at) == Some(&letter);
    let perms = Perms { is_read: has(0, b'r'), is_write: has(1, b'w'), is_exec: has(2, b'x') };
    let name = fields.nth(3).unwrap_or_default().trim_start_matches(' ').to_owned();
    (!range.is_empty()).then_some(Region { range, perms, name })
}

fn hex(text: &str) -> Option<Addr> {
    u64::from_str_radix(text, 16).ok().map(Addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_map_are_read_and_nonsense_is_passed_over() {
        let text = "\
7ffd0000-7ffe0000 rw-p 00000000 00:00 0                                  [stack]
00400000-00401000 r-xp 00000000 08:01 77                                 /tmp/a  b
00500000-00501000 ---p 00000000 00:00 0 
nonsense
9-8 rw-p 0 0 0
";
        let regions = parse_maps(text);
        let shown: Vec<String> = regions
            .iter()
            .map(|r| format!("{:x}+{:x} {} {:?}", r.range.start, r.range.len(), r.perms, r.name))
            .collect();
        assert_eq!(shown, ["400000+1000 r-x \"/tmp/a  b\"", "500000+1000 --- \"\"", "7ffd0000+10000 rw- \"[stack]\""]);
    }
}
