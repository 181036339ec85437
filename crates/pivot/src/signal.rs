//! Linux signal numbers and sets of them.

use core::fmt;

/// A Linux signal number, 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(pub u8);

macro_rules! signals {
    ($($name:ident $value:literal;)*) => {
        impl Signal {
            $(#[doc = concat!("`SIG", stringify!($name), "`")] pub const $name: Signal = Signal($value);)*
        }
        /// Every named Linux signal.
        pub static SIGNALS: &[(Signal, &str)] = &[$((Signal($value), concat!("SIG", stringify!($name))),)*];
    };
}

signals! {
    HUP 1; INT 2; QUIT 3; ILL 4; TRAP 5; ABRT 6; BUS 7; FPE 8; KILL 9; USR1 10; SEGV 11; USR2 12;
    PIPE 13; ALRM 14; TERM 15; STKFLT 16; CHLD 17; CONT 18; STOP 19; TSTP 20; TTIN 21; TTOU 22;
    URG 23; XCPU 24; XFSZ 25; VTALRM 26; PROF 27; WINCH 28; IO 29; PWR 30; SYS 31;
}

impl Signal {
    /// The signal of this number, when it is one.
    pub fn new(number: u64) -> Option<Signal> {
        (1..=64).contains(&number).then_some(Signal(number as u8))
    }

    /// The name, when it has one; real-time signals have none.
    pub fn name(self) -> Option<&'static str> {
        SIGNALS.iter().find(|(s, _)| *s == self).map(|(_, name)| *name)
    }

    /// Whether the CPU raises it for an instruction that cannot continue.
    pub fn is_fault(self) -> bool {
        matches!(self, Signal::SEGV | Signal::BUS | Signal::FPE | Signal::ILL | Signal::TRAP | Signal::SYS)
    }

    /// Whether it ends a process by default because something is wrong with it: with a core file.
    pub fn is_crash(self) -> bool {
        self.is_fault() || matches!(self, Signal::QUIT | Signal::ABRT | Signal::XCPU | Signal::XFSZ)
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

/// A set of Linux signals, in the kernel's layout: signal n is bit n - 1.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SigSet(pub u64);

impl SigSet {
    /// No signal.
    pub const EMPTY: SigSet = SigSet(0);

    /// Whether `signal` is in the set.
    pub const fn has(self, signal: Signal) -> bool {
        self.0 & SigSet::of(signal).0 != 0
    }

    /// The set of one signal.
    pub const fn of(signal: Signal) -> SigSet {
        SigSet(1u64 << (signal.0 as u32 - 1))
    }

    /// The set with `signal` added.
    #[must_use]
    pub const fn with(self, signal: Signal) -> SigSet {
        SigSet(self.0 | SigSet::of(signal).0)
    }

    /// The set without `signal`.
    #[must_use]
    pub const fn without(self, signal: Signal) -> SigSet {
        SigSet(self.0 & !SigSet::of(signal).0)
    }

    /// The least signal of the set.
    pub const fn first(self) -> Option<Signal> {
        if self.0 == 0 { None } else { Some(Signal(self.0.trailing_zeros() as u8 + 1)) }
    }

    /// The signals of the set, in ascending order.
    pub fn iter(mut self) -> impl Iterator<Item = Signal> {
        core::iter::from_fn(move || {
            let first = self.first()?;
            self = self.without(first);
            Some(first)
        })
    }
}

impl fmt::Debug for SigSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
