use super::*;

fn sample() -> Vec<u8> {
    let mut file = Buffer::new(16);
    begin(&mut file);
    let what = Head {
        version: "1".into(),
        os: "linux".into(),
        cpu: "a CPU".into(),
        path: b"/bin/true".to_vec(),
        program_len: 3,
        program_hash: u64::MAX,
        root: Some(b"/tree".to_vec()),
        args: vec![b"true".to_vec(), Vec::new()],
        env: vec![b"A=\xff".to_vec()],
    };
    head(&mut file, &what);
    let mut frame = Frame::new(&mut file, Tag::Program);
    frame.rest(b"elf");
    frame.end();
    let mut frame = Frame::new(&mut file, Tag::Call);
    frame.long(1);
    frame.longs(&[0, 127, 128, u64::MAX, 1 << 63, 1 << 35, 0, 6]);
    frame.end();
    let mut frame = Frame::new(&mut file, Tag::Linux);
    frame.half(39);
    frame.word(0xffff_ffff);
    frame.long((-2i64) as u64);
    frame.word(7);
    frame.byte(place::MEMORY);
    frame.long(0x1000);
    frame.filled(2, |bytes| {
        bytes.copy_from_slice(b"ab");
        true
    });
    frame.byte(2);
    frame.filled(9, |_| false);
    frame.end();
    let mut frame = Frame::new(&mut file, Tag::End);
    frame.byte(ending::STATUS);
    frame.byte(3);
    frame.end();
    file.written().to_vec()
}

#[test]
fn what_is_written_is_read() {
    let file = sample();
    let mut reader = Reader::new(&file).unwrap();
    assert_eq!(reader.program, b"elf");
    assert_eq!(reader.head.args, [b"true".to_vec(), Vec::new()]);
    assert_eq!((reader.head.program_hash, reader.head.root.as_deref()), (u64::MAX, Some(&b"/tree"[..])));
    let call = Record::Call { number: 1, args: [0, 127, 128, u64::MAX, 1 << 63, 1 << 35, 0, 6] };
    assert_eq!(reader.next_record(), Ok(Some(call)));
    let Ok(Some(Record::Linux { sys: 39, check: 0xffff_ffff, result, sent: 7, mut outputs })) = reader.next_record()
    else {
        panic!()
    };
    assert_eq!(result as i64, -2);
    let first = outputs.next().unwrap().unwrap();
    assert_eq!((first.place, first.at, first.bytes), (place::MEMORY, 0x1000, &b"ab"[..]));
    let second = outputs.next().unwrap().unwrap();
    assert_eq!((second.place, second.bytes), (2, &b""[..]));
    assert!(outputs.next().is_none());
    assert_eq!(reader.next_record(), Ok(Some(Record::End { kind: ending::STATUS, value: 3 })));
    assert_eq!(reader.next_record(), Ok(None));
}

#[test]
fn a_file_cut_off_anywhere_ends_there() {
    let file = sample();
    let whole = Reader::new(&file).map(|mut reader| std::iter::from_fn(move || reader.next_record().unwrap()).count());
    assert_eq!(whole, Ok(3));
    for len in 0..file.len() {
        let Ok(mut reader) = Reader::new(&file[..len]) else { continue };
        let count = std::iter::from_fn(|| reader.next_record().unwrap()).count();
        assert!(count < 3, "{len}");
    }
}

#[test]
fn damage_has_a_place_and_never_panics() {
    let file = sample();
    assert_eq!(Reader::new(b"\x7fELF").unwrap_err().offset, 0);
    for at in 0..file.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[at] = byte;
            let Ok(mut reader) = Reader::new(&changed) else { continue };
            while let Ok(Some(record)) = reader.next_record() {
                if let Record::Linux { outputs, .. } = record {
                    outputs.for_each(drop);
                }
            }
        }
    }
}
