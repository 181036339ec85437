//! Many random changes, against a simple model: a map of pages.

use super::*;
use crate::testing::Dice;
use alloc::collections::BTreeMap;

const BASE: u64 = 0x40_0000;
const WINDOW: u64 = 48;
const FILE_PAGES: u64 = 12;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    /// Its own memory and the byte in it.
    Own(u8),
    /// A private map of a file's page, unwritten.
    File(u64),
    /// A page of something shared: which, and the page.
    Shared(usize, u64),
}

#[derive(Clone, Copy, Debug)]
struct Page {
    prot: Prot,
    source: Source,
    /// A private map's page of the file, for when its copy is dropped.
    of_file: Option<u64>,
}

/// What one space should be.
type Model = BTreeMap<u64, Page>;

struct Players {
    machine: &'static Simulated,
    physical: &'static Physical,
    file: Arc<File>,
    mapped: Arc<Mapped>,
    /// The bytes of shared things: 0 is the file.
    shared: Vec<BTreeMap<u64, u8>>,
    spaces: Vec<(Arc<Space>, Model)>,
}

impl Players {
    fn new() -> Players {
        let (machine, physical) = with(4096);
        let file = File::new(physical, FILE_PAGES as usize);
        let bytes = (0..FILE_PAGES).map(|nth| (nth, nth as u8 + 1)).collect();
        let spaces = alloc::vec![(Space::new(physical).unwrap(), Model::new())];
        Players { machine, physical, mapped: file.mapped(), file, shared: alloc::vec![bytes], spaces }
    }

    fn expected(&self, page: Option<&Page>, access: Access) -> Result<u8, FaultEnd> {
        let page = page.ok_or(FaultEnd::NoArea)?;
        if !page.prot.allows(access) {
            return Err(FaultEnd::NoRights);
        }
        match page.source {
            Source::Own(byte) => Ok(byte),
            Source::File(index) => self.shared[0].get(&index).copied().ok_or(FaultEnd::BeyondFile),
            Source::Shared(0, index) => self.shared[0].get(&index).copied().ok_or(FaultEnd::BeyondFile),
            Source::Shared(object, index) => Ok(self.shared[object].get(&index).copied().unwrap_or(0)),
        }
    }

    fn map(&mut self, who: usize, dice: &mut Dice) {
        let (at, len) = (dice.roll(WINDOW), 1 + dice.roll(8));
        let prot = Prot(dice.roll(8) as u8);
        let first = dice.roll(FILE_PAGES);
        let kind = dice.roll(4);
        let shared = if kind & 1 == 1 { Flags::SHARED } else { Flags::NONE };
        let file = (kind >= 2).then(|| (self.mapped.clone(), first));
        let request = MapRequest { flags: shared, file, ..fixed(BASE + at * PAGE, len, prot) };
        self.spaces[who].0.map(&request).unwrap();
        let object = self.shared.len();
        if kind == 1 {
            self.shared.push(BTreeMap::new());
        }
        for nth in 0..len {
            let index = first + nth;
            let (source, of_file) = match kind {
                0 => (Source::Own(0), None),
                1 => (Source::Shared(object, nth), None),
                2 => (Source::File(index), Some(index)),
                _ => (Source::Shared(0, index), None),
            };
            self.spaces[who].1.insert(at + nth, Page { prot, source, of_file });
        }
    }

    fn access(&mut self, who: usize, dice: &mut Dice) {
        let (at, offset, by_kernel) = (dice.roll(WINDOW + 8), dice.roll(PAGE), dice.roll(2) == 1);
        let address = BASE + at * PAGE + offset;
        let page = self.spaces[who].1.get(&at).copied();
        let space = self.spaces[who].0.clone();
        if dice.roll(2) == 0 {
            let expected = self.expected(page.as_ref(), Access::Read);
            if by_kernel {
                let mut byte = [0];
                let read = Memory::read(&*space, Addr(address), &mut byte).map(|()| byte[0]);
                assert_eq!(read, expected.map_err(|_| Errno::EFAULT));
            } else {
                assert_eq!(load(self.machine, &space, address), expected);
            }
            return;
        }
        let byte = dice.roll(256) as u8;
        let expected = self.expected(page.as_ref(), Access::Write).map(|_| ());
        // All of the page, so that the offset does not matter.
        let start = BASE + at * PAGE;
        let done = if by_kernel {
            Memory::write(&*space, Addr(start), &[byte; PAGE_SIZE as usize]).map_err(|_| ())
        } else {
            (0..PAGE).try_for_each(|nth| store(self.machine, &space, start + nth, byte)).map_err(|end| {
                assert_eq!(Err(end), expected);
            })
        };
        assert_eq!(done.is_ok(), expected.is_ok());
        if done.is_err() {
            return;
        }
        match self.spaces[who].1.get_mut(&at).map(|page| &mut page.source) {
            Some(Source::Shared(object, index)) => drop(self.shared[*object].insert(*index, byte)),
            Some(source) => *source = Source::Own(byte),
            None => unreachable!(),
        }
    }

    fn change(&mut self, who: usize, dice: &mut Dice) {
        let (at, len) = (dice.roll(WINDOW), 1 + dice.roll(12));
        let (space, model) = &mut self.spaces[who];
        let start = Addr(BASE + at * PAGE);
        match dice.roll(3) {
            0 => {
                space.unmap(start, len * PAGE).unwrap();
                model.retain(|page, _| !(at..at + len).contains(page));
            }
            1 => {
                let prot = Prot(dice.roll(8) as u8);
                let gap = (at..at + len).find(|page| !model.contains_key(page));
                assert_eq!(space.protect(start, len * PAGE, prot), gap.map_or(Ok(()), |_| Err(Errno::ENOMEM)));
                for page in at..gap.unwrap_or(at + len) {
                    model.get_mut(&page).unwrap().prot = prot;
                }
            }
            _ => {
                let has_gap = (at..at + len).any(|page| !model.contains_key(&page));
                assert_eq!(space.advise(start, len * PAGE, 4), if has_gap { Err(Errno::ENOMEM) } else { Ok(()) });
                for page in at..at + len {
                    if let Some(page) = model.get_mut(&page)
                        && let Source::Own(_) | Source::File(_) = page.source
                    {
                        page.source = page.of_file.map_or(Source::Own(0), Source::File);
                    }
                }
            }
        }
    }

    fn remap(&mut self, who: usize, dice: &mut Dice) {
        let (from, to, len) = (dice.roll(WINDOW), dice.roll(WINDOW), 1 + dice.roll(6));
        let (space, model) = &mut self.spaces[who];
        let old = Addr(BASE + from * PAGE);
        let target = Target::There(Addr(BASE + to * PAGE));
        let moved = space.remap(&RemapRequest { old, old_len: len * PAGE, new_len: len * PAGE, target });
        if moved.is_ok() {
            let pages: Vec<Page> = (from..from + len).map(|page| model.remove(&page).unwrap()).collect();
            model.extend((to..).zip(pages));
        } else {
            let is_one =
                space.areas().iter().any(|area| area.range.start <= old && old.plus(len * PAGE) <= area.range.end);
            assert!(!is_one || from.abs_diff(to) < len, "{moved:?}");
        }
    }

    fn cut(&mut self, dice: &mut Dice) {
        let pages = self.file.frames.lock().len() as u64;
        if pages > 2 && dice.roll(4) == 0 {
            self.file.cut(pages as usize - 1);
            self.shared[0].remove(&(pages - 1));
            for (_, model) in &mut self.spaces {
                // A private copy of a page that is cut off goes too.
                for page in model.values_mut().filter(|page| page.of_file == Some(pages - 1)) {
                    page.source = Source::File(pages - 1);
                }
            }
        }
    }

    fn check(&self) {
        for (space, _) in &self.spaces {
            assert!(!self.machine.stale(space.root()), "a change was not flushed");
            let (counted, kept) = space.counted();
            assert_eq!(counted, kept, "resident pages");
            let mut end = 0;
            for area in space.areas() {
                assert!(area.range.start.0 >= end && !area.range.is_empty());
                end = area.range.end.0;
            }
        }
    }
}

#[test]
fn a_space_is_what_a_map_of_pages_says() {
    for seed in 1..=40 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        let mut all = Players::new();
        let at_first = all.physical.frames.free();
        for _ in 0..400 {
            let who = dice.roll(all.spaces.len() as u64) as usize;
            match dice.roll(20) {
                0..=4 => all.map(who, &mut dice),
                5..=12 => all.access(who, &mut dice),
                13..=15 => all.change(who, &mut dice),
                16 => all.remap(who, &mut dice),
                17 if all.spaces.len() < 5 => {
                    let (space, model) = &all.spaces[who];
                    let child = (space.fork().unwrap(), model.clone());
                    all.spaces.push(child);
                }
                18 if all.spaces.len() > 1 => drop(all.spaces.swap_remove(who)),
                19 => all.cut(&mut dice),
                _ => {}
            }
            all.check();
        }
        for who in 0..all.spaces.len() {
            let (space, model) = all.spaces[who].clone();
            for at in 0..WINDOW + 12 {
                let expected = all.expected(model.get(&at), Access::Read);
                assert_eq!(load(all.machine, &space, BASE + at * PAGE + 5), expected, "page {at}");
            }
        }
        all.spaces.clear();
        let file_frames = FILE_PAGES as usize - all.file.frames.lock().len();
        assert_eq!(all.physical.frames.free(), at_first + file_frames + 1, "every frame comes back");
    }
}
