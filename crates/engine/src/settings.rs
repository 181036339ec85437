//! How programs of another CPU are run.

use ashore_emit::Host;
use ashore_isa::lift::{Habit, Hidden};

/// What a person chose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// The parts of the CPU that programs are not shown.
    pub hidden: Hidden,
    /// What runs the code.
    pub tier: Tier,
    /// What of the host's CPU is used; all that it has when nothing is said.
    pub host: Option<Host>,
    /// The bytes for translated code; the usual number when nothing is said.
    pub code_len: Option<u64>,
    /// Whether what was translated is counted, and said at the program's end.
    pub counts: bool,
    /// Which registers the program prefers.
    pub habit: Habit,
}

/// What runs code. All but the usual one are for tests, which run everything on each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tier {
    /// What seems best: blocks, and regions of what is run often.
    #[default]
    Any,
    /// Blocks only.
    Blocks,
    /// Regions as soon as a loop is seen.
    Regions,
    /// Every instruction by itself, evaluated.
    Steps,
    /// Blocks, evaluated: without any code of ours.
    Evaluated,
}

impl Tier {
    /// Every tier and its name.
    pub const ALL: [(&'static str, Tier); 5] = [
        ("any", Tier::Any),
        ("blocks", Tier::Blocks),
        ("regions", Tier::Regions),
        ("steps", Tier::Steps),
        ("evaluated", Tier::Evaluated),
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        Tier::ALL.iter().find(|(_, tier)| *tier == self).map_or("any", |(name, _)| *name)
    }

    /// The tier of a name.
    pub fn from_name(name: &str) -> Option<Tier> {
        Tier::ALL.iter().find(|(known, _)| *known == name).map(|(_, tier)| *tier)
    }
}
