use crate::testing::Fake;
use crate::{Fail, ParkEnd, ThreadStart, Timeout, Value};
use ashore_base::Addr;
use ashore_pivot::{Errno, SigSet, Signal, Sys};

fn words(words: &[u64]) -> alloc::vec::Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn each_system_sets_the_thread_pointer_its_own_way() {
    let mut fake = Fake::new(&crate::freebsd::OS);
    let base = fake.put(&words(&[0x1234_5678]));
    assert_eq!(fake.call(165, &[129, base.0]), Ok(Value::One(0)));
    assert_eq!(fake.thread.tls, Addr(0x1234_5678));
    let out = fake.alloc(8);
    fake.call(165, &[128, out.0]).expect("asked");
    assert_eq!(fake.u64(out), 0x1234_5678);

    let mut fake = Fake::new(&crate::dragonfly::OS);
    let info = fake.put(&words(&[0x1234_5678, 16]));
    assert_eq!(fake.call(472, &[0, info.0, 16]), Ok(Value::One(0)));
    assert_eq!(fake.thread.tls, Addr(0x1234_5678));
    assert_eq!(fake.call(472, &[2, info.0, 16]), Err(Errno::ERANGE.into()));

    let mut fake = Fake::new(&crate::netbsd::OS);
    assert_eq!(fake.call(317, &[0x1234_5678]), Ok(Value::One(0)));
    assert_eq!((fake.thread.tls, fake.call(316, &[])), (Addr(0x1234_5678), Ok(Value::One(0x1234_5678))));
    assert_eq!(fake.call(317, &[1 << 63]), Err(Errno::EINVAL.into()));
}

#[test]
fn freebsds_call_for_the_thread_pointer_fails_on_dragonfly_with_a_word() {
    let mut fake = Fake::new(&crate::dragonfly::OS);
    let base = fake.put(&words(&[0x1234_5678]));
    let fail = fake.call(165, &[129, base.0]).expect_err("not DragonFly's");
    assert_eq!(fail, Fail::Linux(Errno::EOPNOTSUPP));
    assert_eq!((crate::dragonfly::OS.errno)(Errno::EOPNOTSUPP), 45);
    let notes = fake.kernel.notes.borrow();
    assert!(
        notes[0].contains("FreeBSD")
            && notes[0].contains("call 472 (set_tls_area)")
            && notes[0].contains("operation 129")
    );
}

#[test]
fn threads_are_made_from_each_systems_record() {
    let mut fake = Fake::new(&crate::freebsd::OS);
    let param = fake.put(&words(&[0x10, 0x20, 0x3000, 0x1000, 0x40, 8, 0x5000, 0x6000, 0, 0, 0, 0, 0]));
    fake.call(455, &[param.0, 104]).expect("made");
    let made = fake.kernel.spawns.borrow()[0];
    let entry = ThreadStart::Entry { entry: Addr(0x10), arg: 0x20, stack: Addr(0x3000), stack_len: 0x1000 };
    assert_eq!(alloc::format!("{:?}", made.start), alloc::format!("{entry:?}"));
    assert_eq!((made.tls, made.tid_at), (Some(Addr(0x40)), [Some((Addr(0x5000), 8)), Some((Addr(0x6000), 8))]));
    assert_eq!(fake.call(455, &[param.0, 105]), Err(Errno::EINVAL.into()));

    let mut fake = Fake::new(&crate::dragonfly::OS);
    let params = fake.put(&words(&[0x10, 0x20, 0x4000, 0, 0x6000]));
    fake.call(495, &[params.0]).expect("made");
    let made = fake.kernel.spawns.borrow()[0];
    assert_eq!((made.tls, made.tid_at), (None, [None, Some((Addr(0x6000), 4))]));

    let mut fake = Fake::new(&crate::netbsd::OS);
    let mut context = [0u8; 784];
    context[0] = 5;
    context[16..32].copy_from_slice(&[0xff; 16]);
    let (context, id) = (fake.put(&context), fake.alloc(4));
    fake.call(309, &[context.0, 0x40, id.0]).expect("made");
    let made = fake.kernel.spawns.borrow()[0];
    assert!(made.mask.is_some_and(|mask| mask.has(Signal::URG)));
    assert_eq!((made.tls, made.tid_at[0]), (None, Some((id, 4))));
}

#[test]
fn signals_reach_one_thread() {
    for (os, number, args) in [
        (&crate::freebsd::OS, 433, [1, 16, 0]),
        (&crate::dragonfly::OS, 497, [u64::MAX, 1, 16]),
        (&crate::netbsd::OS, 318, [1, 16, 0]),
    ] {
        let mut fake = Fake::new(os);
        fake.reply(Ok(500), &[]);
        if os.name == "dragonfly" {
            fake.reply(Ok(500), &[]);
        }
        fake.call(number, &args).expect("sent");
        let made = fake.made().pop().expect("a call");
        assert_eq!(made.sys, Sys::TGKILL);
        assert_eq!((made.word(0), made.word(1), made.word(2)), (500, 1001, 23), "{}", os.name);
    }
    let mut fake = Fake::new(&crate::freebsd::OS);
    assert_eq!(fake.call(433, &[7, 16]), Err(Errno::ESRCH.into()));
    assert_eq!(fake.call(433, &[u64::MAX, 16]), Err(Errno::ESRCH.into()), "no other thread");
}

#[test]
fn umtx_sleeps_end_with_dragonflys_errors() {
    let mut fake = Fake::new(&crate::dragonfly::OS);
    let word = fake.alloc(4);
    for (linux, own) in
        [(Errno::EAGAIN, Errno::EBUSY), (Errno::ETIMEDOUT, Errno::EAGAIN), (Errno::RESTART, Errno::EINTR)]
    {
        fake.reply(Err(linux), &[]);
        assert_eq!(fake.call(469, &[word.0, 0, 5]), Err(own.into()));
    }
    let made = fake.made().remove(0);
    assert_eq!((made.word(0), made.word(1), made.bytes(3)), (word.0, 0, &words(&[0, 5000])[..]));
    assert!(made.waits);
    fake.call(469, &[word.0, 0, 0]).expect("woken");
    assert_eq!(fake.one().word(3), 0, "for ever");
    assert_eq!(fake.call(469, &[word.0 + 1, 0, 0]), Err(Errno::EFAULT.into()));
    fake.reply(Ok(3), &[]);
    assert_eq!(fake.call(470, &[word.0, 0]), Ok(Value::One(0)));
    assert_eq!(fake.one().word(2), i32::MAX as u64);
}

#[test]
fn umtx_op_waits_and_wakes() {
    let mut fake = Fake::new(&crate::freebsd::OS);
    let word = fake.alloc(8);
    let time = fake.put(&words(&[1, 2, 4 << 32]));
    fake.reply(Err(Errno::ETIMEDOUT), &[]);
    assert_eq!(fake.call(454, &[word.0, 15, 0, 24, time.0]), Err(Errno::ETIMEDOUT.into()));
    let made = fake.one();
    assert_eq!((made.word(1), made.bytes(3)), (128, &words(&[1, 2])[..]));
    fake.reply(Err(Errno::EAGAIN), &[]);
    assert_eq!(fake.call(454, &[word.0, 15, 9, 0, 0]), Ok(Value::One(0)), "another value is no error");
    fake.made();
    let time = fake.put(&words(&[1, 2, 1 | 4 << 32]));
    fake.call(454, &[word.0, 11, 0, 24, time.0]).expect("woken");
    assert_eq!(fake.one().word(1), 9, "an absolute monotonic time");
    fake.call(454, &[word.0, 16, 2, 0, 0]).expect("woke");
    let made = fake.one();
    assert_eq!((made.word(1), made.word(2)), (1 | 128, 2));
    fake.call(454, &[word.0, 2, 1 << 32, 0, 0]).expect("differs above 32 bits");
    assert!(fake.made().is_empty());
    assert_eq!(fake.call(454, &[word.0, 99, 0, 0, 0]), Err(Errno::EINVAL.into()));
}

#[test]
fn umtx_mutexes_pass_from_hand_to_hand() {
    let mut fake = Fake::new(&crate::freebsd::OS);
    let mutex = fake.alloc(32);
    fake.call(454, &[mutex.0, 5, 0, 0, 0]).expect("locked");
    assert_eq!(fake.u32(mutex), 1);
    assert_eq!(fake.call(454, &[mutex.0, 4, 0, 0, 0]), Err(Errno::EBUSY.into()));
    fake.reply(Err(Errno::RESTART), &[]);
    assert_eq!(fake.call(454, &[mutex.0, 17, 0, 0, 0]), Err(Errno::EINTR.into()));
    assert_eq!((fake.u32(mutex), fake.one().word(2)), (0x8000_0001, 0x8000_0001));
    fake.call(454, &[mutex.0, 6, 0, 0, 0]).expect("freed");
    assert_eq!((fake.u32(mutex), fake.one().word(1)), (0x8000_0000, 1));
    assert_eq!(fake.call(454, &[mutex.0, 6, 0, 0, 0]), Err(Errno::EPERM.into()));
}

#[test]
fn condition_variables_forget_who_left() {
    let mut fake = Fake::new(&crate::freebsd::OS);
    let (cv, mutex, time) = (fake.alloc(16), fake.put(&[1, 0, 0, 0, 0, 0, 0, 0]), fake.put(&words(&[1, 0])));
    fake.kernel.park_end.set(ParkEnd::TimedOut);
    assert_eq!(fake.call(454, &[cv.0, 8, 0, mutex.0, time.0]), Err(Errno::ETIMEDOUT.into()));
    assert_eq!((fake.u32(cv), fake.u32(mutex)), (0, 0));
    fake.call(454, &[cv.0, 10, 0, 0, 0]).expect("woke nobody");
    assert!(fake.kernel.unparks.borrow().is_empty());
}

#[test]
fn rwlocks_have_many_readers_or_one_writer() {
    let mut fake = Fake::new(&crate::freebsd::OS);
    let lock = fake.alloc(32);
    fake.call(454, &[lock.0, 12, 0, 0, 0]).expect("read");
    fake.call(454, &[lock.0, 12, 0, 0, 0]).expect("read");
    assert_eq!(fake.u32(lock), 2);
    fake.reply(Err(Errno::ETIMEDOUT), &[]);
    assert_eq!(fake.call(454, &[lock.0, 13, 0, 0, 0]), Err(Errno::ETIMEDOUT.into()));
    assert_eq!((fake.u32(lock), fake.u32(lock.plus(12))), (2, 0), "nobody waits any more");
    fake.call(454, &[lock.0, 14, 0, 0, 0]).expect("freed");
    fake.call(454, &[lock.0, 14, 0, 0, 0]).expect("freed");
    fake.call(454, &[lock.0, 13, 0, 0, 0]).expect("written");
    assert_eq!(fake.u32(lock), 0x8000_0000);
    fake.call(454, &[lock.0, 14, 0, 0, 0]).expect("freed");
    assert_eq!(fake.call(454, &[lock.0, 14, 0, 0, 0]), Err(Errno::EPERM.into()));
}

#[test]
fn parking_leaves_what_is_left_of_the_time() {
    let mut fake = Fake::new(&crate::netbsd::OS);
    let time = fake.put(&words(&[2, 500]));
    fake.reply(Ok(0), &[&words(&[10, 0])]);
    fake.reply(Ok(0), &[&words(&[10, 400])]);
    assert_eq!(fake.call(478, &[3, 0, time.0, 0, 0, 0]), Ok(Value::One(0)));
    assert_eq!(fake.get(time, 16), words(&[2, 100]));
    assert!(matches!(fake.kernel.parks.borrow()[..], [Timeout::At { clock: 1, nanos: 12_000_000_500 }]));
    fake.kernel.park_end.set(ParkEnd::TimedOut);
    assert_eq!(fake.call(478, &[3, 1, time.0, 0, 0, 0]), Err(Errno::ETIMEDOUT.into()));
    assert!(matches!(fake.kernel.parks.borrow()[1], Timeout::At { clock: 1, nanos: 2_000_000_100 }));
    assert_eq!(fake.call(478, &[3, 0, 0, 9, 0, 0]), Err(Errno::ESRCH.into()));
    assert_eq!(fake.call(321, &[9, 0]), Err(Errno::ESRCH.into()));
    assert_eq!(fake.call(321, &[1, 0]), Ok(Value::One(0)));
    assert_eq!(fake.thread.mask, SigSet::EMPTY);
}
