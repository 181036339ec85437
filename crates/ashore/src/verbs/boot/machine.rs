//! The machine: QEMU's `virt` board with our kernel, and memory that we share.

use super::request::Request;
use ashore_report::{Report, table};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The program that is the machine.
const QEMU: &str = "qemu-system-aarch64";

/// The CPU: 64-bit Arm of 2018 with its atomic instructions, and nothing that costs an emulator much.
const CPU: &str = "cortex-a76";

/// The least memory a machine starts with.
const LEAST_MEMORY: u64 = 16 << 20;

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
    /// What the emulator itself had to say.
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
        let said = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                let _ = stderr.read_to_end(&mut text);
                String::from_utf8_lossy(&text).into_owned()
            })
        });
        let line = child.stdin.take().zip(child.stdout.take());
        let (child, line, said) = (Mutex::new(child), Mutex::new(line), Mutex::new(said));
        Ok(Arc::new(Machine { child, line, memory, memory_len, said, _files: [kernel, parts.archive] }))
    }

    /// Its serial line: what it reads and what it writes. Once.
    pub(super) fn line(&self) -> Option<(ChildStdin, ChildStdout)> {
        lock(&self.line).take()
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
