//! Which instructions the host's CPU has.
//!
//! Templates are written for CPUs from about 2015 on: what nearly all of them use is asked for once, at the start. What only
//! some templates use may be missing: their instructions are evaluated then.

/// A part of the host's CPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum HostPart {
    Sse42,
    Popcnt,
    Lzcnt,
    Bmi1,
    Bmi2,
    Avx2,
    Fma,
    Aes,
    Pclmul,
    Sha,
    F16c,
}

/// Who needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Need {
    Translating,
    SomeTemplates,
}

/// Every part, its name, and who needs it. The order is that of [`HostPart`].
static TABLE: [(HostPart, &str, Need); 11] = [
    (HostPart::Sse42, "SSE4.2", Need::Translating),
    (HostPart::Popcnt, "POPCNT", Need::Translating),
    (HostPart::Lzcnt, "LZCNT", Need::Translating),
    (HostPart::Bmi1, "BMI1", Need::Translating),
    (HostPart::Bmi2, "BMI2", Need::Translating),
    (HostPart::Avx2, "AVX2", Need::Translating),
    (HostPart::Fma, "FMA", Need::SomeTemplates),
    (HostPart::Aes, "AES", Need::SomeTemplates),
    (HostPart::Pclmul, "PCLMULQDQ", Need::SomeTemplates),
    (HostPart::Sha, "SHA", Need::SomeTemplates),
    (HostPart::F16c, "F16C", Need::SomeTemplates),
];

/// The parts that a host has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Host(u32);

impl Host {
    /// A host that has everything.
    pub const FULL: Host = Host((1 << TABLE.len()) - 1);

    /// The host of which this is said.
    pub fn of(has: impl Fn(HostPart) -> bool) -> Host {
        Host(TABLE.iter().filter(|(part, ..)| has(*part)).fold(0, |set, (part, ..)| set | 1 << *part as u32))
    }

    /// The same host without a part.
    pub const fn without(self, part: HostPart) -> Host {
        Host(self.0 & !(1 << part as u32))
    }

    /// The same host without the parts of these names, which have commas between them; a name that is none is an error.
    pub fn without_named(self, names: &str) -> Result<Host, &str> {
        names.split(',').filter(|name| !name.is_empty()).try_fold(self, |host, name| {
            let row = TABLE.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name));
            row.map(|(part, ..)| host.without(*part)).ok_or(name)
        })
    }

    /// Whether it has a part.
    pub const fn has(self, part: HostPart) -> bool {
        self.0 >> part as u32 & 1 != 0
    }

    /// The name of a part without which nothing can be translated, if one is missing.
    pub fn lacks(self) -> Option<&'static str> {
        let mut needed = TABLE.iter().filter(|(_, _, need)| *need == Need::Translating);
        needed.find(|(part, ..)| !self.has(*part)).map(|(_, name, _)| *name)
    }

    /// Every part's name, and whether the host has it.
    pub fn parts(self) -> impl Iterator<Item = (&'static str, bool)> {
        TABLE.iter().map(move |(part, name, _)| (*name, self.has(*part)))
    }

    /// The parts as a number, for comparing.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_a_host_lacks_what_it_lacks() {
        for (at, (part, ..)) in TABLE.iter().enumerate() {
            assert_eq!(*part as usize, at);
        }
        assert_eq!(Host::FULL.lacks(), None);
        assert_eq!(Host::FULL.without(HostPart::Bmi2).lacks(), Some("BMI2"));
        assert_eq!(Host::FULL.without(HostPart::Aes).lacks(), None);
        assert_eq!(Host::of(|part| part != HostPart::Avx2), Host::FULL.without(HostPart::Avx2));
        assert_eq!(Host::FULL.without_named("avx2,FMA").map(Host::lacks), Ok(Some("AVX2")));
        assert_eq!(Host::FULL.without_named("sse9"), Err("sse9"));
    }
}
