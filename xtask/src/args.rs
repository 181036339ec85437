//! The words after a task's name.

use crate::{Failure, Outcome};

/// Arguments not yet understood.
pub(crate) struct Args {
    words: Vec<String>,
}

impl Args {
    /// The arguments `words`.
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Args {
        Args { words: words.into_iter().collect() }
    }

    /// Takes `name` out; says whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// Takes `name VALUE` or `name=VALUE` out.
    pub(crate) fn value(&mut self, name: &str) -> Outcome<Option<String>> {
        let Some(at) = self.words.iter().position(|word| is_option(word, name)) else { return Ok(None) };
        let word = self.words.remove(at);
        if let Some((_, value)) = word.split_once('=') {
            return Ok(Some(value.to_owned()));
        }
        if at < self.words.len() {
            return Ok(Some(self.words.remove(at)));
        }
        Err(Failure::new(format!("{name} wants a value")))
    }

    /// Takes every `name VALUE` out.
    pub(crate) fn values(&mut self, name: &str) -> Outcome<Vec<String>> {
        let mut all = Vec::new();
        while let Some(value) = self.value(name)? {
            all.push(value);
        }
        Ok(all)
    }

    /// Takes `name VALUE` out and reads the value.
    pub(crate) fn parsed<T: std::str::FromStr>(&mut self, name: &str) -> Outcome<Option<T>> {
        match self.value(name)? {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(Failure::new(format!("{name}: cannot read {text}"))),
            },
        }
    }

    /// Takes the first word that is no option out.
    pub(crate) fn word(&mut self) -> Option<String> {
        let at = self.words.iter().position(|word| !word.starts_with('-'))?;
        Some(self.words.remove(at))
    }

    /// Takes the words that are no options out, which name rows of a table.
    pub(crate) fn names(&mut self, known: &[&str]) -> Outcome<Vec<String>> {
        let names: Vec<String> = std::iter::from_fn(|| self.word()).collect();
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(Failure::new(format!("no program named {unknown}; there are {}", known.join(", ")))),
            None => Ok(names),
        }
    }

    /// Fails when a word is left that nothing asked for.
    pub(crate) fn finish(self) -> Outcome {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(Failure::new(format!("unknown argument {word}"))),
        }
    }
}

fn is_option(word: &str, name: &str) -> bool {
    word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_rows() {
        assert_eq!(
            args("one two").names(&["one", "two", "three"]).ok(),
            Some(vec!["one".to_owned(), "two".to_owned()])
        );
        assert!(args("one four").names(&["one", "two"]).is_err());
    }

    fn args(text: &str) -> Args {
        Args::new(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_taken_in_any_order_and_the_rest_is_refused() {
        let mut args = args("elf --seconds 5 --fresh --seed=9");
        assert!(args.flag("--fresh"));
        assert_eq!(args.parsed::<u64>("--seed").unwrap(), Some(9));
        assert_eq!(args.parsed::<u64>("--seconds").unwrap(), Some(5));
        assert_eq!(args.word().as_deref(), Some("elf"));
        args.finish().unwrap();
    }

    #[test]
    fn an_option_without_its_value_and_a_stray_word_are_failures() {
        assert!(args("--seconds").value("--seconds").is_err());
        assert!(args("--sekonds 5").finish().is_err());
    }
}
