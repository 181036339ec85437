//! Threads of another CPU on the evaluator: how they stop, and with which registers.

use ashore_base::{Addr, AddrRange};
use ashore_engine::eval::{Cpu, Shared};
use ashore_engine::{Code, Engine, Exit, Settings};
use ashore_isa::aarch64::Regs;
use ashore_pivot::Signal;

const MOV_X0_7: u32 = 0xd280_00e0;
const MOV_X0_9: u32 = 0xd280_0120;
const SVC: u32 = 0xd400_0001;
const STR_X0_X1: u32 = 0xf900_0020;
const BRANCH_TO_SELF: u32 = 0x1400_0000;
const IC_IVAU_X2: u32 = 0xd50b_7522;
const STR_W3_X2: u32 = 0xb900_0043;

fn page(words: &[u32]) -> AddrRange {
    let page = ashore_sys::anonymous(Addr::NULL, 4096).unwrap();
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    ashore_sys::write_code(page.start, &bytes).unwrap();
    ashore_sys::protect_host(page, 7).unwrap();
    page
}

fn thread(words: &[u32]) -> (Cpu<Regs>, &'static Shared<Regs>, AddrRange) {
    ashore_sys::set_signal_mask(ashore_pivot::SigSet(!0));
    let shared: &'static Shared<Regs> = Box::leak(Box::new(Cpu::<Regs>::share(&Settings::default())));
    let mut cpu = Cpu::adopt(shared);
    ashore_sys::install_all().unwrap();
    ashore_sys::set_signal_mask(ashore_pivot::SigSet(0));
    let page = page(words);
    cpu.regs().pc = page.start.0;
    (cpu, shared, page)
}

#[test]
fn a_call_stops_behind_its_instruction() {
    let (mut cpu, _, page) = thread(&[MOV_X0_7, SVC]);
    assert!(matches!(cpu.run(), Exit::Call));
    assert_eq!((cpu.regs().x[0], cpu.regs().pc), (7, page.start.0 + 8));
}

#[test]
fn a_fault_tells_the_address_and_stops_at_its_instruction() {
    let (mut cpu, _, page) = thread(&[MOV_X0_7, STR_X0_X1]);
    for wild in [0x1230, 0x007f_dead_beef_0000] {
        cpu.regs().pc = page.start.0;
        cpu.regs().x[1] = wild;
        let Exit::Fault(fault) = cpu.run() else { panic!("no fault") };
        assert_eq!((fault.signal, fault.code, fault.addr), (Signal::SEGV.0.into(), 1, wild));
        assert_eq!((cpu.regs().x[0], cpu.regs().pc), (7, page.start.0 + 4));
    }
}

#[test]
fn code_that_may_not_be_executed_faults_where_it_is() {
    let (mut cpu, shared, page) = thread(&[MOV_X0_7, SVC]);
    assert!(matches!(cpu.run(), Exit::Call));
    ashore_sys::protect_host(page, 3).unwrap();
    shared.changed(page, 3);
    cpu.regs().pc = page.start.0;
    let Exit::Fault(fault) = cpu.run() else { panic!("no fault") };
    assert_eq!((fault.signal, fault.code, fault.addr), (Signal::SEGV.0.into(), 2, page.start.0));
}

#[test]
fn new_code_runs_once_its_line_was_invalidated() {
    let (mut cpu, _, page) = thread(&[MOV_X0_7, SVC, STR_W3_X2, IC_IVAU_X2, 0]);
    assert!(matches!(cpu.run(), Exit::Call));
    let regs = cpu.regs();
    (regs.x[2], regs.x[3]) = (page.start.0, MOV_X0_9.into());
    // The last word is no instruction: the thread stops there, behind the invalidation.
    assert!(matches!(cpu.run(), Exit::Fault(_)));
    cpu.regs().pc = page.start.0;
    assert!(matches!(cpu.run(), Exit::Call));
    assert_eq!(cpu.regs().x[0], 9);
}

#[test]
fn a_loop_ends_for_a_signal_and_a_step_is_one_instruction() {
    let (mut cpu, _, page) = thread(&[MOV_X0_7, BRANCH_TO_SELF]);
    assert!(matches!(cpu.step(), Exit::Stepped));
    assert_eq!((cpu.regs().x[0], cpu.regs().pc), (7, page.start.0 + 4));
    let tid = ashore_sys::current_tid();
    let other = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        ashore_sys::kick(tid).unwrap();
    });
    assert!(matches!(cpu.run(), Exit::Interrupted));
    assert!(cpu.signals_mut().take_kick());
    other.join().unwrap();
}
