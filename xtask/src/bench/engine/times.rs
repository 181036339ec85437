//! What the runs of a row took, and what that says about the goals.

use super::table::{Class, Goal, LEAST_GAIN, MEAN_GAIN, MEAN_NATIVE, Row};

/// What a row gave: the least seconds of each way. Native comes first; ours come last, with nothing kept and with what was kept.
pub(super) struct Times<'a> {
    pub(super) row: &'a Row,
    pub(super) seconds: Vec<f64>,
}

/// How many of the ways are Ashore's.
const OURS: usize = 2;

impl Times<'_> {
    fn native(&self) -> f64 {
        self.seconds.first().copied().unwrap_or(f64::NAN)
    }

    /// With nothing kept, and kept.
    fn ours(&self) -> [f64; OURS] {
        self.seconds.last_chunk().copied().unwrap_or([f64::NAN; OURS])
    }

    /// The fastest of the other emulators, if there is one.
    fn other(&self) -> Option<f64> {
        let others = self.seconds.get(1..self.seconds.len().checked_sub(OURS)?)?;
        others.iter().copied().reduce(f64::min)
    }

    /// How many times native.
    fn costs(&self) -> [f64; OURS] {
        self.ours().map(|ours| ours / self.native())
    }

    /// How many times faster than the fastest other, with nothing kept.
    fn gain(&self) -> Option<f64> {
        Some(self.other()? / self.ours()[0])
    }

    /// What is missed, in words; says so if all goals are met.
    fn verdict(&self) -> String {
        let mut missed = Vec::new();
        let mut check = |is: [f64; OURS], most: [f64; OURS], unit: &str| {
            for ((is, most), state) in is.into_iter().zip(most).zip(["cold", "kept"]) {
                if is > most {
                    missed.push(format!("{state} {most} {unit}"));
                }
            }
        };
        match self.row.goal {
            Goal::Native(most) => check(self.costs(), most, "native"),
            Goal::Milliseconds(most) => check(self.ours().map(|seconds| seconds * 1e3), most, "ms"),
            Goal::Equal => {}
        }
        let least = if matches!(self.row.goal, Goal::Equal) { 1.0 } else { LEAST_GAIN };
        if self.gain().is_some_and(|gain| gain < least) {
            missed.push(format!("qemu/{least}"));
        }
        if missed.is_empty() { "met".to_owned() } else { format!("missed: {}", missed.join(", ")) }
    }

    /// The line of the row.
    pub(super) fn print(&self) {
        let columns: Vec<String> = self.seconds.iter().map(|seconds| format!("{:>12.1}", seconds * 1e3)).collect();
        let gain = self.gain().map_or("-".to_owned(), |gain| format!("{gain:.2}"));
        let [cold, kept] = self.costs();
        println!("{:<10}{}{cold:>8.2}{kept:>8.2}{gain:>11}  {}", self.row.name, columns.concat(), self.verdict());
    }
}

/// The line over all rows.
pub(super) fn heading<'a>(ways: impl Iterator<Item = &'a str>) {
    let names: Vec<String> = ways.map(|way| format!("{way:>12}")).collect();
    println!(
        "milliseconds of CPU time, the least of all rounds; how often native cold and kept, how often faster than qemu cold"
    );
    println!("{:<10}{}   /cold   /kept  qemu/ours  goals", "", names.concat());
}

/// The geometric means of the programs that compute.
pub(super) fn means(all: &[Times]) {
    let computing: Vec<&Times> =
        all.iter().filter(|times| matches!(times.row.class, Class::Integer | Class::Float | Class::Mixed)).collect();
    if computing.is_empty() {
        return;
    }
    let mean = |of: &dyn Fn(&Times) -> f64| {
        let sum: f64 = computing.iter().map(|times| of(times).ln()).sum();
        (sum / computing.len() as f64).exp()
    };
    let verdict = |is_met: bool| if is_met { "met" } else { "missed" };
    let [cold, kept] = [mean(&|times| times.costs()[0]), mean(&|times| times.costs()[1])];
    println!("geometric means of what computes:");
    println!("  {cold:.2} times native, {kept:.2} kept (goal {MEAN_NATIVE}: {})", verdict(cold <= MEAN_NATIVE));
    if computing.iter().all(|times| times.gain().is_some()) {
        let gain = mean(&|times| times.gain().unwrap_or(1.0));
        println!("  {gain:.2} times faster than the faster qemu (goal {MEAN_GAIN}: {})", verdict(gain >= MEAN_GAIN));
    }
}
