//! The tables, and the protocol through the call.

use super::names;
use crate::testing::Fake;
use crate::{Answer, Os, dragonfly, freebsd, netbsd};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::Errno;

const SYSTEMS: [&Os; 3] = [&dragonfly::OS, &freebsd::OS, &netbsd::OS];

fn leaves(os: &'static Os) -> &'static [super::Leaf] {
    let mut fake = Fake::new(os);
    fake.with(|ctx| ctx.bsd().unwrap().family.sysctl.leaves)
}

struct Asked {
    answer: Answer,
    bytes: Vec<u8>,
    len: u64,
}

fn ask(fake: &mut Fake, oid: &[i32], room: Option<u64>, new: &[u8]) -> Asked {
    let words: Vec<u8> = oid.iter().flat_map(|word| word.to_le_bytes()).collect();
    let name = fake.put(&words);
    let old = fake.alloc(8192);
    let len = fake.put(&room.unwrap_or(0).to_le_bytes());
    let set = fake.put(new);
    let new = if new.is_empty() { 0 } else { set.0 };
    let old_or_null = room.map_or(0, |_| old.0);
    let new_len = if new == 0 { 0 } else { new_len_of(fake, set) };
    let answer = fake.call(202, &[name.0, oid.len() as u64, old_or_null, len.0, new, new_len]);
    let len = fake.u64(len);
    Asked { answer, bytes: fake.get(old, len.min(8192) as usize), len }
}

fn new_len_of(fake: &Fake, at: Addr) -> u64 {
    // A name or a record of NetBSD's, which is the only question with a version in it.
    if fake.u32(at) == 0x0100_0000 { 96 } else { fake.get(at, 64).iter().take_while(|byte| **byte != 0).count() as u64 }
}

#[test]
fn leaves_are_in_order_and_unique_by_name() {
    for os in SYSTEMS {
        let leaves = leaves(os);
        for pair in leaves.windows(2) {
            assert!(pair[0].oid < pair[1].oid, "{}: {} before {}", os.name, pair[0].name, pair[1].name);
        }
        for leaf in leaves {
            assert_eq!(names::oid_of(leaves, leaf.name), Some(leaf.oid), "{}", leaf.name);
            assert_eq!(leaf.name.split('.').count(), leaf.oid.len(), "{}", leaf.name);
            assert_eq!(names::name_of(leaves, leaf.oid), Some(leaf.name));
        }
    }
}

#[test]
fn no_buffer_asks_for_the_length_and_a_short_one_gets_a_part() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        let asked = ask(&mut fake, &[1, 1], None, &[]);
        let name = asked.len as usize;
        assert!(asked.answer.is_ok() && name > 6);
        let asked = ask(&mut fake, &[1, 1], Some(3), &[]);
        assert_eq!(asked.answer, Err(Errno::ENOMEM.into()));
        assert_eq!(asked.len as usize, if os.name == "netbsd" { name } else { 3 });
        assert_ne!(asked.bytes[2], 0);
        assert_eq!(asked.bytes.get(3).copied().unwrap_or(0), 0, "{}: written past the buffer", os.name);
        assert_eq!(ask(&mut fake, &[1, 1], Some(100), b"x").answer, Err(Errno::EPERM.into()));
        assert_eq!(ask(&mut fake, &[1, 9999], Some(100), &[]).answer, Err(Errno::ENOENT.into()));
        assert_eq!(ask(&mut fake, &[1], Some(100), &[]).answer, Err(Errno::EISDIR.into()));
        assert_eq!(ask(&mut fake, &[1, 1, 1], Some(100), &[]).answer, Err(Errno::ENOTDIR.into()));
    }
}

#[test]
fn what_gos_runtime_asks_first() {
    for os in SYSTEMS {
        let mut fake = Fake::new(os);
        assert_eq!(ask(&mut fake, &[6, 7], Some(4), &[]).bytes, 4096u32.to_le_bytes());
        fake.reply(Ok(8), &[&[7, 0, 0, 0, 0, 0, 0, 0]]);
        assert_eq!(ask(&mut fake, &[6, 3], Some(4), &[]).bytes, 3u32.to_le_bytes());
    }
    for (os, oid) in [(&dragonfly::OS, [1, 14, 9, -1]), (&freebsd::OS, [1, 14, 12, -1]), (&netbsd::OS, [1, 48, -1, 5])]
    {
        assert_eq!(ask(&mut Fake::new(os), &oid, Some(1024), &[]).bytes, b"/home/guest/program\0", "{}", os.name);
    }
}

#[test]
fn names_become_numbers() {
    for os in [&dragonfly::OS, &freebsd::OS] {
        let mut fake = Fake::new(os);
        let asked = ask(&mut fake, &[0, 3], Some(96), b"kern.hostname");
        assert_eq!(asked.bytes, [1, 0, 0, 0, 10, 0, 0, 0]);
        let asked = ask(&mut fake, &[0, 3], Some(96), b"net.inet.tcp");
        assert_eq!(asked.len, 12);
        assert_eq!(ask(&mut fake, &[0, 3], Some(96), b"kern.host").answer, Err(Errno::ENOENT.into()));
        assert_eq!(ask(&mut fake, &[0, 1, 1, 10], Some(96), &[]).bytes, b"kern.hostname\0");
    }
}

#[test]
fn netbsd_tells_the_children_of_a_node() {
    let mut fake = Fake::new(&netbsd::OS);
    let mut record = [0; 96];
    record[3] = 1;
    let top = ask(&mut fake, &[-2], Some(8192), &record);
    assert_eq!(top.answer, Ok(0.into()));
    let nodes: Vec<(i32, Vec<u8>)> = top
        .bytes
        .chunks(96)
        .map(|node| {
            let name = node[8..40].iter().copied().take_while(|byte| *byte != 0).collect();
            (i32::from_le_bytes(node[4..8].try_into().unwrap()), name)
        })
        .collect();
    assert_eq!(nodes[0], (1, b"kern".to_vec()));
    assert!(nodes.contains(&(6, b"hw".to_vec())));
    let kern = ask(&mut fake, &[1, -2], Some(8192), &record);
    assert!(kern.bytes.chunks(96).any(|node| node[8..].starts_with(b"hostname\0")));
    assert_eq!(ask(&mut fake, &[1, 1, -2], Some(8192), &record).answer, Err(Errno::ENOTDIR.into()));
    assert_eq!(ask(&mut fake, &[-2], Some(8192), &[0, 1]).answer, Err(Errno::EINVAL.into()));
}
