use super::*;
use alloc::string::String;

/// An archive of files, each a path and its data.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut layout, mut out) = (Layout::default(), Vec::new());
    let folder = Entry { path: b"dir".to_vec(), mode: FOLDER | 0o755, ..Entry::default() };
    out.extend(layout.entry(&folder).unwrap());
    out.extend(layout.link(b"dir/link", b"../first").unwrap());
    for (path, data) in files {
        let mut entry = Entry { path: path.as_bytes().to_vec(), mode: REGULAR | 0o644, ..Entry::default() };
        entry.data.len = data.len() as u64;
        out.extend(layout.entry(&entry).unwrap());
        out.extend_from_slice(data);
        assert_eq!(layout.len(), out.len() as u64);
    }
    out.extend(layout.trailer());
    out
}

fn read(archive: &[u8]) -> Vec<Entry> {
    entries(&Bytes(archive)).map(|entry| entry.unwrap()).collect()
}

#[test]
fn what_is_laid_out_is_read_back_and_data_begins_at_pages() {
    let big = vec![7u8; 5000];
    let long = String::from_utf8(vec![b'x'; 3000]).unwrap();
    let files: Vec<(&str, &[u8])> =
        vec![("first", &big), ("small", b"hi"), (&long, &big), ("empty", b""), ("dir/last", &big)];
    let bytes = archive(&files);
    let read = read(&bytes);
    assert_eq!(read[0].kind(), FOLDER);
    assert_eq!(read[1].data.of(&bytes), Some(&b"../first"[..]));
    for (path, data) in files {
        let entry = read.iter().find(|entry| entry.path == path.as_bytes()).unwrap();
        assert_eq!(entry.data.of(&bytes), Some(data));
        assert_eq!(entry.mode, REGULAR | 0o644);
        assert!(data.len() < 1024 || entry.data.offset.is_multiple_of(4096), "{path} at {:#x}", entry.data.offset);
    }
}

#[test]
fn every_gap_before_a_page_can_be_filled() {
    for len in 0..4200 {
        let first = vec![1u8; len];
        let second = vec![2u8; 2000];
        let bytes = archive(&[("first", &first), ("second-with-a-name-that-is-not-short", &second)]);
        let read = read(&bytes);
        assert_eq!(read.last().unwrap().data.of(&bytes), Some(&second[..]));
        assert!(read.last().unwrap().data.offset.is_multiple_of(4096));
    }
}

#[test]
fn damage_is_a_report_and_ends_the_archive() {
    let bytes = archive(&[("first", b"data")]);
    // The last three bytes pad the trailer.
    for len in 0..bytes.len() - 3 {
        let cut = entries(&Bytes(&bytes[..len])).collect::<Vec<_>>();
        let (last, good) = cut.split_last().unwrap();
        assert!(last.is_err() && good.iter().all(Result::is_ok), "cut at {len}");
    }
    for (at, slug) in [(0, "malformed"), (8, "malformed"), (95, "malformed")] {
        let mut bad = bytes.clone();
        bad[at] = b'?';
        let report = entries(&Bytes(&bad)).next().unwrap().unwrap_err();
        assert_eq!(report.diagnosis.slug, slug);
    }
}

#[test]
fn paths_lose_what_means_here() {
    for (name, path) in [("./a/b", "a/b"), ("/a", "a"), (".", ""), ("//./x", "x"), (".x", ".x"), ("..", "..")] {
        assert_eq!(plain(name.as_bytes()), path.as_bytes());
    }
}
