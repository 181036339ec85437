//! A program of a few instructions, until the kernel's core is here.

use alloc::boxed::Box;
use ashore_base::Addr;
use ashore_kernel_core::{Context, Ending, Fault, Machine, Rights, Trap, frames::Frames};

pub(crate) fn run(machine: &dyn Machine, frames: &Frames, is_first: bool) -> ! {
    if !is_first {
        loop {
            machine.idle();
            machine.print(b"k");
        }
    }
    machine.print(b"ashore: hello from the kernel\n");
    crate::crash::rehearse(machine.words());
    if let Some(card) = machine.network() {
        // Ask who has 10.0.2.2.
        let mut frame = alloc::vec![0xff; 6];
        frame.extend(card.address());
        frame.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend(card.address());
        frame.extend([10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2]);
        frame.resize(60, 0);
        for _ in 0..200 {
            assert!(card.send(&frame));
            machine.alarm(Some(machine.now() + 500_000_000));
            let mut into = [0; 1514];
            let mut tries = 0;
            while card.receive(&mut into).is_none() {
                machine.alarm(Some(machine.now() + 50_000_000));
                machine.idle();
                tries += 1;
                if tries > 5 {
                    panic!("lost");
                }
            }
            assert_eq!(into[12..14], [8, 6]);
        }
        machine.print(alloc::format!("net ok {:x?}\n", card.address()).as_bytes());
    }
    let mut bytes = [0; 8];
    machine.random(&mut bytes);
    machine.print(alloc::format!("random {bytes:x?}\n").as_bytes());
    let code: [u32; 12] = [
        0xd2800000, // mov x0, #0
        0xd2800ae8, // mov x8, #87
        0xd4000001, // svc 0
        0xd5380402, // mrs x2, id_aa64pfr0_el1
        0xd53be043, // mrs x3, cntvct_el0
        0xf9000001, // str x1, [x0]  (faults)
        0xd4000001, 0xd4000001, 0x17fffffd, 0, 0, 0,
    ];
    let mut table = machine.new_table(frames).unwrap();
    let frame = frames.take().unwrap();
    machine.zero_frame(frame);
    let bytes: alloc::vec::Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    machine.write_frame(frame, 0, &bytes);
    machine.sync_code(frame);
    table.map(Addr(0x40_0000), frame, Rights { read: true, write: false, execute: true }, frames).unwrap();
    machine.enter(table.root());
    let mut context = Box::new(Context::default());
    context.regs.pc = 0x40_0000;
    machine.arrive(&context);
    let mut calls = 0u64;
    loop {
        let before = machine.now();
        let trap = machine.run(&mut context);
        let after = machine.now();
        match trap {
            Trap::Call => {
                calls += 1;
                let spent = after - before;
                if calls > 1000 {
                    machine.print(alloc::format!("a call: {spent} ns; now {}\n", machine.now()).as_bytes());
                    break;
                }
                if calls > 10 {
                    context.regs.pc -= 4;
                }
            }
            Trap::Fault(Fault::Memory { .. }) => {
                machine.print(alloc::format!("{trap:?} {:x?}\n", context.regs).as_bytes());
                context.regs.pc += 4;
            }
            Trap::Interrupt => {}
            other => panic!("{other:?} {:x?}", context.regs),
        }
    }
    machine.alarm(Some(machine.now() + 5_000_000));
    machine.idle();
    machine.print(alloc::format!("now {}\n", machine.now()).as_bytes());
    for cpu in 1..machine.cpus() {
        machine.kick(cpu);
    }
    machine.alarm(Some(machine.now() + 5_000_000));
    machine.idle();
    machine.end(Ending::Exited(7))
}
