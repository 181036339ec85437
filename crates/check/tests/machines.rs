//! Every rule about machines: an image that it finds, and its correct twin.

mod builder;

use builder::*;

const RAM: u64 = 0x4020_0000;
const RET: u32 = 0xd65f_03c0;
const HALT: u32 = 0x1400_0000;
/// mrs x0, CurrentEL; mov x0, #3<<20; msr cpacr_el1, x0; isb.
const CAREFUL: [u32; 4] = [0xd538_4240, 0xd2a0_0600, 0xd518_1040, 0xd503_3fdf];
/// msr sctlr_el1, xzr; msr cntkctl_el1, xzr; msr tpidrro_el0, xzr; adrp x1, .+4096; msr vbar_el1, x1.
const SETTING: [u32; 5] = [0xd518_101f, 0xd518_e11f, 0xd51b_d07f, 0xb000_0001, 0xd518_c001];
const FADD: u32 = 0x1e62_2820;

/// Code of a start-up that does everything, then `words`, then stops; a table of vectors is on the next page.
fn image(at: u64, words: &[u32]) -> Elf {
    let mut all: Vec<u32> = CAREFUL.iter().chain(&SETTING).chain(words).copied().collect();
    all.push(HALT);
    let mut code: Vec<u8> = all.iter().flat_map(|word| word.to_le_bytes()).collect();
    code.resize(0x1000, 0);
    code.resize(0x1800, 0x1f);
    Elf::new(AARCH64, at, &code)
}

/// `name` is found in `bad` on `machine` and not in `good`, in which nothing is found at all.
#[track_caller]
fn pair(name: &str, machine: &str, bad: &Elf, good: &Elf) {
    let found = on_machine(&bad.build(), machine);
    assert!(found.iter().any(|slug| slug == name), "{name} is not among {found:?}");
    let found = text_on_machine(&good.build(), machine);
    assert!(found.is_empty(), "the twin of {name}: {found:#?}");
}

fn with_data(code: u64, data: u64) -> Elf {
    image(code, &[])
        .segment(RW, data, &[1; 0x100], 0x200)
        .data(".data", data, 0x100)
        .data(".bss", data + 0x100, 0x180)
        .data(".noptrbss", data + 0x280, 0x80)
}

#[test]
fn m1_writable_sections_in_flash() {
    pair("writable-outside-ram", "virt", &with_data(0x20_0000, 0x30_0000), &with_data(RAM, RAM + 0x10_0000));
    let text = text_on_machine(&with_data(0x20_0000, 0x30_0000).build(), "virt").join("\n");
    for words in [
        ".data, .bss and .noptrbss lie in flash (flash0, 0x0..0x4000000); RAM is 0x40000000..0x48000000",
        ".noptrbss 0x300280..0x300300 (0x80 bytes, zero fill) in flash",
        "0x200000 is where programs of raspi4",
        "-Ttext=0x40200000",
    ] {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
}

#[test]
fn m1_without_sections_names_the_segment() {
    let text = text_on_machine(&image(RAM, &[]).segment(RW, 0x900_0000, &[1; 16], 0).build(), "virt").join("\n");
    assert!(text.contains("the segment at 0x9000000 lies in a device (pl011 serial port"), "{text}");
}

#[test]
fn m2_segments_past_the_end_of_ram() {
    let beyond = image(RAM, &[]).segment(R, 0x8000_0000, &[1; 16], 0);
    pair("outside-memory", "virt", &beyond, &image(RAM, &[]).segment(R, 0x4100_0000, &[1; 16], 0));
    let text =
        text_on_machine(&image(RAM, &[]).segment(RW, 0x47ff_0000, &[1; 16], 0x2_0000).build(), "virt").join("\n");
    assert!(text.contains("past the end of RAM"), "{text}");
}

#[test]
fn m3_code_beside_data_in_flash() {
    let code = |data| image(0x20_1000, &[]).section(".text", 0x20_1000, 0x1000, 4).segment(RW, data, &[1; 16], 0);
    let is_found = |elf: Elf| on_machine(&elf.build(), "virt").contains(&"code-in-busy-flash".into());
    // The section is code only when its flags say so: without sections the segment counts.
    let bare = |data| image(0x20_1000, &[]).segment(RW, data, &[1; 16], 0);
    assert!(is_found(bare(0x30_0000)) && !is_found(bare(RAM)) && !is_found(code(RAM)));
}

#[test]
fn m4_the_place_of_the_device_tree() {
    pair("covers-reserved", "virt", &image(0x4000_0000, &[]), &image(RAM, &[]));
    let found = on_machine(&image(0x8000_0000, &[]).build(), "firecracker");
    assert!(found.contains(&"covers-reserved".into()), "{found:?}");
}

#[test]
fn m5_linked_for_another_load_address() {
    let is_found = |elf: &Elf, machine| on_machine(&elf.build(), machine).contains(&"load-address".into());
    assert!(is_found(&image(RAM, &[]), "raspi4") && !is_found(&image(0x8_0000, &[]), "raspi4"));
    assert!(is_found(&with_data(0x8_0000, 0x9_0000), "virt") && !is_found(&with_data(RAM, RAM + 0x10_0000), "virt"));
}

/// An arm64 Image: the words run first, at 64; it takes `image_len` bytes.
fn kernel(text_offset: u64, image_len: u64, words: &[u32]) -> Vec<u8> {
    let mut file = vec![0; 64];
    file[..4].copy_from_slice(&0x1400_0010u32.to_le_bytes());
    file[8..16].copy_from_slice(&text_offset.to_le_bytes());
    file[16..24].copy_from_slice(&image_len.to_le_bytes());
    file[56..60].copy_from_slice(b"ARM\x64");
    file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    file
}

#[test]
fn m5_kernels_with_impossible_offsets_and_absolute_jumps() {
    let is_found = |file: Vec<u8>| on_machine(&file, "virt").contains(&"load-address".into());
    assert!(is_found(kernel(0x20_0000, 0x1000, &[HALT])) && !is_found(kernel(0x8_0000, 0x1000, &[HALT])));
    // mov x0, #0x40080000 (movz, movk); br x0: right at 0x40080000 only.
    let jump = [0xd2a8_0100u32, 0xd61f_0000];
    assert!(is_found(kernel(0, 0x1000, &jump)) && !is_found(kernel(0x8_0000, 0x1000, &jump)));
}

#[test]
fn m6_zero_fill_that_nobody_clears() {
    let is_found = |words: &[u32]| on_machine(&kernel(0, 0x1_0000, words), "virt").contains(&"bss-not-cleared".into());
    // adrp x0, .+4096; str xzr, [x0], #8; halt
    assert!(is_found(&[HALT]) && !is_found(&[0xb000_0000, 0xf800_841f, HALT]));
}

#[test]
fn e1_registers_of_el1_before_the_question() {
    let mut words = CAREFUL.to_vec();
    words.extend(SETTING);
    let twin = image(RAM, &[]);
    let mut code: Vec<u8> = words[1..].iter().chain(&[HALT]).flat_map(|word| word.to_le_bytes()).collect();
    code.resize(0x1800, 0x1f);
    pair("exception-level", "virt", &Elf::new(AARCH64, RAM, &code), &twin);
}

#[test]
fn e1b_the_conduit_of_firmware() {
    let (hvc, smc) = (0xd400_0002, 0xd400_0003);
    pair("psci-conduit", "virt", &image(RAM, &[smc]), &image(RAM, &[hvc]));
}

#[test]
fn e2_vectors_before_they_are_allowed() {
    let mut code: Vec<u8> = [0xd538_4240, FADD]
        .iter()
        .chain(&CAREFUL)
        .chain(&SETTING)
        .chain(&[HALT])
        .flat_map(|w| w.to_le_bytes())
        .collect();
    code.resize(0x1800, 0x1f);
    pair("fp-before-enable", "virt", &Elf::new(AARCH64, RAM, &code), &image(RAM, &[FADD]));
}

#[test]
fn e3_tables_of_vectors() {
    // adr x1, .+16: not aligned.
    let skewed = image(RAM, &[0x1000_0081, 0xd518_c001]);
    pair("vector-table", "virt", &skewed, &image(RAM, &[]));
    // The table is in the last 1 KiB of the program.
    let mut code: Vec<u8> = CAREFUL.iter().chain(&SETTING).chain(&[HALT]).flat_map(|word| word.to_le_bytes()).collect();
    code.resize(0x1400, 0x1f);
    let found = on_machine(&Elf::new(AARCH64, RAM, &code).build(), "virt");
    assert!(found.contains(&"vector-table".into()), "{found:?}");
    let found = on_machine(&Elf::a64(RAM, &[HALT]).build(), "virt");
    assert!(found.contains(&"no-vector-table".into()), "{found:?}");
}

#[test]
fn e4_stack_pointers() {
    // mov x0, #address; mov sp, x0
    let stack = |movz: u32| image(RAM, &[movz, 0x9100_001f]);
    pair("stack-pointer", "virt", &stack(0xd2a0_2000), &stack(0xd2a8_2000));
    // mov x0, #0x41000000; add sp, x0, #8
    pair("stack-pointer", "virt", &image(RAM, &[0xd2a8_2000, 0x9100_201f]), &stack(0xd2a8_2000));
}

#[test]
fn e5_unaligned_data_without_the_mmu() {
    // adrp x2, .+8192; ldr x3, [x2, #4] (unscaled); the twin reads at #8.
    let rodata = |load: u32, align| {
        image(RAM, &[0xd000_0002, load]).segment(R, RAM + 0x2000, &[1; 64], 0).section(
            ".rodata",
            RAM + 0x2000,
            64,
            align,
        )
    };
    pair("unaligned-data", "virt", &rodata(0xf840_4043, 4), &rodata(0xf840_8043, 8));
}

#[test]
fn e6_registers_left_as_they_were() {
    let found = text_on_machine(&Elf::a64(RAM, &[HALT]).build(), "virt").join("\n");
    assert!(found.contains("never written: CNTKCTL_EL1"), "{found}");
    assert!(on_machine(&image(RAM, &[]).build(), "virt").is_empty());
}

#[test]
fn l1_branches_out_of_the_program() {
    // bl .+64 MiB; the twin calls the next instruction.
    pair("branch-target", "virt", &image(RAM, &[0x9500_0000, RET]), &image(RAM, &[0x9400_0001, RET]));
    // Data behind a branch is no code: it would lead as far.
    assert!(on_machine(&image(RAM, &[0x1400_0002, 0x9500_0000, RET]).build(), "virt").is_empty());
}

#[test]
fn l1_constants_in_a_code_segment_are_no_code() {
    let image = image(RAM, &[HALT, 0x9500_0000, RET]).symbol("constants", RAM + 40, 8, LOCAL);
    assert!(!on_machine(&image.build(), "virt").is_empty());
    assert!(on_machine(&image.section(".rodata", RAM + 40, 8, 8).build(), "virt").is_empty());
}

#[test]
fn l2_two_functions_of_one_name() {
    let twice = |binding| {
        image(RAM, &[0x9400_0002, RET, RET, RET]).symbol("twin", RAM + 44, 4, WEAK).symbol("twin", RAM + 48, 4, binding)
    };
    let text = text_on_machine(&twice(LOCAL).build(), "virt").join("\n");
    assert!(
        text.contains("twin is weak at 0x4020002c (1 call sites), and local at 0x40200030 (0 call sites)"),
        "{text}"
    );
    let local = image(RAM, &[RET, RET, RET]).symbol("twin", RAM + 40, 4, LOCAL).symbol("twin", RAM + 44, 4, LOCAL);
    assert!(on_machine(&local.build(), "virt").is_empty());
}

#[test]
fn d1_devices_of_other_boards() {
    // mov x0, #0xfe200000; str wzr, [x0, #0x1000 as 4-byte words]; the twin stores to 0x09000000.
    let store = |movz: u32| image(RAM, &[movz, 0xb900_001f]);
    pair("missing-device", "virt", &store(0xd2bf_c400), &store(0xd2a1_2000));
    let text = text_on_machine(&store(0xd2bf_c400).build(), "virt").join("\n");
    assert!(text.contains("Raspberry Pi 4 has its peripherals there"), "{text}");
}

#[test]
fn raw_images_are_code_from_their_first_byte() {
    let code: Vec<u8> = [FADD, HALT].iter().flat_map(|word| word.to_le_bytes()).collect();
    assert!(raw_on_machine(&code, "virt").contains(&"fp-before-enable".into()));
}
