//! The ids of systems and CPUs, under the names the Go toolchain gave them (`GOOS`, `GOARCH`).

use core::fmt;

/// Declares an id enum with one canonical lower-case name per member and further names people use.
macro_rules! ids {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal $(| $alias:literal)*,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every member.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The canonical name.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The member of this name, canonical or customary.
            pub fn from_name(name: &str) -> Option<$name> {
                match name { $($text $(| $alias)* => Some($name::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

ids! {
    /// An operating system a program can be built for. Being listed does not mean that it runs.
    Os {
        /// Linux.
        Linux = "linux",
        /// DragonFly BSD.
        Dragonfly = "dragonfly" | "dragonflybsd",
        /// FreeBSD.
        Freebsd = "freebsd",
        /// NetBSD.
        Netbsd = "netbsd",
        /// OpenBSD.
        Openbsd = "openbsd",
        /// macOS.
        Darwin = "darwin" | "macos",
        /// illumos.
        Illumos = "illumos",
        /// Oracle Solaris.
        Solaris = "solaris",
        /// Windows.
        Windows = "windows",
        /// Plan 9.
        Plan9 = "plan9",
        /// AIX.
        Aix = "aix",
        /// Android.
        Android = "android",
        /// iOS.
        Ios = "ios",
    }
}

ids! {
    /// A CPU a program can be built for, always in its 64-bit little-endian form here.
    Cpu {
        /// AMD64, Intel 64.
        X86_64 = "amd64" | "x86_64" | "x86-64",
        /// AArch64.
        Aarch64 = "arm64" | "aarch64",
        /// RISC-V, 64 bits.
        Riscv64 = "riscv64",
    }
}
