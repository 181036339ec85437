//! A very small assembler: just the x86-64 instructions the demo's programs are made of.

use std::collections::BTreeMap;

/// A register that takes part in calls.
#[derive(Clone, Copy)]
pub(super) enum Reg {
    Rax = 0,
    Rdx = 2,
    Rsi = 6,
    Rdi = 7,
}

/// Code under construction. Labels may be used before they are placed.
#[derive(Default)]
pub(super) struct Code {
    bytes: Vec<u8>,
    labels: BTreeMap<&'static str, usize>,
    /// Where a 32-bit distance to a label goes; it counts from the end of those four bytes.
    holes: Vec<(usize, &'static str)>,
}

impl Code {
    /// Places a label here.
    pub(super) fn label(&mut self, name: &'static str) {
        self.labels.insert(name, self.bytes.len());
    }

    /// `mov reg, value`.
    pub(super) fn set(&mut self, reg: Reg, value: i32) {
        self.bytes.extend([0x48, 0xc7, 0xc0 | reg as u8]);
        self.bytes.extend(value.to_le_bytes());
    }

    /// `lea reg, [label]`.
    pub(super) fn address(&mut self, reg: Reg, label: &'static str) {
        self.bytes.extend([0x48, 0x8d, 0x05 | (reg as u8) << 3]);
        self.hole(label);
    }

    /// `mov edi, [label]`.
    pub(super) fn load_edi(&mut self, label: &'static str) {
        self.bytes.extend([0x8b, 0x3d]);
        self.hole(label);
    }

    /// `mov [label], eax` or `edx`.
    pub(super) fn store(&mut self, label: &'static str, reg: Reg) {
        self.bytes.extend([0x89, 0x05 | (reg as u8) << 3]);
        self.hole(label);
    }

    /// `mov eax, number; syscall`: the form that compilers and runtimes use.
    pub(super) fn call(&mut self, number: u32) {
        self.bytes.push(0xb8);
        self.bytes.extend(number.to_le_bytes());
        self.bytes.extend([0x0f, 0x05]);
    }

    /// Jumps when the carry flag is clear.
    pub(super) fn jump_unless_carry(&mut self, label: &'static str) {
        self.bytes.extend([0x0f, 0x83]);
        self.hole(label);
    }

    /// Jumps when rax is not negative.
    pub(super) fn jump_unless_negative(&mut self, label: &'static str) {
        self.bytes.extend([0x48, 0x85, 0xc0, 0x0f, 0x89]);
        self.hole(label);
    }

    /// `neg rax`.
    pub(super) fn negate(&mut self) {
        self.bytes.extend([0x48, 0xf7, 0xd8]);
    }

    /// Writes rax, below 100, as two digits to a label: `div` by ten, quotient and remainder plus '0'.
    pub(super) fn digits(&mut self, label: &'static str) {
        self.bytes.extend([0x31, 0xd2, 0xb9, 10, 0, 0, 0, 0xf7, 0xf1]);
        self.bytes.extend([0x04, b'0', 0x80, 0xc2, b'0', 0x88, 0xd4]);
        self.bytes.extend([0x66, 0x89, 0x05]);
        self.hole(label);
    }

    /// Plain bytes.
    pub(super) fn data(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn hole(&mut self, label: &'static str) {
        self.holes.push((self.bytes.len(), label));
        self.bytes.extend([0; 4]);
    }

    /// The finished bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for (at, label) in &self.holes {
            let target = self.labels.get(label).copied().unwrap_or_default();
            let distance = target as i64 - (*at as i64 + 4);
            if let Some(hole) = self.bytes.get_mut(*at..at + 4) {
                hole.copy_from_slice(&(distance as i32).to_le_bytes());
            }
        }
        self.bytes
    }
}
