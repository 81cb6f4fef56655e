//! From where a request came, for the audit log.
//!
//! The address is that of the connection. `X-Forwarded-For` is believed only of proxies that the
//! configuration names, and of what it says only what one of them added: anybody can send that header.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, Request};
use domain::Origin;
use http::HeaderMap;
use http::header::USER_AGENT;
use serde::Deserialize;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// An address, or all that share its first bits: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        let differs = match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let different = ours.to_bits() ^ theirs.to_bits();
                different.leading_zeros() < u32::from(self.prefix_bits)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let different = ours.to_bits() ^ theirs.to_bits();
                different.leading_zeros() < u32::from(self.prefix_bits)
            }
            _ => true,
        };
        !differs
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("“{text}” is no address and no network: write 10.0.0.7 or 10.0.0.0/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| wrong())?,
            None => most,
        };
        if prefix_bits > most {
            return Err(wrong());
        }
        Ok(Self {
            address,
            prefix_bits,
        })
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The origin of a request.
pub(crate) fn of(request: &Request, trusted: &[Network]) -> Origin {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip().to_canonical());
    Origin {
        address: peer.map(|peer| client(peer, request.headers(), trusted)),
        user_agent: user_agent(request.headers()),
    }
}

/// The last address on the way here that is no proxy of ours.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.holds(address));
    let mut client = peer;
    let forwarded: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .collect();
    for address in forwarded.into_iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Ok(before) = address.trim().parse::<IpAddr>() else {
            break;
        };
        client = before.to_canonical();
    }
    client
}

fn user_agent(headers: &HeaderMap) -> String {
    let text = headers
        .get(USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .unwrap_or_default();
    text.chars()
        .filter(|character| !character.is_control())
        .take(Origin::MAX_USER_AGENT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_about_where_they_are() {
        assert_eq!(client_of("203.0.113.9", &["10.0.0.1"], &[]), "203.0.113.9");
        assert_eq!(
            client_of("203.0.113.9", &["10.0.0.1"], &["10.0.0.0/8"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn a_proxy_of_ours_is_believed_about_its_own_client_only() {
        let proxies = ["10.0.0.0/8", "fd00::/16"];
        assert_eq!(
            client_of("10.1.2.3", &["1.1.1.1, 203.0.113.9"], &proxies),
            "203.0.113.9"
        );
        assert_eq!(
            client_of("fd00::1", &["1.1.1.1", "203.0.113.9, 10.9.9.9"], &proxies),
            "203.0.113.9"
        );
        assert_eq!(client_of("10.1.2.3", &["nonsense"], &proxies), "10.1.2.3");
        assert_eq!(client_of("10.1.2.3", &[], &proxies), "10.1.2.3");
    }

    #[test]
    fn what_is_no_network_is_told_so() {
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.0/", "::/129"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert_eq!(
            "0.0.0.0/0".parse::<Network>().unwrap().to_string(),
            "0.0.0.0/0"
        );
    }
}
