//! The routing sysctl {4, PF_ROUTE, 0, family, what, argument}: interfaces, addresses, multicast groups and routes.
//!
//! What Linux tells through netlink ([`netlink`]) is written as the routing messages of each system ([`message`]),
//! whose headers stand in that system's own file.

pub mod message;
mod multicast;
pub mod netlink;
#[cfg(test)]
mod tests;

use crate::{Ctx, Fail};
use alloc::vec::Vec;
use ashore_pivot::Errno;
use message::Builder;
use netlink::{Address, Link, Route};

/// What a system must supply.
pub struct Words {
    /// `RTM_VERSION`.
    pub version: u8,
    /// What can be asked for: the number, and how it is answered.
    pub facilities: &'static [(i32, Facility)],
    /// `RTM_IFINFO`.
    pub ifinfo: u8,
    /// `struct if_data` of an interface.
    pub if_data: fn(&Link) -> Vec<u8>,
    /// `struct rt_msghdr` has this size; its fields up to the metrics are the same on the three.
    pub route_len: usize,
    /// Link-level addresses have at least this size.
    pub link_len: usize,
}

/// How a question is answered.
#[derive(Clone, Copy)]
pub enum Facility {
    /// Routes, all or those with one of the flags of the argument.
    Routes {
        /// Whether the argument says which flags count.
        by_flags: bool,
    },
    /// Interfaces and their addresses.
    Interfaces {
        /// How an interface's header is followed by its data.
        header: fn(Vec<u8>) -> Vec<u8>,
        /// The type of an address's message.
        newaddr: u8,
        /// The header of an address's message from its fifth byte on.
        address: fn(&AddressHead, &dyn Fn() -> Vec<u8>) -> Vec<u8>,
    },
    /// Groups that are joined.
    Groups {
        /// `RTM_NEWMADDR`.
        newmaddr: u8,
    },
}

/// What the header of an address's message says.
pub struct AddressHead {
    /// Which addresses follow.
    pub addrs: u32,
    /// The flags.
    pub flags: u32,
    /// The interface.
    pub index: u16,
}

/// Answers the numbers after {4, PF_ROUTE}.
pub fn sysctl(ctx: &mut Ctx<'_>, numbers: &[i32]) -> Result<Vec<u8>, Fail> {
    let words = ctx.bsd()?.family.sockets.route;
    let [_protocol, family, what, argument, ..] = *numbers else { return Err(Errno::EINVAL.into()) };
    let facility = words.facilities.iter().find(|(number, _)| *number == what).ok_or(Errno::EINVAL)?;
    let asked = Asked { family: family as u8, argument: argument as u32 };
    let builder = Builder { words, inet6: ctx.bsd()?.family.sockets.inet6, bytes: Vec::new() };
    Ok(match facility.1 {
        Facility::Routes { by_flags } => routes(builder, &netlink::routes(ctx)?, &asked, by_flags),
        Facility::Interfaces { header, newaddr, address } => {
            let (links, addresses) = (netlink::links(ctx)?, netlink::addresses(ctx)?);
            interfaces(builder, &links, &addresses, &asked, (header, newaddr, address))
        }
        Facility::Groups { newmaddr } => {
            groups(builder, &netlink::links(ctx)?, &multicast::groups(ctx), &asked, newmaddr)
        }
    })
}

/// What a question is limited to; zeros do not limit it.
struct Asked {
    family: u8,
    argument: u32,
}

impl Asked {
    fn takes(&self, family: u8) -> bool {
        self.family == 0 || self.family == family
    }
}

type Heads = (fn(Vec<u8>) -> Vec<u8>, u8, fn(&AddressHead, &dyn Fn() -> Vec<u8>) -> Vec<u8>);

fn interfaces(mut to: Builder, links: &[Link], addresses: &[Address], asked: &Asked, heads: Heads) -> Vec<u8> {
    let (header, newaddr, head) = heads;
    for link in links.iter().filter(|link| asked.argument == 0 || link.index == asked.argument) {
        let data = (to.words.if_data)(link);
        let name = to.link(link);
        to.push(to.words.ifinfo, &message::interface_head(link, header(data)), &[name]);
        for address in addresses.iter().filter(|address| address.index == link.index) {
            if !asked.takes(to.family(&address.local)) {
                continue;
            }
            let mut sockaddrs = Vec::new();
            let mut addrs = message::RTA_NETMASK | message::RTA_IFA;
            sockaddrs.push(to.inet(&message::mask(&address.local, address.prefix), 0));
            sockaddrs.push(to.inet(&address.local, address.index));
            if let Some(other) = &address.other {
                addrs |= message::RTA_BRD;
                sockaddrs.push(to.inet(other, address.index));
            }
            let what = AddressHead { addrs, flags: 0, index: address.index as u16 };
            let rest = head(&what, &|| (to.words.if_data)(link));
            to.push(newaddr, &rest, &sockaddrs);
        }
    }
    to.bytes
}

fn groups(mut to: Builder, links: &[Link], groups: &[(u32, Vec<u8>)], asked: &Asked, newmaddr: u8) -> Vec<u8> {
    for (index, group) in groups {
        let wanted = (asked.argument == 0 || *index == asked.argument) && asked.takes(to.family(group));
        let Some(link) = links.iter().find(|link| link.index == *index).filter(|_| wanted) else { continue };
        let sockaddrs = [to.link(link), to.inet(group, *index)];
        let head = message::group_head(message::RTA_IFP | message::RTA_IFA, *index as u16);
        to.push(newmaddr, &head, &sockaddrs);
    }
    to.bytes
}

fn routes(mut to: Builder, routes: &[Route], asked: &Asked, by_flags: bool) -> Vec<u8> {
    for route in routes {
        let flags = message::route_flags(route);
        let unwanted = by_flags && asked.argument != 0 && flags & asked.argument == 0;
        if unwanted || !asked.takes(to.family(&route.to)) {
            continue;
        }
        let mut addrs = message::RTA_DST | message::RTA_GATEWAY;
        let mut sockaddrs = Vec::new();
        sockaddrs.push(to.inet(&route.to, route.index));
        sockaddrs.push(match &route.gateway {
            Some(gateway) => to.inet(gateway, route.index),
            None => to.link_index(route.index),
        });
        if flags & message::RTF_HOST == 0 {
            addrs |= message::RTA_NETMASK;
            sockaddrs.push(to.inet(&message::mask(&route.to, route.prefix), 0));
        }
        let head = message::route_head(addrs, flags, route, to.words.route_len);
        to.push(message::RTM_GET, &head, &sockaddrs);
    }
    to.bytes
}
