//! Core files: what is written is read, foreign ones are understood, and cut ones as far as they go.

mod samples;

use ashore_base::{Addr, Cpu, Os};
use ashore_formats::elf::core::{Match, is_core, read, write};
use samples::cores::{self, DATA, NAME, PAGE, TEXT};

#[test]
fn what_is_written_is_read() {
    for cpu in Cpu::ALL {
        let file = cores::linux(*cpu);
        assert!(is_core(&file));
        let (wanted, core) = (cores::outline(*cpu), read(&file).unwrap());
        assert_eq!((core.cpu, core.os, core.guest), (*cpu, Os::Linux, Some(Os::Netbsd)));
        assert_eq!(core.process, wanted.process);
        assert_eq!(core.auxv, wanted.auxv);
        assert_eq!(core.files, wanted.files);
        assert!(core.remarks.is_empty(), "{:?}", core.remarks);
        for (thread, wanted) in core.threads.iter().zip(&wanted.threads) {
            assert_eq!((thread.id, thread.signal, thread.sets), (wanted.id, wanted.signal, wanted.sets));
            assert_eq!(thread.registers, wanted.registers);
            assert_eq!((thread.fp, thread.extended), (wanted.fp, wanted.extended));
        }
        assert_eq!(core.threads.len(), 2);
        let signal = core.signal().unwrap();
        assert_eq!((signal.signal, signal.code, signal.addr), (11, 1, Addr(0xf1)));
        assert_eq!(core.threads[0].registers.pc().0 & !0xff, 0x1000);
    }
}

#[test]
fn more_stretches_than_the_header_can_count_are_written_and_read() {
    let one = cores::stretches()[1];
    let many = vec![write::Stretch { kept: 0, ..one }; 70_000];
    let head = write::head(&cores::outline(Cpu::X86_64), &many);
    let core = read(&head.bytes).unwrap();
    assert_eq!(core.segments.len(), many.len());
    assert_eq!(core.threads.len(), 2);
}

#[test]
fn memory_is_read_across_what_the_core_has_and_what_the_file_has() {
    let (file, mapped) = (cores::linux(Cpu::X86_64), cores::mapped_file());
    let mut core = read(&file).unwrap();
    let mut bytes = [0; 16];
    assert_eq!(core.read(Addr(TEXT + PAGE - 8), &mut bytes), 8);
    assert_eq!(core.complete("/other", &mapped), Match::NotMapped);
    assert_eq!(core.complete(NAME, &[9; 3 * PAGE as usize]), Match::Different);
    assert_eq!(core.complete(NAME, &mapped), Match::Same);
    assert_eq!(core.read(Addr(TEXT + PAGE - 8), &mut bytes), 16);
    assert_eq!(bytes, [1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3]);
    assert_eq!(core.read(Addr(TEXT + 2 * PAGE + 96), &mut bytes), 16, "zeros follow the file in its last page");
    assert_eq!(bytes[..8], [3, 3, 3, 3, 0, 0, 0, 0]);
    assert_eq!(core.read(Addr(TEXT + 3 * PAGE), &mut bytes), 0, "no page of the file is there");
    assert_eq!(core.word(Addr(DATA + PAGE - 4)), Some(0x0202_0202_0202_0202));
    assert_eq!(core.read(Addr(DATA + 2 * PAGE - 3), &mut bytes), 3);
    assert_eq!(core.read(Addr(u64::MAX), &mut bytes), 0);
    assert_eq!(core.cstr(Addr(DATA), 100).len(), 100);
}

#[test]
fn other_systems_are_named_and_their_threads_read() {
    for (os, file) in cores::bsds() {
        let core = read(&file).unwrap();
        assert_eq!(core.os, os);
        assert!(core.remarks.is_empty(), "{os}: {:?}", core.remarks);
        assert_eq!((core.process.pid, core.process.name.as_str()), (77, "prog"), "{os}");
        let thread = &core.threads[0];
        assert_eq!(core.signal().map(|signal| signal.signal), Some(11), "{os}");
        let place = |name: &str| thread.registers.get(name).unwrap() - 0x100;
        let (rip, rsp) = match os {
            Os::Freebsd => (17, 20),
            Os::Dragonfly => (20, 23),
            Os::Netbsd => (21, 24),
            _ => (16, 15),
        };
        assert_eq!((place("rip"), place("rsp")), (rip, rsp), "{os}");
    }
}

#[test]
fn a_thread_that_the_process_blames_comes_first() {
    let (_, file) = cores::bsds().into_iter().find(|(os, _)| *os == Os::Netbsd).unwrap();
    let core = read(&file).unwrap();
    assert_eq!(core.threads.iter().map(|thread| thread.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(core.threads[0].fp.len(), 512);
}

#[test]
fn a_cut_file_tells_what_is_left_of_it() {
    let whole = cores::linux(Cpu::X86_64);
    let last = whole.len() - 100;
    let core = read(&whole[..last]).unwrap();
    assert_eq!(core.threads.len(), 2);
    assert_eq!(core.remarks.len(), 1);
    assert!(core.remarks[0].to_string().contains("memory of 1 of 2 stretches"), "{}", core.remarks[0]);
    let mut bytes = [0; 200];
    assert_eq!(core.read(Addr(DATA + 2 * PAGE - 200), &mut bytes), 100);
    // Every other length: only what is behind the header can be missing.
    for len in 0..whole.len().min(5000) {
        match read(&whole[..len]) {
            Ok(core) => assert!(len >= 64 && !core.remarks.is_empty(), "{len}"),
            Err(report) => assert!(len < 64, "{len}: {report}"),
        }
    }
}

#[test]
fn a_program_is_no_core_and_a_core_no_program() {
    let report = read(&samples::elf().0).unwrap_err();
    assert_eq!(report.diagnosis.code, "E0112");
    assert_eq!(read(b"hello").unwrap_err().diagnosis.slug, "truncated");
    assert_eq!(read(b"hello, this is no core").unwrap_err().diagnosis.slug, "not-a-core");
    assert!(ashore_formats::read(&cores::linux(Cpu::X86_64)).is_err());
}

#[test]
fn many_notes_in_many_stretches_take_no_more_time_than_the_file_is_long() {
    let mut file = cores::linux(Cpu::X86_64);
    // Each program header is the stretch of notes now, and there are as many as the table can tell.
    let notes: Vec<u8> = file[64..120].to_vec();
    let table = file.len() as u64;
    for _ in 0..60_000 {
        file.extend(&notes);
    }
    file[32..40].copy_from_slice(&table.to_le_bytes());
    file[56..58].copy_from_slice(&60_000u16.to_le_bytes());
    let core = read(&file).unwrap();
    assert!(core.threads.len() < file.len() / 300);
}
