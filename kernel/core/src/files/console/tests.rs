//! Input that is no terminal.

use crate::testing_calls::program;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_formats::boot::Start;

#[test]
fn what_nobody_reads_stays_with_the_machine_and_nothing_is_lost() {
    let program = program();
    let files = program.kernel.begin_console(&Start::default()).unwrap();
    program.thread.parts.lock().files = Arc::new(files);
    let sent: Vec<u8> = (0..300_000u32).map(|nth| (nth.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    program.machine.type_in(&sent);
    program.kernel.ask_devices();
    let left = program.machine.not_typed();
    assert!((sent.len() - 66_000..sent.len() - 65_000).contains(&left), "{left} bytes are left");
    let mut got = Vec::new();
    while got.len() < sent.len() {
        let more = program.read(0, 10_000).unwrap();
        assert!(!more.is_empty());
        got.extend(more);
    }
    assert!(got == sent && program.machine.not_typed() == 0);
}
