//! The systems test guests are built for, one row each.

/// How C sources become programs of a system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CLink {
    /// With a static C library.
    StaticLibc,
    /// Without any library: the bundled libraries of this system are shared stubs, so the program
    /// brings its own start-up code, and is linked for a target without a system. The headers of the system are still there.
    Bare { target: &'static str },
}

impl System {
    /// Whether a name means this row: `freebsd` for every CPU, `freebsd/arm64` for one.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        match name.split_once('/') {
            Some((name, cpu)) => self.name == name && self.cpu == cpu,
            None => self.name == name,
        }
    }
}

/// The CPU whose guests everything is built for; for others what says so.
pub(crate) const USUAL_CPU: &str = "amd64";

/// A CPU whose programs are translated.
const ARM64: &str = "arm64";

/// A system test guests are built for.
pub(crate) struct System {
    /// Go's name of it (`GOOS`), used as ours.
    pub(crate) name: &'static str,
    /// Go's name of the CPU (`GOARCH`), used as ours.
    pub(crate) cpu: &'static str,
    /// The target objects are compiled for.
    pub(crate) compile_target: &'static str,
    /// How C programs are linked.
    pub(crate) link: CLink,
}

const BARE_AMD64: CLink = CLink::Bare { target: "x86_64-freestanding" };
const BARE_ARM64: CLink = CLink::Bare { target: "aarch64-freestanding" };

/// Every system, the quickest to build first.
pub(crate) const SYSTEMS: &[System] = &[
    System { name: "linux", cpu: USUAL_CPU, compile_target: "x86_64-linux-musl", link: CLink::StaticLibc },
    // No headers for DragonFly are bundled: its sources may include only what the compiler brings.
    System { name: "dragonfly", cpu: USUAL_CPU, compile_target: "x86_64-freestanding", link: BARE_AMD64 },
    System { name: "freebsd", cpu: USUAL_CPU, compile_target: "x86_64-freebsd", link: BARE_AMD64 },
    System { name: "netbsd", cpu: USUAL_CPU, compile_target: "x86_64-netbsd", link: BARE_AMD64 },
    System { name: "linux", cpu: ARM64, compile_target: "aarch64-linux-musl", link: CLink::StaticLibc },
    System { name: "freebsd", cpu: ARM64, compile_target: "aarch64-freebsd", link: BARE_ARM64 },
    System { name: "netbsd", cpu: ARM64, compile_target: "aarch64-netbsd", link: BARE_ARM64 },
];

/// An image for a bare machine, from a folder of `tests/guest/bare`.
pub(crate) struct Image {
    /// The file it is built into.
    pub(crate) name: &'static str,
    /// The folder of its source.
    pub(crate) source: &'static str,
    /// What the linker is told.
    pub(crate) link: &'static str,
}

/// Every image: one source, linked for flash and for RAM of QEMU's virt board, with its own entry and with the runtime's.
pub(crate) const IMAGES: &[Image] = &[
    Image { name: "store-flash", source: "store", link: "-T=0x201000 -E=main.start" },
    Image { name: "store-ram", source: "store", link: "-T=0x40201000 -E=main.start" },
    // As people write it: the headers do not fit before the code, and the first segment begins before the file.
    Image { name: "runtime-flash", source: "store", link: "-T=0x200000" },
    Image { name: "runtime-ram", source: "store", link: "-T=0x40201000" },
    Image { name: "store-split", source: "store", link: "-T=0x201000 -D=0x40200000 -E=main.start" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_table_has_unique_names() {
        for (at, system) in SYSTEMS.iter().enumerate() {
            assert!(SYSTEMS.iter().skip(at + 1).all(|other| (other.name, other.cpu) != (system.name, system.cpu)));
        }
    }

    #[test]
    fn the_image_table_has_unique_names() {
        for (at, image) in IMAGES.iter().enumerate() {
            assert!(IMAGES.iter().skip(at + 1).all(|other| other.name != image.name));
        }
    }
}
