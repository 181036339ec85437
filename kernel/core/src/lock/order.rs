//! Watches in which order locks are taken, wherever the kernel is tested.
//!
//! Two CPUs that take two locks the other way round wait for each other for ever, once in a thousand runs. One CPU that ever
//! takes them in one order, and ever in the other, shows the same at once: each pair is kept, for as long as the tests run.

use core::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::string::String;
use std::sync::{Mutex, PoisonError};
use std::vec::Vec;
use std::{format, thread_local};

type Place = &'static Location<'static>;

/// Locks that were made by one line of the program are of one kind.
pub(super) struct Kind(Place);

/// One lock that is held; no longer when dropped.
pub(super) struct Mark(Place);

thread_local! {
    /// What this CPU holds: each one's kind, and who took it.
    static HELD: RefCell<Vec<(Place, Place)>> = const { RefCell::new(Vec::new()) };
    /// Pairs, by address, that this CPU has in [`ORDER`]: most are asked for again and again.
    static KNOWN: RefCell<BTreeSet<(usize, usize)>> = const { RefCell::new(BTreeSet::new()) };
}

/// For each kind the kinds that were taken after it, and where both were.
type Order = BTreeMap<Place, BTreeMap<Place, (Place, Place)>>;

static ORDER: Mutex<Order> = Mutex::new(Order::new());

impl Kind {
    #[track_caller]
    pub(super) const fn here() -> Self {
        Kind(Location::caller())
    }

    /// This CPU will wait for one of the kind, and may hold no other one of it.
    #[track_caller]
    pub(super) fn wait(&self) {
        let here = Location::caller();
        HELD.with_borrow(|held| {
            if let Some((_, taken)) = held.iter().find(|(kind, _)| self.is(kind)) {
                panic!("{here} takes a lock made at {} and holds another of its kind since {taken}", self.0);
            }
        });
        self.wait_also();
    }

    /// This CPU will wait for one of the kind.
    #[track_caller]
    pub(super) fn wait_also(&self) {
        let here = Location::caller();
        let why = HELD.with_borrow(|held| held.iter().find_map(|(kind, taken)| self.after(kind, (taken, here))));
        if let Some(why) = why {
            panic!("{why}");
        }
    }

    #[track_caller]
    pub(super) fn taken(&self) -> Mark {
        let here = Location::caller();
        HELD.with_borrow_mut(|held| held.push((self.0, here)));
        Mark(self.0)
    }

    /// The file comes last: it is long, and most kinds differ before.
    fn is(&self, other: Place) -> bool {
        let [mine, theirs] = [self.0, other].map(|kind| (kind.line(), kind.column(), kind.file()));
        mine == theirs
    }

    /// Keeps that one of this kind was taken after one of `first`; what is wrong with that.
    fn after(&self, first: Place, places: (Place, Place)) -> Option<String> {
        let pair = [first, self.0].map(|kind| core::ptr::from_ref(kind).addr());
        if self.is(first) || !KNOWN.with_borrow_mut(|known| known.insert(pair.into())) {
            return None;
        }
        let mut order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
        if order.get(first).is_some_and(|later| later.contains_key(self.0)) {
            return None;
        }
        let mut chain = Vec::new();
        if leads(&order, (self.0, first), &mut chain) {
            let (taken, here) = places;
            return Some(format!("{here} holds a lock since {taken}; the other way round: {}", chain.join(", ")));
        }
        order.entry(first).or_default().insert(self.0, places);
        None
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        HELD.with_borrow_mut(|held| {
            if let Some(at) = held.iter().rposition(|(kind, _)| Kind(self.0).is(kind)) {
                held.remove(at);
            }
        });
    }
}

/// Whether locks were taken one after another from the first kind to the second, and where.
fn leads(order: &Order, (from, to): (Place, Place), chain: &mut Vec<String>) -> bool {
    // No circle was ever let in, so this ends.
    order.get(from).into_iter().flatten().any(|(next, (taken, then))| {
        chain.push(format!("{then} after {taken}"));
        let found = *next == to || leads(order, (next, to), chain);
        if !found {
            chain.pop();
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use crate::lock::Lock;

    #[test]
    #[should_panic(expected = "the other way round")]
    fn two_orders_of_two_locks_are_seen_on_one_cpu() {
        let (one, other) = (Lock::new(1), Lock::new(2));
        {
            let _first = one.lock();
            let _second = other.lock();
        }
        let _second = other.lock();
        let _first = one.lock();
    }

    #[test]
    #[should_panic(expected = "holds another of its kind")]
    fn two_of_one_kind_are_seen() {
        let [one, other] = [0, 1].map(Lock::new);
        let _first = one.lock();
        let _second = other.lock();
    }

    #[test]
    fn a_chain_of_three_is_followed() {
        let (one, two, three) = (Lock::new(1), Lock::new(2), Lock::new(3));
        {
            let _one = one.lock();
            let _two = two.lock();
        }
        {
            let _two = two.lock();
            let _three = three.lock();
        }
        let _three = three.lock();
        assert!(std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| drop(one.lock()))).is_err());
    }
}
