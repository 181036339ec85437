//! The library as others read it.

use super::*;
use crate::testing::{machine, physical};
use ashore_formats::Binding;

#[test]
fn the_library_names_its_functions() {
    let page = library();
    let parsed = ashore_formats::read(&page).unwrap();
    assert!(parsed.remarks.is_empty(), "{:?}", parsed.remarks);
    let part = &parsed.parts[0];
    assert_eq!(part.image.segments.len(), 1);
    let symbols = parsed.symbols(part);
    let mut at = TEXT_AT;
    for (name, code) in FUNCTIONS {
        let symbol = symbols.iter().find(|symbol| symbol.name == name.as_bytes()).unwrap();
        assert_eq!((symbol.memory.start.0, symbol.memory.len()), (at, code.len() as u64 * 4));
        assert!(symbol.is_function && symbol.binding == Binding::Strong);
        at = symbol.memory.end.0;
    }
    assert!(at < PAGE_SIZE);
}

#[test]
fn tables_do_not_reach_the_code() {
    let page = library();
    let dynamic = u64::from_le_bytes(page[64 + 56 + 8..64 + 56 + 16].try_into().unwrap());
    let len = u64::from_le_bytes(page[64 + 56 + 32..64 + 56 + 40].try_into().unwrap());
    assert!(dynamic + len <= TEXT_AT);
    assert_eq!(hash(VERSION), 0x075f_cb89);
    // The code finds the data a page before its own.
    let address = |function: usize, nth: u64| {
        let before: u64 = FUNCTIONS[..function].iter().map(|(_, code)| code.len() as u64 * 4).sum();
        let word = FUNCTIONS[function].1[nth as usize];
        assert_eq!(word >> 24 & 0x9f, 0x10, "adr");
        let offset = (word >> 5 & 0x7_ffff) << 2 | word >> 29 & 3;
        let offset = i64::from(offset as i32) - if offset >> 20 & 1 == 1 { 1 << 21 } else { 0 };
        (TEXT_AT + before + nth * 4) as i64 + offset
    };
    assert_eq!((address(1, 7), address(2, 1)), (-4096, -4096));
}

#[test]
fn the_wall_clock_is_told_whole() {
    let physical = physical(machine(64));
    let vdso = Vdso::new(physical, 5).unwrap();
    vdso.set_wall(77);
    vdso.set_wall(78);
    let mut bytes = [0; 24];
    physical.machine.read_frame(vdso.data, 0, &mut bytes);
    assert_eq!((bytes[0], bytes[WALL]), (4, 78));
    let space = Space::new(physical).unwrap();
    let at = vdso.map(&space).unwrap();
    assert_eq!(space.read_u32(at).unwrap(), 0x464c_457f);
    assert_eq!(space.read_u32(space.way_back()).unwrap(), code::SIGRETURN[0]);
    assert_eq!(space.read_u32(at.minus(PAGE_SIZE).plus(WALL as u64)).unwrap(), 78);
    assert!(space.write_u32(at, 1).is_err() && space.protect(at.minus(PAGE_SIZE), PAGE_SIZE, Prot::WRITE).is_err());
}
