//! How a program is translated.

use crate::Tier;
use ashore_emit::Host;
use ashore_isa::lift::Habit;

/// The bytes for code, unless somebody wants another number: at least, and at most.
const CODE_LEN: u64 = 256 << 20;
const CODE_LEN_MIN: u64 = 1 << 17;
const CODE_LEN_MAX: u64 = 256 << 20;
// Marks have so many bits for a place.
const _: () = assert!(CODE_LEN_MAX <= 1 << 28);
/// How often a block is entered before a region is made of it.
const HOT: u32 = 20_000;
/// So many more bytes of code than were loaded are worth keeping.
const WORTH: u32 = 16 << 10;

/// How a program is translated.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often a block is entered before a region is made of it; zero for never.
    pub hot: u32,
    /// The bytes for code. When they are full, the older half of the code is thrown away.
    pub code_len: u64,
    /// What the host's CPU has.
    pub host: Host,
    /// How many more bytes of code than were loaded are kept from run to run.
    pub worth: u32,
    /// Every instruction is evaluated by itself, and nothing translated.
    pub steps: bool,
    /// What was translated is counted, and said at the program's end.
    pub counts: bool,
    /// Which registers the program prefers.
    pub habit: Habit,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            hot: HOT,
            code_len: CODE_LEN,
            host: super::host(),
            worth: WORTH,
            steps: false,
            counts: false,
            habit: Habit::default(),
        }
    }
}

impl Settings {
    /// What a person chose.
    pub fn of(chosen: &crate::Settings) -> Settings {
        let hot = match chosen.tier {
            Tier::Any | Tier::Steps | Tier::Evaluated => HOT,
            Tier::Blocks => 0,
            Tier::Regions => 2,
        };
        let code_len = chosen.code_len.unwrap_or(CODE_LEN);
        let host = chosen.host.unwrap_or_else(super::host);
        let steps = chosen.tier == Tier::Steps;
        Settings { hot, code_len, host, steps, counts: chosen.counts, habit: chosen.habit, ..Settings::default() }
    }

    /// The bytes that are taken for code.
    pub(super) fn arena_len(&self) -> u64 {
        self.code_len.clamp(CODE_LEN_MIN, CODE_LEN_MAX) & !0xffff
    }
}
