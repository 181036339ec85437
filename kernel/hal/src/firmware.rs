//! Calls to firmware (PSCI) and to a debugger (semihosting).

use core::arch::asm;
use core::sync::atomic::{AtomicBool, Ordering};

/// The status a machine ends with whose kernel panicked. The mailbox says it too.
pub(crate) const PANICKED: u64 = 254;

/// `PSCI` functions.
const CPU_ON: u64 = 0xc400_0003;
const SYSTEM_OFF: u64 = 0x8400_0008;
/// Semihosting: write a string, exit with a status; the reason "the program ended".
const WRITE0: u64 = 0x04;
const EXIT_EXTENDED: u64 = 0x20;
const APPLICATION_EXIT: u64 = 0x2_0026;

/// How firmware is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Upcall {
    /// `hvc`.
    Hypervisor,
    /// `smc`.
    Monitor,
}

impl Upcall {
    fn call(self, function: u64, args: [u64; 3]) -> i64 {
        let mut first = function;
        macro_rules! call {
            ($word:literal) => {
                // SAFETY: the convention keeps all registers but x0 to x17; firmware does not touch the kernel's memory.
                unsafe {
                    asm!($word, inout("x0") first, inout("x1") args[0] => _, inout("x2") args[1] => _,
                        inout("x3") args[2] => _, out("x4") _, out("x5") _, out("x6") _, out("x7") _, out("x8") _,
                        out("x9") _, out("x10") _, out("x11") _, out("x12") _, out("x13") _, out("x14") _,
                        out("x15") _, out("x16") _, out("x17") _, options(nostack))
                }
            };
        }
        match self {
            Upcall::Hypervisor => call!("hvc #0"),
            Upcall::Monitor => call!("smc #0"),
        }
        first as i64
    }

    /// Starts another CPU at a physical address with `note` in x0; whether firmware agreed.
    pub(crate) fn start(self, affinity: u64, at: u64, note: u64) -> bool {
        self.call(CPU_ON, [affinity, at, note]) == 0
    }

    /// Turns the machine off.
    pub(crate) fn off(self) {
        self.call(SYSTEM_OFF, [0; 3]);
    }
}

/// A debugger is being called for the last time.
static IS_LEAVING: AtomicBool = AtomicBool::new(false);

/// Whether the last words went to a debugger: an instruction that is undefined then means that there is none.
pub(crate) fn is_leaving() -> bool {
    IS_LEAVING.load(Ordering::Relaxed)
}

/// Calls the debugger. Without one this is an undefined instruction.
fn debugger(operation: u64, block: *const u64) {
    // SAFETY: the debugger reads the block and changes x0 only.
    unsafe { asm!("hlt #0xf000", inout("x0") operation => _, in("x1") block, options(nostack, readonly)) }
}

/// Ends the machine with a status, if a debugger listens.
pub(crate) fn exit(status: u64) {
    if IS_LEAVING.swap(true, Ordering::Relaxed) {
        return;
    }
    debugger(EXIT_EXTENDED, [APPLICATION_EXIT, status].as_ptr());
}

/// Says something to the debugger: for the time before there is a console. The text ends with a zero.
pub(crate) fn say(text: &core::ffi::CStr) {
    debugger(WRITE0, text.as_ptr().cast());
}
