//! Sockets: streams, datagrams and local ones, among the programs of this machine.
//!
//! A connection is two [`channel::Channel`]s, one for each direction. Who is at the other end is of no concern to a
//! socket: another socket, or the network card's stack, which moves bytes between its own buffers and its ends.

mod address;
mod card;
mod channel;
mod datagram;
mod interfaces;
mod listen;
mod mail;
mod names;
mod netlink;
mod options;
mod socket;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use address::Endpoint;
pub(crate) use card::Card;
pub(crate) use listen::{accept, connect, listen, sender};
pub(crate) use mail::Parcel;
pub(crate) use names::Names;
pub(crate) use options::{get_option, set_option};
pub(crate) use socket::{Family, Kind, Received, Sending, Socket};
