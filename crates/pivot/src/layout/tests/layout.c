// Prints where the fields of Linux's records are and what its constants are, on the CPU it was built for.
//
// Built twice, with the kernel's own headers first (they clash with the C library's) and with the C library's for what the
// kernel's do not tell:
//
//     zig cc -target aarch64-linux-musl -nostdlibinc -isystem .../aarch64-linux-any -isystem .../any-linux-any -DKERNEL layout.c
//     zig cc -target aarch64-linux-musl layout.c
//
// and run under qemu-aarch64, or for x86-64 with that target and headers. What both print is in aarch64.txt and x86_64.txt.

#define R(name, type) printf("record %s %lu\n", name, (unsigned long)sizeof(type));
#define F(name, type, ours, field) \
    printf("field %s.%s %lu %lu\n", name, #ours, (unsigned long)__builtin_offsetof(type, field), \
           (unsigned long)sizeof(((type *)0)->field));
#define C(name) printf("const %s %llu\n", #name, (unsigned long long)(name));

#ifdef __aarch64__
#define STAT "Stat"
#define EPOLL_EVENT "EpollEvent"
#define PRSTATUS "Prstatus"
#else
#define STAT "StatX86_64"
#define EPOLL_EVENT "EpollEventX86_64"
#define PRSTATUS "PrstatusX86_64"
#endif

#ifdef KERNEL
int printf(const char *, ...);
#include <asm/auxvec.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/mman.h>
#include <asm/poll.h>
#include <asm/resource.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/socket.h>
#include <asm/sockios.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/auxvec.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/eventfd.h>
#include <linux/eventpoll.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/elf.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/inotify.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/rseq.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/sysinfo.h>
#include <linux/tcp.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include <linux/times.h>
#include <linux/uio.h>
#include <linux/un.h>
#include <linux/utsname.h>
#include <linux/wait.h>
#ifdef __aarch64__
#include <asm/hwcap.h>
#else
#include <asm/prctl.h>
#endif

static void records(void) {
    R("PollFd", struct pollfd)
    F("PollFd", struct pollfd, fd, fd) F("PollFd", struct pollfd, events, events)
    F("PollFd", struct pollfd, revents, revents)
    R(EPOLL_EVENT, struct epoll_event)
    F(EPOLL_EVENT, struct epoll_event, events, events) F(EPOLL_EVENT, struct epoll_event, data, data)
    R("SignalfdSiginfo", struct signalfd_siginfo)
    F("SignalfdSiginfo", struct signalfd_siginfo, signo, ssi_signo)
    F("SignalfdSiginfo", struct signalfd_siginfo, errno, ssi_errno)
    F("SignalfdSiginfo", struct signalfd_siginfo, code, ssi_code)
    F("SignalfdSiginfo", struct signalfd_siginfo, pid, ssi_pid)
    F("SignalfdSiginfo", struct signalfd_siginfo, uid, ssi_uid)
    F("SignalfdSiginfo", struct signalfd_siginfo, fd, ssi_fd)
    F("SignalfdSiginfo", struct signalfd_siginfo, tid, ssi_tid)
    F("SignalfdSiginfo", struct signalfd_siginfo, band, ssi_band)
    F("SignalfdSiginfo", struct signalfd_siginfo, overrun, ssi_overrun)
    F("SignalfdSiginfo", struct signalfd_siginfo, trapno, ssi_trapno)
    F("SignalfdSiginfo", struct signalfd_siginfo, status, ssi_status)
    F("SignalfdSiginfo", struct signalfd_siginfo, int, ssi_int)
    F("SignalfdSiginfo", struct signalfd_siginfo, ptr, ssi_ptr)
    F("SignalfdSiginfo", struct signalfd_siginfo, utime, ssi_utime)
    F("SignalfdSiginfo", struct signalfd_siginfo, stime, ssi_stime)
    F("SignalfdSiginfo", struct signalfd_siginfo, addr, ssi_addr)
    F("SignalfdSiginfo", struct signalfd_siginfo, addr_lsb, ssi_addr_lsb)
    F("SignalfdSiginfo", struct signalfd_siginfo, syscall, ssi_syscall)
    F("SignalfdSiginfo", struct signalfd_siginfo, call_addr, ssi_call_addr)
    F("SignalfdSiginfo", struct signalfd_siginfo, arch, ssi_arch)
    R("InotifyEvent", struct inotify_event)
    F("InotifyEvent", struct inotify_event, wd, wd) F("InotifyEvent", struct inotify_event, mask, mask)
    F("InotifyEvent", struct inotify_event, cookie, cookie) F("InotifyEvent", struct inotify_event, len, len)
    R("Flock", struct flock)
    F("Flock", struct flock, kind, l_type) F("Flock", struct flock, whence, l_whence)
    F("Flock", struct flock, start, l_start) F("Flock", struct flock, len, l_len)
    F("Flock", struct flock, pid, l_pid)
    R("OwnerEx", struct f_owner_ex)
    F("OwnerEx", struct f_owner_ex, kind, type) F("OwnerEx", struct f_owner_ex, pid, pid)
    R("RobustListHead", struct robust_list_head)
    F("RobustListHead", struct robust_list_head, list, list)
    F("RobustListHead", struct robust_list_head, futex_offset, futex_offset)
    F("RobustListHead", struct robust_list_head, list_op_pending, list_op_pending)
    R("FutexWaitv", struct futex_waitv)
    F("FutexWaitv", struct futex_waitv, val, val) F("FutexWaitv", struct futex_waitv, uaddr, uaddr)
    F("FutexWaitv", struct futex_waitv, flags, flags)
    R("OpenHow", struct open_how)
    F("OpenHow", struct open_how, flags, flags) F("OpenHow", struct open_how, mode, mode)
    F("OpenHow", struct open_how, resolve, resolve)
    R("Rusage", struct rusage)
    F("Rusage", struct rusage, utime, ru_utime) F("Rusage", struct rusage, stime, ru_stime)
    F("Rusage", struct rusage, maxrss, ru_maxrss) F("Rusage", struct rusage, minflt, ru_minflt)
    F("Rusage", struct rusage, majflt, ru_majflt) F("Rusage", struct rusage, inblock, ru_inblock)
    F("Rusage", struct rusage, oublock, ru_oublock) F("Rusage", struct rusage, nvcsw, ru_nvcsw)
    F("Rusage", struct rusage, nivcsw, ru_nivcsw)
    R("Rlimit", struct rlimit64)
    F("Rlimit", struct rlimit64, cur, rlim_cur) F("Rlimit", struct rlimit64, max, rlim_max)
    R("CloneArgs", struct clone_args)
    F("CloneArgs", struct clone_args, flags, flags) F("CloneArgs", struct clone_args, pidfd, pidfd)
    F("CloneArgs", struct clone_args, child_tid, child_tid)
    F("CloneArgs", struct clone_args, parent_tid, parent_tid)
    F("CloneArgs", struct clone_args, exit_signal, exit_signal) F("CloneArgs", struct clone_args, stack, stack)
    F("CloneArgs", struct clone_args, stack_size, stack_size) F("CloneArgs", struct clone_args, tls, tls)
    F("CloneArgs", struct clone_args, set_tid, set_tid)
    F("CloneArgs", struct clone_args, set_tid_size, set_tid_size) F("CloneArgs", struct clone_args, cgroup, cgroup)
    R("SchedAttr", struct sched_attr)
    F("SchedAttr", struct sched_attr, size, size) F("SchedAttr", struct sched_attr, policy, sched_policy)
    F("SchedAttr", struct sched_attr, flags, sched_flags) F("SchedAttr", struct sched_attr, nice, sched_nice)
    F("SchedAttr", struct sched_attr, priority, sched_priority)
    F("SchedAttr", struct sched_attr, runtime, sched_runtime)
    F("SchedAttr", struct sched_attr, deadline, sched_deadline)
    F("SchedAttr", struct sched_attr, period, sched_period)
    F("SchedAttr", struct sched_attr, util_min, sched_util_min)
    F("SchedAttr", struct sched_attr, util_max, sched_util_max)
    R("Rseq", struct rseq)
    F("Rseq", struct rseq, cpu_id_start, cpu_id_start) F("Rseq", struct rseq, cpu_id, cpu_id)
    F("Rseq", struct rseq, rseq_cs, rseq_cs) F("Rseq", struct rseq, flags, flags)
    F("Rseq", struct rseq, node_id, node_id) F("Rseq", struct rseq, mm_cid, mm_cid)
    R("Sigaction", struct sigaction)
    F("Sigaction", struct sigaction, handler, sa_handler) F("Sigaction", struct sigaction, flags, sa_flags)
    F("Sigaction", struct sigaction, restorer, sa_restorer) F("Sigaction", struct sigaction, mask, sa_mask)
    R("SigStack", stack_t)
    F("SigStack", stack_t, sp, ss_sp) F("SigStack", stack_t, flags, ss_flags) F("SigStack", stack_t, size, ss_size)
    R("Sigevent", struct sigevent)
    F("Sigevent", struct sigevent, value, sigev_value) F("Sigevent", struct sigevent, signo, sigev_signo)
    F("Sigevent", struct sigevent, notify, sigev_notify) F("Sigevent", struct sigevent, tid, _sigev_un._tid)
    R(STAT, struct stat)
    F(STAT, struct stat, dev, st_dev) F(STAT, struct stat, ino, st_ino) F(STAT, struct stat, mode, st_mode)
    F(STAT, struct stat, nlink, st_nlink) F(STAT, struct stat, uid, st_uid) F(STAT, struct stat, gid, st_gid)
    F(STAT, struct stat, rdev, st_rdev) F(STAT, struct stat, size, st_size)
    F(STAT, struct stat, blksize, st_blksize) F(STAT, struct stat, blocks, st_blocks)
    R("Statfs", struct statfs)
    F("Statfs", struct statfs, kind, f_type) F("Statfs", struct statfs, bsize, f_bsize)
    F("Statfs", struct statfs, blocks, f_blocks) F("Statfs", struct statfs, bfree, f_bfree)
    F("Statfs", struct statfs, bavail, f_bavail) F("Statfs", struct statfs, files, f_files)
    F("Statfs", struct statfs, ffree, f_ffree) F("Statfs", struct statfs, fsid, f_fsid)
    F("Statfs", struct statfs, namelen, f_namelen) F("Statfs", struct statfs, frsize, f_frsize)
    F("Statfs", struct statfs, flags, f_flags)
    R("StatxTime", struct statx_timestamp)
    F("StatxTime", struct statx_timestamp, sec, tv_sec) F("StatxTime", struct statx_timestamp, nsec, tv_nsec)
    R("Statx", struct statx)
    F("Statx", struct statx, mask, stx_mask) F("Statx", struct statx, blksize, stx_blksize)
    F("Statx", struct statx, attributes, stx_attributes) F("Statx", struct statx, nlink, stx_nlink)
    F("Statx", struct statx, uid, stx_uid) F("Statx", struct statx, gid, stx_gid)
    F("Statx", struct statx, mode, stx_mode) F("Statx", struct statx, ino, stx_ino)
    F("Statx", struct statx, size, stx_size) F("Statx", struct statx, blocks, stx_blocks)
    F("Statx", struct statx, attributes_mask, stx_attributes_mask) F("Statx", struct statx, atime, stx_atime)
    F("Statx", struct statx, btime, stx_btime) F("Statx", struct statx, ctime, stx_ctime)
    F("Statx", struct statx, mtime, stx_mtime) F("Statx", struct statx, rdev_major, stx_rdev_major)
    F("Statx", struct statx, rdev_minor, stx_rdev_minor) F("Statx", struct statx, dev_major, stx_dev_major)
    F("Statx", struct statx, dev_minor, stx_dev_minor) F("Statx", struct statx, mnt_id, stx_mnt_id)
    F("Statx", struct statx, dio_mem_align, stx_dio_mem_align)
    F("Statx", struct statx, dio_offset_align, stx_dio_offset_align)
    R("Utsname", struct new_utsname)
    F("Utsname", struct new_utsname, sysname, sysname) F("Utsname", struct new_utsname, nodename, nodename)
    F("Utsname", struct new_utsname, release, release) F("Utsname", struct new_utsname, version, version)
    F("Utsname", struct new_utsname, machine, machine) F("Utsname", struct new_utsname, domainname, domainname)
    R("Sysinfo", struct sysinfo)
    F("Sysinfo", struct sysinfo, uptime, uptime) F("Sysinfo", struct sysinfo, loads, loads)
    F("Sysinfo", struct sysinfo, totalram, totalram) F("Sysinfo", struct sysinfo, freeram, freeram)
    F("Sysinfo", struct sysinfo, sharedram, sharedram) F("Sysinfo", struct sysinfo, bufferram, bufferram)
    F("Sysinfo", struct sysinfo, totalswap, totalswap) F("Sysinfo", struct sysinfo, freeswap, freeswap)
    F("Sysinfo", struct sysinfo, procs, procs) F("Sysinfo", struct sysinfo, totalhigh, totalhigh)
    F("Sysinfo", struct sysinfo, freehigh, freehigh) F("Sysinfo", struct sysinfo, mem_unit, mem_unit)
    R("CapHeader", struct __user_cap_header_struct)
    F("CapHeader", struct __user_cap_header_struct, version, version)
    F("CapHeader", struct __user_cap_header_struct, pid, pid)
    R("CapData", struct __user_cap_data_struct)
    F("CapData", struct __user_cap_data_struct, effective, effective)
    F("CapData", struct __user_cap_data_struct, permitted, permitted)
    F("CapData", struct __user_cap_data_struct, inheritable, inheritable)
    R("Termios", struct termios)
    F("Termios", struct termios, iflag, c_iflag) F("Termios", struct termios, oflag, c_oflag)
    F("Termios", struct termios, cflag, c_cflag) F("Termios", struct termios, lflag, c_lflag)
    F("Termios", struct termios, line, c_line) F("Termios", struct termios, cc, c_cc)
    R("Termios2", struct termios2)
    F("Termios2", struct termios2, iflag, c_iflag) F("Termios2", struct termios2, oflag, c_oflag)
    F("Termios2", struct termios2, cflag, c_cflag) F("Termios2", struct termios2, lflag, c_lflag)
    F("Termios2", struct termios2, line, c_line) F("Termios2", struct termios2, cc, c_cc)
    F("Termios2", struct termios2, ispeed, c_ispeed) F("Termios2", struct termios2, ospeed, c_ospeed)
    R("Winsize", struct winsize)
    F("Winsize", struct winsize, row, ws_row) F("Winsize", struct winsize, col, ws_col)
    F("Winsize", struct winsize, xpixel, ws_xpixel) F("Winsize", struct winsize, ypixel, ws_ypixel)
    R("Timespec", struct __kernel_timespec)
    F("Timespec", struct __kernel_timespec, sec, tv_sec) F("Timespec", struct __kernel_timespec, nsec, tv_nsec)
    R("Timeval", struct timeval)
    F("Timeval", struct timeval, sec, tv_sec) F("Timeval", struct timeval, usec, tv_usec)
    R("Itimerval", struct itimerval)
    F("Itimerval", struct itimerval, interval, it_interval) F("Itimerval", struct itimerval, value, it_value)
    R("Itimerspec", struct __kernel_itimerspec)
    F("Itimerspec", struct __kernel_itimerspec, interval, it_interval)
    F("Itimerspec", struct __kernel_itimerspec, value, it_value)
    R("Timezone", struct timezone)
    F("Timezone", struct timezone, minuteswest, tz_minuteswest) F("Timezone", struct timezone, dsttime, tz_dsttime)
    R("Tms", struct tms)
    F("Tms", struct tms, utime, tms_utime) F("Tms", struct tms, stime, tms_stime)
    F("Tms", struct tms, cutime, tms_cutime) F("Tms", struct tms, cstime, tms_cstime)
    R("SockAddrIn", struct sockaddr_in)
    F("SockAddrIn", struct sockaddr_in, port, sin_port) F("SockAddrIn", struct sockaddr_in, ip, sin_addr)
    R("SockAddrIn6", struct sockaddr_in6)
    F("SockAddrIn6", struct sockaddr_in6, port, sin6_port)
    F("SockAddrIn6", struct sockaddr_in6, flow, sin6_flowinfo) F("SockAddrIn6", struct sockaddr_in6, ip, sin6_addr)
    F("SockAddrIn6", struct sockaddr_in6, scope, sin6_scope_id)
    R("SockAddrUn", struct sockaddr_un)
    F("SockAddrUn", struct sockaddr_un, path, sun_path)
    R("SockAddrNl", struct sockaddr_nl)
    F("SockAddrNl", struct sockaddr_nl, port, nl_pid) F("SockAddrNl", struct sockaddr_nl, groups, nl_groups)
    R("IoVec", struct iovec)
    F("IoVec", struct iovec, base, iov_base) F("IoVec", struct iovec, len, iov_len)
    R("SigInfo", siginfo_t)
    F("SigInfo", siginfo_t, signo, si_signo) F("SigInfo", siginfo_t, errno, si_errno)
    F("SigInfo", siginfo_t, code, si_code) F("SigInfo", siginfo_t, pid, si_pid) F("SigInfo", siginfo_t, uid, si_uid)
    F("SigInfo", siginfo_t, value, si_value) F("SigInfo", siginfo_t, tid, si_tid)
    F("SigInfo", siginfo_t, overrun, si_overrun) F("SigInfo", siginfo_t, status, si_status)
    F("SigInfo", siginfo_t, utime, si_utime) F("SigInfo", siginfo_t, stime, si_stime)
    F("SigInfo", siginfo_t, addr, si_addr) F("SigInfo", siginfo_t, lsb, si_addr_lsb)
    F("SigInfo", siginfo_t, band, si_band) F("SigInfo", siginfo_t, fd, si_fd)
    F("SigInfo", siginfo_t, call_addr, si_call_addr) F("SigInfo", siginfo_t, call, si_syscall)
    F("SigInfo", siginfo_t, arch, si_arch)
    R("NlMsgHdr", struct nlmsghdr)
    F("NlMsgHdr", struct nlmsghdr, len, nlmsg_len) F("NlMsgHdr", struct nlmsghdr, kind, nlmsg_type)
    F("NlMsgHdr", struct nlmsghdr, flags, nlmsg_flags) F("NlMsgHdr", struct nlmsghdr, seq, nlmsg_seq)
    F("NlMsgHdr", struct nlmsghdr, pid, nlmsg_pid)
    R("NlMsgErr", struct nlmsgerr)
    F("NlMsgErr", struct nlmsgerr, error, error) F("NlMsgErr", struct nlmsgerr, msg, msg)
    R("RtAttr", struct rtattr)
    F("RtAttr", struct rtattr, len, rta_len) F("RtAttr", struct rtattr, kind, rta_type)
    R("IfInfoMsg", struct ifinfomsg)
    F("IfInfoMsg", struct ifinfomsg, family, ifi_family) F("IfInfoMsg", struct ifinfomsg, kind, ifi_type)
    F("IfInfoMsg", struct ifinfomsg, index, ifi_index) F("IfInfoMsg", struct ifinfomsg, flags, ifi_flags)
    F("IfInfoMsg", struct ifinfomsg, change, ifi_change)
    R("IfAddrMsg", struct ifaddrmsg)
    F("IfAddrMsg", struct ifaddrmsg, family, ifa_family) F("IfAddrMsg", struct ifaddrmsg, prefixlen, ifa_prefixlen)
    F("IfAddrMsg", struct ifaddrmsg, flags, ifa_flags) F("IfAddrMsg", struct ifaddrmsg, scope, ifa_scope)
    F("IfAddrMsg", struct ifaddrmsg, index, ifa_index)
    R("RtMsg", struct rtmsg)
    F("RtMsg", struct rtmsg, family, rtm_family) F("RtMsg", struct rtmsg, dst_len, rtm_dst_len)
    F("RtMsg", struct rtmsg, src_len, rtm_src_len) F("RtMsg", struct rtmsg, tos, rtm_tos)
    F("RtMsg", struct rtmsg, table, rtm_table) F("RtMsg", struct rtmsg, protocol, rtm_protocol)
    F("RtMsg", struct rtmsg, scope, rtm_scope) F("RtMsg", struct rtmsg, kind, rtm_type)
    F("RtMsg", struct rtmsg, flags, rtm_flags)
    R("IpMreqn", struct ip_mreqn)
    F("IpMreqn", struct ip_mreqn, multiaddr, imr_multiaddr) F("IpMreqn", struct ip_mreqn, address, imr_address)
    F("IpMreqn", struct ip_mreqn, ifindex, imr_ifindex)
    R("Ipv6Mreq", struct ipv6_mreq)
    F("Ipv6Mreq", struct ipv6_mreq, multiaddr, ipv6mr_multiaddr)
    F("Ipv6Mreq", struct ipv6_mreq, ifindex, ipv6mr_ifindex)
    R("InPktinfo", struct in_pktinfo)
    F("InPktinfo", struct in_pktinfo, ifindex, ipi_ifindex)
    F("InPktinfo", struct in_pktinfo, spec_dst, ipi_spec_dst) F("InPktinfo", struct in_pktinfo, addr, ipi_addr)
    R("In6Pktinfo", struct in6_pktinfo)
    F("In6Pktinfo", struct in6_pktinfo, addr, ipi6_addr) F("In6Pktinfo", struct in6_pktinfo, ifindex, ipi6_ifindex)
}

static void constants(void) {
    C(NETLINK_ROUTE) C(NETLINK_SOCK_DIAG) C(NETLINK_AUDIT) C(NETLINK_KOBJECT_UEVENT) C(NETLINK_GENERIC)
    C(NLM_F_REQUEST) C(NLM_F_MULTI) C(NLM_F_ACK) C(NLM_F_ROOT) C(NLM_F_MATCH) C(NLM_F_DUMP) C(NLMSG_NOOP)
    C(NLMSG_ERROR) C(NLMSG_DONE) C(RTM_NEWLINK) C(RTM_DELLINK) C(RTM_GETLINK) C(RTM_NEWADDR) C(RTM_DELADDR)
    C(RTM_GETADDR) C(RTM_NEWROUTE) C(RTM_DELROUTE) C(RTM_GETROUTE) C(IFLA_ADDRESS) C(IFLA_BROADCAST) C(IFLA_IFNAME)
    C(IFLA_MTU) C(IFLA_TXQLEN) C(IFLA_OPERSTATE) C(IFLA_LINKMODE) C(IFA_ADDRESS) C(IFA_LOCAL) C(IFA_LABEL)
    C(IFA_BROADCAST) C(IFA_CACHEINFO) C(IFA_FLAGS) C(RTA_DST) C(RTA_OIF) C(RTA_GATEWAY) C(RTA_PREFSRC) C(RTA_TABLE)
    C(RT_TABLE_MAIN) C(RT_TABLE_LOCAL) C(RT_SCOPE_UNIVERSE) C(RT_SCOPE_LINK) C(RT_SCOPE_HOST) C(RTN_UNICAST)
    C(RTN_LOCAL) C(RTPROT_KERNEL) C(RTPROT_BOOT)
   
    C(NT_PRSTATUS) C(NT_PRFPREG) C(NT_PRPSINFO) C(NT_AUXV) C(NT_SIGINFO) C(NT_FILE) C(NT_ARM_TLS)
    C(AT_NULL) C(AT_IGNORE) C(AT_EXECFD) C(AT_PHDR) C(AT_PHENT) C(AT_PHNUM) C(AT_PAGESZ) C(AT_BASE) C(AT_FLAGS)
    C(AT_ENTRY) C(AT_NOTELF) C(AT_UID) C(AT_EUID) C(AT_GID) C(AT_EGID) C(AT_PLATFORM) C(AT_HWCAP) C(AT_CLKTCK)
    C(AT_SECURE) C(AT_BASE_PLATFORM) C(AT_RANDOM) C(AT_HWCAP2) C(AT_RSEQ_FEATURE_SIZE) C(AT_RSEQ_ALIGN)
    C(AT_EXECFN) C(AT_SYSINFO_EHDR) C(AT_MINSIGSTKSZ) C(POLLIN) C(POLLPRI) C(POLLOUT) C(POLLERR) C(POLLHUP)
    C(POLLNVAL) C(POLLRDNORM) C(POLLRDBAND) C(POLLWRNORM) C(POLLWRBAND) C(POLLMSG) C(POLLRDHUP) C(EPOLLIN)
    C(EPOLLPRI) C(EPOLLOUT) C(EPOLLERR) C(EPOLLHUP) C(EPOLLNVAL) C(EPOLLRDNORM) C(EPOLLRDBAND) C(EPOLLWRNORM)
    C(EPOLLWRBAND) C(EPOLLMSG) C(EPOLLRDHUP) C(EPOLLEXCLUSIVE) C(EPOLLWAKEUP) C(EPOLLONESHOT) C(EPOLLET)
    C(EPOLL_CTL_ADD) C(EPOLL_CTL_DEL) C(EPOLL_CTL_MOD) C(EPOLL_CLOEXEC) C(EFD_SEMAPHORE) C(EFD_NONBLOCK)
    C(EFD_CLOEXEC) C(SFD_NONBLOCK) C(SFD_CLOEXEC) C(IN_ACCESS) C(IN_MODIFY) C(IN_ATTRIB) C(IN_CLOSE_WRITE)
    C(IN_CLOSE_NOWRITE) C(IN_OPEN) C(IN_MOVED_FROM) C(IN_MOVED_TO) C(IN_CREATE) C(IN_DELETE) C(IN_DELETE_SELF)
    C(IN_MOVE_SELF) C(IN_UNMOUNT) C(IN_Q_OVERFLOW) C(IN_IGNORED) C(IN_ONLYDIR) C(IN_DONT_FOLLOW) C(IN_EXCL_UNLINK)
    C(IN_MASK_CREATE) C(IN_MASK_ADD) C(IN_ISDIR) C(IN_ONESHOT) C(IN_NONBLOCK) C(IN_CLOEXEC) C(F_DUPFD) C(F_GETFD)
    C(F_SETFD) C(F_GETFL) C(F_SETFL) C(F_GETLK) C(F_SETLK) C(F_SETLKW) C(F_SETOWN) C(F_GETOWN) C(F_SETSIG)
    C(F_GETSIG) C(F_SETOWN_EX) C(F_GETOWN_EX) C(F_OFD_GETLK) C(F_OFD_SETLK) C(F_OFD_SETLKW) C(F_SETLEASE)
    C(F_GETLEASE) C(F_NOTIFY) C(F_DUPFD_CLOEXEC) C(F_SETPIPE_SZ) C(F_GETPIPE_SZ) C(F_ADD_SEALS) C(F_GET_SEALS)
    C(F_RDLCK) C(F_WRLCK) C(F_UNLCK) C(F_SEAL_SEAL) C(F_SEAL_SHRINK) C(F_SEAL_GROW) C(F_SEAL_WRITE)
    C(F_SEAL_FUTURE_WRITE) C(F_SEAL_EXEC) C(LOCK_SH) C(LOCK_EX) C(LOCK_NB) C(LOCK_UN) C(SEEK_SET) C(SEEK_CUR)
    C(SEEK_END) C(SEEK_DATA) C(SEEK_HOLE) C(FALLOC_FL_KEEP_SIZE) C(FALLOC_FL_PUNCH_HOLE)
    C(FALLOC_FL_COLLAPSE_RANGE) C(FALLOC_FL_ZERO_RANGE) C(FALLOC_FL_INSERT_RANGE) C(FALLOC_FL_UNSHARE_RANGE)
    C(RWF_HIPRI) C(RWF_DSYNC) C(RWF_SYNC) C(RWF_NOWAIT) C(RWF_APPEND) C(FD_CLOEXEC) C(FUTEX_WAIT) C(FUTEX_WAKE)
    C(FUTEX_FD) C(FUTEX_REQUEUE) C(FUTEX_CMP_REQUEUE) C(FUTEX_WAKE_OP) C(FUTEX_LOCK_PI) C(FUTEX_UNLOCK_PI)
    C(FUTEX_TRYLOCK_PI) C(FUTEX_WAIT_BITSET) C(FUTEX_WAKE_BITSET) C(FUTEX_WAIT_REQUEUE_PI) C(FUTEX_CMP_REQUEUE_PI)
    C(FUTEX_LOCK_PI2) C(FUTEX_PRIVATE_FLAG) C(FUTEX_CLOCK_REALTIME) C(FUTEX_WAITERS) C(FUTEX_OWNER_DIED)
    C(FUTEX_TID_MASK) C(FUTEX_BITSET_MATCH_ANY) C(ROBUST_LIST_LIMIT) C(FUTEX_OP_SET) C(FUTEX_OP_ADD) C(FUTEX_OP_OR)
    C(FUTEX_OP_ANDN) C(FUTEX_OP_XOR) C(FUTEX_OP_OPARG_SHIFT) C(FUTEX_OP_CMP_EQ) C(FUTEX_OP_CMP_NE)
    C(FUTEX_OP_CMP_LT) C(FUTEX_OP_CMP_LE) C(FUTEX_OP_CMP_GT) C(FUTEX_OP_CMP_GE) C(FUTEX_CMD_MASK) C(TCGETS)
    C(TCSETS) C(TCSETSW) C(TCSETSF) C(TCGETA) C(TCSBRK) C(TCXONC) C(TCFLSH) C(TIOCEXCL) C(TIOCNXCL) C(TIOCSCTTY)
    C(TIOCGPGRP) C(TIOCSPGRP) C(TIOCOUTQ) C(TIOCSTI) C(TIOCGWINSZ) C(TIOCSWINSZ) C(FIONREAD) C(TIOCNOTTY)
    C(TIOCGSID) C(TCGETS2) C(TCSETS2) C(TCSETSW2) C(TCSETSF2) C(TIOCGPTN) C(TIOCSPTLCK) C(TIOCGPTPEER) C(FIONBIO)
    C(FIONCLEX) C(FIOCLEX) C(FIOASYNC) C(FIOQSIZE) C(SIOCATMARK) C(SIOCGIFNAME) C(SIOCGIFCONF) C(SIOCGIFFLAGS)
    C(SIOCGIFADDR) C(SIOCGIFNETMASK) C(SIOCGIFMTU) C(SIOCGIFHWADDR) C(SIOCGIFINDEX) C(SIOCGIFBRDADDR) C(SIOCGIFTXQLEN) C(SIOCSIFFLAGS) C(SIOCSIFADDR) C(SIOCSIFNETMASK)
    C(SIOCSIFMTU) C(PROT_NONE) C(PROT_READ)
    C(PROT_WRITE) C(PROT_EXEC) C(PROT_GROWSDOWN) C(PROT_GROWSUP) C(MAP_SHARED) C(MAP_PRIVATE)
    C(MAP_SHARED_VALIDATE) C(MAP_TYPE) C(MAP_FIXED) C(MAP_ANONYMOUS) C(MAP_GROWSDOWN) C(MAP_DENYWRITE)
    C(MAP_EXECUTABLE) C(MAP_LOCKED) C(MAP_NORESERVE) C(MAP_POPULATE) C(MAP_NONBLOCK) C(MAP_STACK) C(MAP_HUGETLB)
    C(MAP_SYNC) C(MAP_FIXED_NOREPLACE) C(MREMAP_MAYMOVE) C(MREMAP_FIXED) C(MREMAP_DONTUNMAP) C(MS_ASYNC)
    C(MS_INVALIDATE) C(MS_SYNC) C(MCL_CURRENT) C(MCL_FUTURE) C(MCL_ONFAULT) C(MADV_NORMAL) C(MADV_RANDOM)
    C(MADV_SEQUENTIAL) C(MADV_WILLNEED) C(MADV_DONTNEED) C(MADV_FREE) C(MADV_REMOVE) C(MADV_DONTFORK)
    C(MADV_DOFORK) C(MADV_MERGEABLE) C(MADV_UNMERGEABLE) C(MADV_HUGEPAGE) C(MADV_NOHUGEPAGE) C(MADV_DONTDUMP)
    C(MADV_DODUMP) C(MADV_WIPEONFORK) C(MADV_KEEPONFORK) C(MADV_COLD) C(MADV_PAGEOUT) C(MADV_POPULATE_READ)
    C(MADV_POPULATE_WRITE) C(MADV_COLLAPSE) C(MFD_CLOEXEC) C(MFD_ALLOW_SEALING) C(MFD_HUGETLB) C(MFD_NOEXEC_SEAL)
    C(MFD_EXEC) C(MEMBARRIER_CMD_QUERY) C(MEMBARRIER_CMD_GLOBAL) C(MEMBARRIER_CMD_GLOBAL_EXPEDITED)
    C(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) C(MEMBARRIER_CMD_PRIVATE_EXPEDITED)
    C(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) C(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)
    C(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) C(O_RDONLY) C(O_WRONLY) C(O_RDWR) C(O_ACCMODE)
    C(O_CREAT) C(O_EXCL) C(O_NOCTTY) C(O_TRUNC) C(O_APPEND) C(O_NONBLOCK) C(O_DSYNC) C(O_NOATIME) C(O_CLOEXEC)
    C(O_SYNC) C(O_PATH) C(O_DIRECTORY) C(O_NOFOLLOW) C(O_DIRECT) C(O_LARGEFILE) C(O_TMPFILE) C(RESOLVE_NO_XDEV)
    C(RESOLVE_NO_MAGICLINKS) C(RESOLVE_NO_SYMLINKS) C(RESOLVE_BENEATH) C(RESOLVE_IN_ROOT) C(RESOLVE_CACHED)
    C(AT_SYMLINK_NOFOLLOW) C(AT_REMOVEDIR) C(AT_SYMLINK_FOLLOW) C(AT_NO_AUTOMOUNT) C(AT_EMPTY_PATH) C(AT_RECURSIVE)
    C(RENAME_NOREPLACE) C(RENAME_EXCHANGE) C(RENAME_WHITEOUT) C(CLOSE_RANGE_UNSHARE) C(CLOSE_RANGE_CLOEXEC)
    C(AT_FDCWD) C(PR_SET_PDEATHSIG) C(PR_GET_PDEATHSIG) C(PR_GET_DUMPABLE) C(PR_SET_DUMPABLE) C(PR_GET_KEEPCAPS)
    C(PR_SET_KEEPCAPS) C(PR_SET_NAME) C(PR_GET_NAME) C(PR_GET_SECCOMP) C(PR_SET_SECCOMP) C(PR_CAPBSET_READ)
    C(PR_CAPBSET_DROP) C(PR_GET_SECUREBITS) C(PR_SET_SECUREBITS) C(PR_SET_TIMERSLACK) C(PR_GET_TIMERSLACK)
    C(PR_SET_MM) C(PR_SET_CHILD_SUBREAPER) C(PR_GET_CHILD_SUBREAPER) C(PR_SET_NO_NEW_PRIVS) C(PR_GET_NO_NEW_PRIVS)
    C(PR_GET_TID_ADDRESS) C(PR_SET_THP_DISABLE) C(PR_GET_THP_DISABLE) C(PR_CAP_AMBIENT) C(PR_SVE_SET_VL)
    C(PR_SVE_GET_VL) C(PR_PAC_RESET_KEYS) C(PR_SET_TAGGED_ADDR_CTRL) C(PR_GET_TAGGED_ADDR_CTRL)
    C(PR_SET_SYSCALL_USER_DISPATCH) C(PR_PAC_SET_ENABLED_KEYS) C(PR_PAC_GET_ENABLED_KEYS) C(PR_SET_MDWE)
    C(PR_GET_MDWE) C(PR_SET_VMA) C(PR_SET_PTRACER) C(CSIGNAL) C(CLONE_VM) C(CLONE_FS) C(CLONE_FILES)
    C(CLONE_SIGHAND) C(CLONE_PIDFD) C(CLONE_PTRACE) C(CLONE_VFORK) C(CLONE_PARENT) C(CLONE_THREAD) C(CLONE_NEWNS)
    C(CLONE_SYSVSEM) C(CLONE_SETTLS) C(CLONE_PARENT_SETTID) C(CLONE_CHILD_CLEARTID) C(CLONE_DETACHED)
    C(CLONE_UNTRACED) C(CLONE_CHILD_SETTID) C(CLONE_NEWCGROUP) C(CLONE_NEWUTS) C(CLONE_NEWIPC) C(CLONE_NEWUSER)
    C(CLONE_NEWPID) C(CLONE_NEWNET) C(CLONE_IO) C(CLONE_CLEAR_SIGHAND) C(CLONE_INTO_CGROUP) C(WNOHANG) C(WUNTRACED)
    C(WSTOPPED) C(WEXITED) C(WCONTINUED) C(WNOWAIT) C(__WNOTHREAD) C(__WALL) C(__WCLONE) C(P_ALL) C(P_PID)
    C(P_PGID) C(P_PIDFD) C(RUSAGE_SELF) C(RUSAGE_CHILDREN) C(RUSAGE_THREAD) C(RLIMIT_CPU) C(RLIMIT_FSIZE)
    C(RLIMIT_DATA) C(RLIMIT_STACK) C(RLIMIT_CORE) C(RLIMIT_RSS) C(RLIMIT_NPROC) C(RLIMIT_NOFILE) C(RLIMIT_MEMLOCK)
    C(RLIMIT_AS) C(RLIMIT_LOCKS) C(RLIMIT_SIGPENDING) C(RLIMIT_MSGQUEUE) C(RLIMIT_NICE) C(RLIMIT_RTPRIO)
    C(RLIMIT_RTTIME) C(RLIM_NLIMITS) C(RLIM_INFINITY) C(SCHED_NORMAL) C(SCHED_FIFO) C(SCHED_RR) C(SCHED_BATCH)
    C(SCHED_IDLE) C(SCHED_DEADLINE) C(SCHED_RESET_ON_FORK) C(PRIO_PROCESS) C(PRIO_PGRP) C(PRIO_USER)
    C(RSEQ_FLAG_UNREGISTER) C(RSEQ_CPU_ID_UNINITIALIZED) C(RSEQ_CPU_ID_REGISTRATION_FAILED) C(SA_NOCLDSTOP)
    C(SA_NOCLDWAIT) C(SA_SIGINFO) C(SA_UNSUPPORTED) C(SA_EXPOSE_TAGBITS) C(SA_RESTORER) C(SA_ONSTACK) C(SA_RESTART)
    C(SA_NODEFER) C(SA_RESETHAND) C(SIG_DFL) C(SIG_IGN) C(SIG_BLOCK) C(SIG_UNBLOCK) C(SIG_SETMASK) C(SS_ONSTACK)
    C(SS_DISABLE) C(SS_AUTODISARM) C(SIGEV_SIGNAL) C(SIGEV_NONE) C(SIGEV_THREAD) C(SIGEV_THREAD_ID) C(MINSIGSTKSZ)
    C(SIGSTKSZ) C(SI_USER) C(SI_KERNEL) C(SI_QUEUE) C(SI_TIMER) C(SI_MESGQ) C(SI_ASYNCIO) C(SI_SIGIO) C(SI_TKILL)
    C(ILL_ILLOPC) C(ILL_ILLOPN) C(ILL_ILLADR) C(ILL_ILLTRP) C(ILL_PRVOPC) C(ILL_BADSTK) C(FPE_INTDIV) C(FPE_INTOVF)
    C(FPE_FLTDIV) C(FPE_FLTOVF) C(FPE_FLTUND) C(FPE_FLTRES) C(FPE_FLTINV) C(SEGV_MAPERR) C(SEGV_ACCERR)
    C(BUS_ADRALN) C(BUS_ADRERR) C(BUS_OBJERR) C(TRAP_BRKPT) C(TRAP_TRACE) C(TRAP_HWBKPT) C(CLD_EXITED)
    C(CLD_KILLED) C(CLD_DUMPED) C(CLD_TRAPPED) C(CLD_STOPPED) C(CLD_CONTINUED) C(SYS_SECCOMP) C(SOL_SOCKET)
    C(IPPROTO_IP) C(IPPROTO_ICMP) C(IPPROTO_TCP) C(IPPROTO_UDP) C(IPPROTO_IPV6) C(IPPROTO_ICMPV6) C(IPPROTO_RAW)
    C(SO_DEBUG) C(SO_REUSEADDR) C(SO_TYPE) C(SO_ERROR) C(SO_DONTROUTE) C(SO_BROADCAST) C(SO_SNDBUF) C(SO_RCVBUF)
    C(SO_KEEPALIVE) C(SO_OOBINLINE) C(SO_PRIORITY) C(SO_LINGER) C(SO_REUSEPORT) C(SO_PASSCRED) C(SO_PEERCRED)
    C(SO_RCVLOWAT) C(SO_SNDLOWAT) C(SO_RCVTIMEO) C(SO_SNDTIMEO) C(SO_BINDTODEVICE) C(SO_TIMESTAMP) C(SO_ACCEPTCONN)
    C(SO_SNDBUFFORCE) C(SO_RCVBUFFORCE) C(SO_MARK) C(SO_PROTOCOL) C(SO_DOMAIN) C(SO_INCOMING_CPU) C(SO_COOKIE)
    C(SO_ZEROCOPY) C(TCP_NODELAY) C(TCP_MAXSEG) C(TCP_CORK) C(TCP_KEEPIDLE) C(TCP_KEEPINTVL) C(TCP_KEEPCNT)
    C(TCP_SYNCNT) C(TCP_LINGER2) C(TCP_DEFER_ACCEPT) C(TCP_WINDOW_CLAMP) C(TCP_INFO) C(TCP_QUICKACK)
    C(TCP_CONGESTION) C(TCP_USER_TIMEOUT) C(TCP_FASTOPEN) C(TCP_FASTOPEN_CONNECT) C(IP_TOS) C(IP_TTL) C(IP_HDRINCL)
    C(IP_PKTINFO) C(IP_MTU_DISCOVER) C(IP_RECVERR) C(IP_RECVTTL) C(IP_MTU) C(IP_MULTICAST_IF) C(IP_MULTICAST_TTL)
    C(IP_MULTICAST_LOOP) C(IP_ADD_MEMBERSHIP) C(IP_DROP_MEMBERSHIP) C(IPV6_UNICAST_HOPS) C(IPV6_MULTICAST_IF)
    C(IPV6_MULTICAST_HOPS) C(IPV6_MULTICAST_LOOP) C(IPV6_ADD_MEMBERSHIP) C(IPV6_DROP_MEMBERSHIP)
    C(IPV6_MTU_DISCOVER) C(IPV6_RECVERR) C(IPV6_V6ONLY) C(IPV6_RECVPKTINFO) C(IPV6_PKTINFO) C(IPV6_RECVTCLASS)
    C(IPV6_TCLASS) C(S_IFMT) C(S_IFSOCK) C(S_IFLNK) C(S_IFREG) C(S_IFBLK) C(S_IFDIR) C(S_IFCHR) C(S_IFIFO)
    C(S_ISUID) C(S_ISGID) C(S_ISVTX) C(S_IRWXU) C(S_IRWXG) C(S_IRWXO) C(TMPFS_MAGIC) C(RAMFS_MAGIC)
    C(PROC_SUPER_MAGIC) C(SYSFS_MAGIC) C(DEVPTS_SUPER_MAGIC) C(PIPEFS_MAGIC) C(SOCKFS_MAGIC) C(ANON_INODE_FS_MAGIC)
    C(EXT4_SUPER_MAGIC) C(CGROUP2_SUPER_MAGIC) C(V9FS_MAGIC) C(STATX_TYPE) C(STATX_MODE) C(STATX_NLINK)
    C(STATX_UID) C(STATX_GID) C(STATX_ATIME) C(STATX_MTIME) C(STATX_CTIME) C(STATX_INO) C(STATX_SIZE)
    C(STATX_BLOCKS) C(STATX_BASIC_STATS) C(STATX_BTIME) C(STATX_MNT_ID) C(STATX_DIOALIGN) C(STATX__RESERVED)
    C(AT_STATX_SYNC_TYPE) C(AT_STATX_SYNC_AS_STAT) C(AT_STATX_FORCE_SYNC) C(AT_STATX_DONT_SYNC)
    C(STATX_ATTR_COMPRESSED) C(STATX_ATTR_IMMUTABLE) C(STATX_ATTR_APPEND) C(STATX_ATTR_NODUMP)
    C(STATX_ATTR_ENCRYPTED) C(STATX_ATTR_AUTOMOUNT) C(STATX_ATTR_MOUNT_ROOT) C(STATX_ATTR_VERITY) C(STATX_ATTR_DAX)
    C(GRND_NONBLOCK) C(GRND_RANDOM) C(GRND_INSECURE) C(IGNBRK) C(BRKINT) C(IGNPAR) C(PARMRK) C(INPCK) C(ISTRIP)
    C(INLCR) C(IGNCR) C(ICRNL) C(IUCLC) C(IXON) C(IXANY) C(IXOFF) C(IMAXBEL) C(IUTF8) C(OPOST) C(OLCUC) C(ONLCR)
    C(OCRNL) C(ONOCR) C(ONLRET) C(CSIZE) C(CS8) C(CSTOPB) C(CREAD) C(PARENB) C(HUPCL) C(CLOCAL) C(CBAUD) C(B9600)
    C(B38400) C(B115200) C(BOTHER) C(ISIG) C(ICANON) C(XCASE) C(ECHO) C(ECHOE) C(ECHOK) C(ECHONL) C(NOFLSH)
    C(TOSTOP) C(ECHOCTL) C(ECHOPRT) C(ECHOKE) C(FLUSHO) C(PENDIN) C(IEXTEN) C(VINTR) C(VQUIT) C(VERASE) C(VKILL)
    C(VEOF) C(VTIME) C(VMIN) C(VSWTC) C(VSTART) C(VSTOP) C(VSUSP) C(VEOL) C(VREPRINT) C(VDISCARD) C(VWERASE)
    C(VLNEXT) C(VEOL2) C(CLOCK_REALTIME) C(CLOCK_MONOTONIC) C(CLOCK_PROCESS_CPUTIME_ID) C(CLOCK_THREAD_CPUTIME_ID)
    C(CLOCK_MONOTONIC_RAW) C(CLOCK_REALTIME_COARSE) C(CLOCK_MONOTONIC_COARSE) C(CLOCK_BOOTTIME)
    C(CLOCK_REALTIME_ALARM) C(CLOCK_BOOTTIME_ALARM) C(CLOCK_TAI) C(ITIMER_REAL) C(ITIMER_VIRTUAL) C(ITIMER_PROF)
    C(TIMER_ABSTIME) C(TFD_TIMER_ABSTIME) C(TFD_TIMER_CANCEL_ON_SET) C(TFD_NONBLOCK) C(TFD_CLOEXEC)
#ifdef __aarch64__
    C(HWCAP_FP) C(HWCAP_ASIMD) C(HWCAP_EVTSTRM) C(HWCAP_AES) C(HWCAP_PMULL) C(HWCAP_SHA1) C(HWCAP_SHA2)
    C(HWCAP_CRC32) C(HWCAP_ATOMICS) C(HWCAP_FPHP) C(HWCAP_ASIMDHP) C(HWCAP_CPUID) C(HWCAP_ASIMDRDM) C(HWCAP_JSCVT)
    C(HWCAP_FCMA) C(HWCAP_LRCPC) C(HWCAP_DCPOP) C(HWCAP_SHA3) C(HWCAP_SM3) C(HWCAP_SM4) C(HWCAP_ASIMDDP)
    C(HWCAP_SHA512) C(HWCAP_SVE) C(HWCAP_ASIMDFHM) C(HWCAP_DIT) C(HWCAP_USCAT) C(HWCAP_ILRCPC) C(HWCAP_FLAGM)
    C(HWCAP_SSBS) C(HWCAP_SB) C(HWCAP_PACA) C(HWCAP_PACG) C(HWCAP2_DCPODP) C(HWCAP2_FLAGM2) C(HWCAP2_FRINT)
    C(HWCAP2_I8MM) C(HWCAP2_BF16) C(HWCAP2_DGH) C(HWCAP2_RNG) C(HWCAP2_BTI) C(HWCAP2_MTE) C(HWCAP2_ECV)
    C(HWCAP2_AFP) C(HWCAP2_RPRES) C(HWCAP2_WFXT) C(PROT_BTI) C(PROT_MTE)
#else
    C(ARCH_SET_GS) C(ARCH_SET_FS) C(ARCH_GET_FS) C(ARCH_GET_GS)
#endif
}
#else
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <sys/procfs.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void records(void) {
    R("MsgHdr", struct msghdr)
    F("MsgHdr", struct msghdr, name, msg_name) F("MsgHdr", struct msghdr, namelen, msg_namelen)
    F("MsgHdr", struct msghdr, iov, msg_iov) F("MsgHdr", struct msghdr, control, msg_control)
    F("MsgHdr", struct msghdr, flags, msg_flags)
    R("MMsgHdr", struct mmsghdr)
    F("MMsgHdr", struct mmsghdr, hdr, msg_hdr) F("MMsgHdr", struct mmsghdr, len, msg_len)
    R("CmsgHdr", struct cmsghdr)
    F("CmsgHdr", struct cmsghdr, level, cmsg_level) F("CmsgHdr", struct cmsghdr, kind, cmsg_type)
    R("Ucred", struct ucred)
    F("Ucred", struct ucred, pid, pid) F("Ucred", struct ucred, uid, uid) F("Ucred", struct ucred, gid, gid)
    R("Linger", struct linger)
    F("Linger", struct linger, onoff, l_onoff) F("Linger", struct linger, linger, l_linger)
    R("Dirent", struct dirent)
    F("Dirent", struct dirent, ino, d_ino) F("Dirent", struct dirent, next, d_off)
    F("Dirent", struct dirent, reclen, d_reclen) F("Dirent", struct dirent, kind, d_type)
    R(PRSTATUS, struct elf_prstatus)
    F(PRSTATUS, struct elf_prstatus, signo, pr_info.si_signo)
    F(PRSTATUS, struct elf_prstatus, code, pr_info.si_code)
    F(PRSTATUS, struct elf_prstatus, errno, pr_info.si_errno) F(PRSTATUS, struct elf_prstatus, cursig, pr_cursig)
    F(PRSTATUS, struct elf_prstatus, sigpend, pr_sigpend) F(PRSTATUS, struct elf_prstatus, sighold, pr_sighold)
    F(PRSTATUS, struct elf_prstatus, pid, pr_pid) F(PRSTATUS, struct elf_prstatus, ppid, pr_ppid)
    F(PRSTATUS, struct elf_prstatus, pgrp, pr_pgrp) F(PRSTATUS, struct elf_prstatus, sid, pr_sid)
    F(PRSTATUS, struct elf_prstatus, utime, pr_utime) F(PRSTATUS, struct elf_prstatus, stime, pr_stime)
    F(PRSTATUS, struct elf_prstatus, cutime, pr_cutime) F(PRSTATUS, struct elf_prstatus, cstime, pr_cstime)
    F(PRSTATUS, struct elf_prstatus, reg, pr_reg) F(PRSTATUS, struct elf_prstatus, fpvalid, pr_fpvalid)
    R("Prpsinfo", struct elf_prpsinfo)
    F("Prpsinfo", struct elf_prpsinfo, state, pr_state) F("Prpsinfo", struct elf_prpsinfo, sname, pr_sname)
    F("Prpsinfo", struct elf_prpsinfo, zomb, pr_zomb) F("Prpsinfo", struct elf_prpsinfo, nice, pr_nice)
    F("Prpsinfo", struct elf_prpsinfo, flag, pr_flag) F("Prpsinfo", struct elf_prpsinfo, uid, pr_uid)
    F("Prpsinfo", struct elf_prpsinfo, gid, pr_gid) F("Prpsinfo", struct elf_prpsinfo, pid, pr_pid)
    F("Prpsinfo", struct elf_prpsinfo, ppid, pr_ppid) F("Prpsinfo", struct elf_prpsinfo, pgrp, pr_pgrp)
    F("Prpsinfo", struct elf_prpsinfo, sid, pr_sid) F("Prpsinfo", struct elf_prpsinfo, fname, pr_fname)
    F("Prpsinfo", struct elf_prpsinfo, psargs, pr_psargs)
    R("IfReq", struct ifreq)
    F("IfReq", struct ifreq, name, ifr_ifrn) F("IfReq", struct ifreq, data, ifr_ifru)
    R("IfConf", struct ifconf)
    F("IfConf", struct ifconf, len, ifc_len) F("IfConf", struct ifconf, buf, ifc_ifcu)
}

static void constants(void) {
    C(ARPHRD_ETHER) C(ARPHRD_LOOPBACK) C(IFF_UP) C(IFF_BROADCAST) C(IFF_LOOPBACK) C(IFF_POINTOPOINT)
    C(IFF_RUNNING) C(IFF_NOARP) C(IFF_PROMISC) C(IFF_ALLMULTI) C(IFF_MULTICAST) C(IFF_LOWER_UP)
    C(DT_UNKNOWN) C(DT_FIFO) C(DT_CHR) C(DT_DIR) C(DT_BLK) C(DT_REG) C(DT_LNK) C(DT_SOCK) C(SPLICE_F_MOVE)
    C(SPLICE_F_NONBLOCK) C(SPLICE_F_MORE) C(SPLICE_F_GIFT) C(O_ASYNC) C(AT_EACCESS) C(F_OK) C(X_OK) C(W_OK) C(R_OK)
    C(AF_UNSPEC) C(AF_UNIX) C(AF_INET) C(AF_INET6) C(AF_NETLINK) C(AF_PACKET) C(AF_VSOCK) C(SOCK_STREAM)
    C(SOCK_DGRAM) C(SOCK_RAW) C(SOCK_RDM) C(SOCK_SEQPACKET) C(SOCK_NONBLOCK) C(SOCK_CLOEXEC) C(MSG_OOB) C(MSG_PEEK)
    C(MSG_DONTROUTE) C(MSG_CTRUNC) C(MSG_TRUNC) C(MSG_DONTWAIT) C(MSG_EOR) C(MSG_WAITALL) C(MSG_ERRQUEUE)
    C(MSG_NOSIGNAL) C(MSG_MORE) C(MSG_WAITFORONE) C(MSG_FASTOPEN) C(MSG_CMSG_CLOEXEC) C(SHUT_RD) C(SHUT_WR)
    C(SHUT_RDWR) C(SOL_NETLINK) C(SCM_RIGHTS) C(SCM_CREDENTIALS) C(SCM_TIMESTAMP) C(UTIME_NOW) C(UTIME_OMIT)
}
#endif

int main(void) {
    records();
    constants();
    return 0;
}
