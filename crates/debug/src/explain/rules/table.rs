//! Every rule, exact ones before general ones: of two verdicts that are equally sure the first is the cause.

use super::super::verdict::Rule;
use super::{calls, endings, instructions, memory, systems};
use ashore_report::table as row;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        diagnosis: &row::DIED_WRONG_THREAD_CALL,
        about: "Each system has its own call that sets the thread pointer. A runtime that was ported from another system, or \
                a file that runs as another system than it was built for, sets it with the other's call: it fails, and the \
                first access to thread-local memory, or a deliberate abort, ends the program.",
        signature: "the call that sets the thread pointer elsewhere failed, before the end",
        judge: systems::wrong_thread_call,
    },
    Rule {
        diagnosis: &row::DIED_WRONG_SYSTEM,
        about: "A file that was built for one system makes that system's calls by number. Run as another, its numbers mean \
                other calls, and it fails in its first steps.",
        signature: "the file's marks name another system than the one it ran as",
        judge: systems::wrong_system,
    },
    Rule {
        diagnosis: &row::DIED_ON_PURPOSE,
        about: "Runtimes crash on purpose where they cannot even print: Go's stores a number to the address of the same \
                number. What matters is the call that failed just before.",
        signature: "a constant is stored to the address of the same small number, behind a failed call",
        judge: calls::deliberate_abort,
    },
    Rule {
        diagnosis: &row::DIED_STACK_OVERFLOW,
        about: "Every call takes some stack. Recursion without end, or arrays of great size, run into the guard below it.",
        signature: "the fault is at the stack pointer or a little below, beside the lower end of a stack",
        judge: memory::stack_overflow,
    },
    Rule {
        diagnosis: &row::DIED_DIVIDING,
        about: "The CPU refuses to divide an integer by zero, and to divide the smallest integer by -1.",
        signature: "a division instruction raised the fault",
        judge: instructions::divided,
    },
    Rule {
        diagnosis: &row::DIED_NULL,
        about: "A pointer that is null, or a field's offset from null, was read, written or called.",
        signature: "the fault's address lies in the first pages, and an operand's register holds 0 or little more",
        judge: memory::null_pointer,
    },
    Rule {
        diagnosis: &row::DIED_UNMAPPED,
        about: "The address belongs to nothing: the pointer is damaged, was never set, or what it pointed to is gone.",
        signature: "nothing is mapped at the fault's address",
        judge: memory::unmapped,
    },
    Rule {
        diagnosis: &row::DIED_ABORTING,
        about: "The program called abort: it found a fault of its own. What it wrote before usually says which.",
        signature: "it sent itself SIGABRT",
        judge: endings::aborted,
    },
    Rule {
        diagnosis: &row::DIED_OF_SIGNAL,
        about: "A signal ended the program, and no other rule knows more.",
        signature: "it died of a signal",
        judge: endings::any_signal,
    },
    Rule {
        diagnosis: &row::ENDED_FAILING,
        about: "The program ended by itself with a status that says it failed. Its last failing call often tells why.",
        signature: "its exit status is not 0",
        judge: endings::any_status,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_row_and_texts_of_its_own() {
        for (at, rule) in RULES.iter().enumerate() {
            let code = rule.diagnosis.code;
            assert!(row::ALL.iter().any(|row| row.code == code), "{code}");
            assert!(code.starts_with("E09"), "{code} is not of the area");
            let others = RULES.iter().skip(at + 1);
            assert!(others.clone().all(|other| other.diagnosis.code != code), "{code} has two rules");
            assert!(rule.about.ends_with('.') && !rule.signature.ends_with('.'), "{code}");
        }
        let rows = row::ALL.iter().filter(|row| row.code.starts_with("E09"));
        let without: Vec<&str> =
            rows.map(|row| row.code).filter(|code| RULES.iter().all(|rule| rule.diagnosis.code != *code)).collect();
        assert!(without.is_empty(), "rows without a rule: {without:?}");
    }
}
