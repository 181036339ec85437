//! What becomes of a program that the guest execs.

use ashore_pivot::Errno;

/// How to become a program.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The host's file to exec.
    pub path: Vec<u8>,
    /// Its arguments.
    pub args: Vec<Vec<u8>>,
}

/// Decides how a file is run: natively, under Ashore, or by its interpreter.
pub trait Launcher: Send + Sync {
    /// The plan for the file at the host's path `path`, which the guest calls `name`, with the guest's
    /// arguments. The environment is passed as it is.
    fn plan(&self, path: &[u8], name: &[u8], args: &[Vec<u8>]) -> Result<Plan, Errno>;
}
