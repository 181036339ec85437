//! The program both run: for each case it loads a state, executes the case's instructions, and writes the whole state.
//!
//! It is a static file of one segment, written here word by word. x28 holds the address of the memory the cases use and is
//! never a destination; x27 and x30 are used between cases.

/// Where the segment is mapped.
pub(crate) const BASE: u64 = 0x40_0000;
/// The bytes of the headers.
pub(crate) const HEADERS: usize = 64 + 56;
/// The memory around x28 that cases use: this many bytes before it.
pub(crate) const BEFORE: usize = 512;
/// And this many from it on.
pub(crate) const FROM: usize = 1536;
/// Mapped memory beside that, which accesses may touch and nobody looks at: distances reach further than the memory.
const GAP: usize = 4096;
/// What a case loads: 32 vectors, 28 general registers, flags, status, control.
pub(crate) const LOADED: usize = 512 + 28 * 8 + 3 * 8;
/// What a case writes: the memory, 31 general registers, the stack pointer, flags, status, control, 32 vectors.
pub(crate) const WRITTEN: usize = BEFORE + FROM + 36 * 8 + 512;

/// Where the status is in that.
pub(crate) const STATUS_AT: usize = BEFORE + FROM + 33 * 8;

const WORDS_AT: u32 = FROM as u32;
const VECTORS_AT: u32 = WORDS_AT + 36 * 8;
/// The register that holds the address of the memory.
const M: u32 = 28;

/// A case.
pub(crate) struct Case {
    /// The state it begins with.
    pub(crate) state: Vec<u8>,
    /// Its instructions.
    pub(crate) words: Vec<u32>,
}

struct Code {
    words: Vec<u32>,
}

impl Code {
    fn here(&self) -> u64 {
        BASE + HEADERS as u64 + self.words.len() as u64 * 4
    }

    fn push(&mut self, word: u32) {
        self.words.push(word);
    }

    /// A 32-bit address.
    fn address(&mut self, register: u32, address: u64) {
        self.push(0xd280_0000 | (address as u32 & 0xffff) << 5 | register);
        self.push(0xf2a0_0000 | ((address >> 16) as u32) << 5 | register);
    }

    fn call(&mut self, target: u64) {
        let distance = (target.wrapping_sub(self.here()) as i64 >> 2) as u32;
        self.push(0x9400_0000 | distance & 0x03ff_ffff);
    }

    fn store(&mut self, register: u32, at: u32) {
        self.push(0xf900_0000 | (at / 8) << 10 | M << 5 | register);
    }

    fn load(&mut self, register: u32, at: u32) {
        self.push(0xf940_0000 | (at / 8) << 10 | 27 << 5 | register);
    }

    /// Loads the state at x27.
    fn loader(&mut self) {
        for vector in 0..32 {
            self.push(0x3dc0_0000 | vector << 10 | 27 << 5 | vector);
        }
        for (at, write) in [(736, 0xd51b_4200), (744, 0xd51b_4420), (752, 0xd51b_4400)] {
            self.load(0, at);
            self.push(write);
        }
        for register in 0..27 {
            self.load(register, 512 + register * 8);
        }
        self.load(29, 512 + 27 * 8);
        self.push(0x9100_0000 | M << 5 | 31);
        self.push(0xd65f_03c0);
    }

    /// Writes the state; x30 is stored already.
    fn writer(&mut self) {
        for register in 0..30 {
            self.store(register, WORDS_AT + register * 8);
        }
        self.push(0x9100_0000 | 31 << 5);
        self.store(0, WORDS_AT + 31 * 8);
        for (at, read) in [(32, 0xd53b_4200), (33, 0xd53b_4420), (34, 0xd53b_4400)] {
            self.push(read);
            self.store(0, WORDS_AT + at * 8);
        }
        for vector in 0..32 {
            self.push(0x3d80_0000 | (VECTORS_AT / 16 + vector) << 10 | M << 5 | vector);
        }
        // Status and control are set to nothing, so that what follows is computed the same everywhere.
        self.push(0xd51b_4400 | 31);
        self.push(0xd280_0020);
        self.push(0xd100_0001 | (BEFORE as u32) << 10 | M << 5);
        self.push(0xd280_0002 | (WRITTEN as u32) << 5);
        self.push(0xd280_0808);
        self.push(0xd400_0001);
        self.push(0xd65f_03c0);
    }
}

/// The program's file.
pub(crate) fn build(cases: &[Case], memory: &[u8]) -> Vec<u8> {
    let mut code = Code { words: Vec::new() };
    // The first word jumps over the routines.
    code.push(0);
    let loader = code.here();
    code.loader();
    let writer = code.here();
    code.writer();
    code.words[0] = 0x1400_0000 | code.words.len() as u32;
    let each: usize = cases.iter().map(|case| case.words.len() + 7).sum();
    let length = HEADERS + (code.words.len() + each + 8) * 4;
    let states = (BASE as usize + length).next_multiple_of(16);
    let buffer = (states + cases.len() * LOADED.next_multiple_of(16) + GAP + BEFORE).next_multiple_of(64) as u64;
    code.address(M, buffer);
    for (at, case) in cases.iter().enumerate() {
        code.address(27, (states + at * LOADED.next_multiple_of(16)) as u64);
        code.call(loader);
        case.words.iter().for_each(|&word| code.push(word));
        code.store(30, WORDS_AT + 30 * 8);
        code.call(writer);
    }
    code.push(0xd280_0000);
    code.push(0xd280_0ba8);
    code.push(0xd400_0001);
    let mut file = headers((buffer + (GAP + FROM) as u64 - BASE) as usize);
    file.extend(code.words.iter().flat_map(|word| word.to_le_bytes()));
    for (at, case) in cases.iter().enumerate() {
        file.resize(states - BASE as usize + at * LOADED.next_multiple_of(16), 0);
        file.extend(&case.state);
    }
    file.resize(buffer as usize - BASE as usize - BEFORE, 0);
    file.extend(memory);
    let size = (file.len() as u64).to_le_bytes();
    file[64 + 32..64 + 40].copy_from_slice(&size);
    file
}

/// The headers of a file of one segment.
pub(crate) fn headers(in_memory: usize) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut put = |value: u64, bytes: usize| file.extend(&value.to_le_bytes()[..bytes]);
    for (value, bytes) in [(2, 2), (183, 2), (1, 4), (BASE + HEADERS as u64, 8), (64, 8), (0, 8), (0, 4)] {
        put(value, bytes);
    }
    for value in [64, 56, 1, 0, 0, 0] {
        put(value, 2);
    }
    for (value, bytes) in [(1, 4), (7, 4), (0, 8), (BASE, 8), (BASE, 8), (0, 8), (in_memory as u64, 8), (4096, 8)] {
        put(value, bytes);
    }
    file
}

/// What the byte of a record at this place is.
pub(crate) fn place(at: usize) -> String {
    let memory = BEFORE + FROM;
    if at < memory {
        return format!("memory at x28{:+}", (at & !7) as i64 - BEFORE as i64);
    }
    let word = (at - memory) / 8;
    match word {
        0..=30 => format!("x{word}"),
        31 => "sp".into(),
        32 => "nzcv".into(),
        33 => "fpsr".into(),
        34 => "fpcr".into(),
        35 => "padding".into(),
        _ => format!("v{}", (at - memory - 36 * 8) / 16),
    }
}
