//! `ashore check` through its command line, on images built from source and on programs of this machine; what it says of the
//! images is compared with what QEMU does with them.

mod common;
#[path = "../../formats/tests/samples/mod.rs"]
mod samples;

use common::text;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn ashore(words: &[&str], file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ashore")).arg("check").args(words).arg(file).output().unwrap()
}

/// An image for bare machines.
fn image(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/bare").join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path
}

/// What QEMU's virt board ends with when it runs `image`: the status the image gives to semihosting.
fn qemu(image: &Path) -> Option<i32> {
    let words = "-M virt -cpu cortex-a57 -nodefaults -display none -serial none -monitor none -semihosting -kernel";
    let mut command = Command::new("qemu-system-aarch64");
    let status = command.args(words.split(' ')).arg(image).stdin(Stdio::null()).status();
    status.expect("qemu-system-aarch64 is missing: apt-get install qemu-system-arm").code()
}

#[test]
fn a_go_program_in_flash_loses_its_store_and_is_told_so() {
    let (flash, ram) = (image("store-flash"), image("store-ram"));
    let out = ashore(&["--on", "virt"], &flash);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stdout);
    for words in ["E0701", ".data, .bss and .noptrbss lie in flash", "RAM is 0x40000000..", "-ldflags=-T=0x40201000"] {
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
    let out = ashore(&["--on", "virt"], &ram);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{said}");
    assert!(said.ends_with("on virt: clean, 1 note\n"), "{said}");
    assert_eq!((qemu(&ram), qemu(&flash)), (Some(0), Some(1)), "0: the number was read back, 1: it was lost");
}

#[test]
fn data_alone_can_move_to_ram() {
    let split = image("store-split");
    assert_eq!(ashore(&["--on", "virt"], &split).status.code(), Some(0));
    assert_eq!(qemu(&split), Some(0));
}

#[test]
fn a_go_program_with_its_own_runtime_is_checked_the_same() {
    let (flash, ram) = (image("runtime-flash"), image("runtime-ram"));
    let out = ashore(&["--on", "virt"], &flash);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{said}");
    for words in ["E0111", ".data, .bss and .noptrbss lie in flash", "_rt0_arm64_linux is the runtime's"] {
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
    let out = ashore(&["--on", "virt"], &ram);
    assert!(text(&out.stdout).ends_with("on virt: clean, 1 note\n"), "{}", text(&out.stdout));
    // For the board whose load address it has, the address is right.
    let out = ashore(&["--on", "raspi4", "--json"], &flash);
    let value: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let findings = value["programs"][0]["findings"].as_array().unwrap();
    assert!(!findings.iter().any(|finding| matches!(finding["rule"].as_str(), Some("M1" | "M5"))), "{value:#}");
}

/// The table of virt says what QEMU's own device tree says.
#[test]
fn the_table_of_virt_agrees_with_qemus_device_tree() {
    use ashore_check::{Machine, machine::Use};
    let blob = Path::new(env!("CARGO_TARGET_TMPDIR")).join("virt.dtb");
    let machine = format!("virt,dumpdtb={}", blob.display());
    let dumped = Command::new("qemu-system-aarch64").args(["-M", &machine, "-m", "128M", "-nodefaults"]).output();
    let Ok(dumped) = dumped else { return };
    assert!(dumped.status.success(), "{}", text(&dumped.stderr));
    let tree = Machine::of_tree(&std::fs::read(&blob).unwrap(), None, None).unwrap();
    let table = Machine::named("virt", None).unwrap();
    assert_eq!((tree.firmware, tree.loading), (table.firmware, table.loading));
    for kind in [Use::Ram, Use::Flash] {
        let ranges = |machine: &Machine| machine.all(kind).map(|region| region.memory).collect::<Vec<_>>();
        assert_eq!(ranges(&tree), ranges(&table), "{kind:?}");
    }
    for region in tree.all(Use::Device) {
        let known = table.pieces(region.memory);
        let is_there = known.iter().all(|(_, found)| found.is_some_and(|found| found.kind == Use::Device));
        assert!(is_there, "{} {:?}", region.name, region.memory);
    }
    let out = ashore(&["--dtb", &blob.to_string_lossy()], &image("store-flash"));
    assert!(text(&out.stdout).contains("lie in flash (flash@0"), "{}", text(&out.stdout));
}

#[test]
fn programs_of_this_machine_are_clean() {
    for name in ["ls", "sh", "grep", "tar", "env"] {
        let path = Path::new("/usr/bin").join(name);
        if path.is_file() {
            let out = ashore(&[], &path);
            assert_eq!((out.status.code(), text(&out.stderr)), (Some(0), ""), "{name}: {}", text(&out.stdout));
            assert!(text(&out.stdout).ends_with("on linux: clean\n"), "{name}: {}", text(&out.stdout));
        }
    }
}

#[test]
fn statuses_are_those_of_every_verb() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let noise = place.join("check-noise");
    std::fs::write(&noise, "no program").unwrap();
    let code = |words: &[&str], file: &Path| ashore(words, file).status.code();
    assert_eq!(code(&[], Path::new("/nonexistent/image")), Some(127));
    assert_eq!(code(&["--on", "virt"], &noise), Some(126));
    assert_eq!(code(&["--on", "nothing"], &noise), Some(125));
    assert_eq!(code(&["--memory", "many"], &noise), Some(125));
    assert_eq!(code(&["--on", "virt", "--dtb", "/nonexistent/tree"], &noise), Some(125));
    let elf = place.join("check-elf");
    std::fs::write(&elf, samples::elf().0).unwrap();
    assert_eq!(code(&["--on", "virt"], &elf), Some(126), "it is for another CPU");
}

#[test]
fn kernels_are_checked_and_not_run() {
    let kernel = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check-kernel");
    let file = samples::File::default().u32(0, 0x1400_0010).u64(8, 0x8_0000).u64(16, 0x1000).put(56, b"ARM\x64");
    std::fs::write(&kernel, file.u32(64, 0x1400_0000).0).unwrap();
    let out = ashore(&["--on", "virt"], &kernel);
    assert!(text(&out.stdout).contains("E0706"), "{}", text(&out.stdout));
    let run = Command::new(env!("CARGO_BIN_EXE_ashore")).arg("run").arg(&kernel).output().unwrap();
    assert_eq!(run.status.code(), Some(126));
    assert!(text(&run.stderr).contains("it is a kernel image (arm64 Image)"), "{}", text(&run.stderr));
}

#[test]
fn our_own_kernel_passes() {
    // Above the folder for the files of tests: where `cargo xtask kernel` puts it.
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).ancestors().find(|folder| folder.join("kernel/Image").is_file());
    let target = target.expect("the kernel is missing: cargo xtask kernel");
    let elf = target.join("aarch64-unknown-none-softfloat/release/ashore-kernel-boot");
    for image in [target.join("kernel/Image"), elf] {
        assert!(image.is_file(), "{} is missing: cargo xtask kernel", image.display());
        let out = ashore(&["--on", "virt"], &image);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stdout));
        assert!(text(&out.stdout).ends_with("on virt: clean\n"), "{}", text(&out.stdout));
    }
}
