//! Each call's own rules.

use super::*;
use crate::memory::Sharing;

const START: u64 = 0x100_0000;

#[test]
fn a_stack_grows_to_its_limit_and_keeps_its_guard() {
    let (machine, physical) = with(512);
    let space = Space::new(physical).unwrap();
    let top = 0x8000_0000;
    let stack = MapRequest { flags: Flags::GROWS_DOWN, ..fixed(top - PAGE, 1, RW) };
    space.map(&stack).unwrap();
    store(machine, &space, top - 5 * PAGE, 1).unwrap();
    assert_eq!(space.areas()[0].range.start, Addr(top - 5 * PAGE));
    assert_eq!(store(machine, &space, top - (8 << 20) - 1, 1), Err(FaultEnd::NoArea));
    store(machine, &space, top - (8 << 20), 1).unwrap();
    space.unmap(Addr(top - (8 << 20)), (8 << 20) - PAGE).unwrap();
    space.map(&fixed(top - GUARD - 4 * PAGE, 1, RW)).unwrap();
    store(machine, &space, top - 3 * PAGE, 1).unwrap();
    assert_eq!(store(machine, &space, top - 4 * PAGE, 1), Err(FaultEnd::NoArea));
    assert_eq!(space.sizes().stack, 3);
}

#[test]
fn what_is_written_at_once_is_there_and_a_program_s() {
    let (machine, physical) = with(64);
    let space = Space::new(physical).unwrap();
    space.map(&fixed(START, 1, RW)).unwrap();
    assert!(!space.store(Addr(START), (1, 2)));
    store(machine, &space, START, 1).unwrap();
    assert!(space.store(Addr(START + 9), (3, 4)));
    assert_eq!(space.read_u64(Addr(START + 17)), Ok(4));
    for at in [0, START + PAGE - 15, START + PAGE, TASK_END, TASK_END + START, 1 << 63, u64::MAX - 4] {
        assert!(!space.store(Addr(at), (5, 6)), "{at:#x}");
    }
}

#[test]
fn places_are_chosen_from_the_top_and_wishes_kept_when_free() {
    let (_, physical) = with(64);
    let space = Space::new(physical).unwrap();
    let first = space.map(&MapRequest::plain(PAGE)).unwrap();
    let second = space.map(&MapRequest { prot: Prot::READ, ..MapRequest::plain(3 * PAGE) }).unwrap();
    assert_eq!(second, first.minus(3 * PAGE));
    space.unmap(first, PAGE).unwrap();
    assert_eq!(space.map(&MapRequest::plain(1)).unwrap(), first);
    let heap = Addr(0xc0_0000_0000);
    let wish = MapRequest { place: Place::Wish(heap.plus(5)), prot: Prot::NONE, ..MapRequest::plain(64 << 20) };
    assert_eq!(space.map(&wish).unwrap(), heap);
    assert_eq!(space.map(&wish).unwrap(), second.minus(64 << 20));
    let taken = MapRequest { place: Place::FixedIfFree(heap), ..wish.clone() };
    assert_eq!(space.map(&taken), Err(Errno::EEXIST));
    let low = MapRequest { place: Place::Fixed(Addr(0x1000)), ..wish.clone() };
    assert_eq!(space.map(&low), Err(Errno::EPERM));
    let high = MapRequest { place: Place::Fixed(Addr(TASK_END - PAGE)), ..wish.clone() };
    assert_eq!(space.map(&high), Err(Errno::ENOMEM));
    let huge = MapRequest { prot: Prot::NONE, ..MapRequest::plain(1 << 46) };
    assert!(space.map(&huge).is_ok() && space.map(&huge).is_ok() && space.map(&huge).is_ok());
    assert_eq!(space.map(&huge), Err(Errno::ENOMEM));
    assert_eq!(space.map(&MapRequest::plain(1 << 40)), Err(Errno::ENOMEM));
    assert_eq!(space.map(&MapRequest::plain(0)), Err(Errno::EINVAL));
}

#[test]
fn holes_are_found_again_after_any_change() {
    let (_, physical) = with(64);
    let space = Space::new(physical).unwrap();
    let mut dice = crate::testing::Dice(77);
    let mut mapped: Vec<(Addr, u64)> = Vec::new();
    for _ in 0..2000 {
        if dice.roll(2) == 0 && !mapped.is_empty() {
            let (at, len) = mapped.swap_remove(dice.roll(mapped.len() as u64) as usize);
            space.unmap(at, len).unwrap();
        } else {
            let len = (1 + dice.roll(9)) * PAGE;
            let prot = Prot(dice.roll(2) as u8 + 1);
            let at = space.map(&MapRequest { prot, ..MapRequest::plain(len) }).unwrap();
            // The highest place there is.
            let mut limit = (TASK_END - (128 << 20) - (16 << 30) - GUARD).min(TASK_END);
            mapped.sort();
            for (other, size) in mapped.iter().rev() {
                if limit - (other.0 + size) >= len {
                    break;
                }
                limit = other.0;
            }
            assert_eq!(at.0, limit - len);
            mapped.push((at, len));
        }
    }
}

#[test]
fn the_heap_moves_and_stops_at_neighbours() {
    let (machine, physical) = with(64);
    let space = Space::new(physical).unwrap();
    space.set_heap(Addr(START + 0x123));
    assert_eq!(space.brk(Addr(0)), Addr(START + 0x123));
    assert_eq!(space.brk(Addr(START + 3 * PAGE + 1)), Addr(START + 3 * PAGE + 1));
    store(machine, &space, START + 3 * PAGE, 9).unwrap();
    assert_eq!(store(machine, &space, START + 4 * PAGE, 9), Err(FaultEnd::NoArea));
    assert_eq!(space.areas()[0].name, "[heap]");
    space.map(&fixed(START + 8 * PAGE, 1, RW)).unwrap();
    assert_eq!(space.brk(Addr(START + 8 * PAGE)), Addr(START + 3 * PAGE + 1));
    assert_eq!(space.brk(Addr(START + 7 * PAGE)), Addr(START + 7 * PAGE));
    assert_eq!(space.brk(Addr(START + 0x200)), Addr(START + 0x200));
    assert_eq!(space.brk(Addr(START + 4 * PAGE)), Addr(START + 4 * PAGE));
    assert_eq!(load(machine, &space, START + 3 * PAGE), Ok(0));
}

#[test]
fn mappings_grow_move_and_leave_their_old_place() {
    let (machine, physical) = with(64);
    let free = physical.frames.free();
    let space = Space::new(physical).unwrap();
    space.map(&fixed(START, 2, RW)).unwrap();
    store(machine, &space, START + PAGE, 7).unwrap();
    let old = Addr(START);
    let change = |old_len, new_len, target| space.remap(&RemapRequest { old, old_len, new_len, target });
    assert_eq!(change(2 * PAGE, 4 * PAGE, Target::Here), Ok(old));
    space.map(&fixed(START + 4 * PAGE, 1, Prot::READ)).unwrap();
    assert_eq!(change(4 * PAGE, 5 * PAGE, Target::Here), Err(Errno::ENOMEM));
    assert_eq!(change(5 * PAGE, 6 * PAGE, Target::Anywhere), Err(Errno::EFAULT));
    assert_eq!(change(0, PAGE, Target::Anywhere), Err(Errno::EINVAL));
    assert_eq!(change(PAGE, 0, Target::Anywhere), Err(Errno::EINVAL));
    let moved = change(4 * PAGE, 6 * PAGE, Target::Anywhere).unwrap();
    assert_ne!(moved, old);
    assert_eq!(load(machine, &space, moved.0 + PAGE), Ok(7));
    assert_eq!(load(machine, &space, START + PAGE), Err(FaultEnd::NoArea));
    let again = RemapRequest { old: moved, old_len: 6 * PAGE, new_len: 6 * PAGE, target: Target::LeaveOld(None) };
    let other = space.remap(&again).unwrap();
    assert_eq!((load(machine, &space, other.0 + PAGE), load(machine, &space, moved.0 + PAGE)), (Ok(7), Ok(0)));
    let shrunk = RemapRequest { old: other, old_len: 6 * PAGE, new_len: PAGE, target: Target::Here };
    assert_eq!(space.remap(&shrunk), Ok(other));
    assert_eq!(load(machine, &space, other.0 + PAGE), Err(FaultEnd::NoArea));
    drop(space);
    assert_eq!(physical.frames.free(), free);
}

#[test]
fn errors_are_linux_s() {
    let (_, physical) = with(64);
    let space = Space::new(physical).unwrap();
    space.map(&fixed(START, 2, RW)).unwrap();
    let at = Addr(START);
    assert_eq!(space.unmap(at.plus(1), PAGE), Err(Errno::EINVAL));
    assert_eq!(space.unmap(at, 0), Err(Errno::EINVAL));
    assert_eq!(space.unmap(Addr(TASK_END), PAGE), Err(Errno::EINVAL));
    assert_eq!(space.unmap(at.plus(16 * PAGE), PAGE), Ok(()));
    assert_eq!(space.protect(at.plus(1), PAGE, RW), Err(Errno::EINVAL));
    assert_eq!(space.protect(at, 0, RW), Ok(()));
    assert_eq!(space.protect(at, u64::MAX, RW), Err(Errno::ENOMEM));
    assert_eq!(space.protect(at, 3 * PAGE, Prot::READ), Err(Errno::ENOMEM));
    assert_eq!(space.areas()[0].prot, Prot::READ);
    assert_eq!(space.advise(at, PAGE, 77), Err(Errno::EINVAL));
    assert_eq!(space.advise(at.plus(1), PAGE, 4), Err(Errno::EINVAL));
    assert_eq!(space.advise(at.plus(PAGE), 2 * PAGE, 4), Err(Errno::ENOMEM));
    assert_eq!(space.advise(at, 0, 4), Ok(()));
    space.lock(at, PAGE).unwrap();
    assert_eq!(space.advise(at, PAGE, 4), Err(Errno::EINVAL));
    assert_eq!(space.sync(at, PAGE, 2), Err(Errno::EBUSY));
    assert_eq!(space.sync(at, PAGE, 5), Err(Errno::EINVAL));
    assert_eq!(space.sync(at, 3 * PAGE, 4), Err(Errno::ENOMEM));
    let file = File::new(physical, 2);
    let read_only = MapRequest {
        prot: Prot::READ,
        may: Prot::READ,
        flags: Flags::SHARED,
        file: Some((file.mapped(), 0)),
        ..MapRequest::plain(PAGE)
    };
    let mapped = space.map(&read_only).unwrap();
    assert_eq!(space.protect(mapped, PAGE, RW), Err(Errno::EACCES));
    let far = MapRequest { file: Some((file.mapped(), u64::MAX / PAGE - 1)), ..read_only };
    assert_eq!(space.map(&MapRequest { len: 3 * PAGE, ..far }), Err(Errno::EOVERFLOW));
}

#[test]
fn what_is_in_memory_is_told() {
    let (machine, physical) = with(64);
    let space = Space::new(physical).unwrap();
    space.map(&fixed(START, 4, RW)).unwrap();
    store(machine, &space, START + PAGE, 1).unwrap();
    load(machine, &space, START + 3 * PAGE).unwrap();
    let mut seen = [9; 4];
    let range = AddrRange::new(Addr(START), 4 * PAGE).unwrap();
    space.resident(range, &mut seen).unwrap();
    assert_eq!(seen, [0, 1, 0, 1]);
    assert_eq!(space.resident(AddrRange::new(Addr(START), 5 * PAGE).unwrap(), &mut seen), Err(Errno::ENOMEM));
    assert_eq!((space.sizes().total, space.sizes().resident), (4, 1));
}

#[test]
fn no_memory_is_an_answer_and_leaves_nothing_behind() {
    let (machine, physical) = with(64);
    let free = physical.frames.free();
    let space = Space::new(physical).unwrap();
    assert_eq!(space.map(&fixed(START, 90, RW)), Err(Errno::ENOMEM));
    space.map(&MapRequest { flags: Flags::NO_RESERVE, ..fixed(START, 90, RW) }).unwrap();
    let end = (0..).find_map(|nth| store(machine, &space, START + nth * PAGE, 1).err()).unwrap();
    assert_eq!(end, FaultEnd::NoMemory);
    assert_eq!(space.clone().copy_out(Addr(START + 89 * PAGE), &[1]), 0);
    while let Ok(frame) = physical.frames.take() {
        // The table's own frames run out as well.
        machine.zero_frame(frame);
    }
    assert!(space.fork().is_err());
    drop(space);
    assert!(physical.frames.free() > 50 && physical.frames.free() < free);
}

#[test]
fn the_kernel_copies_as_far_as_it_can() {
    let (_, physical) = with(64);
    let space = Space::new(physical).unwrap();
    space.map(&fixed(START, 2, RW)).unwrap();
    assert_eq!(space.copy_out(Addr(START + 2 * PAGE - 3), b"hello"), 3);
    let mut bytes = [0; 5];
    assert_eq!(space.copy_in(Addr(START + 2 * PAGE - 3), &mut bytes), 3);
    assert_eq!(&bytes, b"hel\0\0");
    assert_eq!(space.cstr(Addr(START + 2 * PAGE - 3), 100), Err(Errno::EFAULT));
    Memory::write(&*space, Addr(START + PAGE - 2), b"across\0").unwrap();
    assert_eq!(space.cstr(Addr(START + PAGE - 2), 100).unwrap(), b"across");
    assert_eq!(space.cstr(Addr(START + PAGE - 2), 6), Err(Errno::ENAMETOOLONG));
    for wild in [0, 8, TASK_END - 1, TASK_END, u64::MAX, u64::MAX - 3] {
        assert_eq!(space.read_u64(Addr(wild)), Err(Errno::EFAULT));
        assert_eq!(space.write_u32(Addr(wild), 1), Err(Errno::EFAULT));
        assert!(space.cstr(Addr(wild), 9).is_err() && space.iovecs(Addr(wild), 3).is_err());
        assert!(space.load_u32(Addr(wild)).is_err() && space.compare_exchange_u32(Addr(wild), 0, 0).is_err());
        assert!(space.futex_key(Addr(wild), Sharing::Shared).is_err());
        assert_eq!(space.copy_out(Addr(wild), &[0; 3]), 0);
    }
    assert_eq!(space.compare_exchange_u32(Addr(START), 0, 5), Ok(0));
    assert_eq!(space.compare_exchange_u32(Addr(START), 0, 6), Ok(5));
    assert_eq!(space.load_u32(Addr(START)), Ok(5));
    space.write_u64(Addr(START), START).unwrap();
    space.write_u64(Addr(START + 8), u64::MAX).unwrap();
    assert_eq!(space.iovecs(Addr(START), 1), Err(Errno::EINVAL));
    assert_eq!(space.iovecs(Addr(START), 1025), Err(Errno::EINVAL));
    space.clear_out(Addr(START), 5000).unwrap();
    assert_eq!(space.read_u64(Addr(START + 8)), Ok(0));
}

#[test]
fn processes_meet_at_futexes_they_share() {
    let (_, physical) = with(64);
    let parent = Space::new(physical).unwrap();
    parent.map(&fixed(START, 1, RW)).unwrap();
    parent.map(&MapRequest { flags: Flags::SHARED, ..fixed(START + PAGE, 1, RW) }).unwrap();
    let child = parent.fork().unwrap();
    let key = |space: &Space, page: u64, scope| space.futex_key(Addr(START + page * PAGE + 8), scope).unwrap();
    assert_eq!(key(&parent, 1, Sharing::Shared), key(&child, 1, Sharing::Shared));
    assert_ne!(key(&parent, 1, Sharing::Private), key(&child, 1, Sharing::Private));
    assert_ne!(key(&parent, 0, Sharing::Shared), key(&child, 0, Sharing::Shared));
    assert_eq!(key(&parent, 0, Sharing::Shared), key(&parent, 0, Sharing::Private));
    assert_eq!(parent.futex_key(Addr(START + 2), Sharing::Private), Err(Errno::EINVAL));
}

#[test]
fn children_get_what_was_advised() {
    let (machine, physical) = with(64);
    let parent = Space::new(physical).unwrap();
    parent.map(&fixed(START, 3, RW)).unwrap();
    (0..3).for_each(|page| store(machine, &parent, START + page * PAGE, 5).unwrap());
    parent.advise(Addr(START), PAGE, 10).unwrap();
    parent.advise(Addr(START + PAGE), PAGE, 18).unwrap();
    let child = parent.fork().unwrap();
    let seen: Vec<_> = (0..3).map(|page| load(machine, &child, START + page * PAGE)).collect();
    assert_eq!(seen, [Err(FaultEnd::NoArea), Ok(0), Ok(5)]);
    drop(parent);
    store(machine, &child, START + 2 * PAGE, 6).unwrap();
    assert_eq!(child.sizes().resident, 1);
}
