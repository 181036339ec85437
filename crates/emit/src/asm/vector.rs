//! Instructions with a vector prefix: 128 bits, three operands.

use super::{Asm, Bytes8, Map, Prefix};
use crate::reg::{Gpr, Rm, Xmm};
use ashore_ir::Width;

/// A vector instruction without its operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VOp {
    prefix: Prefix,
    map: Map,
    opcode: u8,
    wide: Width,
}

const fn v(prefix: Prefix, map: Map, opcode: u8) -> VOp {
    VOp { prefix, map, opcode, wide: Width::W32 }
}

const fn w(op: VOp) -> VOp {
    VOp { wide: Width::W64, ..op }
}

/// The vector instructions, under their own names in lower case without what all share.
#[allow(missing_docs)]
pub mod ops {
    use super::{Map, Prefix, VOp, v, w};
    macro_rules! rows {
        ($($name:ident = $prefix:ident $map:ident $opcode:literal;)*) => {
            $(pub const $name: VOp = v(Prefix::$prefix, Map::$map, $opcode);)*
            /// Every row, for tests.
            pub const ALL: &[(&str, VOp)] = &[$((stringify!($name), $name)),*];
        };
    }
    rows! {
        MOVUPS = None M0f 0x10;
        MOVUPS_STORE = None M0f 0x11;
        MOVAPS = None M0f 0x28;
        MOVSS = F3 M0f 0x10;
        MOVSS_STORE = F3 M0f 0x11;
        MOVSD = F2 M0f 0x10;
        MOVSD_STORE = F2 M0f 0x11;
        MOVD = P66 M0f 0x6e;
        MOVD_STORE = P66 M0f 0x7e;
        MOVQ = F3 M0f 0x7e;
        INSERTPS = P66 M0f3a 0x21;
        PEXTRB = P66 M0f3a 0x14;
        PEXTRW = P66 M0f3a 0x15;
        PEXTRD = P66 M0f3a 0x16;
        PINSRB = P66 M0f3a 0x20;
        PINSRW = P66 M0f 0xc4;
        PINSRD = P66 M0f3a 0x22;
        PADDB = P66 M0f 0xfc;
        PADDW = P66 M0f 0xfd;
        PADDD = P66 M0f 0xfe;
        PADDQ = P66 M0f 0xd4;
        PSUBB = P66 M0f 0xf8;
        PSUBW = P66 M0f 0xf9;
        PSUBD = P66 M0f 0xfa;
        PSUBQ = P66 M0f 0xfb;
        PMULLW = P66 M0f 0xd5;
        PMULHW = P66 M0f 0xe5;
        PMULHRSW = P66 M0f38 0x0b;
        PMULLD = P66 M0f38 0x40;
        PMULDQ = P66 M0f38 0x28;
        PMULUDQ = P66 M0f 0xf4;
        PAND = P66 M0f 0xdb;
        PANDN = P66 M0f 0xdf;
        POR = P66 M0f 0xeb;
        PXOR = P66 M0f 0xef;
        PMINSB = P66 M0f38 0x38;
        PMINSW = P66 M0f 0xea;
        PMINSD = P66 M0f38 0x39;
        PMAXSB = P66 M0f38 0x3c;
        PMAXSW = P66 M0f 0xee;
        PMAXSD = P66 M0f38 0x3d;
        PMINUB = P66 M0f 0xda;
        PMINUW = P66 M0f38 0x3a;
        PMINUD = P66 M0f38 0x3b;
        PMAXUB = P66 M0f 0xde;
        PMAXUW = P66 M0f38 0x3e;
        PMAXUD = P66 M0f38 0x3f;
        PAVGB = P66 M0f 0xe0;
        PAVGW = P66 M0f 0xe3;
        PADDSB = P66 M0f 0xec;
        PADDSW = P66 M0f 0xed;
        PADDUSB = P66 M0f 0xdc;
        PADDUSW = P66 M0f 0xdd;
        PSUBSB = P66 M0f 0xe8;
        PSUBSW = P66 M0f 0xe9;
        PSUBUSB = P66 M0f 0xd8;
        PSUBUSW = P66 M0f 0xd9;
        PCMPEQB = P66 M0f 0x74;
        PCMPEQW = P66 M0f 0x75;
        PCMPEQD = P66 M0f 0x76;
        PCMPEQQ = P66 M0f38 0x29;
        PCMPGTB = P66 M0f 0x64;
        PCMPGTW = P66 M0f 0x65;
        PCMPGTD = P66 M0f 0x66;
        PCMPGTQ = P66 M0f38 0x37;
        PABSB = P66 M0f38 0x1c;
        PABSW = P66 M0f38 0x1d;
        PABSD = P66 M0f38 0x1e;
        PHADDW = P66 M0f38 0x01;
        PHADDD = P66 M0f38 0x02;
        PMADDUBSW = P66 M0f38 0x04;
        PMADDWD = P66 M0f 0xf5;
        PSADBW = P66 M0f 0xf6;
        PSHUFB = P66 M0f38 0x00;
        PSHUFD = P66 M0f 0x70;
        PSHUFLW = F2 M0f 0x70;
        PSHUFHW = F3 M0f 0x70;
        SHUFPS = None M0f 0xc6;
        PALIGNR = P66 M0f3a 0x0f;
        PUNPCKLBW = P66 M0f 0x60;
        PUNPCKLWD = P66 M0f 0x61;
        PUNPCKLDQ = P66 M0f 0x62;
        PUNPCKLQDQ = P66 M0f 0x6c;
        PUNPCKHBW = P66 M0f 0x68;
        PUNPCKHWD = P66 M0f 0x69;
        PUNPCKHDQ = P66 M0f 0x6a;
        PUNPCKHQDQ = P66 M0f 0x6d;
        PACKUSWB = P66 M0f 0x67;
        PACKUSDW = P66 M0f38 0x2b;
        PACKSSWB = P66 M0f 0x63;
        PACKSSDW = P66 M0f 0x6b;
        PMOVZXBW = P66 M0f38 0x30;
        PMOVZXWD = P66 M0f38 0x33;
        PMOVZXDQ = P66 M0f38 0x35;
        PMOVSXBW = P66 M0f38 0x20;
        PMOVSXWD = P66 M0f38 0x23;
        PMOVSXDQ = P66 M0f38 0x25;
        PBROADCASTB = P66 M0f38 0x78;
        PBROADCASTW = P66 M0f38 0x79;
        PBROADCASTD = P66 M0f38 0x58;
        PBROADCASTQ = P66 M0f38 0x59;
        PBLENDW = P66 M0f3a 0x0e;
        PBLENDVB = P66 M0f3a 0x4c;
        BLENDVPS = P66 M0f3a 0x4a;
        BLENDVPD = P66 M0f3a 0x4b;
        PSHIFTW_NUMBER = P66 M0f 0x71;
        PSHIFTD_NUMBER = P66 M0f 0x72;
        PSHIFTQ_NUMBER = P66 M0f 0x73;
        PSLLVD = P66 M0f38 0x47;
        PSRLVD = P66 M0f38 0x45;
        PSRAVD = P66 M0f38 0x46;
        PTEST = P66 M0f38 0x17;
        PMOVMSKB = P66 M0f 0xd7;
        MOVMSKPS = None M0f 0x50;
        MOVMSKPD = P66 M0f 0x50;
        ADDSS = F3 M0f 0x58;
        ADDSD = F2 M0f 0x58;
        ADDPS = None M0f 0x58;
        ADDPD = P66 M0f 0x58;
        SUBSS = F3 M0f 0x5c;
        SUBSD = F2 M0f 0x5c;
        SUBPS = None M0f 0x5c;
        SUBPD = P66 M0f 0x5c;
        MULSS = F3 M0f 0x59;
        MULSD = F2 M0f 0x59;
        MULPS = None M0f 0x59;
        MULPD = P66 M0f 0x59;
        DIVSS = F3 M0f 0x5e;
        DIVSD = F2 M0f 0x5e;
        DIVPS = None M0f 0x5e;
        DIVPD = P66 M0f 0x5e;
        MAXSS = F3 M0f 0x5f;
        MAXSD = F2 M0f 0x5f;
        MAXPS = None M0f 0x5f;
        MAXPD = P66 M0f 0x5f;
        MINSS = F3 M0f 0x5d;
        MINSD = F2 M0f 0x5d;
        MINPS = None M0f 0x5d;
        MINPD = P66 M0f 0x5d;
        RCPPS = None M0f 0x53;
        RSQRTPS = None M0f 0x52;
        SQRTSS = F3 M0f 0x51;
        SQRTSD = F2 M0f 0x51;
        SQRTPS = None M0f 0x51;
        SQRTPD = P66 M0f 0x51;
        ANDPS = None M0f 0x54;
        ORPS = None M0f 0x56;
        XORPS = None M0f 0x57;
        UCOMISS = None M0f 0x2e;
        UCOMISD = P66 M0f 0x2e;
        COMISS = None M0f 0x2f;
        COMISD = P66 M0f 0x2f;
        CMPSS = F3 M0f 0xc2;
        CMPSD = F2 M0f 0xc2;
        CMPPS = None M0f 0xc2;
        CMPPD = P66 M0f 0xc2;
        CVTSS2SD = F3 M0f 0x5a;
        CVTSD2SS = F2 M0f 0x5a;
        CVTPS2PD = None M0f 0x5a;
        CVTPD2PS = P66 M0f 0x5a;
        CVTPH2PS = P66 M0f38 0x13;
        CVTPS2PH = P66 M0f3a 0x1d;
        CVTSI2SS = F3 M0f 0x2a;
        CVTSI2SD = F2 M0f 0x2a;
        CVTTSS2SI = F3 M0f 0x2c;
        CVTTSD2SI = F2 M0f 0x2c;
        CVTDQ2PS = None M0f 0x5b;
        CVTTPS2DQ = F3 M0f 0x5b;
        CVTDQ2PD = F3 M0f 0xe6;
        ROUNDSS = P66 M0f3a 0x0a;
        ROUNDSD = P66 M0f3a 0x0b;
        ROUNDPS = P66 M0f3a 0x08;
        ROUNDPD = P66 M0f3a 0x09;
        FMADD231S = P66 M0f38 0xb9;
        FMADD231P = P66 M0f38 0xb8;
        FNMADD231S = P66 M0f38 0xbd;
        FNMADD231P = P66 M0f38 0xbc;
        AESENC = P66 M0f38 0xdc;
        AESENCLAST = P66 M0f38 0xdd;
        AESDECLAST = P66 M0f38 0xdf;
        AESIMC = P66 M0f38 0xdb;
        PCLMULQDQ = P66 M0f3a 0x44;
        ANDN = None M0f38 0xf2;
        SHLX = P66 M0f38 0xf7;
        MULX = F2 M0f38 0xf6;
        SARX = F3 M0f38 0xf7;
        SHRX = F2 M0f38 0xf7;
        RORX = F2 M0f3a 0xf0;
        LDMXCSR = None M0f 0xae;
    }
    pub const MOVQ_FROM: VOp = w(MOVD);
    pub const MOVQ_TO: VOp = w(MOVD_STORE);
    pub const PEXTRQ: VOp = w(PEXTRD);
    pub const PINSRQ: VOp = w(PINSRD);
    pub const CVTSI642SS: VOp = w(CVTSI2SS);
    pub const CVTSI642SD: VOp = w(CVTSI2SD);
    pub const CVTTSS2SI64: VOp = w(CVTTSS2SI);
    pub const CVTTSD2SI64: VOp = w(CVTTSD2SI);
    pub const FMADD231SD: VOp = w(FMADD231S);
    pub const FMADD231PD: VOp = w(FMADD231P);
    pub const FNMADD231SD: VOp = w(FNMADD231S);
    pub const FNMADD231PD: VOp = w(FNMADD231P);
    pub const PSLLVQ: VOp = w(PSLLVD);
    pub const PSRLVQ: VOp = w(PSRLVD);
}

impl VOp {
    /// The same with 64-bit general registers.
    pub const fn wide(self, width: Width) -> VOp {
        VOp { wide: width, ..self }
    }
}

impl Asm {
    /// Three operands by number: `reg`, the second source, and a register or memory.
    pub(crate) fn vex(&mut self, op: VOp, reg: u8, second: u8, rm: Rm) {
        self.writes_vector(reg);
        self.writes_vector(second);
        if let Rm::Reg(number) = rm {
            self.writes_vector(number);
        }
        self.vex_of(op, reg, second, rm);
    }

    /// The same, where no other vector register than `reg` is written.
    fn vex_of(&mut self, op: VOp, reg: u8, second: u8, rm: Rm) {
        self.writes_vector(reg);
        // Which of them are general registers, and which is written, is not worth knowing.
        self.writes(reg);
        self.writes(second);
        if let Rm::Reg(number) = rm {
            self.writes(number);
        }
        self.encode(op, reg, second, rm);
    }

    fn encode(&mut self, op: VOp, reg: u8, second: u8, rm: Rm) {
        let (index, base) = match rm {
            Rm::Reg(number) => (0, number),
            Rm::Mem(mem) => (mem.index.map_or(0, |(index, _)| index.0), mem.base.0),
        };
        let high = |number: u8| (number >> 3 ^ 1) & 1;
        let tail = (!second & 15) << 3 | op.prefix as u8;
        let wide = u8::from(op.wide == Width::W64);
        let mut bytes = Bytes8::default();
        if op.map == Map::M0f && wide == 0 && index < 8 && base < 8 {
            bytes.put(u32::from_le_bytes([0xc5, high(reg) << 7 | tail, op.opcode, 0]), 3);
        } else {
            let first = high(reg) << 7 | high(index) << 6 | high(base) << 5 | op.map as u8;
            bytes.put(u32::from_le_bytes([0xc4, first, wide << 7 | tail, op.opcode]), 4);
        }
        self.operands(bytes, reg, rm);
    }

    /// `dst = a op b`.
    pub fn v3(&mut self, op: VOp, dst: Xmm, a: Xmm, b: impl Into<Rm>) {
        self.vex_of(op, dst.0, a.0, b.into());
    }

    /// `dst = op a`.
    pub fn v2(&mut self, op: VOp, dst: Xmm, a: impl Into<Rm>) {
        self.vex_of(op, dst.0, 0, a.into());
    }

    /// `dst = a op b` with a constant.
    pub fn v3_number(&mut self, op: VOp, dst: Xmm, operands: (Xmm, Rm), number: u8) {
        self.vex_of(op, dst.0, operands.0.0, operands.1);
        self.byte(number);
    }

    /// `dst = op a` with a constant.
    pub fn v2_number(&mut self, op: VOp, dst: Xmm, a: impl Into<Rm>, number: u8) {
        self.vex_of(op, dst.0, 0, a.into());
        self.byte(number);
    }

    /// A shift of lanes by a constant: `digit` is 2 for right, 4 for right with signs, 6 for left; 3 and 7 shift bytes.
    pub fn v_shift(&mut self, op: VOp, digit: u8, operands: (Xmm, Xmm), number: u8) {
        self.vex(op, digit, operands.0.0, operands.1.into());
        self.byte(number);
    }

    /// `dst = a op b` of general registers.
    pub fn g3(&mut self, op: VOp, dst: Gpr, second: Gpr, rm: impl Into<Rm>) {
        self.vex(op, dst.0, second.0, rm.into());
    }

    /// `dst = src` rotated right by a constant; leaves the flags.
    pub fn rorx(&mut self, width: Width, dst: Gpr, src: Gpr, by: u8) {
        self.writes(dst.0);
        self.encode(ops::RORX.wide(width), dst.0, 0, src.into());
        self.byte(by);
    }
}
