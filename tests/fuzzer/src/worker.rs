//! The child that mutates and calls.

use crate::mutate::{SMALL, mutate};
use crate::random::Random;
use crate::table::Target;
use crate::{Order, corpus};
use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The file, in the folder of inputs' `found` folder, that holds the input being tried.
pub(crate) const CURRENT: &str = "current";

/// How often the worker says it is alive.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// A single call that takes longer is a finding: a reader must not be slower than its input is long.
const SLOW: Duration = Duration::from_secs(5);

/// How many inputs with new answers are kept for further damage.
const MOST_KEPT: usize = 4096;

/// How many large inputs that come up are passed over for one that is taken.
const LARGE: usize = 64;

/// When the input being tried is written to a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Record {
    /// When the reader panics.
    OnPanic,
    /// Before each call, for deaths that run no hook. Slow.
    EachInput,
}

/// The input being tried, where the panic hook finds it.
static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Tries inputs until the time is over.
pub(crate) fn run(target: &Target, order: &Order, record: Record) -> Result<(), String> {
    let mut inputs = (target.own)();
    inputs.extend(match inputs.is_empty() {
        true => corpus::load(&order.folder)?,
        false => corpus::files(&order.folder)?,
    });
    let current = current_file(&order.folder)?;
    save_on_panic(current.clone());
    let mut random = Random::new(order.seed);
    let mut answers = HashSet::new();
    for input in &inputs {
        try_one(target, input, record, &current)?;
        answers.insert(digest(&(target.call)(input)));
    }
    let seeds = inputs.len();
    let started = Instant::now();
    let mut said = started;
    let mut cases = 0_u64;
    while started.elapsed() < Duration::from_secs(order.seconds) {
        let Some(base) = pick(&mut random, &inputs, seeds) else { break };
        let mut input = base.clone();
        mutate(&mut random, &mut input, target.words, &inputs);
        let answer = try_one(target, &input, record, &current)?;
        cases += 1;
        if answers.insert(digest(&answer)) && input.len() < SMALL && inputs.len() < MOST_KEPT {
            inputs.push(input);
        }
        if said.elapsed() > HEARTBEAT {
            said = Instant::now();
            println!("{cases} {}", answers.len());
        }
    }
    println!("{cases} {}", answers.len());
    Ok(())
}

/// Calls the target once, for a finding kept in a file.
pub(crate) fn replay(target: &Target, file: &Path) -> Result<(), String> {
    let input = fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let started = Instant::now();
    println!("{}\n{:.3} s", (target.call)(&input), started.elapsed().as_secs_f64());
    Ok(())
}

/// Half of the time something found on the way, the other half a file from the folder; rarely a large one.
fn pick<'a>(random: &mut Random, inputs: &'a [Vec<u8>], seeds: usize) -> Option<&'a Vec<u8>> {
    let (given, found) = inputs.split_at_checked(seeds)?;
    let from = if !found.is_empty() && random.one_in(2) { found } else { given };
    let first = random.pick(from)?;
    // A large input costs as much time as hundreds of small ones.
    if first.len() < SMALL || random.one_in(LARGE) { Some(first) } else { small(random, from) }
}

/// One of the small inputs among `all`.
fn small<'a>(random: &mut Random, all: &'a [Vec<u8>]) -> Option<&'a Vec<u8>> {
    let small: Vec<&Vec<u8>> = all.iter().filter(|input| input.len() < SMALL).collect();
    random.pick(&small).copied()
}

fn try_one(target: &Target, input: &[u8], record: Record, current: &Path) -> Result<String, String> {
    if record == Record::EachInput {
        fs::write(current, input).map_err(|why| format!("{}: {why}", current.display()))?;
    }
    if let Ok(mut kept) = INPUT.lock() {
        kept.clear();
        kept.extend_from_slice(input);
    }
    let started = Instant::now();
    let answer = (target.call)(input);
    let took = started.elapsed();
    // The machine may have been busy with others: only the processor's time proves a slow reader.
    if took > SLOW && busy_for(|| (target.call)(input)).unwrap_or(took) > SLOW {
        let _ = fs::write(current, input);
        return Err(format!("one call took {:.1} s", took.as_secs_f64()));
    }
    Ok(answer)
}

/// The processor's time that `work` takes, where the kernel tells it.
fn busy_for<T>(work: impl FnOnce() -> T) -> Option<Duration> {
    let before = busy_time()?;
    work();
    Some(busy_time()?.saturating_sub(before))
}

/// How long this thread has had a processor.
fn busy_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

/// The place of the input being tried: beside the inputs, in a folder of its own.
pub(crate) fn current_file(folder: &Path) -> Result<PathBuf, String> {
    let found = folder.join("found");
    fs::create_dir_all(&found).map_err(|why| format!("{}: {why}", found.display()))?;
    Ok(found.join(CURRENT))
}

fn save_on_panic(current: PathBuf) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if let Ok(input) = INPUT.try_lock()
            && let Ok(mut file) = fs::File::create(&current)
        {
            let _ = file.write_all(&input);
        }
        usual(info);
    }));
}

fn digest(answer: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    answer.hash(&mut hasher);
    hasher.finish()
}
