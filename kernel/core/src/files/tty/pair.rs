//! Pseudo-terminals: a terminal whose other end is a file.

use super::{Screen, Tty};
use crate::call::{Call, Stop, WAIT};
use crate::file::{At, Bytes, Events, File, Open, OwnBytes, Status};
use crate::files::Visitor;
use crate::files::node::{Kind, Listed, Node, Take};
use crate::files::pipe::{NOWHERE, Ring};
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::wait::WaitQueue;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::Errno;
use ashore_pivot::layout::ioctl::{FIONREAD, TIOCGPTN, TIOCGPTPEER, TIOCSPTLCK};
use ashore_pivot::layout::open::O_CLOEXEC;
use ashore_pivot::layout::stat::device;
use ashore_pivot::layout::statfs::DEVPTS_SUPER_MAGIC;
use core::any::Any;
use core::sync::atomic::{AtomicBool, Ordering};

/// The major number of the terminals.
pub const SLAVES: u32 = 136;
/// The number of `/dev/ptmx`.
const MASTER: (u32, u32) = (5, 2);
/// What is shown and not read yet, at most.
const SIZE: usize = 16 << 10;

/// The terminals there are, by their numbers.
#[derive(Debug, Default)]
pub struct Pairs {
    all: Lock<BTreeMap<u32, Arc<Pair>>>,
}

/// A terminal and what its other end has not read.
struct Pair {
    tty: Arc<Tty>,
    shown: Arc<Shown>,
    is_locked: AtomicBool,
}

impl core::fmt::Debug for Pair {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "pts/{}", self.tty.number.1)
    }
}

struct Shown {
    ring: Lock<Ring>,
    queue: WaitQueue,
}

impl Screen for Shown {
    fn show(&self, kernel: &Kernel, bytes: &[u8]) -> usize {
        let count = {
            let mut ring = self.ring.lock();
            // Room was asked for before; what a written line grew by is let in.
            let room = ring.room().max(bytes.len());
            let most = ring.most();
            let len = ring.len();
            ring.set_most(len + room);
            let count = ring.fill(&mut OwnBytes::From(bytes), bytes.len()).unwrap_or(0);
            ring.set_most(most);
            count
        };
        self.queue.wake(kernel, Events::IN);
        count
    }

    fn has_room(&self) -> bool {
        self.ring.lock().room() > 0
    }
}

/// The other end.
struct Master {
    pair: Arc<Pair>,
}

/// Opens `/dev/ptmx`: makes a pair.
pub(in crate::files) fn open_master(call: &mut Call<'_>, _flags: u32) -> Result<Arc<dyn File>, Stop> {
    let mut all = call.kernel.tree.pairs.all.lock();
    let number = (0..).find(|number| !all.contains_key(number)).unwrap_or(0);
    let shown = Arc::new(Shown { ring: Lock::new(Ring::new(SIZE)), queue: WaitQueue::new() });
    let tty = Tty::new(shown.clone(), (SLAVES, number), (0, 0));
    let pair = Arc::new(Pair { tty, shown, is_locked: AtomicBool::new(true) });
    all.insert(number, pair.clone());
    Ok(Arc::new(Master { pair }))
}

impl File for Master {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let count = {
            let mut ring = self.pair.shown.ring.lock();
            if ring.is_empty() {
                if open.is_nonblocking() {
                    return Err(Errno::EAGAIN.into());
                }
                self.pair.shown.queue.join(call.thread, Events::IN);
                return Err(WAIT);
            }
            ring.drain(bytes, usize::MAX)?
        };
        self.pair.tty.has_room(call.kernel);
        Ok(count as u64)
    }

    fn write(&self, call: &mut Call<'_>, _open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let mut buffer = [0; super::PIECE];
        let mut done = 0;
        while bytes.left() > 0 {
            let taken = match bytes.take(&mut buffer) {
                Err(_) if done > 0 => break,
                taken => taken?,
            };
            self.pair.tty.typed(call.kernel, buffer.get(..taken).unwrap_or_default());
            done += taken as u64;
        }
        Ok(done)
    }

    fn ready(&self) -> Events {
        if self.pair.shown.ring.lock().is_empty() { Events::OUT } else { Events::IN | Events::OUT }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.pair.shown.queue)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        let mode = Kind::Character.bits() | 0o666;
        Ok(Status { device: NOWHERE, inode: 2, mode, links: 1, rdev: device(MASTER.0, MASTER.1), ..Status::default() })
    }

    fn control(&self, call: &mut Call<'_>, _open: &Open, request: u32, arg: u64) -> Result<u64, Stop> {
        match request {
            TIOCGPTN => call.write(Addr(arg), &self.pair.tty.number.1)?,
            TIOCSPTLCK => {
                let locked: u32 = call.read(Addr(arg))?;
                self.pair.is_locked.store(locked != 0, Ordering::Release);
            }
            TIOCGPTPEER => {
                let flags = arg as u32;
                let open = Open::new(self.pair.tty.clone(), flags & !O_CLOEXEC);
                return Ok(call.new_fd(open, flags)?);
            }
            FIONREAD => call.write(Addr(arg), &(self.pair.shown.ring.lock().len() as u32))?,
            _ => return self.pair.tty.answer(call, request, arg),
        }
        Ok(0)
    }

    fn closed(&self, kernel: &Kernel, _open: &Open) {
        kernel.tree.pairs.all.lock().remove(&self.pair.tty.number.1);
        self.pair.tty.hang_up(kernel);
    }

    fn name(&self) -> String {
        String::from("/dev/ptmx")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `/dev/pts`.
#[derive(Debug)]
pub struct PtsDirectory {
    parent: Weak<dyn Node>,
    me: Weak<PtsDirectory>,
}

impl PtsDirectory {
    /// The directory, in another one.
    pub fn new(parent: &Arc<dyn Node>) -> Arc<PtsDirectory> {
        Arc::new_cyclic(|me| PtsDirectory { parent: Arc::downgrade(parent), me: me.clone() })
    }
}

impl Node for PtsDirectory {
    fn status(&self) -> Status {
        let mode = Kind::Directory.bits() | 0o755;
        Status { device: 0x16, inode: 1, mode, links: 2, block_size: 1024, ..Status::default() }
    }

    fn kind(&self) -> Kind {
        Kind::Directory
    }

    fn look(&self, visitor: &Visitor<'_>, name: &[u8]) -> Result<Arc<dyn Node>, Errno> {
        let number: u32 = core::str::from_utf8(name).ok().and_then(|name| name.parse().ok()).ok_or(Errno::ENOENT)?;
        let pair = visitor.kernel.tree.pairs.all.lock().get(&number).cloned().ok_or(Errno::ENOENT)?;
        Ok(Arc::new(Slave(pair)))
    }

    fn list(&self, visitor: &Visitor<'_>, from: u64, take: Take<'_>) -> Result<(), Errno> {
        let numbers: Vec<u32> = visitor.kernel.tree.pairs.all.lock().keys().copied().collect();
        let dots = [(".".to_string(), Kind::Directory), ("..".to_string(), Kind::Directory)];
        let names = dots.into_iter().chain(numbers.into_iter().map(|nth| (nth.to_string(), Kind::Character)));
        for ((name, kind), at) in names.zip(0..).skip(from as usize) {
            if !take(Listed { name: name.as_bytes(), inode: at + 1, kind, next: at + 1 }) {
                break;
            }
        }
        Ok(())
    }

    fn parent(&self) -> Option<(Arc<dyn Node>, Vec<u8>)> {
        Some((self.parent.upgrade()?, b"pts".to_vec()))
    }

    fn open(self: Arc<Self>, _call: &mut Call<'_>, _flags: u32) -> Result<Arc<dyn File>, Stop> {
        let me: Arc<dyn Node> = self.me.upgrade().ok_or(Errno::ENOENT)?;
        Ok(Arc::new(crate::files::directory::DirectoryFile(me)))
    }

    fn filesystem(&self) -> i64 {
        DEVPTS_SUPER_MAGIC
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A terminal by its name.
struct Slave(Arc<Pair>);

impl Node for Slave {
    fn status(&self) -> Status {
        let (major, minor) = self.0.tty.number;
        let mode = Kind::Character.bits() | 0o620;
        Status {
            device: 0x16,
            inode: u64::from(minor) + 3,
            mode,
            links: 1,
            rdev: device(major, minor),
            block_size: 1024,
            ..Status::default()
        }
    }

    fn kind(&self) -> Kind {
        Kind::Character
    }

    fn open(self: Arc<Self>, call: &mut Call<'_>, flags: u32) -> Result<Arc<dyn File>, Stop> {
        if self.0.is_locked.load(Ordering::Acquire) {
            return Err(Errno::EIO.into());
        }
        take_if_free(call, &self.0.tty, flags);
        Ok(self.0.tty.clone())
    }

    fn filesystem(&self) -> i64 {
        DEVPTS_SUPER_MAGIC
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The leader of a session without a terminal gets the first one it opens, unless it says otherwise.
pub(in crate::files) fn take_if_free(call: &Call<'_>, tty: &Tty, flags: u32) {
    let process = &call.thread.process;
    let is_leader = process.pid == process.session.load(Ordering::Relaxed);
    let is_free = tty.inner.lock().session == 0;
    if flags & ashore_pivot::layout::open::O_NOCTTY == 0
        && is_leader
        && is_free
        && process.inner.lock().terminal.is_none()
    {
        tty.control_session(process);
    }
}
