//! The machine: QEMU's `virt` board with our kernel, and memory that we share.

use super::pulse::Sign;
use super::request::Request;
use ashore_report::{Report, table};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The program that is the machine.
const QEMU: &str = "qemu-system-aarch64";

/// The CPU: 64-bit Arm of 2018 with its atomic instructions, and nothing that costs an emulator much.
const CPU: &str = "cortex-a76";

/// The least memory a machine starts with.
const LEAST_MEMORY: u64 = 16 << 20;

/// The most it can have: the CPU has addresses of 40 bits, and memory begins at the second GiB.
const MOST_MEMORY: u64 = (1 << 40) - (1 << 30);

/// Where QEMU puts a kernel that says "anywhere", from the start of memory.
pub(super) const KERNEL_AT: u64 = 2 << 20;

/// What a machine is made of.
pub(super) struct Parts {
    pub(super) kernel: Cow<'static, [u8]>,
    pub(super) archive: File,
}

/// A running machine.
#[derive(Debug)]
pub(super) struct Machine {
    child: Mutex<Child>,
    /// Its serial line.
    line: Mutex<Option<(ChildStdin, ChildStdout)>>,
    /// Its memory.
    pub(super) memory: File,
    pub(super) memory_len: u64,
    /// Where the emulator itself says something.
    errors: Mutex<Option<ChildStderr>>,
    /// What it had to say.
    said: Mutex<Option<JoinHandle<String>>>,
    /// Files that must live as long as it may read them.
    _files: [File; 2],
}

impl Machine {
    /// Starts it.
    pub(super) fn start(request: &Request, parts: Parts) -> Result<Arc<Machine>, Report> {
        let fail = |why: io::Error| table::MACHINE_FAILED.because(why.to_string());
        let mut kernel = memory_file("ashore-kernel").map_err(fail)?;
        kernel.write_all(&parts.kernel).map_err(fail)?;
        let memory = memory_file("ashore-memory").map_err(fail)?;
        if request.memory > MOST_MEMORY {
            let reason = format!("this machine has at most {}G of memory (--memory)", MOST_MEMORY >> 30);
            return Err(table::MACHINE_REFUSED.because(reason));
        }
        check_ports(request)?;
        let memory_len = request.memory.max(LEAST_MEMORY).next_multiple_of(2 << 20);
        let mut command = Command::new(QEMU);
        command
            .args(["-M", "virt,gic-version=3,memory-backend=ram", "-cpu", CPU])
            .args(["-smp", &request.cpus.to_string(), "-m", &format!("{}k", memory_len >> 10)])
            .arg("-object")
            .arg(format!("memory-backend-file,id=ram,share=on,size={memory_len},mem-path={}", path_of(&memory)))
            .args(["-nodefaults", "-no-user-config", "-nic", "none", "-display", "none", "-no-reboot"])
            .args(["-device", "virtio-rng-device"])
            .args(["-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"])
            // A program of the guest's must not reach the host: the last part refuses emulators that cannot promise it.
            .args(["-semihosting-config", "enable=on,target=native,userspace=off"])
            .args(["-kernel", &path_of(&kernel), "-initrd", &path_of(&parts.archive)]);
        if let Some(network) = network(request) {
            command.args(["-netdev", &network, "-device", "virtio-net-device,netdev=net"]);
        }
        if let Some(port) = request.gdb {
            command.args(["-S", "-gdb", &format!("tcp:127.0.0.1:{port}")]);
        }
        command.args(&request.emulator);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        ashore_sys::end_with_us(&mut command);
        let mut child = command.spawn().map_err(|why| match why.kind() {
            io::ErrorKind::NotFound => table::NO_QEMU.because(format!("{QEMU} is not in PATH")),
            _ => table::NO_QEMU.because(format!("{QEMU}: {why}")),
        })?;
        let line = child.stdin.take().zip(child.stdout.take());
        let errors = child.stderr.take();
        let (child, line, said) = (Mutex::new(child), Mutex::new(line), Mutex::new(None));
        let errors = Mutex::new(errors);
        Ok(Arc::new(Machine { child, line, errors, memory, memory_len, said, _files: [kernel, parts.archive] }))
    }

    /// Its serial line: what it reads and what it writes. Once.
    pub(super) fn line(&self) -> Option<(ChildStdin, ChildStdout)> {
        lock(&self.line).take()
    }

    /// What shows whether its kernel moves; nothing while there is no kernel of ours in it.
    pub(super) fn sign(&self) -> Option<Sign> {
        let mailbox = super::mailbox::read(&self.memory)?;
        let pid = lock(&self.child).id();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // Behind the name, which may hold anything: the state, ten numbers, and the time it ran in ticks, twice.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let is_stopped = matches!(fields.next()?, "T" | "t");
        let mut ticks = fields.skip(10).filter_map(|field| field.parse::<u64>().ok());
        let ran = ticks.next()?.checked_add(ticks.next()?)?;
        let ran = Duration::from_millis(ran.saturating_mul(1000 / rustix::param::clock_ticks_per_second().max(1)));
        Some(Sign { beat: mailbox.beat, ran, is_stopped })
    }

    /// Begins to listen to what the emulator itself says. The thread for it takes the signals it is started with, so this is for
    /// later than [`Machine::start`], whose process must not inherit what we hold back.
    pub(super) fn listen(&self) {
        let thread = lock(&self.errors).take().map(|mut errors| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                let _ = errors.read_to_end(&mut text);
                String::from_utf8_lossy(&text).into_owned()
            })
        });
        *lock(&self.said) = thread;
    }

    /// Ends it from outside.
    pub(super) fn kill(&self) {
        let _ = lock(&self.child).kill();
    }

    /// Waits for its end.
    pub(super) fn wait(&self) -> Option<ExitStatus> {
        lock(&self.child).wait().ok()
    }

    /// What the emulator itself had to say, after its end.
    pub(super) fn said(&self) -> String {
        let said = lock(&self.said).take();
        said.and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

/// Refuses ports that somebody has. The emulator would say so too, in many words.
fn check_ports(request: &Request) -> Result<(), Report> {
    let published = request.publish.iter().map(|(host, _)| (*host, "--publish"));
    for (port, option) in published.chain(request.gdb.map(|port| (port, "--gdb"))) {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|why| {
            let reason = match why.kind() {
                io::ErrorKind::AddrInUse => format!("port {port} is in use ({option})"),
                _ => format!("port {port}: {why} ({option})"),
            };
            table::MACHINE_REFUSED.because(reason)
        })?;
    }
    Ok(())
}

/// The network that the machine sees, if it sees one. Only what is published comes in, nothing gets out.
fn network(request: &Request) -> Option<String> {
    if request.publish.is_empty() {
        return None;
    }
    let ports = request.publish.iter().map(|(host, guest)| format!(",hostfwd=tcp:127.0.0.1:{host}-:{guest}"));
    Some(format!("user,id=net,restrict=on{}", ports.collect::<String>()))
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty file that lives in memory only and has no name.
pub(super) fn memory_file(name: &str) -> io::Result<File> {
    Ok(rustix::fs::memfd_create(name, rustix::fs::MemfdFlags::CLOEXEC)?.into())
}

/// A path by which another process of ours opens the file.
fn path_of(file: &File) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd())
}
