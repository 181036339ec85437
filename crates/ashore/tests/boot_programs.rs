//! Programs of many kinds under `ashore boot`, on one CPU and on four: `tests/boot/cases.toml`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

/// A case takes a second or two; a million switches take a minute on a busy machine.
const LIMIT: &str = "300";

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

struct Case<'a>(&'a toml::Table);

impl Case<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn number(&self, key: &str) -> Option<i32> {
        self.0.get(key)?.as_integer()?.try_into().ok()
    }

    fn list(&self, key: &str) -> Vec<&str> {
        self.0
            .get(key)
            .and_then(|list| list.as_array())
            .into_iter()
            .flatten()
            .filter_map(|item| item.as_str())
            .collect()
    }

    fn name(&self) -> &str {
        self.text("name").unwrap()
    }

    fn run(&self, cpus: &str) -> Output {
        let words = self.list("run");
        let program = top().join(".guests/boot").join(words[0]);
        assert!(program.is_file(), "{} is missing: cargo xtask guests", program.display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
        command.current_dir(top()).args(["boot", "--cpus", cpus, "--timeout", LIMIT, "--env", "BOOT_X=1"]);
        for file in self.list("files") {
            command.args(["--file", file]);
        }
        command.arg(program).args(&words[1..]).stdin(Stdio::null()).output().unwrap()
    }

    /// What is wrong with what came out.
    fn fault(&self, output: &Output) -> Option<String> {
        let path = top().join("tests/boot/expected").join(format!("{}.txt", self.name()));
        let wanted = fs::read(&path).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let signal = self.number("signal");
        let is_end = match signal {
            Some(signal) => output.status.signal() == Some(signal),
            None => output.status.code() == Some(self.number("status").unwrap_or(0)),
        };
        match () {
            () if !is_end => Some(format!("it ended with {}", output.status)),
            () if output.stdout != wanted => Some("its output is another".to_owned()),
            () if !errors.contains(self.text("errors").unwrap_or_default()) => Some("its errors are others".to_owned()),
            () => None,
        }
    }
}

/// Runs every case, or the one that the variable names.
fn cases(cpus: &str) {
    let text = fs::read_to_string(top().join("tests/boot/cases.toml")).unwrap();
    let list: toml::Table = text.parse().unwrap();
    let list = list["case"].as_array().unwrap();
    let only = std::env::var("BOOT_CASE").ok();
    let mut faults = Vec::new();
    for case in list.iter().map(|case| Case(case.as_table().unwrap())) {
        if only.as_deref().is_some_and(|only| only != case.name()) {
            continue;
        }
        let output = case.run(cpus);
        match (case.fault(&output), case.text("missing")) {
            (None, None) | (Some(_), Some(_)) => {}
            (None, Some(_)) => faults.push(format!("{}: works now: take `missing` out", case.name())),
            (Some(fault), None) => faults.push(format!(
                "{}: {fault}\n{}{}",
                case.name(),
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    }
    assert!(faults.is_empty(), "{} of {} cases on {cpus} CPUs:\n{}", faults.len(), list.len(), faults.join("\n"));
}

fn busybox(options: &[&str], words: &[&str]) -> Command {
    guest("busybox", options, words)
}

fn guest(name: &str, options: &[&str], words: &[&str]) -> Command {
    let program = top().join(".guests/boot").join(name);
    assert!(program.is_file(), "{} is missing: cargo xtask guests", program.display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.current_dir(top()).args(["boot", "--timeout", LIMIT]).args(options).arg(program).args(words);
    command
}

#[test]
fn input_reaches_the_program_byte_for_byte() {
    let input: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut child = busybox(&[], &["cat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut pipe, bytes) = (child.stdin.take().unwrap(), input.clone());
    let writer = thread::spawn(move || pipe.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success() && output.stdout == input, "{} of {} bytes", output.stdout.len(), input.len());
}

/// Ten million bytes, which is far more than anything on the way holds.
#[test]
fn nothing_of_a_long_input_is_lost_however_slowly_it_is_read() {
    let input: Vec<u8> = (0..10_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("boot-long-input");
    fs::write(&place, &input).unwrap();
    // Pauses let everything fill up behind the reader; then it takes all of it, in pieces of any length.
    let slow = "sleep 1; dd bs=777 count=1000 iflag=fullblock 2>/dev/null | md5sum; sleep 1; cat | md5sum";
    let sums = |input: &[u8]| {
        let host = Command::new("sh").args(["-c", slow]).stdin(fs::File::open(&place).unwrap()).output().unwrap();
        assert!(!input.is_empty() && host.status.success());
        host.stdout
    };
    for cpus in ["1", "3"] {
        let stdin = Stdio::from(fs::File::open(&place).unwrap());
        let output = busybox(&["--cpus", cpus], &["sh", "-c", slow]).stdin(stdin).output().unwrap();
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(said(&output.stdout), said(&sums(&input)), "on {cpus} CPUs");
    }
    fs::remove_file(&place).unwrap();
}

#[test]
fn a_published_port_leads_to_the_program() {
    // A port that nobody has now.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let publish = format!("{port}:8080");
    let options = ["--publish", &publish, "--file", "tests/boot/applets.sh:/www/page"];
    let mut child = busybox(&options, &["httpd", "-f", "-p", "8080", "-h", "/www"]).spawn().unwrap();
    let wanted = fs::read(top().join("tests/boot/applets.sh")).unwrap();
    let page = (0..200).find_map(|_| {
        thread::sleep(Duration::from_millis(100));
        let mut end = TcpStream::connect(("127.0.0.1", port)).ok()?;
        end.write_all(b"GET /page HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = Vec::new();
        end.read_to_end(&mut answer).ok()?;
        answer.ends_with(&wanted).then_some(answer)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(page.is_some_and(|page| page.starts_with(b"HTTP/1.1 200 OK")));
}

#[test]
fn names_are_found_without_a_network() {
    let wanted = [
        ("names", "localhost: ok\nown_name: ok\nunknown: ok\n"),
        ("gonames", "localhost: [127.0.0.1 ::1] <nil>\nown name: true <nil>\nunknown: true\nby name: found\n"),
    ];
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let publish = format!("{port}:80");
    for options in [&[][..], &["--publish", &publish]] {
        for (name, wanted) in wanted {
            let output = guest(name, options, &[]).stdin(Stdio::null()).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), wanted, "{options:?}: {output:?}");
        }
    }
}

#[test]
fn what_a_root_has_stays_as_it_is() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("boot-root-names");
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/hostname"), "other\n").unwrap();
    std::os::unix::fs::symlink("nowhere", root.join("etc/resolv.conf")).unwrap();
    let options = ["--root", root.to_str().unwrap(), "--file", "tests/boot/applets.sh:/etc/hosts"];
    let script = "cat /etc/hostname; readlink /etc/resolv.conf; head -n 1 /etc/hosts";
    let output = busybox(&options, &["sh", "-c", script]).stdin(Stdio::null()).output().unwrap();
    let first = fs::read_to_string(top().join("tests/boot/applets.sh")).unwrap();
    let first = first.lines().next().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("other\nnowhere\n{first}\n"), "{output:?}");
}

#[test]
fn a_trace_tells_the_program_s_calls() {
    let output = busybox(&["--trace"], &["cat", "/absent"]).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("openat(AT_FDCWD, \"/absent\", O_RDONLY") && told.contains("ENOENT"), "{told}");
    assert!(told.contains("exit_group(1)"), "{told}");
}

#[test]
fn a_kernel_that_hangs_is_noticed_and_a_program_that_takes_its_time_is_not() {
    let hang = ["--watchdog", "4", "--emulator", "-append", "--emulator", "ashore.break=hang-later"];
    let output = busybox(&hang, &["sleep", "100"]).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(125) && told.contains("E0613") && told.contains("no sign of life"), "{told}");
    let script = "sleep 5; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done";
    for cpus in ["1", "2"] {
        let slow = ["--watchdog", "2", "--cpus", cpus];
        let output = busybox(&slow, &["sh", "-c", script]).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success() && output.stdout == b"done\n", "{output:?}");
    }
}

#[test]
fn programs_run_on_one_cpu_as_on_linux() {
    cases("1");
}

#[test]
fn programs_run_on_four_cpus_as_on_linux() {
    cases("4");
}
