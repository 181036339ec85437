//! Integer instructions.

use super::{Asm, Bytes, Code, Label, Map, Prefix};
use crate::reg::{Cc, Gpr, Mem, Rm};
use ashore_ir::{Extend, Size, Width};

/// The operations that share their encodings, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Alu {
    Add = 0,
    Or = 1,
    Adc = 2,
    Sbb = 3,
    And = 4,
    Sub = 5,
    Xor = 6,
    Cmp = 7,
}

/// Shifts, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Shift {
    Rol = 0,
    Ror = 1,
    Shl = 4,
    Shr = 5,
    Sar = 7,
}

/// Instructions of one register or place, by opcode and number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Form {
    Not,
    Neg,
    Mul,
    SignedMul,
    Div,
    SignedDiv,
}

impl Asm {
    /// `dst = dst op src`.
    #[inline]
    pub fn alu(&mut self, op: Alu, width: Width, dst: Gpr, src: impl Into<Rm>) {
        let src = src.into();
        if op != Alu::Cmp {
            self.writes(dst.0);
        }
        self.reading(Code::new(Map::One, (op as u8) << 3 | 3, width), dst.0, src);
    }

    /// `[mem] = [mem] op src`.
    pub fn alu_store(&mut self, op: Alu, width: Width, dst: Mem, src: Gpr) {
        self.reading(Code::new(Map::One, (op as u8) << 3 | 1, width), src.0, dst.into());
    }

    /// With a constant, sign-extended.
    pub fn alu_number(&mut self, op: Alu, width: Width, dst: impl Into<Rm>, number: i32) {
        let dst = dst.into();
        if let (true, Rm::Reg(number)) = (op != Alu::Cmp, dst) {
            self.writes(number);
        }
        match i8::try_from(number) {
            Ok(short) => {
                self.reading(Code::new(Map::One, 0x83, width), op as u8, dst);
                self.byte(short as u8);
            }
            Err(_) => {
                self.reading(Code::new(Map::One, 0x81, width), op as u8, dst);
                self.word(number);
            }
        }
    }

    /// Flags of `a & b`.
    pub fn test(&mut self, width: Width, a: impl Into<Rm>, b: Gpr) {
        self.reading(Code::new(Map::One, 0x85, width), b.0, a.into());
    }

    /// Flags of `a` and a constant, sign-extended.
    pub fn test_number(&mut self, width: Width, a: impl Into<Rm>, number: i32) {
        self.reading(Code::new(Map::One, 0xf7, width), 0, a.into());
        self.word(number);
    }

    /// Flags of the lowest byte of `a` and a constant.
    pub fn test_byte(&mut self, a: Gpr, number: u8) {
        self.reading(Code::new(Map::One, 0xf6, Width::W32).bytes(Bytes::Rm), 0, a.into());
        self.byte(number);
    }

    /// Copies a register; 32 bits zero the upper half.
    #[inline]
    pub fn mov(&mut self, width: Width, dst: Gpr, src: impl Into<Rm>) {
        self.writes(dst.0);
        self.reading(Code::new(Map::One, 0x8b, width), dst.0, src.into());
    }

    /// A constant, in the shortest form that leaves the flags.
    #[inline]
    pub fn number(&mut self, dst: Gpr, number: u64) {
        match u32::try_from(number) {
            Ok(short) => self.short_number(dst, short),
            Err(_) => self.long_number(dst, number),
        }
    }

    /// A constant of 32 bits.
    #[inline]
    pub fn short_number(&mut self, dst: Gpr, number: u32) {
        self.writes(dst.0);
        let bytes = u64::from(number) << 8 | u64::from(0xb8 | dst.0 & 7);
        if dst.0 >= 8 {
            self.put(bytes << 8 | 0x41, 6);
        } else {
            self.put(bytes, 5);
        }
    }

    fn long_number(&mut self, dst: Gpr, number: u64) {
        self.writes(dst.0);
        if let Ok(signed) = i32::try_from(number as i64) {
            self.op(Code::new(Map::One, 0xc7, Width::W64), 0, dst.into());
            self.word(signed);
        } else {
            self.raw(&[0x48 | dst.0 >> 3, 0xb8 | dst.0 & 7]);
            self.raw(&number.to_le_bytes());
        }
    }

    /// Loads a narrow integer, extended.
    #[inline]
    pub fn load(&mut self, size: Size, kind: Extend, dst: Gpr, src: impl Into<Rm>) {
        let src = src.into();
        let wide = if kind == Extend::Sign64 { Width::W64 } else { Width::W32 };
        let (map, opcode, width, bytes) = match (size, kind) {
            (Size::B1, Extend::Zero) => (Map::M0f, 0xb6, Width::W32, Bytes::Rm),
            (Size::B2, Extend::Zero) => (Map::M0f, 0xb7, Width::W32, Bytes::None),
            (Size::B1, _) => (Map::M0f, 0xbe, wide, Bytes::Rm),
            (Size::B2, _) => (Map::M0f, 0xbf, wide, Bytes::None),
            (Size::B4, Extend::Sign64) => (Map::One, 0x63, Width::W64, Bytes::None),
            (Size::B4, _) => (Map::One, 0x8b, Width::W32, Bytes::None),
            (Size::B8 | Size::B16, _) => (Map::One, 0x8b, Width::W64, Bytes::None),
        };
        self.op(Code::new(map, opcode, width).bytes(bytes), dst.0, src);
    }

    #[inline]
    fn sized(map: Map, size: Size, opcode: u8) -> Code {
        match size {
            Size::B1 => Code::new(map, opcode, Width::W32).bytes(Bytes::Reg),
            Size::B2 => Code::new(map, opcode | 1, Width::W32).with(Prefix::P66),
            Size::B4 => Code::new(map, opcode | 1, Width::W32),
            Size::B8 | Size::B16 => Code::new(map, opcode | 1, Width::W64),
        }
    }

    /// Flags of `a - b`, of so many low bytes.
    pub fn compare(&mut self, size: Size, a: Gpr, b: Gpr) {
        let code = Self::sized(Map::One, size, 0x38);
        let needs = size == Size::B1 && a.0 >= 4;
        self.reading(if needs { code.bytes(Bytes::Rm) } else { code }, b.0, a.into());
    }

    /// Stores.
    #[inline]
    pub fn store(&mut self, size: Size, dst: Mem, src: Gpr) {
        self.reading(Self::sized(Map::One, size, 0x88), src.0, dst.into());
    }

    /// Stores a constant, sign-extended, cut to the size.
    pub fn store_number(&mut self, size: Size, dst: Mem, number: i32) {
        self.reading(Self::sized(Map::One, size, 0xc6).bytes(Bytes::None), 0, dst.into());
        match size {
            Size::B1 => self.byte(number as u8),
            Size::B2 => self.raw(&(number as i16).to_le_bytes()),
            Size::B4 | Size::B8 | Size::B16 => self.word(number),
        }
    }

    /// Exchanges a register and memory: atomic, and a barrier.
    pub fn xchg(&mut self, size: Size, mem: Mem, reg: Gpr) {
        self.op(Self::sized(Map::One, size, 0x86), reg.0, mem.into());
    }

    /// Exchanges two registers.
    pub fn xchg_regs(&mut self, a: Gpr, b: Gpr) {
        self.op(Code::new(Map::One, 0x87, Width::W64), a.0, b.into());
    }

    fn locked(&mut self, size: Size, opcode: u8, mem: Mem, reg: Gpr) {
        self.byte(0xf0);
        self.op(Self::sized(Map::M0f, size, opcode), reg.0, mem.into());
    }

    /// Adds a register to memory atomically; the register gets the old value.
    pub fn lock_xadd(&mut self, size: Size, mem: Mem, reg: Gpr) {
        self.locked(size, 0xc0, mem, reg);
    }

    /// Stores a register if memory equals `rax`; `rax` gets the old value if not.
    pub fn lock_cmpxchg(&mut self, size: Size, mem: Mem, reg: Gpr) {
        self.writes(Gpr::RAX.0);
        self.locked(size, 0xb0, mem, reg);
    }

    /// The same with two registers: `rdx` and `rax` are compared with 16 bytes, `rcx` and `rbx` are stored.
    pub fn lock_cmpxchg16b(&mut self, mem: Mem) {
        self.writes(Gpr::RAX.0);
        self.writes(Gpr::RDX.0);
        self.byte(0xf0);
        self.reading(Code::new(Map::M0f, 0xc7, Width::W64), 1, mem.into());
    }

    /// A full barrier: changes nothing at a place of the caller's.
    pub fn fence(&mut self, mem: Mem) {
        self.byte(0xf0);
        self.alu_number(Alu::Or, Width::W32, mem, 0);
    }

    /// The address of a place; leaves the flags.
    #[inline]
    pub fn lea(&mut self, width: Width, dst: Gpr, mem: Mem) {
        self.op(Code::new(Map::One, 0x8d, width), dst.0, mem.into());
    }

    /// `dst = dst * src`, low half.
    pub fn imul(&mut self, width: Width, dst: Gpr, src: impl Into<Rm>) {
        self.op(Code::new(Map::M0f, 0xaf, width), dst.0, src.into());
    }

    /// `dst = src * number`.
    pub fn imul_number(&mut self, width: Width, dst: Gpr, src: impl Into<Rm>, number: i32) {
        self.op(Code::new(Map::One, 0x69, width), dst.0, src.into());
        self.word(number);
    }

    /// A shift by a constant.
    pub fn shift(&mut self, op: Shift, width: Width, dst: Gpr, by: u8) {
        self.op(Code::new(Map::One, 0xc1, width), op as u8, dst.into());
        self.byte(by);
    }

    /// A shift by `cl`.
    pub fn shift_cl(&mut self, op: Shift, width: Width, dst: Gpr) {
        self.op(Code::new(Map::One, 0xd3, width), op as u8, dst.into());
    }

    /// `dst` right by a constant, low bits of `high` coming in.
    pub fn shrd(&mut self, width: Width, dst: Gpr, high: Gpr, by: u8) {
        self.op(Code::new(Map::M0f, 0xac, width), high.0, dst.into());
        self.byte(by);
    }

    /// An instruction of one operand.
    pub fn form(&mut self, form: Form, width: Width, rm: impl Into<Rm>) {
        if !matches!(form, Form::Not | Form::Neg) {
            self.writes(Gpr::RAX.0);
            self.writes(Gpr::RDX.0);
        }
        let number = match form {
            Form::Not => 2,
            Form::Neg => 3,
            Form::Mul => 4,
            Form::SignedMul => 5,
            Form::Div => 6,
            Form::SignedDiv => 7,
        };
        self.op(Code::new(Map::One, 0xf7, width), number, rm.into());
    }

    /// The sign of `rax` into all of `rdx`.
    pub fn sign_to_rdx(&mut self, width: Width) {
        self.writes(Gpr::RDX.0);
        if width == Width::W64 {
            self.byte(0x48);
        }
        self.byte(0x99);
    }

    /// Leading zeros; the width for zero.
    pub fn lzcnt(&mut self, width: Width, dst: Gpr, src: impl Into<Rm>) {
        self.op(Code::new(Map::M0f, 0xbd, width).with(Prefix::F3), dst.0, src.into());
    }

    /// Trailing zeros; the width for zero.
    pub fn tzcnt(&mut self, width: Width, dst: Gpr, src: impl Into<Rm>) {
        self.op(Code::new(Map::M0f, 0xbc, width).with(Prefix::F3), dst.0, src.into());
    }

    /// Bits that are one.
    pub fn popcnt(&mut self, width: Width, dst: Gpr, src: impl Into<Rm>) {
        self.op(Code::new(Map::M0f, 0xb8, width).with(Prefix::F3), dst.0, src.into());
    }

    /// The CRC-32C of `dst` and data.
    pub fn crc32c(&mut self, size: Size, dst: Gpr, src: Gpr) {
        let (opcode, width, bytes) = match size {
            Size::B1 => (0xf0, Width::W32, Bytes::Rm),
            Size::B2 | Size::B4 => (0xf1, Width::W32, Bytes::None),
            Size::B8 | Size::B16 => (0xf1, Width::W64, Bytes::None),
        };
        if size == Size::B2 {
            self.byte(0x66);
        }
        let code = Code::new(Map::M0f38, opcode, width).with(Prefix::F2).bytes(bytes);
        self.op(code, dst.0, src.into());
    }

    /// Bytes in the opposite order.
    pub fn bswap(&mut self, width: Width, reg: Gpr) {
        self.writes(reg.0);
        let rex = u8::from(width == Width::W64) << 3 | reg.0 >> 3;
        if rex != 0 {
            self.byte(0x40 | rex);
        }
        self.raw(&[0x0f, 0xc8 | reg.0 & 7]);
    }

    /// One byte: whether a condition holds.
    pub fn setcc(&mut self, cc: Cc, dst: Gpr) {
        self.op(Code::new(Map::M0f, 0x90 | cc as u8, Width::W32).bytes(Bytes::Rm), 0, dst.into());
    }

    /// Copies if a condition holds; 32 bits zero the upper half either way.
    pub fn cmov(&mut self, cc: Cc, width: Width, dst: Gpr, src: impl Into<Rm>) {
        self.op(Code::new(Map::M0f, 0x40 | cc as u8, width), dst.0, src.into());
    }

    /// The carry is bit `number` of a register.
    pub fn bit_test(&mut self, width: Width, reg: Gpr, number: u8) {
        self.op(Code::new(Map::M0f, 0xba, width), 4, reg.into());
        self.byte(number);
    }

    /// Flags but overflow to `ah`.
    pub fn lahf(&mut self) {
        self.writes(Gpr::RAX.0);
        self.byte(0x9f);
    }

    /// Flags but overflow from `ah`.
    pub fn sahf(&mut self) {
        self.byte(0x9e);
    }

    /// `al` plus a number: sets overflow where 127 is added to one.
    pub fn add_al(&mut self, number: u8) {
        self.writes(Gpr::RAX.0);
        self.raw(&[0x04, number]);
    }

    /// Inverts the carry.
    pub fn cmc(&mut self) {
        self.byte(0xf5);
    }

    /// A jump to a label.
    #[inline]
    pub fn jmp(&mut self, to: Label) {
        self.distance(to, 1);
        self.put(0xe9, 5);
    }

    /// A conditional jump to a label.
    #[inline]
    pub fn jcc(&mut self, cc: Cc, to: Label) {
        self.distance(to, 2);
        self.put(Self::jcc_bytes(cc), 6);
    }

    #[inline]
    fn jcc_bytes(cc: Cc) -> u64 {
        0x800f | (cc as u64) << 8
    }

    /// A jump to a place counted from the buffer's start, which may be outside of it.
    #[inline]
    pub fn jmp_to(&mut self, place: i32) {
        let distance = self.distance_to(place, 5);
        self.put(0xe9 | distance << 8, 5);
    }

    /// The same if a condition holds.
    pub fn jcc_to(&mut self, cc: Cc, place: i32) {
        let distance = self.distance_to(place, 6);
        self.put(Self::jcc_bytes(cc) | distance << 16, 6);
    }

    /// A call of a label: the host keeps the address behind it.
    pub fn call(&mut self, to: Label) {
        self.distance(to, 1);
        self.put(0xe8, 5);
    }

    /// A call of a place counted from the buffer's start, which may be outside of it.
    pub fn call_to(&mut self, place: i32) {
        let distance = self.distance_to(place, 5);
        self.put(0xe8 | distance << 8, 5);
    }

    /// A call of where a register or place says.
    pub fn call_rm(&mut self, rm: impl Into<Rm>) {
        self.reading(Code::new(Map::One, 0xff, Width::W32), 2, rm.into());
    }

    /// Back to where the call came from that left its address last.
    pub fn ret(&mut self) {
        self.byte(0xc3);
    }

    /// Puts a register on the host's stack.
    pub fn push(&mut self, reg: Gpr) {
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x50 | reg.0 & 7);
    }

    /// Puts a constant there, sign-extended.
    pub fn push_number(&mut self, number: i32) {
        self.byte(0x68);
        self.word(number);
    }

    /// Takes a register from the host's stack.
    pub fn pop(&mut self, reg: Gpr) {
        self.writes(reg.0);
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x58 | reg.0 & 7);
    }

    /// A jump to where a register or place says.
    pub fn jmp_rm(&mut self, rm: impl Into<Rm>) {
        self.reading(Code::new(Map::One, 0xff, Width::W32), 4, rm.into());
    }

    /// Takes one from a counter at a place counted from the buffer's start; sets the flags. It has eight bytes, so that it
    /// can be replaced by one store even while a thread stands behind it.
    pub fn count_down(&mut self, place: i32) {
        self.raw(&[0x83, 0x2d]);
        let after = self.here() as i32 + 5;
        self.word(place.wrapping_sub(after));
        self.byte(1);
    }

    /// So many bytes of instructions that do nothing.
    pub fn nops(&mut self, mut count: u32) {
        while count >= 8 {
            self.nop8();
            count -= 8;
        }
        match count {
            0 => {}
            1 => self.raw(&[0x90]),
            2 => self.raw(&[0x66, 0x90]),
            3 => self.raw(&[0x0f, 0x1f, 0]),
            4 => self.raw(&[0x0f, 0x1f, 0x40, 0]),
            5 => self.raw(&[0x0f, 0x1f, 0x44, 0, 0]),
            6 => self.raw(&[0x66, 0x0f, 0x1f, 0x44, 0, 0]),
            _ => self.raw(&[0x0f, 0x1f, 0x80, 0, 0, 0, 0]),
        }
    }

    /// An instruction that does nothing, of eight bytes.
    pub fn nop8(&mut self) {
        self.raw(&[0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0]);
    }

    /// The CPU's counter of time in `rdx` and `rax`.
    pub fn rdtsc(&mut self) {
        self.writes(Gpr::RAX.0);
        self.writes(Gpr::RDX.0);
        self.raw(&[0x0f, 0x31]);
    }

    /// A breakpoint.
    pub fn int3(&mut self) {
        self.byte(0xcc);
    }
}
