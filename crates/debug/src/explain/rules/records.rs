//! Records that a call filled, read by a program that has another idea of them.

use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_report::table as row;

/// More records are not looked at.
const COUNT_MAX: u64 = 256;

/// A call that fills records with a pointer of the program's own.
struct Filled {
    os: &'static str,
    calls: &'static [&'static str],
    /// Which of its words says where.
    buffer: usize,
    /// How many bytes a record has, where the system's words do not say.
    len: u64,
    /// Where its pointer is.
    pointer: u64,
    /// The field's name.
    field: &'static str,
    /// Where others have it, and who.
    others: &'static [(u64, &'static str)],
}

const PACKING: &[(u64, &str)] =
    &[(8, "a record that is not packed has it"), (4, "a record that is packed has it, as Linux's is on x86-64")];
const WIDE: &[(u64, &str)] = &[(32, "NetBSD has it")];
const NARROW: &[(u64, &str)] = &[(24, "FreeBSD and DragonFly have it")];

static FILLED: &[Filled] = &[
    Filled {
        os: "linux",
        calls: &["epoll_wait", "epoll_pwait", "epoll_pwait2"],
        buffer: 1,
        len: 12,
        pointer: 4,
        field: "epoll_event.data",
        others: PACKING,
    },
    Filled { os: "freebsd", calls: &["kevent"], buffer: 3, len: 64, pointer: 24, field: "kevent.udata", others: WIDE },
    Filled {
        os: "freebsd",
        calls: &["freebsd11_kevent"],
        buffer: 3,
        len: 32,
        pointer: 24,
        field: "kevent.udata",
        others: WIDE,
    },
    Filled {
        os: "dragonfly",
        calls: &["kevent"],
        buffer: 3,
        len: 32,
        pointer: 24,
        field: "kevent.udata",
        others: WIDE,
    },
    Filled {
        os: "netbsd",
        calls: &["kevent50"],
        buffer: 3,
        len: 40,
        pointer: 32,
        field: "kevent.udata",
        others: NARROW,
    },
    Filled {
        os: "netbsd",
        calls: &["kevent100"],
        buffer: 3,
        len: 72,
        pointer: 32,
        field: "kevent.udata",
        others: NARROW,
    },
];

/// The pointer of the fault was read beside the field that holds it.
pub(super) fn layout(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault_address().or_else(|| evidence.is_refused().then_some(Addr(0)))?;
    let call = evidence.calls().next()?;
    let filled = FILLED.iter().find(|filled| filled.os == evidence.os.name && call.is_any(filled.calls))?;
    // On another CPU the record may be another one.
    let (record, field) = filled.field.split_once('.').unwrap_or((filled.field, ""));
    let record = evidence.os.words.record(record);
    let field = record.and_then(|record| record.fields.iter().find(|found| found.name == field));
    let len = record.map_or(filled.len, |record| u64::from(record.len));
    let own = field.map_or(filled.pointer, |field| u64::from(field.at));
    let count = call.result().filter(|count| (1..=COUNT_MAX).contains(count))?;
    let accesses = &evidence.instruction.as_ref()?.accesses;
    let single = |registers: &[(&str, u64)]| match registers {
        [(_, value)] => Some(*value),
        _ => None,
    };
    let values: Vec<u64> =
        accesses.iter().filter_map(|access| single(&access.formula.registers)).filter(|value| *value != 0).collect();
    let start = Addr(*call.args.get(filled.buffer)?);
    let (n, (place, who), value, right) = (0..count).find_map(|n| {
        let record = start.plus(n * len);
        let right = evidence.word(record.plus(own)).filter(|right| evidence.region(Addr(*right)).is_some())?;
        filled.others.iter().filter(|(place, _)| *place != own).find_map(|(place, who)| {
            let wrong = evidence.word(record.plus(*place)).filter(|wrong| *wrong != right && values.contains(wrong))?;
            Some((n, (*place, *who), wrong, right))
        })
    })?;
    let (reader, field) = (evidence.place(), filled.field);
    let cause = format!(
        "{reader} used {value:#x}, which stands at byte {place} of a record that {} filled: {who} there, {} has {field} at byte {own}",
        call.name, evidence.os.title
    );
    let verdict = Verdict::new(&row::DIED_OF_LAYOUT, Confidence::Certain, cause).because(call.line.clone());
    Some(verdict.because(format!("the {field} of record {n} is {right:#x}, {}", evidence.owner(Addr(right)).text)))
}
