//! What start-up code is made of: the instructions that build addresses, touch memory, move system registers and branch.
//!
//! [`decode`] knows enough to follow such code with constants; everything else is [`Op::Other`], of which only the register
//! it writes is known. Encodings are those of the Arm Architecture Reference Manual, chapter C4.

use ashore_base::Addr;

/// A general register's number; 31 is the stack pointer where an instruction can use it, else [`ZERO`].
pub type Reg = u8;

/// The number given to the zero register, so that it is no other.
pub const ZERO: Reg = 32;
/// The stack pointer.
pub const SP: Reg = 31;
/// The link register.
pub const LR: Reg = 30;

/// A system register by its encoding: op0, op1, CRn, CRm, op2, as `mrs` and `msr` hold them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SysReg(pub u16);

impl SysReg {
    /// The register of these five numbers.
    pub const fn new(op0: u16, op1: u16, crn: u16, crm: u16, op2: u16) -> SysReg {
        SysReg((op0 & 1) << 14 | op1 << 11 | crn << 7 | crm << 3 | op2)
    }

    /// `CurrentEL`.
    pub const CURRENT_EL: SysReg = SysReg::new(3, 0, 4, 2, 2);
    /// `CPACR_EL1`.
    pub const CPACR_EL1: SysReg = SysReg::new(3, 0, 1, 0, 2);
    /// `SCTLR_EL1`.
    pub const SCTLR_EL1: SysReg = SysReg::new(3, 0, 1, 0, 0);
    /// `VBAR_EL1`.
    pub const VBAR_EL1: SysReg = SysReg::new(3, 0, 12, 0, 0);
    /// `CNTKCTL_EL1`.
    pub const CNTKCTL_EL1: SysReg = SysReg::new(3, 0, 14, 1, 0);
    /// `TPIDR_EL0`.
    pub const TPIDR_EL0: SysReg = SysReg::new(3, 3, 13, 0, 2);
    /// `TPIDRRO_EL0`.
    pub const TPIDRRO_EL0: SysReg = SysReg::new(3, 3, 13, 0, 3);
    /// `FPCR`.
    pub const FPCR: SysReg = SysReg::new(3, 3, 4, 4, 0);
    /// `FPSR`.
    pub const FPSR: SysReg = SysReg::new(3, 3, 4, 4, 1);

    const fn op1(self) -> u16 {
        self.0 >> 11 & 7
    }

    const fn crn(self) -> u16 {
        self.0 >> 7 & 15
    }

    /// The exception level it belongs to.
    pub const fn level(self) -> u8 {
        match self.op1() {
            3 => 0,
            4 => 2,
            6 => 3,
            _ => 1,
        }
    }

    /// Whether it only tells what the CPU is.
    pub const fn is_identity(self) -> bool {
        self.crn() == 0
    }

    /// Whether it is part of the processor state, the same at every level: `CurrentEL`, `SPSel`, `PAN`.
    pub const fn is_state(self) -> bool {
        self.crn() == 4 && self.0 >> 3 & 15 == 2
    }

    /// The name, of those start-up code uses.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|row| row.0 == self).map(|row| row.1)
    }
}

/// Names of system registers.
const NAMES: &[(SysReg, &str)] = &[
    (SysReg::CURRENT_EL, "CurrentEL"),
    (SysReg::CPACR_EL1, "CPACR_EL1"),
    (SysReg::SCTLR_EL1, "SCTLR_EL1"),
    (SysReg::VBAR_EL1, "VBAR_EL1"),
    (SysReg::CNTKCTL_EL1, "CNTKCTL_EL1"),
    (SysReg::TPIDR_EL0, "TPIDR_EL0"),
    (SysReg::TPIDRRO_EL0, "TPIDRRO_EL0"),
    (SysReg::FPCR, "FPCR"),
    (SysReg::FPSR, "FPSR"),
    (SysReg::new(2, 0, 0, 2, 2), "MDSCR_EL1"),
    (SysReg::new(3, 0, 2, 0, 0), "TTBR0_EL1"),
    (SysReg::new(3, 0, 2, 0, 1), "TTBR1_EL1"),
    (SysReg::new(3, 0, 2, 0, 2), "TCR_EL1"),
    (SysReg::new(3, 0, 4, 0, 0), "SPSR_EL1"),
    (SysReg::new(3, 0, 4, 0, 1), "ELR_EL1"),
    (SysReg::new(3, 0, 4, 1, 0), "SP_EL0"),
    (SysReg::new(3, 0, 5, 2, 0), "ESR_EL1"),
    (SysReg::new(3, 0, 6, 0, 0), "FAR_EL1"),
    (SysReg::new(3, 0, 10, 2, 0), "MAIR_EL1"),
    (SysReg::new(3, 0, 13, 0, 4), "TPIDR_EL1"),
];

/// A way to call what is above: the kernel, the hypervisor, the secure monitor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Upcall {
    /// `svc`.
    Kernel,
    /// `hvc`.
    Hypervisor,
    /// `smc`.
    Monitor,
}

/// A load or store whose address is a register and a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// The register that holds the base.
    pub base: Reg,
    /// What is added to it before the access.
    pub offset: i64,
    /// What is added to the base register itself, if it changes.
    pub step: Option<i64>,
    /// How many bytes each of the one or two values has.
    pub size: u8,
    /// Whether it writes memory.
    pub is_store: bool,
    /// The registers it loads; a vector register is none.
    pub loads: [Option<Reg>; 2],
}

/// What an instruction does, as far as start-up code matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// `movz`, `movn`: the register becomes the value.
    Set(Reg, u64),
    /// `movk`: these 16 bits of the register change.
    Keep(Reg, u16, u8),
    /// `mov` between registers.
    Copy(Reg, Reg),
    /// `adr`, `adrp`: the register becomes the address.
    Address(Reg, Addr),
    /// `add`, `sub` of a constant.
    Add(Reg, Reg, i64),
    /// `ldr` of a literal of 8 or 4 bytes.
    Literal(Reg, Addr, u8),
    /// A load or store of general registers.
    Memory(Access),
    /// A load or store of vector registers, at a known base.
    VectorMemory(Access),
    /// `mrs`.
    Read(Reg, SysReg),
    /// `msr`.
    Write(SysReg, Reg),
    /// `b`.
    Jump(Addr),
    /// `bl`.
    Call(Addr),
    /// `b.cond`, `cbz`, `cbnz`, `tbz`, `tbnz`.
    Branch(Addr),
    /// `br`.
    JumpTo(Reg),
    /// `blr`.
    CallTo(Reg),
    /// `ret`, whatever the register.
    Return,
    /// `svc`, `hvc`, `smc`.
    Up(Upcall),
    /// Control does not go on here: `eret`, `brk`, `udf`.
    Stop,
    /// A floating-point or vector instruction.
    Vector,
    /// Anything else; the register it may write.
    Other(Option<Reg>),
}

/// Sign-extends the low `bits` of `value`.
const fn signed(value: u32, bits: u32) -> i64 {
    ((value as i64) << (64 - bits)) >> (64 - bits)
}

/// The register number in the five bits from `shift` on.
const fn field(word: u32, shift: u32) -> Reg {
    (word >> shift & 31) as Reg
}

/// A register field in which 31 means zero.
const fn or_zero(reg: Reg) -> Reg {
    if reg == 31 { ZERO } else { reg }
}

/// What the instruction `word` at `at` does.
pub fn decode(word: u32, at: Addr) -> Op {
    match word >> 25 & 15 {
        0b1000 | 0b1001 => immediate(word, at),
        0b1010 | 0b1011 => control(word, at),
        0b0101 | 0b1101 => {
            let (rd, rn, rm) = (field(word, 0), field(word, 5), field(word, 16));
            // orr rd, zr, rm without a shift: what `mov` is.
            if word & 0xffe0_fc00 == 0xaa00_0000 && rn == 31 {
                return Op::Copy(or_zero(rd), or_zero(rm));
            }
            Op::Other(Some(or_zero(rd)))
        }
        0b0111 | 0b1111 => Op::Vector,
        class if class & 0b0101 == 0b0100 => memory(word, at),
        0b0000 if word >> 16 == 0 => Op::Stop,
        0b0010 => Op::Vector,
        _ => Op::Other(None),
    }
}

fn immediate(word: u32, at: Addr) -> Op {
    let (rd, rn) = (field(word, 0), field(word, 5));
    match word >> 23 & 7 {
        0b000 | 0b001 => {
            let delta = signed((word >> 5 & 0x7_ffff) << 2 | (word >> 29 & 3), 21);
            let (base, delta) = if word >> 31 == 1 { (at.align_down(4096), delta << 12) } else { (at, delta) };
            Op::Address(or_zero(rd), Addr(base.0.wrapping_add_signed(delta)))
        }
        0b010 => {
            let amount = i64::from(word >> 10 & 0xfff) << if word >> 22 & 1 == 1 { 12 } else { 0 };
            let sets_flags = word >> 29 & 1 == 1;
            let rd = if sets_flags { or_zero(rd) } else { rd };
            // A 32-bit addition makes no address here.
            match (word >> 31, word >> 30 & 1) {
                (0, _) => Op::Other(Some(rd)),
                (_, 0) => Op::Add(rd, rn, amount),
                _ => Op::Add(rd, rn, -amount),
            }
        }
        0b101 => {
            let (shift, bits) = ((word >> 21 & 3) * 16, (word >> 5 & 0xffff) as u16);
            let value = u64::from(bits) << shift;
            let all = if word >> 31 == 1 { u64::MAX } else { u32::MAX.into() };
            match word >> 29 & 3 {
                0b00 => Op::Set(or_zero(rd), !value & all),
                0b10 => Op::Set(or_zero(rd), value & all),
                0b11 => Op::Keep(or_zero(rd), bits, shift as u8),
                _ => Op::Stop,
            }
        }
        // Logical immediates may write the stack pointer.
        _ => Op::Other(Some(rd)),
    }
}

fn control(word: u32, at: Addr) -> Op {
    let to = |value: u32, bits: u32| Addr(at.0.wrapping_add_signed(signed(value, bits) << 2));
    match word >> 26 {
        0b00_0101 => return Op::Jump(to(word & 0x3ff_ffff, 26)),
        0b10_0101 => return Op::Call(to(word & 0x3ff_ffff, 26)),
        _ => {}
    }
    let near = || to(word >> 5 & 0x7_ffff, 19);
    match word >> 24 {
        0x54 | 0x34 | 0x35 | 0xb4 | 0xb5 => Op::Branch(near()),
        0x36 | 0x37 | 0xb6 | 0xb7 => Op::Branch(to(word >> 5 & 0x3fff, 14)),
        0xd4 => match word & 0xffe0_001f {
            0xd400_0001 => Op::Up(Upcall::Kernel),
            0xd400_0002 => Op::Up(Upcall::Hypervisor),
            0xd400_0003 => Op::Up(Upcall::Monitor),
            0xd420_0000 => Op::Stop,
            _ => Op::Other(None),
        },
        0xd5 => {
            let reg = SysReg((word >> 5 & 0x7fff) as u16);
            match word >> 20 & 15 {
                3 => Op::Read(or_zero(field(word, 0)), reg),
                1 => Op::Write(reg, or_zero(field(word, 0))),
                _ => Op::Other(None),
            }
        }
        0xd6 | 0xd7 => match word >> 21 & 0xf {
            0 => Op::JumpTo(field(word, 5)),
            1 => Op::CallTo(field(word, 5)),
            2 => Op::Return,
            _ => Op::Stop,
        },
        _ => Op::Other(None),
    }
}

fn memory(word: u32, at: Addr) -> Op {
    let is_vector = word >> 26 & 1 == 1;
    let rt = or_zero(field(word, 0));
    let wrap = |access: Access| if is_vector { Op::VectorMemory(access) } else { Op::Memory(access) };
    let unknown = || if is_vector { Op::Vector } else { Op::Other(Some(rt)) };
    match word >> 27 & 7 {
        // Literals.
        0b011 if word >> 24 & 3 == 0 => {
            let from = Addr(at.0.wrapping_add_signed(signed(word >> 5 & 0x7_ffff, 19) << 2));
            match (is_vector, word >> 30) {
                (true, _) => Op::Vector,
                (false, 0) => Op::Literal(rt, from, 4),
                (false, 1) => Op::Literal(rt, from, 8),
                (false, 2) => Op::Other(Some(rt)),
                _ => Op::Other(None),
            }
        }
        0b101 => wrap(pair(word, is_vector)),
        0b111 => single(word, is_vector).map_or_else(unknown, wrap),
        _ => unknown(),
    }
}

/// Load or store of a pair.
fn pair(word: u32, is_vector: bool) -> Access {
    let size = match (is_vector, word >> 30) {
        (true, scale) => 4u8 << scale.min(2),
        (false, 2) => 8,
        (false, _) => 4,
    };
    let delta = signed(word >> 15 & 0x7f, 7) * i64::from(size);
    let (offset, step) = match word >> 23 & 3 {
        1 => (0, Some(delta)),
        3 => (delta, Some(delta)),
        _ => (delta, None),
    };
    let is_store = word >> 22 & 1 == 0;
    let first = (!is_store && !is_vector).then(|| or_zero(field(word, 0)));
    let second = (!is_store && !is_vector).then(|| or_zero(field(word, 10)));
    Access { base: field(word, 5), offset, step, size, is_store, loads: [first, second] }
}

/// Load or store of one register at a constant offset.
fn single(word: u32, is_vector: bool) -> Option<Access> {
    let opc = word >> 22 & 3;
    let scale = match (is_vector, word >> 30, opc >> 1) {
        (true, 0, 1) => 4,
        (_, scale, _) => scale,
    };
    let size = 1u8 << scale;
    let is_store = if is_vector { opc & 1 == 0 } else { opc == 0 };
    // A prefetch touches nothing that matters.
    if !is_vector && word >> 30 == 3 && opc == 2 {
        return None;
    }
    let (offset, step) = if word >> 24 & 1 == 1 {
        (i64::from(word >> 10 & 0xfff) << scale, None)
    } else {
        if word >> 21 & 1 == 1 {
            return None;
        }
        let delta = signed(word >> 12 & 0x1ff, 9);
        match word >> 10 & 3 {
            1 => (0, Some(delta)),
            3 => (delta, Some(delta)),
            _ => (delta, None),
        }
    };
    let load = (!is_store && !is_vector).then(|| or_zero(field(word, 0)));
    Some(Access { base: field(word, 5), offset, step, size, is_store, loads: [load, None] })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Addr = Addr(0x4020_0000);

    /// Words by GNU as, and what they do.
    #[test]
    fn start_up_instructions_are_decoded() {
        let access = Access { base: 1, offset: 0, step: Some(8), size: 8, is_store: true, loads: [None, None] };
        let rows = [
            (0xd2a8_0000, Op::Set(0, 0x4000_0000)),              // mov x0, #0x40000000
            (0x9280_0000, Op::Set(0, u64::MAX)),                 // mov x0, #-1
            (0xf2a9_0001, Op::Keep(1, 0x4800, 16)),              // movk x1, #0x4800, lsl #16
            (0xaa01_03e0, Op::Copy(0, 1)),                       // mov x0, x1
            (0x9100_001f, Op::Add(SP, 0, 0)),                    // mov sp, x0
            (0xd100_43ff, Op::Add(SP, SP, -16)),                 // sub sp, sp, #16
            (0x9000_0000, Op::Address(0, AT)),                   // adrp x0, .
            (0xb000_0000, Op::Address(0, Addr(0x4020_1000))),    // adrp x0, .+4096
            (0x1000_0040, Op::Address(0, Addr(0x4020_0008))),    // adr x0, .+8
            (0x5800_0041, Op::Literal(1, Addr(0x4020_0008), 8)), // ldr x1, .+8
            (0xd518_c000, Op::Write(SysReg::VBAR_EL1, 0)),       // msr vbar_el1, x0
            (0xd538_4241, Op::Read(1, SysReg::CURRENT_EL)),      // mrs x1, CurrentEL
            (0xd518_1040, Op::Write(SysReg::CPACR_EL1, 0)),      // msr cpacr_el1, x0
            (0xd53b_d040, Op::Read(0, SysReg::TPIDR_EL0)),       // mrs x0, tpidr_el0
            (0xd53b_d060, Op::Read(0, SysReg::TPIDRRO_EL0)),     // mrs x0, tpidrro_el0
            (0x1400_0002, Op::Jump(AT.plus(8))),                 // b .+8
            (0x97ff_ffff, Op::Call(AT.minus(4))),                // bl .-4
            (0x5400_0040, Op::Branch(AT.plus(8))),               // b.eq .+8
            (0xb500_0040, Op::Branch(AT.plus(8))),               // cbnz x0, .+8
            (0x3607_fffe, Op::Branch(AT.minus(4))),              // tbz w30, #0, .-4
            (0xd65f_03c0, Op::Return),                           // ret
            (0xd61f_0000, Op::JumpTo(0)),                        // br x0
            (0xd69f_03e0, Op::Stop),                             // eret
            (0xd400_0001, Op::Up(Upcall::Kernel)),               // svc #0
            (0xd400_0002, Op::Up(Upcall::Hypervisor)),           // hvc #0
            (0xd400_0003, Op::Up(Upcall::Monitor)),              // smc #0
            (0xd45e_0000, Op::Other(None)),                      // hlt #0xf000
            (0xf800_843f, Op::Memory(access)),                   // str xzr, [x1], #8
            (0x1e62_2820, Op::Vector),                           // fadd d0, d1, d2
            (0xd503_207f, Op::Other(None)),                      // wfi
        ];
        for (word, op) in rows {
            assert_eq!(decode(word, AT), op, "{word:#010x}");
        }
    }

    #[test]
    fn loads_and_stores_have_sizes_and_offsets() {
        let load = |base, offset, size, reg| Access {
            base,
            offset,
            step: None,
            size,
            is_store: false,
            loads: [Some(reg), None],
        };
        assert_eq!(decode(0xf940_0441, AT), Op::Memory(load(2, 8, 8, 1))); // ldr x1, [x2, #8]
        assert_eq!(decode(0x3940_0441, AT), Op::Memory(load(2, 1, 1, 1))); // ldrb w1, [x2, #1]
        assert_eq!(decode(0xf85f_f041, AT), Op::Memory(load(2, -1, 8, 1))); // ldur x1, [x2, #-1]
        assert_eq!(decode(0xf862_6820, AT), Op::Other(Some(0))); // ldr x0, [x1, x2]
        let Op::Memory(saved) = decode(0xa9bf_7bfd, AT) else { panic!("stp x29, x30, [sp, #-16]!") };
        assert_eq!((saved.base, saved.offset, saved.step, saved.is_store), (SP, -16, Some(-16), true));
        let Op::VectorMemory(vector) = decode(0x3dc0_0420, AT) else { panic!("ldr q0, [x1, #16]") };
        assert_eq!((vector.base, vector.offset, vector.size, vector.is_store), (1, 16, 16, false));
    }

    #[test]
    fn registers_know_their_level() {
        assert_eq!((SysReg::VBAR_EL1.level(), SysReg::TPIDR_EL0.level()), (1, 0));
        assert_eq!(SysReg::new(3, 4, 12, 0, 0).level(), 2);
        assert!(SysReg::CURRENT_EL.is_state() && SysReg::new(3, 0, 0, 0, 5).is_identity());
        assert_eq!(SysReg::VBAR_EL1.name(), Some("VBAR_EL1"));
    }
}
