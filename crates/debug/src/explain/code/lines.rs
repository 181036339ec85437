//! From an address to the function, file and line.

use super::Program;
use super::demangle::demangle;
use ashore_base::Addr;
use std::fmt;

/// A place in the source, as exactly as the file tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    /// The function, as its author wrote its name.
    pub function: Option<String>,
    /// How far into the function the code is; only the function itself has it, not what was inlined into it.
    pub offset: Option<u64>,
    /// The source file, as the compiler was told it.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// Whether its code stands inside that of the next spot.
    pub is_inlined: bool,
}

impl Program<'_> {
    /// The places in the source of the code at `at`: the innermost inlined function first, the function itself last. Empty
    /// when `at` is no code of the program. For a return address ask for the byte before it: the call is what is wanted.
    pub fn spots(&self, at: Addr) -> Vec<Spot> {
        if !self.is_code(at) {
            return Vec::new();
        }
        let place = self.in_file(at);
        let mut spots = self.go_spots(place);
        if spots.is_empty() {
            spots = self.lines().map(|lines| lines.spots(place.0)).unwrap_or_default();
        }
        let named = self.name(at);
        if spots.is_empty() {
            let function = named.as_ref().map(|named| demangle(&named.name));
            spots.push(Spot { function, offset: None, file: None, line: None, is_inlined: false });
        }
        if let (Some(own), Some(named)) = (spots.last_mut(), named) {
            own.offset = Some(named.offset);
            own.function.get_or_insert_with(|| demangle(&named.name));
        }
        spots
    }

    fn go_spots(&self, place: Addr) -> Vec<Spot> {
        let places = self.go().map(|table| table.places(self.part, place)).unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let spot = |place: &ashore_formats::golang::SourcePlace<'_>| Spot {
            function: Some(text(place.function)),
            offset: None,
            file: place.file.map(text),
            line: place.line,
            is_inlined: place.is_inlined,
        };
        places.iter().map(spot).collect()
    }
}

/// `main.run+0x1f (/src/main.go:12)`; `[inlined]` behind what was.
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function.as_deref().unwrap_or("?"))?;
        if let Some(offset) = self.offset.filter(|offset| *offset != 0) {
            write!(f, "+{offset:#x}")?;
        }
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, " ({file}:{line})")?,
            (Some(file), None) => write!(f, " ({file})")?,
            _ => {}
        }
        if self.is_inlined { f.write_str(" [inlined]") } else { Ok(()) }
    }
}
