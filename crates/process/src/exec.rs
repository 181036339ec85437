//! What becomes of a program that the guest execs.

use crate::follow;
use ashore_pivot::Errno;

/// Who runs a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The host's kernel, by itself.
    Host,
    /// Ashore, which is the program to exec.
    Ashore,
}

/// How to become a program.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The host's file to exec.
    pub path: Vec<u8>,
    /// Its arguments.
    pub args: Vec<Vec<u8>>,
    /// Who runs it then.
    pub by: By,
}

/// Decides how a file is run: natively, under Ashore, or by its interpreter.
pub trait Launcher: Send + Sync {
    /// The plan for the file at the host's path `path`, which the guest calls `name`, with the guest's
    /// arguments. The environment is passed as it is.
    fn plan(&self, path: &[u8], name: &[u8], args: &[Vec<u8>]) -> Result<Plan, Errno>;

    /// The plan for a program that follows the thread `tid` once that runs a host's program: see
    /// [`crate::follow_thread`].
    fn follower(&self, tid: i32) -> Plan;

    /// Whether the program's files are of a kind that the host's kernel refuses: a follower is told of execs then before they
    /// happen, for it would not hear of those that fail.
    fn runs_refused(&self) -> bool {
        false
    }

    /// Whether the host's kernel refuses to execute the file at its path, and Ashore does not.
    fn is_refused(&self, path: &[u8]) -> bool {
        let _ = path;
        false
    }
}

/// Becomes the program of `plan`; returns only when that failed. A host's program is followed, because it
/// may exec a guest's file in its turn, which must not reach the host's kernel by itself.
pub fn become_program(plan: &Plan, launcher: &dyn Launcher, env: &[Vec<u8>]) -> Errno {
    let is_followed = plan.by == By::Host && follow::begin(plan, launcher);
    let errno = ashore_sys::exec(&plan.path, &plan.args, env);
    if is_followed {
        follow::abandon();
    }
    errno
}
