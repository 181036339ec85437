//! Rust's standard library: threads, channels, panics and their unwinding, maps, files, processes, sockets.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, RwLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

static DROPPED: AtomicUsize = AtomicUsize::new(0);

struct Noisy;

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
    }
}

thread_local! {
    static OWN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn threads() {
    let counter = Arc::new(Mutex::new(0u64));
    let barrier = Arc::new(Barrier::new(8));
    let all: Vec<_> = (0..8)
        .map(|n| {
            let (counter, barrier) = (Arc::clone(&counter), Arc::clone(&barrier));
            thread::Builder::new()
                .name(format!("worker-{n}"))
                .spawn(move || {
                    OWN.with(|own| own.set(n));
                    barrier.wait();
                    for _ in 0..5000 {
                        *counter.lock().unwrap() += 1;
                    }
                    OWN.with(|own| own.get()) == n
                })
                .unwrap()
        })
        .collect();
    assert!(all.into_iter().all(|thread| thread.join().unwrap()));
    let mut data = vec![1, 2, 3, 4];
    thread::scope(|scope| data.iter_mut().for_each(|item| drop(scope.spawn(move || *item *= 10))));
    println!("threads: {} {data:?}", counter.lock().unwrap());
}

fn channels() {
    let (sender, receiver) = mpsc::sync_channel(4);
    for n in 0..10u64 {
        let sender = sender.clone();
        thread::spawn(move || (0..100).for_each(|m| sender.send(n * 1000 + m).unwrap()));
    }
    drop(sender);
    let sum: u64 = receiver.iter().sum();
    let pair = Arc::new((Mutex::new(false), Condvar::new(), RwLock::new(5)));
    let other = Arc::clone(&pair);
    thread::spawn(move || {
        *other.2.write().unwrap() += 1;
        *other.0.lock().unwrap() = true;
        other.1.notify_all();
    });
    let mut is_ready = pair.0.lock().unwrap();
    while !*is_ready {
        is_ready = pair.1.wait(is_ready).unwrap();
    }
    let begun = Instant::now();
    let (_guard, result) = pair.1.wait_timeout(is_ready, Duration::from_millis(20)).unwrap();
    println!("channels: {sum} {} {}", pair.2.read().unwrap(), result.timed_out() && begun.elapsed().as_millis() >= 20);
}

fn deep(n: usize) -> usize {
    let _noisy = Noisy;
    if n == 0 { panic!("from the bottom") } else { deep(n - 1) + 1 }
}

fn panics() {
    panic::set_hook(Box::new(|_| {}));
    let caught = panic::catch_unwind(|| deep(50)).unwrap_err();
    let text = caught.downcast_ref::<&str>().copied().unwrap_or_default();
    let joined = thread::spawn(|| deep(20)).join();
    let index = panic::catch_unwind(|| [1, 2, 3][env::args().count() + 5]);
    println!("panics: {text}, {} dropped, {} {}", DROPPED.load(Ordering::SeqCst), joined.is_err(), index.is_err());
    let _ = panic::take_hook();
}

fn collections() {
    let map: HashMap<String, usize> = (0..10000).map(|n| (format!("key {n}"), n)).collect();
    let sum: usize = map.values().sum();
    let mut text: Vec<_> = map.keys().filter(|key| key.ends_with("999")).cloned().collect();
    text.sort();
    println!("collections: {sum} {text:?}");
}

fn files() {
    let folder = env::temp_dir().join("boot-rust");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("a/b")).unwrap();
    fs::write(folder.join("a/b/file"), vec![7; 100_000]).unwrap();
    fs::rename(folder.join("a/b/file"), folder.join("moved")).unwrap();
    let copied = fs::copy(folder.join("moved"), folder.join("copy")).unwrap();
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let absent = fs::metadata(folder.join("absent")).unwrap_err().kind();
    println!("files: {copied} {names:?} {absent:?}");
    fs::remove_dir_all(&folder).unwrap();
}

fn processes() {
    let own = env::current_exe().unwrap();
    let output = Command::new(&own).args(["child", "word"]).env("VALUE", "set").output().unwrap();
    let status = Command::new(&own).arg("exit").status().unwrap();
    let mut child = Command::new(&own).arg("echo").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"back and forth").unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    println!("processes: {:?} {:?} {text:?}", String::from_utf8_lossy(&output.stdout), status.code());
}

fn sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut end, _) = listener.accept().unwrap();
        let mut text = String::new();
        end.read_to_string(&mut text).unwrap();
        end.write_all(text.to_uppercase().as_bytes()).unwrap();
    });
    let mut end = TcpStream::connect(address).unwrap();
    end.write_all(b"over the wire").unwrap();
    end.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    end.read_to_string(&mut text).unwrap();
    server.join().unwrap();
    println!("sockets: {text}");
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("child") => return println!("{} {}", words[1], env::var("VALUE").unwrap_or_default()),
        Some("exit") => std::process::exit(9),
        Some("echo") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            return print!("{text}");
        }
        _ => {}
    }
    threads();
    channels();
    panics();
    collections();
    files();
    processes();
    sockets();
    panic!("the last one is not caught");
}
