//! System registers by name, and the barriers around them.

/// Reads a system register.
macro_rules! read {
    ($name:literal) => {{
        let value: u64;
        // SAFETY: reading the registers this is used with changes nothing.
        unsafe {
            core::arch::asm!(concat!("mrs {}, ", $name), out(reg) value, options(nomem, nostack, preserves_flags));
        }
        value
    }};
}

/// Writes a system register. Only for registers that do not change what memory or code the kernel sees.
macro_rules! write {
    ($name:literal, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: none of the registers this is used with touches the kernel's own memory or flow.
        unsafe {
            core::arch::asm!(concat!("msr ", $name, ", {}"), in(reg) value, options(nomem, nostack, preserves_flags));
        }
    }};
}

/// An instruction without operands: a barrier or a hint.
macro_rules! barrier {
    ($text:literal) => {
        // SAFETY: barriers and hints change no state a program could see.
        unsafe { core::arch::asm!($text, options(nostack, preserves_flags)) }
    };
}

pub(crate) use {barrier, read, write};
