//! Why systems answer one call differently, as far as it is known.

mod table;

use super::step::{Answer, Step};
use table::CAUSES;

/// What one side of a known difference looks like.
#[derive(Debug)]
pub struct Side {
    /// The systems.
    systems: &'static [&'static str],
    /// The answer: a value, the name of an error, `success`, or `*` for any.
    answer: &'static str,
}

/// A known difference between systems.
#[derive(Debug)]
pub struct Cause {
    /// Its name, which does not change.
    pub code: &'static str,
    /// The meaning's word.
    word: &'static str,
    /// A word among what was asked; empty for any.
    asked: &'static str,
    /// A word in the name of what it is done to; empty for anything.
    thing: &'static str,
    /// The sides, in either order.
    sides: [Side; 2],
    /// Why, in a sentence or two.
    pub text: &'static str,
}

/// The known cause of a difference between two steps.
pub(super) fn of(thing: &str, [(a, system_a), (b, system_b)]: [(&Step, &str); 2]) -> Option<&'static Cause> {
    CAUSES.iter().find(|cause| {
        let is_asked = |step: &Step| {
            cause.asked.is_empty()
                || step.args.iter().any(|(_, value)| value.split('|').any(|word| word == cause.asked))
        };
        let [one, other] = &cause.sides;
        let is_one_way = one.fits(a, system_a) && other.fits(b, system_b);
        let is_other_way = one.fits(b, system_b) && other.fits(a, system_a);
        let is_thing = cause.thing.is_empty() || thing.contains(cause.thing);
        cause.word == a.word && is_thing && is_asked(a) && is_asked(b) && (is_one_way || is_other_way)
    })
}

impl Side {
    fn fits(&self, step: &Step, system: &str) -> bool {
        let is_answer = match &step.answer {
            _ if self.answer == "*" => true,
            Answer::Done(Some(value)) => {
                value == self.answer || self.answer == "success" || value.split('|').any(|flag| flag == self.answer)
            }
            Answer::Done(None) => self.answer == "success",
            Answer::Failed(error) => error == self.answer,
        };
        is_answer && self.systems.contains(&system)
    }
}

#[cfg(test)]
mod tests {
    use super::super::meaning::MEANINGS;
    use super::*;
    use ashore_guest::by_name;

    #[test]
    fn causes_have_names_of_their_own_and_speak_of_what_exists() {
        for (at, cause) in CAUSES.iter().enumerate() {
            assert!(CAUSES.iter().skip(at + 1).all(|other| other.code != cause.code), "{}", cause.code);
            let is_word = |word: &str| cause.word == word || cause.word.strip_prefix("control ").is_some();
            assert!(MEANINGS.iter().any(|meaning| is_word(meaning.word)), "{}", cause.word);
            for side in &cause.sides {
                assert!(side.systems.iter().all(|system| by_name(system).is_some()), "{}", cause.code);
            }
            assert!(cause.text.ends_with('.'), "{}", cause.code);
        }
    }
}
