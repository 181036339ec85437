//! What a program's start-up stack tells of the machine.

use super::record::constants;

constants! {
    /// Kinds of entries of the auxiliary vector.
    KINDS: u64 {
        AT_NULL = 0,
        AT_IGNORE = 1,
        AT_EXECFD = 2,
        AT_PHDR = 3,
        AT_PHENT = 4,
        AT_PHNUM = 5,
        AT_PAGESZ = 6,
        AT_BASE = 7,
        AT_FLAGS = 8,
        AT_ENTRY = 9,
        AT_NOTELF = 10,
        AT_UID = 11,
        AT_EUID = 12,
        AT_GID = 13,
        AT_EGID = 14,
        AT_PLATFORM = 15,
        AT_HWCAP = 16,
        AT_CLKTCK = 17,
        AT_SECURE = 23,
        AT_BASE_PLATFORM = 24,
        AT_RANDOM = 25,
        AT_HWCAP2 = 26,
        AT_RSEQ_FEATURE_SIZE = 27,
        AT_RSEQ_ALIGN = 28,
        AT_EXECFN = 31,
        AT_SYSINFO_EHDR = 33,
        AT_MINSIGSTKSZ = 51,
    }
}

/// What AArch64 tells in `AT_HWCAP` and `AT_HWCAP2`.
pub mod aarch64 {
    super::constants! {
        /// Bits of `AT_HWCAP`.
        HWCAP: u64 {
            HWCAP_FP = 1 << 0,
            HWCAP_ASIMD = 1 << 1,
            HWCAP_EVTSTRM = 1 << 2,
            HWCAP_AES = 1 << 3,
            HWCAP_PMULL = 1 << 4,
            HWCAP_SHA1 = 1 << 5,
            HWCAP_SHA2 = 1 << 6,
            HWCAP_CRC32 = 1 << 7,
            HWCAP_ATOMICS = 1 << 8,
            HWCAP_FPHP = 1 << 9,
            HWCAP_ASIMDHP = 1 << 10,
            HWCAP_CPUID = 1 << 11,
            HWCAP_ASIMDRDM = 1 << 12,
            HWCAP_JSCVT = 1 << 13,
            HWCAP_FCMA = 1 << 14,
            HWCAP_LRCPC = 1 << 15,
            HWCAP_DCPOP = 1 << 16,
            HWCAP_SHA3 = 1 << 17,
            HWCAP_SM3 = 1 << 18,
            HWCAP_SM4 = 1 << 19,
            HWCAP_ASIMDDP = 1 << 20,
            HWCAP_SHA512 = 1 << 21,
            HWCAP_SVE = 1 << 22,
            HWCAP_ASIMDFHM = 1 << 23,
            HWCAP_DIT = 1 << 24,
            HWCAP_USCAT = 1 << 25,
            HWCAP_ILRCPC = 1 << 26,
            HWCAP_FLAGM = 1 << 27,
            HWCAP_SSBS = 1 << 28,
            HWCAP_SB = 1 << 29,
            HWCAP_PACA = 1 << 30,
            HWCAP_PACG = 1 << 31,
        }
    }

    super::constants! {
        /// Bits of `AT_HWCAP2`.
        HWCAP2: u64 {
            HWCAP2_DCPODP = 1 << 0,
            HWCAP2_FLAGM2 = 1 << 7,
            HWCAP2_FRINT = 1 << 8,
            HWCAP2_I8MM = 1 << 13,
            HWCAP2_BF16 = 1 << 14,
            HWCAP2_DGH = 1 << 15,
            HWCAP2_RNG = 1 << 16,
            HWCAP2_BTI = 1 << 17,
            HWCAP2_MTE = 1 << 18,
            HWCAP2_ECV = 1 << 19,
            HWCAP2_AFP = 1 << 20,
            HWCAP2_RPRES = 1 << 21,
            HWCAP2_WFXT = 1 << 31,
        }
    }
}
