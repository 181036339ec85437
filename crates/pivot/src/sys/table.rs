//! Every Linux call as a row: its name and its number on each CPU.
//!
//! A call's identity is its x86-64 number; the calls that x86-64 lacks have identities from 1000 up.
//! Second sources: the kernel's own unistd headers, read by the table test.

use super::Sys;

/// One Linux call.
#[derive(Debug, Clone, Copy)]
pub struct SysRow {
    /// The identity.
    pub sys: Sys,
    /// The name in the kernel's tables.
    pub name: &'static str,
    /// The number on x86-64.
    pub x86_64: Option<u16>,
    /// The number on AArch64 and every CPU with the generic table.
    pub generic: Option<u16>,
}

macro_rules! rows {
    ($($id:literal $konst:ident $name:literal $x:expr, $g:expr;)*) => {
        impl Sys {
            $(#[doc = concat!("The call `", $name, "`.")] pub const $konst: Sys = Sys($id);)*
        }
        /// The rows, in the order of their identities.
        pub static ROWS: &[SysRow] = &[$(SysRow { sys: Sys($id), name: $name, x86_64: $x, generic: $g },)*];
    };
}

rows! {
    0 READ "read" Some(0), Some(63);
    1 WRITE "write" Some(1), Some(64);
    2 OPEN "open" Some(2), None;
    3 CLOSE "close" Some(3), Some(57);
    4 STAT "stat" Some(4), None;
    5 FSTAT "fstat" Some(5), Some(80);
    6 LSTAT "lstat" Some(6), None;
    7 POLL "poll" Some(7), None;
    8 LSEEK "lseek" Some(8), Some(62);
    9 MMAP "mmap" Some(9), Some(222);
    10 MPROTECT "mprotect" Some(10), Some(226);
    11 MUNMAP "munmap" Some(11), Some(215);
    12 BRK "brk" Some(12), Some(214);
    13 RT_SIGACTION "rt_sigaction" Some(13), Some(134);
    14 RT_SIGPROCMASK "rt_sigprocmask" Some(14), Some(135);
    15 RT_SIGRETURN "rt_sigreturn" Some(15), Some(139);
    16 IOCTL "ioctl" Some(16), Some(29);
    17 PREAD64 "pread64" Some(17), Some(67);
    18 PWRITE64 "pwrite64" Some(18), Some(68);
    19 READV "readv" Some(19), Some(65);
    20 WRITEV "writev" Some(20), Some(66);
    21 ACCESS "access" Some(21), None;
    22 PIPE "pipe" Some(22), None;
    23 SELECT "select" Some(23), None;
    24 SCHED_YIELD "sched_yield" Some(24), Some(124);
    25 MREMAP "mremap" Some(25), Some(216);
    26 MSYNC "msync" Some(26), Some(227);
    27 MINCORE "mincore" Some(27), Some(232);
    28 MADVISE "madvise" Some(28), Some(233);
    29 SHMGET "shmget" Some(29), Some(194);
    30 SHMAT "shmat" Some(30), Some(196);
    31 SHMCTL "shmctl" Some(31), Some(195);
    32 DUP "dup" Some(32), Some(23);
    33 DUP2 "dup2" Some(33), None;
    34 PAUSE "pause" Some(34), None;
    35 NANOSLEEP "nanosleep" Some(35), Some(101);
    36 GETITIMER "getitimer" Some(36), Some(102);
    37 ALARM "alarm" Some(37), None;
    38 SETITIMER "setitimer" Some(38), Some(103);
    39 GETPID "getpid" Some(39), Some(172);
    40 SENDFILE "sendfile" Some(40), Some(71);
    41 SOCKET "socket" Some(41), Some(198);
    42 CONNECT "connect" Some(42), Some(203);
    43 ACCEPT "accept" Some(43), Some(202);
    44 SENDTO "sendto" Some(44), Some(206);
    45 RECVFROM "recvfrom" Some(45), Some(207);
    46 SENDMSG "sendmsg" Some(46), Some(211);
    47 RECVMSG "recvmsg" Some(47), Some(212);
    48 SHUTDOWN "shutdown" Some(48), Some(210);
    49 BIND "bind" Some(49), Some(200);
    50 LISTEN "listen" Some(50), Some(201);
    51 GETSOCKNAME "getsockname" Some(51), Some(204);
    52 GETPEERNAME "getpeername" Some(52), Some(205);
    53 SOCKETPAIR "socketpair" Some(53), Some(199);
    54 SETSOCKOPT "setsockopt" Some(54), Some(208);
    55 GETSOCKOPT "getsockopt" Some(55), Some(209);
    56 CLONE "clone" Some(56), Some(220);
    57 FORK "fork" Some(57), None;
    58 VFORK "vfork" Some(58), None;
    59 EXECVE "execve" Some(59), Some(221);
    60 EXIT "exit" Some(60), Some(93);
    61 WAIT4 "wait4" Some(61), Some(260);
    62 KILL "kill" Some(62), Some(129);
    63 UNAME "uname" Some(63), Some(160);
    64 SEMGET "semget" Some(64), Some(190);
    65 SEMOP "semop" Some(65), Some(193);
    66 SEMCTL "semctl" Some(66), Some(191);
    67 SHMDT "shmdt" Some(67), Some(197);
    68 MSGGET "msgget" Some(68), Some(186);
    69 MSGSND "msgsnd" Some(69), Some(189);
    70 MSGRCV "msgrcv" Some(70), Some(188);
    71 MSGCTL "msgctl" Some(71), Some(187);
    72 FCNTL "fcntl" Some(72), Some(25);
    73 FLOCK "flock" Some(73), Some(32);
    74 FSYNC "fsync" Some(74), Some(82);
    75 FDATASYNC "fdatasync" Some(75), Some(83);
    76 TRUNCATE "truncate" Some(76), Some(45);
    77 FTRUNCATE "ftruncate" Some(77), Some(46);
    78 GETDENTS "getdents" Some(78), None;
    79 GETCWD "getcwd" Some(79), Some(17);
    80 CHDIR "chdir" Some(80), Some(49);
    81 FCHDIR "fchdir" Some(81), Some(50);
    82 RENAME "rename" Some(82), None;
    83 MKDIR "mkdir" Some(83), None;
    84 RMDIR "rmdir" Some(84), None;
    85 CREAT "creat" Some(85), None;
    86 LINK "link" Some(86), None;
    87 UNLINK "unlink" Some(87), None;
    88 SYMLINK "symlink" Some(88), None;
    89 READLINK "readlink" Some(89), None;
    90 CHMOD "chmod" Some(90), None;
    91 FCHMOD "fchmod" Some(91), Some(52);
    92 CHOWN "chown" Some(92), None;
    93 FCHOWN "fchown" Some(93), Some(55);
    94 LCHOWN "lchown" Some(94), None;
    95 UMASK "umask" Some(95), Some(166);
    96 GETTIMEOFDAY "gettimeofday" Some(96), Some(169);
    97 GETRLIMIT "getrlimit" Some(97), Some(163);
    98 GETRUSAGE "getrusage" Some(98), Some(165);
    99 SYSINFO "sysinfo" Some(99), Some(179);
    100 TIMES "times" Some(100), Some(153);
    101 PTRACE "ptrace" Some(101), Some(117);
    102 GETUID "getuid" Some(102), Some(174);
    103 SYSLOG "syslog" Some(103), Some(116);
    104 GETGID "getgid" Some(104), Some(176);
    105 SETUID "setuid" Some(105), Some(146);
    106 SETGID "setgid" Some(106), Some(144);
    107 GETEUID "geteuid" Some(107), Some(175);
    108 GETEGID "getegid" Some(108), Some(177);
    109 SETPGID "setpgid" Some(109), Some(154);
    110 GETPPID "getppid" Some(110), Some(173);
    111 GETPGRP "getpgrp" Some(111), None;
    112 SETSID "setsid" Some(112), Some(157);
    113 SETREUID "setreuid" Some(113), Some(145);
    114 SETREGID "setregid" Some(114), Some(143);
    115 GETGROUPS "getgroups" Some(115), Some(158);
    116 SETGROUPS "setgroups" Some(116), Some(159);
    117 SETRESUID "setresuid" Some(117), Some(147);
    118 GETRESUID "getresuid" Some(118), Some(148);
    119 SETRESGID "setresgid" Some(119), Some(149);
    120 GETRESGID "getresgid" Some(120), Some(150);
    121 GETPGID "getpgid" Some(121), Some(155);
    122 SETFSUID "setfsuid" Some(122), Some(151);
    123 SETFSGID "setfsgid" Some(123), Some(152);
    124 GETSID "getsid" Some(124), Some(156);
    125 CAPGET "capget" Some(125), Some(90);
    126 CAPSET "capset" Some(126), Some(91);
    127 RT_SIGPENDING "rt_sigpending" Some(127), Some(136);
    128 RT_SIGTIMEDWAIT "rt_sigtimedwait" Some(128), Some(137);
    129 RT_SIGQUEUEINFO "rt_sigqueueinfo" Some(129), Some(138);
    130 RT_SIGSUSPEND "rt_sigsuspend" Some(130), Some(133);
    131 SIGALTSTACK "sigaltstack" Some(131), Some(132);
    132 UTIME "utime" Some(132), None;
    133 MKNOD "mknod" Some(133), None;
    134 USELIB "uselib" Some(134), None;
    135 PERSONALITY "personality" Some(135), Some(92);
    136 USTAT "ustat" Some(136), None;
    137 STATFS "statfs" Some(137), Some(43);
    138 FSTATFS "fstatfs" Some(138), Some(44);
    139 SYSFS "sysfs" Some(139), None;
    140 GETPRIORITY "getpriority" Some(140), Some(141);
    141 SETPRIORITY "setpriority" Some(141), Some(140);
    142 SCHED_SETPARAM "sched_setparam" Some(142), Some(118);
    143 SCHED_GETPARAM "sched_getparam" Some(143), Some(121);
    144 SCHED_SETSCHEDULER "sched_setscheduler" Some(144), Some(119);
    145 SCHED_GETSCHEDULER "sched_getscheduler" Some(145), Some(120);
    146 SCHED_GET_PRIORITY_MAX "sched_get_priority_max" Some(146), Some(125);
    147 SCHED_GET_PRIORITY_MIN "sched_get_priority_min" Some(147), Some(126);
    148 SCHED_RR_GET_INTERVAL "sched_rr_get_interval" Some(148), Some(127);
    149 MLOCK "mlock" Some(149), Some(228);
    150 MUNLOCK "munlock" Some(150), Some(229);
    151 MLOCKALL "mlockall" Some(151), Some(230);
    152 MUNLOCKALL "munlockall" Some(152), Some(231);
    153 VHANGUP "vhangup" Some(153), Some(58);
    154 MODIFY_LDT "modify_ldt" Some(154), None;
    155 PIVOT_ROOT "pivot_root" Some(155), Some(41);
    156 SYSCTL "_sysctl" Some(156), None;
    157 PRCTL "prctl" Some(157), Some(167);
    158 ARCH_PRCTL "arch_prctl" Some(158), None;
    159 ADJTIMEX "adjtimex" Some(159), Some(171);
    160 SETRLIMIT "setrlimit" Some(160), Some(164);
    161 CHROOT "chroot" Some(161), Some(51);
    162 SYNC "sync" Some(162), Some(81);
    163 ACCT "acct" Some(163), Some(89);
    164 SETTIMEOFDAY "settimeofday" Some(164), Some(170);
    165 MOUNT "mount" Some(165), Some(40);
    166 UMOUNT2 "umount2" Some(166), Some(39);
    167 SWAPON "swapon" Some(167), Some(224);
    168 SWAPOFF "swapoff" Some(168), Some(225);
    169 REBOOT "reboot" Some(169), Some(142);
    170 SETHOSTNAME "sethostname" Some(170), Some(161);
    171 SETDOMAINNAME "setdomainname" Some(171), Some(162);
    172 IOPL "iopl" Some(172), None;
    173 IOPERM "ioperm" Some(173), None;
    174 CREATE_MODULE "create_module" Some(174), None;
    175 INIT_MODULE "init_module" Some(175), Some(105);
    176 DELETE_MODULE "delete_module" Some(176), Some(106);
    177 GET_KERNEL_SYMS "get_kernel_syms" Some(177), None;
    178 QUERY_MODULE "query_module" Some(178), None;
    179 QUOTACTL "quotactl" Some(179), Some(60);
    180 NFSSERVCTL "nfsservctl" Some(180), Some(42);
    181 GETPMSG "getpmsg" Some(181), None;
    182 PUTPMSG "putpmsg" Some(182), None;
    183 AFS_SYSCALL "afs_syscall" Some(183), None;
    184 TUXCALL "tuxcall" Some(184), None;
    185 SECURITY "security" Some(185), None;
    186 GETTID "gettid" Some(186), Some(178);
    187 READAHEAD "readahead" Some(187), Some(213);
    188 SETXATTR "setxattr" Some(188), Some(5);
    189 LSETXATTR "lsetxattr" Some(189), Some(6);
    190 FSETXATTR "fsetxattr" Some(190), Some(7);
    191 GETXATTR "getxattr" Some(191), Some(8);
    192 LGETXATTR "lgetxattr" Some(192), Some(9);
    193 FGETXATTR "fgetxattr" Some(193), Some(10);
    194 LISTXATTR "listxattr" Some(194), Some(11);
    195 LLISTXATTR "llistxattr" Some(195), Some(12);
    196 FLISTXATTR "flistxattr" Some(196), Some(13);
    197 REMOVEXATTR "removexattr" Some(197), Some(14);
    198 LREMOVEXATTR "lremovexattr" Some(198), Some(15);
    199 FREMOVEXATTR "fremovexattr" Some(199), Some(16);
    200 TKILL "tkill" Some(200), Some(130);
    201 TIME "time" Some(201), None;
    202 FUTEX "futex" Some(202), Some(98);
    203 SCHED_SETAFFINITY "sched_setaffinity" Some(203), Some(122);
    204 SCHED_GETAFFINITY "sched_getaffinity" Some(204), Some(123);
    205 SET_THREAD_AREA "set_thread_area" Some(205), None;
    206 IO_SETUP "io_setup" Some(206), Some(0);
    207 IO_DESTROY "io_destroy" Some(207), Some(1);
    208 IO_GETEVENTS "io_getevents" Some(208), Some(4);
    209 IO_SUBMIT "io_submit" Some(209), Some(2);
    210 IO_CANCEL "io_cancel" Some(210), Some(3);
    211 GET_THREAD_AREA "get_thread_area" Some(211), None;
    212 LOOKUP_DCOOKIE "lookup_dcookie" Some(212), Some(18);
    213 EPOLL_CREATE "epoll_create" Some(213), None;
    214 EPOLL_CTL_OLD "epoll_ctl_old" Some(214), None;
    215 EPOLL_WAIT_OLD "epoll_wait_old" Some(215), None;
    216 REMAP_FILE_PAGES "remap_file_pages" Some(216), Some(234);
    217 GETDENTS64 "getdents64" Some(217), Some(61);
    218 SET_TID_ADDRESS "set_tid_address" Some(218), Some(96);
    219 RESTART_SYSCALL "restart_syscall" Some(219), Some(128);
    220 SEMTIMEDOP "semtimedop" Some(220), Some(192);
    221 FADVISE64 "fadvise64" Some(221), Some(223);
    222 TIMER_CREATE "timer_create" Some(222), Some(107);
    223 TIMER_SETTIME "timer_settime" Some(223), Some(110);
    224 TIMER_GETTIME "timer_gettime" Some(224), Some(108);
    225 TIMER_GETOVERRUN "timer_getoverrun" Some(225), Some(109);
    226 TIMER_DELETE "timer_delete" Some(226), Some(111);
    227 CLOCK_SETTIME "clock_settime" Some(227), Some(112);
    228 CLOCK_GETTIME "clock_gettime" Some(228), Some(113);
    229 CLOCK_GETRES "clock_getres" Some(229), Some(114);
    230 CLOCK_NANOSLEEP "clock_nanosleep" Some(230), Some(115);
    231 EXIT_GROUP "exit_group" Some(231), Some(94);
    232 EPOLL_WAIT "epoll_wait" Some(232), None;
    233 EPOLL_CTL "epoll_ctl" Some(233), Some(21);
    234 TGKILL "tgkill" Some(234), Some(131);
    235 UTIMES "utimes" Some(235), None;
    236 VSERVER "vserver" Some(236), None;
    237 MBIND "mbind" Some(237), Some(235);
    238 SET_MEMPOLICY "set_mempolicy" Some(238), Some(237);
    239 GET_MEMPOLICY "get_mempolicy" Some(239), Some(236);
    240 MQ_OPEN "mq_open" Some(240), Some(180);
    241 MQ_UNLINK "mq_unlink" Some(241), Some(181);
    242 MQ_TIMEDSEND "mq_timedsend" Some(242), Some(182);
    243 MQ_TIMEDRECEIVE "mq_timedreceive" Some(243), Some(183);
    244 MQ_NOTIFY "mq_notify" Some(244), Some(184);
    245 MQ_GETSETATTR "mq_getsetattr" Some(245), Some(185);
    246 KEXEC_LOAD "kexec_load" Some(246), Some(104);
    247 WAITID "waitid" Some(247), Some(95);
    248 ADD_KEY "add_key" Some(248), Some(217);
    249 REQUEST_KEY "request_key" Some(249), Some(218);
    250 KEYCTL "keyctl" Some(250), Some(219);
    251 IOPRIO_SET "ioprio_set" Some(251), Some(30);
    252 IOPRIO_GET "ioprio_get" Some(252), Some(31);
    253 INOTIFY_INIT "inotify_init" Some(253), None;
    254 INOTIFY_ADD_WATCH "inotify_add_watch" Some(254), Some(27);
    255 INOTIFY_RM_WATCH "inotify_rm_watch" Some(255), Some(28);
    256 MIGRATE_PAGES "migrate_pages" Some(256), Some(238);
    257 OPENAT "openat" Some(257), Some(56);
    258 MKDIRAT "mkdirat" Some(258), Some(34);
    259 MKNODAT "mknodat" Some(259), Some(33);
    260 FCHOWNAT "fchownat" Some(260), Some(54);
    261 FUTIMESAT "futimesat" Some(261), None;
    262 NEWFSTATAT "newfstatat" Some(262), Some(79);
    263 UNLINKAT "unlinkat" Some(263), Some(35);
    264 RENAMEAT "renameat" Some(264), Some(38);
    265 LINKAT "linkat" Some(265), Some(37);
    266 SYMLINKAT "symlinkat" Some(266), Some(36);
    267 READLINKAT "readlinkat" Some(267), Some(78);
    268 FCHMODAT "fchmodat" Some(268), Some(53);
    269 FACCESSAT "faccessat" Some(269), Some(48);
    270 PSELECT6 "pselect6" Some(270), Some(72);
    271 PPOLL "ppoll" Some(271), Some(73);
    272 UNSHARE "unshare" Some(272), Some(97);
    273 SET_ROBUST_LIST "set_robust_list" Some(273), Some(99);
    274 GET_ROBUST_LIST "get_robust_list" Some(274), Some(100);
    275 SPLICE "splice" Some(275), Some(76);
    276 TEE "tee" Some(276), Some(77);
    277 SYNC_FILE_RANGE "sync_file_range" Some(277), Some(84);
    278 VMSPLICE "vmsplice" Some(278), Some(75);
    279 MOVE_PAGES "move_pages" Some(279), Some(239);
    280 UTIMENSAT "utimensat" Some(280), Some(88);
    281 EPOLL_PWAIT "epoll_pwait" Some(281), Some(22);
    282 SIGNALFD "signalfd" Some(282), None;
    283 TIMERFD_CREATE "timerfd_create" Some(283), Some(85);
    284 EVENTFD "eventfd" Some(284), None;
    285 FALLOCATE "fallocate" Some(285), Some(47);
    286 TIMERFD_SETTIME "timerfd_settime" Some(286), Some(86);
    287 TIMERFD_GETTIME "timerfd_gettime" Some(287), Some(87);
    288 ACCEPT4 "accept4" Some(288), Some(242);
    289 SIGNALFD4 "signalfd4" Some(289), Some(74);
    290 EVENTFD2 "eventfd2" Some(290), Some(19);
    291 EPOLL_CREATE1 "epoll_create1" Some(291), Some(20);
    292 DUP3 "dup3" Some(292), Some(24);
    293 PIPE2 "pipe2" Some(293), Some(59);
    294 INOTIFY_INIT1 "inotify_init1" Some(294), Some(26);
    295 PREADV "preadv" Some(295), Some(69);
    296 PWRITEV "pwritev" Some(296), Some(70);
    297 RT_TGSIGQUEUEINFO "rt_tgsigqueueinfo" Some(297), Some(240);
    298 PERF_EVENT_OPEN "perf_event_open" Some(298), Some(241);
    299 RECVMMSG "recvmmsg" Some(299), Some(243);
    300 FANOTIFY_INIT "fanotify_init" Some(300), Some(262);
    301 FANOTIFY_MARK "fanotify_mark" Some(301), Some(263);
    302 PRLIMIT64 "prlimit64" Some(302), Some(261);
    303 NAME_TO_HANDLE_AT "name_to_handle_at" Some(303), Some(264);
    304 OPEN_BY_HANDLE_AT "open_by_handle_at" Some(304), Some(265);
    305 CLOCK_ADJTIME "clock_adjtime" Some(305), Some(266);
    306 SYNCFS "syncfs" Some(306), Some(267);
    307 SENDMMSG "sendmmsg" Some(307), Some(269);
    308 SETNS "setns" Some(308), Some(268);
    309 GETCPU "getcpu" Some(309), Some(168);
    310 PROCESS_VM_READV "process_vm_readv" Some(310), Some(270);
    311 PROCESS_VM_WRITEV "process_vm_writev" Some(311), Some(271);
    312 KCMP "kcmp" Some(312), Some(272);
    313 FINIT_MODULE "finit_module" Some(313), Some(273);
    314 SCHED_SETATTR "sched_setattr" Some(314), Some(274);
    315 SCHED_GETATTR "sched_getattr" Some(315), Some(275);
    316 RENAMEAT2 "renameat2" Some(316), Some(276);
    317 SECCOMP "seccomp" Some(317), Some(277);
    318 GETRANDOM "getrandom" Some(318), Some(278);
    319 MEMFD_CREATE "memfd_create" Some(319), Some(279);
    320 KEXEC_FILE_LOAD "kexec_file_load" Some(320), Some(294);
    321 BPF "bpf" Some(321), Some(280);
    322 EXECVEAT "execveat" Some(322), Some(281);
    323 USERFAULTFD "userfaultfd" Some(323), Some(282);
    324 MEMBARRIER "membarrier" Some(324), Some(283);
    325 MLOCK2 "mlock2" Some(325), Some(284);
    326 COPY_FILE_RANGE "copy_file_range" Some(326), Some(285);
    327 PREADV2 "preadv2" Some(327), Some(286);
    328 PWRITEV2 "pwritev2" Some(328), Some(287);
    329 PKEY_MPROTECT "pkey_mprotect" Some(329), Some(288);
    330 PKEY_ALLOC "pkey_alloc" Some(330), Some(289);
    331 PKEY_FREE "pkey_free" Some(331), Some(290);
    332 STATX "statx" Some(332), Some(291);
    333 IO_PGETEVENTS "io_pgetevents" Some(333), Some(292);
    334 RSEQ "rseq" Some(334), Some(293);
    424 PIDFD_SEND_SIGNAL "pidfd_send_signal" Some(424), Some(424);
    425 IO_URING_SETUP "io_uring_setup" Some(425), Some(425);
    426 IO_URING_ENTER "io_uring_enter" Some(426), Some(426);
    427 IO_URING_REGISTER "io_uring_register" Some(427), Some(427);
    428 OPEN_TREE "open_tree" Some(428), Some(428);
    429 MOVE_MOUNT "move_mount" Some(429), Some(429);
    430 FSOPEN "fsopen" Some(430), Some(430);
    431 FSCONFIG "fsconfig" Some(431), Some(431);
    432 FSMOUNT "fsmount" Some(432), Some(432);
    433 FSPICK "fspick" Some(433), Some(433);
    434 PIDFD_OPEN "pidfd_open" Some(434), Some(434);
    435 CLONE3 "clone3" Some(435), Some(435);
    436 CLOSE_RANGE "close_range" Some(436), Some(436);
    437 OPENAT2 "openat2" Some(437), Some(437);
    438 PIDFD_GETFD "pidfd_getfd" Some(438), Some(438);
    439 FACCESSAT2 "faccessat2" Some(439), Some(439);
    440 PROCESS_MADVISE "process_madvise" Some(440), Some(440);
    441 EPOLL_PWAIT2 "epoll_pwait2" Some(441), Some(441);
    442 MOUNT_SETATTR "mount_setattr" Some(442), Some(442);
    443 QUOTACTL_FD "quotactl_fd" Some(443), Some(443);
    444 LANDLOCK_CREATE_RULESET "landlock_create_ruleset" Some(444), Some(444);
    445 LANDLOCK_ADD_RULE "landlock_add_rule" Some(445), Some(445);
    446 LANDLOCK_RESTRICT_SELF "landlock_restrict_self" Some(446), Some(446);
    447 MEMFD_SECRET "memfd_secret" Some(447), Some(447);
    448 PROCESS_MRELEASE "process_mrelease" Some(448), Some(448);
    449 FUTEX_WAITV "futex_waitv" Some(449), Some(449);
    450 SET_MEMPOLICY_HOME_NODE "set_mempolicy_home_node" Some(450), Some(450);
    451 CACHESTAT "cachestat" Some(451), Some(451);
    452 FCHMODAT2 "fchmodat2" Some(452), Some(452);
    453 MAP_SHADOW_STACK "map_shadow_stack" Some(453), None;
    454 FUTEX_WAKE "futex_wake" Some(454), Some(454);
    455 FUTEX_WAIT "futex_wait" Some(455), Some(455);
    456 FUTEX_REQUEUE "futex_requeue" Some(456), Some(456);
    457 STATMOUNT "statmount" Some(457), Some(457);
    458 LISTMOUNT "listmount" Some(458), Some(458);
    459 LSM_GET_SELF_ATTR "lsm_get_self_attr" Some(459), Some(459);
    460 LSM_SET_SELF_ATTR "lsm_set_self_attr" Some(460), Some(460);
    461 LSM_LIST_MODULES "lsm_list_modules" Some(461), Some(461);
    462 MSEAL "mseal" Some(462), Some(462);
    1000 FCNTL64 "fcntl64" None, Some(25);
    1001 STATFS64 "statfs64" None, Some(43);
    1002 FSTATFS64 "fstatfs64" None, Some(44);
    1003 TRUNCATE64 "truncate64" None, Some(45);
    1004 FTRUNCATE64 "ftruncate64" None, Some(46);
    1005 LLSEEK "llseek" None, Some(62);
    1006 SENDFILE64 "sendfile64" None, Some(71);
    1007 FSTATAT64 "fstatat64" None, Some(79);
    1008 FSTAT64 "fstat64" None, Some(80);
    1009 MMAP2 "mmap2" None, Some(222);
    1010 FADVISE64_64 "fadvise64_64" None, Some(223);
    1011 CLOCK_GETTIME64 "clock_gettime64" None, Some(403);
    1012 CLOCK_SETTIME64 "clock_settime64" None, Some(404);
    1013 CLOCK_ADJTIME64 "clock_adjtime64" None, Some(405);
    1014 CLOCK_GETRES_TIME64 "clock_getres_time64" None, Some(406);
    1015 CLOCK_NANOSLEEP_TIME64 "clock_nanosleep_time64" None, Some(407);
    1016 TIMER_GETTIME64 "timer_gettime64" None, Some(408);
    1017 TIMER_SETTIME64 "timer_settime64" None, Some(409);
    1018 TIMERFD_GETTIME64 "timerfd_gettime64" None, Some(410);
    1019 TIMERFD_SETTIME64 "timerfd_settime64" None, Some(411);
    1020 UTIMENSAT_TIME64 "utimensat_time64" None, Some(412);
    1021 PSELECT6_TIME64 "pselect6_time64" None, Some(413);
    1022 PPOLL_TIME64 "ppoll_time64" None, Some(414);
    1023 IO_PGETEVENTS_TIME64 "io_pgetevents_time64" None, Some(416);
    1024 RECVMMSG_TIME64 "recvmmsg_time64" None, Some(417);
    1025 MQ_TIMEDSEND_TIME64 "mq_timedsend_time64" None, Some(418);
    1026 MQ_TIMEDRECEIVE_TIME64 "mq_timedreceive_time64" None, Some(419);
    1027 SEMTIMEDOP_TIME64 "semtimedop_time64" None, Some(420);
    1028 RT_SIGTIMEDWAIT_TIME64 "rt_sigtimedwait_time64" None, Some(421);
    1029 FUTEX_TIME64 "futex_time64" None, Some(422);
    1030 SCHED_RR_GET_INTERVAL_TIME64 "sched_rr_get_interval_time64" None, Some(423);
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::collections::BTreeMap;
    use std::{fs, string::String, vec::Vec};

    /// The kernel's headers, where the development package of the C library puts them.
    const X86_64: &str = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";
    const GENERIC: &str = "/usr/include/asm-generic/unistd.h";

    /// The first identity of a call that x86-64 lacks.
    const FIRST_GENERIC_ONLY: u16 = 1000;

    /// The names and numbers a header defines; nothing when it is not installed.
    fn header(path: &str) -> BTreeMap<String, u16> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut numbers = BTreeMap::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["#define", name, number, ..] = words.as_slice()
                && let Some(name) = name.strip_prefix("__NR_").or(name.strip_prefix("__NR3264_"))
                && let Ok(number) = number.parse()
            {
                numbers.insert(name.into(), number);
            }
        }
        numbers
    }

    #[test]
    fn the_call_table_is_in_order_and_names_each_call_once() {
        assert!(ROWS.is_sorted_by(|a, b| a.sys < b.sys));
        for (at, row) in ROWS.iter().enumerate() {
            assert!(ROWS.iter().skip(at + 1).all(|other| other.name != row.name), "{} twice", row.name);
            let own = if row.sys.0 < FIRST_GENERIC_ONLY { Some(row.sys.0) } else { None };
            assert_eq!(row.x86_64, own, "{}", row.name);
        }
    }

    #[test]
    fn the_call_table_agrees_with_the_kernels_headers() {
        let (x86_64, generic) = (header(X86_64), header(GENERIC));
        for row in ROWS {
            if let Some(number) = x86_64.get(row.name) {
                assert_eq!(row.x86_64, Some(*number), "{} on x86-64", row.name);
            }
            if let (Some(number), Some(ours)) = (generic.get(row.name), row.generic) {
                assert_eq!(ours, *number, "{} elsewhere", row.name);
            }
        }
        for (name, number) in &x86_64 {
            let known = ROWS.iter().any(|row| row.x86_64 == Some(*number));
            // A header newer than the table may have newer calls at its end.
            let newest = ROWS.iter().filter_map(|row| row.x86_64).max().unwrap_or(0);
            assert!(known || *number > newest, "{name} ({number}) has no row");
        }
    }
}
