//! Every table of calls: in order, readable, and the same as Go's lists of the systems' calls.

extern crate std;

use super::GUESTS;
use crate::{Does, Os, Row, Support};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::path::PathBuf;

/// The words of a signature that stand alone.
const PLAIN: &[&str] = &[
    "int", "uint", "long", "ulong", "hex", "size", "ssize", "off", "mode", "dev", "pid", "tid", "uid", "gid", "clock",
    "void", "ptr", "fd", "dirfd", "path", "str", "strv", "signal", "sigset", "option",
];
/// The words before a dot and a name.
const NAMED: &[&str] = &["flags", "enum", "in", "out", "inout"];

/// The calls that Go's runtime and standard library make on each system, counted in the files Go selects for it.
const NEEDED: &[(&str, &[u16])] = &[
    (
        "dragonfly",
        &[
            1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 14, 15, 16, 18, 20, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
            35, 36, 37, 39, 41, 43, 47, 50, 53, 54, 56, 57, 58, 59, 60, 61, 73, 75, 79, 80, 81, 82, 83, 90, 92, 93, 95,
            96, 97, 98, 100, 104, 105, 106, 116, 117, 118, 121, 123, 124, 126, 127, 128, 131, 132, 133, 134, 135, 136,
            137, 138, 140, 147, 157, 158, 173, 174, 181, 182, 183, 191, 192, 194, 195, 197, 199, 200, 201, 202, 205,
            207, 232, 240, 253, 254, 310, 326, 331, 340, 342, 362, 363, 393, 469, 470, 472, 475, 476, 477, 479, 494,
            495, 496, 497, 504, 505, 506, 507, 508, 509, 523, 524, 525, 526, 527, 528, 531, 538, 539, 541, 548, 550,
        ],
    ),
    (
        "freebsd",
        &[
            1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 14, 15, 16, 20, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
            36, 37, 39, 41, 43, 47, 50, 53, 54, 56, 57, 58, 59, 60, 61, 73, 75, 79, 80, 81, 82, 83, 90, 92, 93, 95, 96,
            97, 98, 100, 104, 105, 106, 116, 117, 118, 121, 123, 124, 126, 127, 128, 131, 132, 133, 134, 135, 136, 137,
            138, 140, 147, 165, 181, 182, 183, 191, 192, 194, 195, 202, 207, 232, 240, 253, 254, 310, 331, 340, 362,
            393, 416, 431, 432, 433, 436, 454, 455, 475, 476, 477, 478, 479, 480, 487, 489, 490, 491, 492, 494, 495,
            496, 497, 499, 500, 501, 502, 503, 530, 532, 541, 542, 544, 547, 551, 552, 554, 555, 556, 557, 559, 560,
            563, 569,
        ],
    ),
    (
        "netbsd",
        &[
            1, 2, 3, 4, 5, 6, 9, 10, 12, 13, 15, 16, 20, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
            37, 39, 41, 43, 47, 50, 54, 56, 57, 58, 59, 60, 61, 73, 75, 79, 80, 81, 82, 90, 92, 95, 96, 98, 100, 104,
            105, 106, 118, 121, 123, 124, 126, 127, 128, 131, 132, 133, 134, 135, 136, 137, 147, 173, 174, 181, 182,
            183, 191, 192, 194, 195, 197, 199, 200, 201, 202, 207, 275, 281, 286, 293, 296, 305, 307, 308, 309, 310,
            311, 317, 318, 321, 340, 344, 350, 390, 394, 417, 418, 420, 421, 425, 427, 430, 435, 439, 440, 441, 445,
            449, 450, 453, 454, 456, 457, 458, 459, 460, 461, 462, 463, 464, 465, 466, 467, 468, 469, 470, 471, 478,
            479, 481,
        ],
    ),
];

/// Every system on every CPU, with Go's name of that.
fn on_cpus() -> impl Iterator<Item = (&'static Os, &'static str)> {
    GUESTS.iter().flat_map(|guest| {
        let aarch64 = guest.aarch64.map(|abi| (abi.os(), "arm64"));
        [(guest.os, "amd64")].into_iter().chain(aarch64)
    })
}

fn systems() -> impl Iterator<Item = &'static Os> {
    on_cpus().map(|(os, _)| os)
}

#[test]
fn rows_ascend_by_number() {
    for os in systems() {
        for pair in os.calls.windows(2) {
            assert!(pair[0].number < pair[1].number, "{}: {} and {}", os.name, pair[0].number, pair[1].number);
        }
    }
}

/// What is wrong with a word of a signature of these arguments.
fn fault_of(word: &str, names: &[&str]) -> Option<&'static str> {
    let (word, index) = match word.strip_suffix(']').and_then(|word| word.split_once('[')) {
        Some((word, index)) => (word, Some(index)),
        None => (word, None),
    };
    let counted = match index {
        Some("ret") => true,
        // Of records, a number that no argument has counts them itself.
        Some(index) if word.contains('.') && index.parse::<usize>().is_ok() => true,
        Some(index) => names.contains(&index) || index.parse::<usize>().is_ok_and(|index| index < names.len()),
        None => true,
    };
    if !counted {
        return Some("counts by an argument that is not there");
    }
    match word.split_once('.') {
        Some((kind, name)) => {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let may_count = index.is_none() || matches!(kind, "in" | "out" | "inout");
            (!(NAMED.contains(&kind) && is_name && may_count)).then_some("is no known word")
        }
        None if matches!(word, "inbuf" | "outbuf") => index.is_none().then_some("needs a length"),
        None => (!PLAIN.contains(&word) || index.is_some()).then_some("is no known word"),
    }
}

/// The names and words of a signature's arguments, and the word of the result, which is `int` when none is written.
fn words_of(signature: &str) -> Option<(Vec<(&str, &str)>, &str)> {
    let (_, rest) = signature.split_once('(')?;
    let (args, result) = rest.rsplit_once(") -> ").or_else(|| Some((rest.strip_suffix(')')?, "int")))?;
    let args = args.split(", ").filter(|arg| !arg.is_empty());
    let words = args.map(|arg| arg.split_once(": ")).collect::<Option<Vec<_>>>()?;
    Some((words, result))
}

#[test]
fn signatures_are_readable() {
    for os in systems() {
        for row in os.calls {
            let place = format!("{} {}: {}", os.name, row.number, row.signature);
            let name_is_one = row.name().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            assert!(name_is_one && !row.name().is_empty(), "{place}");
            if matches!(row.does, Does::Missing) && row.signature.ends_with("()") {
                continue;
            }
            let Some((args, result)) = words_of(row.signature) else { panic!("{place} is no signature") };
            assert!(args.len() <= 8, "{place} has too many arguments");
            let names: Vec<&str> = args.iter().map(|(name, _)| *name).collect();
            for word in args.iter().map(|(_, word)| *word).chain([result]) {
                if let Some(fault) = fault_of(word, &names) {
                    panic!("{place}: {word} {fault}");
                }
            }
        }
    }
}

#[test]
fn every_list_a_signature_names_exists() {
    for os in systems() {
        for row in os.calls {
            let (args, _) = words_of(row.signature).unwrap_or_default();
            for (_, word) in args {
                if let Some(("flags" | "enum", list)) = word.split_once('.') {
                    assert!(os.words.list(list).is_some(), "{} {}: no list {list}", os.name, row.name());
                }
            }
        }
    }
}

#[test]
fn a_row_is_missing_in_both_ways_or_in_none() {
    for os in systems() {
        for row in os.calls {
            let missing = matches!(row.does, Does::Missing);
            assert_eq!(missing, row.support == Support::Missing, "{} {}", os.name, row.name());
        }
    }
}

/// Go's root, from the environment or where the guests' tools are installed.
fn go_root() -> Option<PathBuf> {
    let named = std::env::var_os("GOROOT").map(PathBuf::from);
    let installed = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.guests/venv/lib"));
    let installed = installed.ok().into_iter().flatten().flatten().map(|python| python.path().join("site-packages/go"));
    named.into_iter().chain(installed).find(|root| root.join("src/syscall").is_dir())
}

/// Go's names of a system's calls, by number.
fn go_names(os: &Os, cpu: &str) -> Option<BTreeMap<u16, String>> {
    let file = go_root()?.join(format!("src/syscall/zsysnum_{}_{cpu}.go", os.name));
    let text = std::fs::read_to_string(file).ok()?;
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("SYS_")?.split_once('='));
    let names = lines.filter_map(|(name, rest)| {
        let number = rest.split_whitespace().next()?.parse().ok()?;
        Some((number, name.trim().to_ascii_lowercase().to_string()))
    });
    Some(names.collect())
}

/// Whether two names are of one call: Go drops what the systems add to a name for its version.
fn is_same_name(row: &Row, go: &str) -> bool {
    fn plain(name: &str) -> &str {
        let name = name.trim_start_matches('_');
        let is_version = |part: &str| part.trim_end_matches(|c: char| c.is_ascii_digit()) == "freebsd";
        let name = name.split_once('_').filter(|(first, _)| is_version(first)).map_or(name, |(_, rest)| rest);
        let name = name.strip_prefix("compat_").and_then(|rest| rest.split_once('_')).map_or(name, |(_, rest)| rest);
        // The generic table has one `fstatat`, and the C name of it differs; one call of FreeBSD changed its name.
        let name = match name {
            "newfstatat" => "fstatat",
            "cap_rights_get" => "cap_getrights",
            name => name,
        };
        name.trim_start_matches('_').trim_end_matches(|c: char| c.is_ascii_digit())
    }
    plain(row.name()) == plain(go)
}

#[test]
fn names_and_numbers_are_those_of_go() {
    for (os, cpu) in on_cpus() {
        let Some(names) = go_names(os, cpu) else { continue };
        assert!(names.len() > 200, "{} on {cpu}: {} names", os.name, names.len());
        for row in os.calls {
            if let Some(name) = names.get(&row.number) {
                assert!(is_same_name(row, name), "{} {}: {} is {name}", os.name, row.number, row.name());
            }
        }
        for (number, name) in names {
            // The indirect calls are resolved before a row is looked for, and a range of the generic table is other CPUs'.
            let is_none = name == "nosys" || name == "arch_specific_syscall";
            let known = is_none || os.calls.iter().any(|row| row.number == number);
            assert!(known, "{} lacks {number} {name}", os.name);
        }
    }
}

#[test]
fn every_call_that_go_makes_is_answered() {
    for (name, numbers) in NEEDED {
        let os = systems().find(|os| os.name == *name).expect("a guest system");
        let lacking: Vec<u16> = numbers
            .iter()
            .copied()
            .filter(|number| {
                crate::row_of(os.calls, u64::from(*number)).is_none_or(|row| row.support == Support::Missing)
            })
            .collect();
        assert!(lacking.is_empty(), "{name} lacks {lacking:?}");
    }
}

/// A word that is a small number, an address of memory or of none, a sign or noise.
fn wild_word(seed: &mut u64, memory: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let noise = *seed >> 16;
    match (*seed >> 60) & 7 {
        0 => 0,
        1 => noise & 0xff,
        2 => u64::MAX - (noise & 3),
        3 => noise << 20,
        4 => 0xffff_ff9c,
        5 => 8,
        _ => memory + (noise & 0xff8),
    }
}

/// The calls that end the process.
const ENDS: &[&str] = &["exit", "extexit", "abort2", "_lwp_exit", "exit_group"];

#[test]
fn wild_words_make_no_call_panic() {
    let mut seed = 1;
    let noise: Vec<u8> = (0..0x1100).map(|_| wild_word(&mut seed, 0x10_0000) as u8).collect();
    for os in systems() {
        for row in os.calls.iter().filter(|row| !ENDS.contains(&row.name())) {
            for _ in 0..8 {
                let mut fake = crate::testing::Fake::new(os);
                let memory = fake.put(&noise).0;
                for _ in 0..4 {
                    let answer = wild_word(&mut seed, memory);
                    let result =
                        if answer & 1 == 0 { Ok(answer) } else { Err(ashore_pivot::Errno(1 + (answer % 130) as u16)) };
                    fake.reply(result, &[&noise[..64], &noise[64..256]]);
                }
                let words: [u64; 8] = core::array::from_fn(|_| wild_word(&mut seed, memory));
                let _ = fake.call(row.number, &words);
            }
        }
    }
}
