//! Code in, lines out: what [`super::Instructions`] answers, through the one door tools have.

use crate::code::*;
use crate::testing::{EVERYTHING, Numbers, apply, hex};
use crate::x86_64::Instructions;
use alloc::{format, string::String, vec, vec::Vec};
use ashore_base::{Addr, AddrRange};

const START: Addr = Addr(0x40_1000);

/// Bytes from hexadecimal digits with any spacing.
fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

/// A range of one address, `offset` from the start of the code.
fn only(offset: u64) -> AddrRange {
    AddrRange { start: START.plus(offset), end: START.plus(offset + 1) }
}

/// What is found in `code`, which is one function: offset, kind and target's offset of each place.
fn found(code: &str, targets: AddrRange) -> Vec<String> {
    let bytes = bytes(code);
    let code = Code { bytes: &bytes, start: START };
    let extent = code.range();
    let places = Instructions.find(code, targets, &|at| extent.contains(at).then_some(extent));
    places.iter().map(|p| format!("{} {:?} {}", p.at.0 - START.0, p.kind, p.target.0 as i64 - START.0 as i64)).collect()
}

#[test]
fn every_way_to_name_an_address_is_found() {
    let whole = AddrRange { start: START, end: START.plus(0x100) };
    for (code, expected) in [
        ("e8 00000000", "0 Call 5"),
        ("e9 fbffffff", "0 Jump 0"),
        ("eb fe", "0 Jump 0"),
        ("f2 eb 01", "0 Jump 4"),
        ("74 02", "0 Branch 4"),
        ("0f85 0a000000", "0 Branch 16"),
        ("e2 fe", "0 Branch 0"),
        ("e3 fe", "0 Branch 0"),
        ("67 e3 fd", "0 Branch 0"),
        ("48 8d 05 00000000", "0 Address 7"),
        ("4c 8d 3d f9ffffff", "0 Address 0"),
        ("b8 05104000", "0 Constant 5"),
        ("48 b8 0510400000000000", "0 Constant 5"),
        ("48 c7 c0 05104000", "0 Constant 5"),
        ("c7 84 24 00010000 05104000", "0 Constant 5"),
        ("48 c7 44 24 08 05104000", "0 Constant 5"),
        ("68 05104000", "0 Constant 5"),
        ("48 3d 05104000", "0 Constant 5"),
        ("48 81 fb 05104000", "0 Constant 5"),
        ("48 8d 04 25 05104000", "0 Constant 5"),
        ("c7 f8 00000000", "0 Branch 6"),
    ] {
        assert_eq!(found(code, whole), [expected], "{code}");
    }
}

#[test]
fn slots_and_numbers_inside_instructions_are_no_places() {
    let whole = AddrRange { start: START, end: START.plus(0x100) };
    for code in [
        "48 8b 05 00000000",         // mov rax, [rip]: reads a slot
        "ff 15 00000000",            // call [rip]
        "ff 25 00000000",            // jmp [rip]
        "48 3b 05 00000000",         // cmp rax, [rip]
        "05 05104000",               // add eax, imm32
        "48 b8 e8000000e8000000",    // the bytes of calls inside a constant
        "48 b8 0000e8f6ffffff00 90", // the same, with a fitting distance
        "8b 80 05104000",            // mov eax, [rax + disp]
    ] {
        assert!(found(code, whole).is_empty(), "{code}: {:?}", found(code, whole));
    }
}

#[test]
fn only_the_targets_asked_for_are_found() {
    let code = "e8 00000000 e8 01000000 90 90";
    assert_eq!(found(code, only(5)), ["0 Call 5"]);
    assert_eq!(found(code, only(11)), ["5 Call 11"]);
    assert!(found(code, AddrRange { start: START, end: START }).is_empty());
}

#[test]
fn where_no_function_is_known_decodings_must_agree() {
    let mut code = bytes(&"48 89 c3 48 8b 04 25 00 00 00 00 31 c0 ".repeat(30));
    let at = code.len() as u64;
    code.extend(bytes("e8 00000000"));
    // The opcode of a call inside the constant of another instruction, with a fitting distance.
    code.extend(bytes("48 b8 00 e8 f3ffffff 00 00 c3"));
    let code = Code { bytes: &code, start: START };
    let places = Instructions.find(code, only(at + 5), &|_| None);
    assert_eq!(places.iter().map(|place| place.at).collect::<Vec<_>>(), [START.plus(at)]);
}

/// What `code`'s first place becomes when it must name the address at `offset` instead, or why it cannot.
fn retargeted(code: &str, target: Addr) -> Result<String, String> {
    let bytes = bytes(code);
    let code = Code { bytes: &bytes, start: START };
    let everything = AddrRange { start: Addr(0x40_0000), end: Addr(0x41_0000) };
    let extent = code.range();
    let places = Instructions.find(code, everything, &|_| Some(extent));
    let writes = Instructions.retarget(code, &places[0], target).map_err(|reason| format!("{reason:?}"))?;
    let mut changed = bytes.clone();
    apply(&mut changed, START.0, &writes);
    let again = Code { bytes: &changed, start: START };
    let now = Instructions.find(again, AddrRange { start: target, end: target.plus(1) }, &|_| Some(extent));
    assert_eq!(now.len(), 1, "{code:?}");
    Ok(hex(&changed))
}

#[test]
fn a_place_names_another_address_in_the_same_length() {
    let near = START.plus(0x40);
    for (code, expected) in [
        ("e8 00000000", "e83b000000"),
        ("f2 e9 00000000", "f2e93a000000"),
        ("74 00", "743e"),
        ("e3 00", "e33e"),
        ("0f84 00000000", "0f843a000000"),
        ("48 8d 05 00000000", "488d0539000000"),
        ("48 b8 0010400000000000", "48b84010400000000000"),
        ("c7 44 24 08 00104000", "c744240840104000"),
        ("48 8d 04 25 00104000", "488d042540104000"),
    ] {
        assert_eq!(retargeted(code, near).as_deref(), Ok(expected), "{code}");
    }
}

#[test]
fn a_place_that_does_not_reach_is_refused() {
    for (code, far) in [
        ("74 00", START.plus(130)),
        ("e8 00000000", START.plus(0x8000_0005)),
        ("b8 00104000", Addr(0x1_0000_0000)),
        ("48 c7 c0 00104000", Addr(0x8000_0000)),
    ] {
        assert!(retargeted(code, far).is_err_and(|reason| reason.contains("OutOfRange")), "{code}");
    }
    assert!(retargeted("b8 00104000", Addr(0xffff_fff0)).is_ok());
    assert!(retargeted("48 c7 c0 00104000", Addr(0xffff_ffff_8000_0000)).is_ok());
}

/// The first five bytes of `code`, moved by `distance`.
fn displaced(code: &str, distance: u64) -> Result<String, String> {
    let bytes = bytes(code);
    let code = Code { bytes: &bytes, start: START };
    match Instructions.displace(code, 5, START.plus(distance)) {
        Ok(displaced) => {
            assert_eq!(Instructions.whole(code, 5), Ok(displaced.taken));
            Ok(format!("{} {}", displaced.taken, hex(&displaced.bytes)))
        }
        Err(reason) => Err(format!("{reason:?}")),
    }
}

#[test]
fn first_instructions_do_the_same_elsewhere() {
    for (code, expected) in [
        // push rbp; mov rbp, rsp; sub rsp, 16; ret
        ("55 4889e5 4883ec10 c3", "8 554889e54883ec10e9fbefffff"),
        // mov rax, [rip + 0x100]
        ("488b05 00010000 c3", "7 488b0500f1ffffe9fbefffff"),
        // cmp [rip + 0x100], imm8: the distance counts from behind the immediate
        ("803d 00010000 07 c3", "7 803d00f1ffff07e9fbefffff"),
        // cmp rsp, [r14 + 16]; jbe +2: a short branch becomes a long one
        ("493b6610 7602 90 90 c3", "6 493b66100f86feefffffe9f7efffff"),
        // loop to the entry stays in the moved code
        ("90 90 90 e2fb c3", "5 909090e202eb05e9f4ffffffe9f4efffff"),
        // endbr64; push rbp
        ("f30f1efa 55 c3", "5 f30f1efa55e9fbefffff"),
        // jmp: nothing comes behind it
        ("e9 00010000", "5 e900f1ffff"),
        // a call returns to where it did
        ("e8 fb000000 c3", "5 50488d05fdefffff48870424e9eff0ffff"),
        ("50 ff15 00010000 c3", "7 5050488d05feefffff48870424ff25f4f0ffff"),
        // a function shorter than a branch, with filler behind it
        ("31c0c3 cccccc", "5 31c0c3"),
        ("31c0c3 0000000000", "5 31c0c3"),
        ("31c0c3 660f1f440000", "9 31c0c3"),
        ("8d4701 c3 6690 660f1f440000", "6 8d4701c3"),
    ] {
        assert_eq!(displaced(code, 0x1000).as_deref(), Ok(expected), "{code}");
    }
}

#[test]
fn what_cannot_move_is_refused_with_the_reason() {
    for (code, reason) in [
        ("31c0c3", "TooShort { needed: 5 }"),
        ("31c0c3 00", "TooShort { needed: 5 }"),
        // behind its end another function begins
        ("31c0c3 554889e5", "TooShort { needed: 5 }"),
        ("31c0c3 90 554889e5", "TooShort { needed: 5 }"),
        ("ffd0 90 90 90", "a call"),
        ("90 90 90 ffd0", "a call of this form"),
        ("90 90 90 90 90 ebfa", "leads into"),
        ("90 90 90 90 90 488d05f5ffffff ffe0", "leads into"),
        ("90 06 90 90 90 90", "no instruction"),
        ("c7f8 00000000 c3", "this form"),
    ] {
        assert!(displaced(code, 0x1000).is_err_and(|why| why.contains(reason)), "{code} {:?}", displaced(code, 0x1000));
    }
    let far = displaced("488b05 00010000 c3", 1 << 40);
    assert!(far.is_err_and(|why| why.contains("OutOfRange")));
}

#[test]
fn a_function_goes_on_behind_an_end_while_something_leads_there() {
    let whole = |code: &str, len| {
        let bytes = bytes(code);
        Instructions.whole(Code { bytes: &bytes, start: START }, len)
    };
    // test eax, eax; je +1; ret; xor eax, eax; ret
    assert_eq!(whole("85c0 7401 c3 31c0 c3 cccccc", 8), Ok(8));
    assert_eq!(whole("85c0 7401 c3 31c0 c3 55", 9), Err(Unencodable::TooShort { needed: 9 }));
    // jmp [rax]; blocks of a table
    assert_eq!(whole("ff20 31c0 c3 31c9 c3", 8), Ok(8));
}

#[test]
fn branches_go_far_through_eight_bytes() {
    let back = "ff2500000000";
    let target = hex(&START.plus(8).0.to_le_bytes());
    let behind = hex(&START.plus(6).0.to_le_bytes());
    let code = "493b6610 7602 90 90 c3";
    assert_eq!(displaced(code, 1 << 40), Ok(format!("6 493b6610770e{back}{target}{back}{behind}")));
}

#[test]
fn kernel_calls_are_decoded_not_guessed() {
    let code = bytes("b80f050000 0f05 cd80 48b80f05cd800f05cd80 c3 0f05");
    let code = Code { bytes: &code, start: START };
    let extent = AddrRange { start: START, end: START.plus(20) };
    let calls = Instructions.kernel_calls(code, &|at| extent.contains(at).then_some(extent));
    let offsets: Vec<u64> = calls.iter().map(|at| at.0 - START.0).collect();
    // The last lies in no function, and every decoding agrees on it.
    assert_eq!(offsets, [5, 7, 20]);
}

/// The bytes written over the kernel call at `offset`, and how many bytes before its handler's frame the island has.
fn redirected(code: &str, offset: u64) -> Result<String, String> {
    let bytes = bytes(code);
    let code = Code { bytes: &bytes, start: START };
    let (island, handler) = (START.plus(0x1000), START.plus(0x2000));
    let (write, island) = Instructions
        .redirect_kernel_call(code, START.plus(offset), island, handler)
        .map_err(|reason| format!("{reason:?}"))?;
    let island = hex(&island);
    let (before, rest) = island.split_once("488d6424809c50").unwrap();
    let (_, behind) = rest.split_once("488ba42438000000").unwrap();
    Ok(format!("{}: {} [{before}] [{behind}]", write.at.0 - START.0, hex(&write.bytes)))
}

#[test]
fn a_kernel_call_and_its_neighbours_become_a_branch() {
    let before = redirected("b814000000 0f05 c3", 5).unwrap();
    assert!(before.starts_with("0: e9fb0f0000cccc [b814000000] [e9"), "{before}");
    let copies = redirected("4889ce 4889df 0f05 c3", 6).unwrap();
    assert!(copies.starts_with("3: e9f80f0000 [4889df] [e9"), "{copies}");
    // A branch to the call itself: what stands behind it moves.
    let behind = redirected("eb05 b814000000 0f05 7201 90 c3", 7).unwrap();
    assert!(behind.starts_with("7: e9f40f0000 [] [0f82"), "{behind}");
    let both = redirected("89c7 0f05 c3", 2).unwrap();
    assert!(both.starts_with("0: e9fb0f0000 [89c7] [c3]"), "{both}");
}

#[test]
fn a_kernel_call_without_room_is_refused() {
    for (code, offset) in [("0f05 c3", 0), ("eb02 90 90 0f05 c3", 4), ("e800000000 0f05 ebfc", 5), ("90 90 90 90", 0)] {
        assert!(redirected(code, offset).is_err_and(|why| why.contains("Instruction")), "{code}");
    }
}

#[test]
fn any_bytes_are_taken_without_panic() {
    let mut numbers = Numbers(1);
    let mut next = move || numbers.next() as u8;
    for len in 0..200usize {
        let code: Vec<u8> = (0..len).map(|_| next() & next() | next()).collect();
        let start = [START, Addr(0), Addr(u64::MAX - 50)][len % 3];
        let code = Code { bytes: &code, start };
        for extent in [None, Some(code.range()), Some(EVERYTHING)] {
            for place in Instructions.find(code, EVERYTHING, &|_| extent) {
                let _ = Instructions.retarget(code, &place, start);
            }
            for site in Instructions.kernel_calls(code, &|_| extent) {
                let _ = Instructions.redirect_kernel_call(code, site, start, START);
            }
        }
        let _ = Instructions.displace(code, 14, START.plus(len as u64));
    }
    assert_eq!(Instructions.unit(), 1);
    assert_eq!(Instructions.nothing(3), Ok(vec![0x0f, 0x1f, 0x00]));
}

#[test]
fn what_goes_through_a_word_is_found() {
    let code = bytes("ff25 0a000000 ff15 04000000 488b05 fdffffff c3");
    let code = Code { bytes: &code, start: START };
    let found = Instructions.through(code, START.plus(16), &|_| None);
    assert_eq!(found, [START, START.plus(6), START.plus(13)]);
}
