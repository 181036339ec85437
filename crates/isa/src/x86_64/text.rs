//! Instructions as text, in Intel's notation.

use crate::text::{Line, Texts};
use alloc::string::String;
use ashore_base::Addr;
use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};

/// The texts of this CPU's instructions.
pub(crate) struct Reader;

impl Texts for Reader {
    fn line(&self, at: Addr, bytes: &[u8]) -> Option<Line> {
        let decoded = Decoder::with_ip(64, bytes, at.0, DecoderOptions::NONE).decode();
        match (bytes.is_empty(), decoded.is_invalid()) {
            (true, _) => None,
            (false, true) => Some(Line { len: 1, text: None }),
            (false, false) => Some(Line { len: decoded.len(), text: Some(text(&decoded)) }),
        }
    }
}

/// A decoded instruction as text.
pub fn text(decoded: &Instruction) -> String {
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_small_hex_numbers_in_decimal(false);
    options.set_branch_leading_zeros(false);
    options.set_show_branch_size(false);
    options.set_rip_relative_addresses(true);
    let mut text = String::new();
    formatter.format(decoded, &mut text);
    text
}
