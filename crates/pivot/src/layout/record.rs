//! How a record lies in memory: little-endian, each field at its offset, what lies between them zero.

/// What has a fixed size in memory.
pub trait Plain: Sized + Copy {
    /// How many bytes it takes.
    const SIZE: usize;
    /// All of them zero.
    const ZERO: Self;

    /// Writes it to the first bytes of `to`, as far as there are any.
    fn put(&self, to: &mut [u8]);

    /// Reads it from the first bytes of `from`; those that are missing are zero.
    fn get(from: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Plain for $number {
            const SIZE: usize = size_of::<$number>();
            const ZERO: $number = 0;

            #[inline]
            fn put(&self, to: &mut [u8]) {
                let bytes = self.to_le_bytes();
                // One store wherever there is room, also where code is made small.
                match to.first_chunk_mut() {
                    Some(whole) => *whole = bytes,
                    None => to.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte),
                }
            }

            #[inline]
            fn get(from: &[u8]) -> $number {
                if let Some(whole) = from.first_chunk() {
                    return <$number>::from_le_bytes(*whole);
                }
                let mut bytes = [0; Self::SIZE];
                for (byte, from) in bytes.iter_mut().zip(from) {
                    *byte = *from;
                }
                <$number>::from_le_bytes(bytes)
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 i8 i16 i32 i64 u128);

impl<T: Plain, const N: usize> Plain for [T; N] {
    const SIZE: usize = T::SIZE * N;
    const ZERO: [T; N] = [T::ZERO; N];

    fn put(&self, to: &mut [u8]) {
        for (item, to) in self.iter().zip(to.chunks_mut(T::SIZE)) {
            item.put(to);
        }
    }

    fn get(from: &[u8]) -> [T; N] {
        let mut items = Self::ZERO;
        for (item, from) in items.iter_mut().zip(from.chunks(T::SIZE)) {
            *item = T::get(from);
        }
        items
    }
}

/// A field of a record, for whoever compares layouts: its name, its offset and its size.
pub type FieldAt = (&'static str, usize, usize);

/// A record of the kernel's: a struct with its encoding, decoding and the list of its fields.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident: $len:literal { $($(#[$field_doc:meta])* $field:ident @ $at:literal: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl $name {
            /// How many bytes it takes in memory.
            pub const LEN: usize = $len;

            /// Where its fields are.
            pub const FIELDS: &'static [$crate::layout::FieldAt] =
                &[$((stringify!($field), $at, <$ty as $crate::layout::Plain>::SIZE)),*];

            /// As it lies in memory.
            pub fn encode(&self) -> [u8; $len] {
                let mut bytes = [0; $len];
                $crate::layout::Plain::put(self, &mut bytes);
                bytes
            }

            /// From how it lies in memory.
            pub fn decode(bytes: &[u8; $len]) -> $name {
                $crate::layout::Plain::get(bytes)
            }
        }

        impl Default for $name {
            fn default() -> $name {
                <$name as $crate::layout::Plain>::ZERO
            }
        }

        impl $crate::layout::Plain for $name {
            const SIZE: usize = $len;
            const ZERO: $name = $name { $($field: <$ty as $crate::layout::Plain>::ZERO,)* };

            fn put(&self, to: &mut [u8]) {
                $(if let Some(to) = to.get_mut($at..) {
                    $crate::layout::Plain::put(&self.$field, to);
                })*
            }

            fn get(from: &[u8]) -> $name {
                $name { $($field: $crate::layout::Plain::get(from.get($at..).unwrap_or_default()),)* }
            }
        }

        const _: () = {
            let mut end = 0;
            $(assert!($at >= end, "a field lies on the one before it");
              end = $at + <$ty as $crate::layout::Plain>::SIZE;)*
            assert!(end <= $len, "the fields are longer than the record");
        };
    };
}

/// Constants with the list of their names.
macro_rules! constants {
    ($(#[$doc:meta])* $all:ident: $ty:ty { $($name:ident = $value:expr,)* }) => {
        $(#[doc = concat!("`", stringify!($name), "`.")] pub const $name: $ty = $value;)*

        $(#[$doc])*
        pub static $all: &[(&str, u64)] = &[$((stringify!($name), $name as u64),)*];
    };
}

pub(super) use {constants, record};
