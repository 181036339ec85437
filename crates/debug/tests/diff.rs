//! Comparing two traces: what counts as the same, and what does not. Traces are written here, a call a line.

use ashore_debug::diff::{Comparison, Trace, compare};
use serde_json::{Map, Value, json};

/// A trace of a system's program. A call is `THREAD NAME ARG=VALUE... -> RESULT` with semicolons between arguments; a
/// result beginning with `E` is an error.
fn trace(system: &str, calls: &str) -> Trace {
    let start = json!({
        "event": "start", "pid": 1, "system": system, "directory": "/here", "standard": ["/in", "/out", "/err"],
    });
    let mut lines = vec![start.to_string()];
    for line in calls.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (call, result) = line.rsplit_once(" -> ").unwrap();
        let (thread, call) = call.split_once(' ').unwrap();
        let (name, args) = call.split_once(' ').unwrap_or((call, ""));
        let args = args.split("; ").filter_map(|arg| arg.split_once('='));
        let args: Map<String, Value> = args.map(|(name, value)| (name.to_owned(), value.into())).collect();
        let os = ashore_guest::by_name(system).unwrap().os;
        let number = os.calls.iter().find(|row| row.name() == name).unwrap().number;
        let error = result.starts_with('E').then_some(result);
        let result = error.is_none().then_some(result);
        let thread: u64 = thread.parse().unwrap();
        lines.push(
            json!({
                "event": "call", "pid": 1, "thread": thread, "call": name, "number": number, "args": args,
                "result": result, "errno": error, "nanos": 1,
            })
            .to_string(),
        );
    }
    Trace::read(lines.join("\n").as_bytes()).unwrap_or_else(|fault| panic!("{fault}"))
}

fn diff(freebsd: &str, linux: &str) -> Comparison {
    compare(&trace("freebsd", freebsd), &trace("linux", linux))
}

#[track_caller]
fn assert_same(freebsd: &str, linux: &str) {
    let found = diff(freebsd, linux);
    assert!(found.is_same() && found.compared > 0, "{}", found.text(usize::MAX));
}

#[test]
fn names_numbers_and_ways_of_calling_are_no_difference() {
    assert_same(
        r#"1 open path="a"; flags=O_RDWR|O_CREAT; mode=0o600 -> 3</here/a>
           1 write fd=3</here/a>; buf="x"; nbyte=1 -> 1
           1 fstat fd=3</here/a>; buf={dev=1, mode=file 0600, size=1} -> 0"#,
        r#"1 openat dir=AT_FDCWD; path="/here/a"; flags=O_CREAT|O_RDWR|O_CLOEXEC; mode=0o600 -> 7</here/a>
           1 write fd=7</here/a>; buf="x"; count=1 -> 1
           1 newfstatat dir=7</here/a>; path=""; stat={dev=9, mode=file 0600, size=1} -> 0"#,
    );
}

#[test]
fn the_order_of_threads_and_of_things_is_no_difference() {
    assert_same(
        r#"1 mkdir path="a"; mode=0o700 -> 0
           2 open path="fifo"; flags=O_WRONLY -> 3</here/fifo>
           1 open path="fifo"; flags=O_RDONLY -> 4</here/fifo>"#,
        r#"2 open path="fifo"; flags=O_RDONLY -> 4</here/fifo>
           1 open path="fifo"; flags=O_WRONLY -> 3</here/fifo>
           1 mkdir path="a"; mode=0o700 -> 0"#,
    );
}

#[test]
fn how_data_is_cut_and_how_often_it_was_waited_for_is_no_difference() {
    assert_same(
        r#"1 read fd=5<pipe:[1]>; buf="ab"; nbyte=9 -> 2
           1 read fd=5<pipe:[1]>; buf="cd"; nbyte=9 -> 2
           1 write fd=6<pipe:[2]>; buf="q"; nbyte=1 -> 1"#,
        r#"1 read fd=5<pipe:[8]>; buf=0x1; count=9 -> EAGAIN
           1 write fd=6<pipe:[9]>; buf="q"; count=1 -> 1
           1 read fd=5<pipe:[8]>; buf="abcd"; count=9 -> 4"#,
    );
}

#[test]
fn removing_whatever_it_is_is_no_difference() {
    assert_same(
        r#"1 unlink path="d" -> EPERM
           1 rmdir path="d" -> 0"#,
        r#"1 unlinkat dir=AT_FDCWD; path="d"; flags=0 -> EISDIR
           1 unlinkat dir=AT_FDCWD; path="d"; flags=AT_REMOVEDIR -> 0"#,
    );
}

#[test]
fn run_times_and_libraries_may_do_what_they_like() {
    assert_same(
        r#"1 write fd=1</out>; buf="done"; nbyte=4 -> 4
           1 _umtx_op obj=0x1; op=UMTX_OP_WAKE_PRIVATE; val=1; uaddr1=NULL; uaddr2=NULL -> 0
           1 write fd=4<pipe:[1]>; buf="\0"; nbyte=1 -> 1
           1 kqueue  -> 3<anon_inode:[eventpoll]>"#,
        r#"1 futex word=0x1; op=FUTEX_WAKE_PRIVATE; value=1 -> 0
           1 openat dir=AT_FDCWD; path="/proc/stat"; flags=O_RDONLY; mode=0o000 -> 3</proc/stat>
           1 read fd=3</proc/stat>; buf="cpu"; count=100 -> 50
           1 write fd=1</out>; buf="done"; count=4 -> 4"#,
    );
}

#[test]
fn another_error_is_a_difference_and_comes_with_its_reason() {
    let found = diff(
        r#"1 open path="l"; flags=O_RDONLY|O_NOFOLLOW -> EMLINK
           1 write fd=1</out>; buf="no"; nbyte=2 -> 2"#,
        r#"1 openat dir=AT_FDCWD; path="l"; flags=O_RDONLY|O_NOFOLLOW; mode=0o000 -> ELOOP
           1 write fd=1</out>; buf="yes"; count=3 -> 3"#,
    );
    let text = found.text(1);
    let first = "open/openat(O_NOFOLLOW|O_RDONLY) of \"./l\": FreeBSD answers EMLINK, Linux ELOOP\n  why: ";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("1 more difference (--all shows them)"), "{text}");
    assert_eq!(found.differences.len(), 2);
}

#[test]
fn what_only_one_side_changes_is_a_difference() {
    let found = diff(r#"1 mkdir path="a"; mode=0o700 -> 0"#, r#"1 chdir path="/x" -> 0"#);
    let lines: Vec<String> = found.differences.iter().map(|one| one.headline(&found.names)).collect();
    assert!(lines.contains(&"mkdir(0700) of \"./a\": only on FreeBSD".to_owned()), "{lines:?}");
    assert!(lines.contains(&"chdir() of \"/x\": only on Linux".to_owned()), "{lines:?}");
}

#[test]
fn what_a_second_run_does_not_show_is_chance() {
    let write = |[a, b]: [&str; 2]| {
        diff(
            &format!("1 write fd=1</out>; buf=\"{a}\"; nbyte=1 -> 1"),
            &format!("1 write fd=1</out>; buf=\"{b}\"; count=1 -> 1"),
        )
    };
    let mut found = write(["a", "b"]);
    assert_eq!(found.differences.len(), 1);
    found.confirm(&write(["a", "b"]));
    assert_eq!(found.differences.len(), 1);
    found.confirm(&write(["c", "d"]));
    assert!(found.is_same() && found.chance == 1);
}
