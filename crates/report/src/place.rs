//! Where a diagnosis was met.

use alloc::string::String;
use ashore_base::Addr;
use core::fmt;

/// A place in a file, in a program, in both, or nowhere.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Place {
    /// The file, once somebody knows its name.
    pub path: Option<String>,
    /// The byte offset in the file.
    pub offset: Option<u64>,
    /// The address in the program.
    pub addr: Option<Addr>,
    /// The function at that address.
    pub symbol: Option<String>,
}

impl Place {
    /// A byte offset of the file being read.
    pub fn offset(offset: u64) -> Place {
        Place { offset: Some(offset), ..Place::default() }
    }

    /// A file as a whole.
    pub fn file(path: impl Into<String>) -> Place {
        Place { path: Some(path.into()), ..Place::default() }
    }

    /// An address of the program, with the function there if known.
    pub fn code(addr: Addr, symbol: Option<String>) -> Place {
        Place { addr: Some(addr), symbol, ..Place::default() }
    }

    /// Whether nothing is known about the place.
    pub fn is_nowhere(&self) -> bool {
        self.path.is_none() && self.offset.is_none() && self.addr.is_none() && self.symbol.is_none()
    }
}

impl From<Addr> for Place {
    fn from(addr: Addr) -> Place {
        Place::code(addr, None)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        if let Some(path) = &self.path {
            f.write_str(path)?;
            between = ", ";
        }
        if let Some(offset) = self.offset {
            write!(f, "{between}offset {offset:#x}")?;
            between = ", ";
        }
        if let Some(addr) = self.addr {
            write!(f, "{between}address {addr}")?;
            between = " ";
        }
        if let Some(symbol) = &self.symbol {
            write!(f, "{between}in {symbol}")?;
        }
        Ok(())
    }
}
