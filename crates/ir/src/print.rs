//! Blocks as text: one op a line, `%N = ` before those that give a value.

use crate::{Block, Op};
use core::fmt;

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, op) in self.ops().iter().enumerate() {
            match op {
                Op::At(pc) => writeln!(f, "{pc:#x}:")?,
                Op::Const(number) => writeln!(f, "    %{at} = Const({number:#x})")?,
                Op::Goto(pc) => writeln!(f, "    Goto({pc:#x})")?,
                Op::GotoCall(pc) => writeln!(f, "    GotoCall({pc:#x})")?,
                Op::ExitIf { cond, pc } => writeln!(f, "    ExitIf({cond:?}, {pc:#x})")?,
                op if op.result().is_some() => writeln!(f, "    %{at} = {op:?}")?,
                op => writeln!(f, "    {op:?}")?,
            }
        }
        Ok(())
    }
}
