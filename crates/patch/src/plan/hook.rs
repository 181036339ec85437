//! Added code before a function and around calls of the kernel.

use super::Planner;
use crate::program::Program;
use ashore_base::Addr;
use ashore_isa::Code;
use ashore_report::{Report, table::*};

/// An instruction that calls the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelCall {
    /// Where it is.
    pub at: Addr,
    /// The function that holds it, where one is known.
    pub function: Option<String>,
}

/// Everything in `program` that calls the kernel, in the order of the addresses.
pub fn kernel_calls(program: &Program<'_>) -> Vec<KernelCall> {
    sites(program).into_iter().map(|(_, at)| KernelCall { at, function: program.name_at(at) }).collect()
}

/// The same, with the stretches of code they are in.
fn sites<'a>(program: &Program<'a>) -> Vec<(Code<'a>, Addr)> {
    let function_at = |addr| program.function_at(addr);
    let in_code = |code: Code<'a>| program.coder.kernel_calls(code, &function_at).into_iter().map(move |at| (code, at));
    program.code().flat_map(in_code).collect()
}

impl Planner<'_, '_> {
    /// The function at `at` counts its calls.
    pub(super) fn hook(&mut self, at: Addr) -> Result<(), Report> {
        let name = self.program.describe(at);
        let coder = self.program.coder;
        let counter = self.add_word()?;
        let near = self.next_code()?;
        let branch = coder.branch(at, near).map_err(|why| self.unencodable(&why))?;
        let original = self.original(at, branch.len() as u64)?;
        let start = self.next_code()?;
        let mut code = coder.count(start, counter).map_err(|why| self.unencodable(&why))?;
        let behind = start.plus(code.len() as u64);
        code.extend_from_slice(&coder.branch(behind, original).map_err(|why| self.unencodable(&why))?);
        self.add_code(&code);
        self.detour(at, start, format!("{name} counts its calls"))?;
        self.say(format!("{name} at {at} counts its calls in the 8 bytes at {counter}"));
        Ok(())
    }

    /// Every call of the kernel becomes a call of the function at `handler`.
    pub(super) fn kernel_calls(&mut self, handler: Addr, name: &str) -> Result<(), Report> {
        let program = self.program;
        let own = program.function_from(handler).unwrap_or_default();
        let all: Vec<(Code<'_>, Addr)> = sites(program).into_iter().filter(|(_, at)| !own.contains(*at)).collect();
        if all.is_empty() {
            return Err(PATCH_NO_MATCH.because("no instruction of the program calls the kernel"));
        }
        let mut passed_over = Vec::new();
        for &(code, site) in &all {
            let function = program.function_at(site).and_then(|extent| code.within(extent)).unwrap_or(code);
            let island = self.next_code()?;
            match program.coder.redirect_kernel_call(function, site, island, handler) {
                Ok((write, bytes)) => {
                    self.write(write.at, &write.bytes, format!("kernel call at {}", program.describe(site)))?;
                    self.add_code(&bytes);
                }
                Err(why) => passed_over.push(program.unencodable(&why)),
            }
        }
        if let Some(first) = passed_over.into_iter().next() {
            return Err(first);
        }
        self.say(format!("{} calls of the kernel call {name} instead, at {handler}", all.len()));
        Ok(())
    }
}
