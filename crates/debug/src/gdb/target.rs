//! What gdb asks of the process, answered from the [`World`].

use super::files::Files;
use super::memory::{Kind, Space};
use super::registers::{AnyCpu, File};
use super::signals::{from_gdb, to_gdb};
use super::world::{Action, Event, World};
use ashore_process::Pace;
use gdbstub::common::{Pid, Signal, Tid};
use gdbstub::stub::MultiThreadStopReason;
use gdbstub::target::ext::auxv::{Auxv, AuxvOps};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread::{
    MultiThreadBase, MultiThreadRangeStepping, MultiThreadRangeSteppingOps, MultiThreadResume, MultiThreadResumeOps,
    MultiThreadSchedulerLocking, MultiThreadSchedulerLockingOps, MultiThreadSingleStep, MultiThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwBreakpoint, HwBreakpointOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint,
    SwBreakpointOps, WatchKind,
};
use gdbstub::target::ext::exec_file::{ExecFile, ExecFileOps};
use gdbstub::target::ext::extended_mode::{
    Args, AttachKind, CurrentActivePid, CurrentActivePidOps, ExtendedMode, ExtendedModeOps, ShouldTerminate,
};
use gdbstub::target::ext::host_io::HostIoOps;
use gdbstub::target::ext::monitor_cmd::MonitorCmdOps;
use gdbstub::target::ext::target_description_xml_override::{
    TargetDescriptionXmlOverride, TargetDescriptionXmlOverrideOps,
};
use gdbstub::target::ext::thread_extra_info::{ThreadExtraInfo, ThreadExtraInfoOps};
use gdbstub::target::{TargetError, TargetResult};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

const EFAULT: u8 = 14;
const ESRCH: u8 = 3;

/// The debugged process as one connection sees it.
pub(super) struct Target {
    pub(super) world: Arc<World>,
    pub(super) space: Arc<Space>,
    pub(super) program: Vec<u8>,
    pub(super) auxv: Vec<u8>,
    pub(super) files: Files,
    actions: BTreeMap<i32, Action>,
    is_locked: bool,
    /// Whether gdb ever let the program run.
    pub(super) has_run: bool,
}

pub(super) type StopReason = MultiThreadStopReason<u64>;

fn tid_of(host_tid: i32) -> Option<Tid> {
    Tid::new(host_tid as usize)
}

impl Target {
    pub(super) fn new(world: Arc<World>, space: Arc<Space>, program: Vec<u8>, auxv: Vec<u8>, files: Files) -> Target {
        Target { world, space, program, auxv, files, actions: BTreeMap::new(), is_locked: false, has_run: false }
    }

    /// What gdb is told of an event.
    pub(super) fn reason(&self, host_tid: i32, event: Event) -> StopReason {
        let Some(tid) = tid_of(host_tid) else { return StopReason::Signal(Signal::SIGTRAP) };
        match event {
            Event::Stepped => StopReason::SignalWithThread { tid, signal: Signal::SIGTRAP },
            Event::Break(Kind::Software) => StopReason::SwBreak(tid),
            Event::Break(Kind::Hardware) => StopReason::HwBreak(tid),
            Event::Touch(addr, kind) => StopReason::Watch { tid, kind, addr },
            Event::Signal(delivery) => StopReason::SignalWithThread { tid, signal: to_gdb(delivery.signal) },
            Event::Exits(status) => StopReason::Exited(status),
            Event::Dies(signal) => StopReason::Terminated(to_gdb(signal)),
        }
    }

    /// Stops everything because a person asked.
    pub(super) fn interrupt(&self) -> Option<StopReason> {
        self.world.hold();
        let first = self.world.listed().into_iter().map(|thread| thread.host_tid).find_map(tid_of)?;
        Some(StopReason::SignalWithThread { tid: first, signal: Signal::SIGINT })
    }

    fn act(&mut self, tid: Tid, pace: Pace, signal: Option<Signal>) {
        self.actions.insert(tid.get() as i32, Action { pace, signal: signal.and_then(from_gdb) });
    }
}

/// The part of `whole` from `offset` on that fits.
fn part(whole: &[u8], offset: u64, len: usize, into: &mut [u8]) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|offset| whole.get(offset..)).unwrap_or_default();
    let len = rest.len().min(len).min(into.len());
    for (to, from) in into.iter_mut().zip(rest).take(len) {
        *to = *from;
    }
    len
}

impl gdbstub::target::Target for Target {
    type Arch = AnyCpu;
    type Error = Infallible;

    fn base_ops(&mut self) -> BaseOps<'_, AnyCpu, Infallible> {
        BaseOps::MultiThread(self)
    }

    fn use_lldb_register_info(&self) -> bool {
        false
    }

    fn use_fork_stop_reason(&self) -> bool {
        false
    }

    fn use_vfork_stop_reason(&self) -> bool {
        false
    }

    fn use_vforkdone_stop_reason(&self) -> bool {
        false
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }

    fn support_extended_mode(&mut self) -> Option<ExtendedModeOps<'_, Self>> {
        Some(self)
    }

    fn support_target_description_xml_override(&mut self) -> Option<TargetDescriptionXmlOverrideOps<'_, Self>> {
        Some(self)
    }

    fn support_host_io(&mut self) -> Option<HostIoOps<'_, Self>> {
        Some(self)
    }

    fn support_exec_file(&mut self) -> Option<ExecFileOps<'_, Self>> {
        Some(self)
    }

    fn support_auxv(&mut self) -> Option<AuxvOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadBase for Target {
    fn read_registers(&mut self, regs: &mut File, tid: Tid) -> TargetResult<(), Self> {
        *regs = self.world.file(tid.get() as i32).ok_or(TargetError::Errno(ESRCH))?;
        Ok(())
    }

    fn write_registers(&mut self, regs: &File, tid: Tid) -> TargetResult<(), Self> {
        if self.world.set_file(tid.get() as i32, regs) { Ok(()) } else { Err(TargetError::Errno(ESRCH)) }
    }

    fn read_addrs(&mut self, start: u64, data: &mut [u8], _: Tid) -> TargetResult<usize, Self> {
        let read = self.world.with_breakpoints(|breakpoints| self.space.read(start, data, breakpoints));
        match read {
            Ok(len) if len > 0 || data.is_empty() => Ok(len),
            _ => Err(TargetError::Errno(EFAULT)),
        }
    }

    fn write_addrs(&mut self, start: u64, data: &[u8], _: Tid) -> TargetResult<(), Self> {
        let written = self.world.with_breakpoints(|breakpoints| self.space.write(start, data, breakpoints));
        written.map_err(|_| TargetError::Errno(EFAULT))
    }

    fn list_active_threads(&mut self, is_active: &mut dyn FnMut(Tid)) -> Result<(), Infallible> {
        self.world.listed().iter().filter_map(|thread| tid_of(thread.host_tid)).for_each(is_active);
        Ok(())
    }

    fn support_resume(&mut self) -> Option<MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }

    fn support_thread_extra_info(&mut self) -> Option<ThreadExtraInfoOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadResume for Target {
    fn resume(&mut self) -> Result<(), Infallible> {
        self.has_run = true;
        self.world.resume(&self.actions, self.is_locked);
        Ok(())
    }

    fn clear_resume_actions(&mut self) -> Result<(), Infallible> {
        self.actions.clear();
        self.is_locked = false;
        Ok(())
    }

    fn set_resume_action_continue(&mut self, tid: Tid, signal: Option<Signal>) -> Result<(), Infallible> {
        self.act(tid, Pace::Run, signal);
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<MultiThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_range_step(&mut self) -> Option<MultiThreadRangeSteppingOps<'_, Self>> {
        Some(self)
    }

    fn support_scheduler_locking(&mut self) -> Option<MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadSingleStep for Target {
    fn set_resume_action_step(&mut self, tid: Tid, signal: Option<Signal>) -> Result<(), Infallible> {
        self.act(tid, Pace::Step, signal);
        Ok(())
    }
}

impl MultiThreadRangeStepping for Target {
    fn set_resume_action_range_step(&mut self, tid: Tid, start: u64, end: u64) -> Result<(), Infallible> {
        let range = ashore_base::AddrRange { start: ashore_base::Addr(start), end: ashore_base::Addr(end) };
        self.act(tid, Pace::Leave(range), None);
        Ok(())
    }
}

impl MultiThreadSchedulerLocking for Target {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), Infallible> {
        self.is_locked = true;
        Ok(())
    }
}

impl ThreadExtraInfo for Target {
    fn thread_extra_info(&self, tid: Tid, into: &mut [u8]) -> Result<usize, Infallible> {
        let os = self.world.os;
        let found = self.world.listed().into_iter().find(|thread| tid_of(thread.host_tid) == Some(tid));
        let text = found.map_or_else(String::new, |thread| {
            let state = match thread.event {
                Some(Event::Signal(delivery)) => {
                    let number = (os.signal)(delivery.signal);
                    format!(", {} ({number})", (os.signal_name)(number).unwrap_or("signal"))
                }
                _ if !thread.is_parked => ", in a call".to_owned(),
                _ => String::new(),
            };
            format!("{} thread {}{state}", os.title, thread.id)
        });
        Ok(part(text.as_bytes(), 0, into.len(), into))
    }
}

impl Breakpoints for Target {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_breakpoint(&mut self) -> Option<HwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl SwBreakpoint for Target {
    fn add_sw_breakpoint(&mut self, at: u64, _kind: usize) -> TargetResult<bool, Self> {
        Ok(self.world.with_breakpoints(|breakpoints| breakpoints.add(at, Kind::Software, &self.space)).is_ok())
    }

    fn remove_sw_breakpoint(&mut self, at: u64, _kind: usize) -> TargetResult<bool, Self> {
        // Memory that is gone took the breakpoint with it.
        let _ = self.world.with_breakpoints(|breakpoints| breakpoints.remove(at, Kind::Software, &self.space));
        Ok(true)
    }
}

impl HwBreakpoint for Target {
    fn add_hw_breakpoint(&mut self, at: u64, _kind: usize) -> TargetResult<bool, Self> {
        Ok(self.world.with_breakpoints(|breakpoints| breakpoints.add(at, Kind::Hardware, &self.space)).is_ok())
    }

    fn remove_hw_breakpoint(&mut self, at: u64, _kind: usize) -> TargetResult<bool, Self> {
        let _ = self.world.with_breakpoints(|breakpoints| breakpoints.remove(at, Kind::Hardware, &self.space));
        Ok(true)
    }
}

impl HwWatchpoint for Target {
    fn add_hw_watchpoint(&mut self, at: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.world.watch(at, len, kind).is_ok())
    }

    fn remove_hw_watchpoint(&mut self, at: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.world.unwatch(at, len, kind))
    }
}

impl TargetDescriptionXmlOverride for Target {
    fn target_description_xml(
        &self,
        annex: &[u8],
        offset: u64,
        length: usize,
        into: &mut [u8],
    ) -> TargetResult<usize, Self> {
        if annex != b"target.xml" {
            return Err(TargetError::NonFatal);
        }
        Ok(part((self.world.cpu.description)().as_bytes(), offset, length, into))
    }
}

impl ExecFile for Target {
    fn get_exec_file(&self, _: Option<Pid>, offset: u64, length: usize, into: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(part(&self.program, offset, length, into))
    }
}

impl Auxv for Target {
    fn get_auxv(&self, offset: u64, length: usize, into: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(part(&self.auxv, offset, length, into))
    }
}

/// The process was started for this debugger, so that gdb ends it when it quits; there is no other to run.
impl ExtendedMode for Target {
    fn run(&mut self, _: Option<&[u8]>, _: Args<'_, '_>) -> TargetResult<Pid, Self> {
        Err(TargetError::NonFatal)
    }

    fn attach(&mut self, _: Pid) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }

    fn query_if_attached(&mut self, _: Pid) -> TargetResult<AttachKind, Self> {
        Ok(AttachKind::Run)
    }

    fn kill(&mut self, _: Option<Pid>) -> TargetResult<ShouldTerminate, Self> {
        Ok(ShouldTerminate::Yes)
    }

    fn restart(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn support_current_active_pid(&mut self) -> Option<CurrentActivePidOps<'_, Self>> {
        Some(self)
    }
}

impl CurrentActivePid for Target {
    fn current_active_pid(&mut self) -> Result<Pid, Infallible> {
        Ok(Pid::new(std::process::id() as usize).unwrap_or(Pid::MIN))
    }
}
