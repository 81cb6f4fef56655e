//! Which addresses an import may connect to.
//!
//! Names say nothing: what is checked is each address that a name leads to, in whatever spelling, and then that
//! very address is connected to. An IPv6 address that carries an IPv4 address is judged as that.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::error::{Error, Result};

/// IPv4 networks that are not the public internet: the registry of special-purpose addresses (RFC 6890 and
/// later), multicast, and the one public address that a cloud answers its own machines at.
const SPECIAL_V4: [([u8; 4], u8); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The networks that are permitted although they are not public.
#[derive(Debug, Clone, Default)]
pub(super) struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads networks like `10.0.0.0/8`, or single addresses.
    pub(super) fn read(texts: &[String]) -> Result<Self> {
        let read = |text: &String| {
            let network = text.parse::<IpNet>().ok();
            network
                .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
                .ok_or_else(|| {
                    Error::invalid(
                        "permittedNetworks",
                        format!("“{text}” is not a network like 10.0.0.0/8."),
                    )
                })
        };
        texts.iter().map(read).collect::<Result<_>>().map(Self)
    }

    /// Whether an import may connect to this address.
    pub(super) fn permit(&self, address: IpAddr) -> bool {
        let carried = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => carried(address).map(IpAddr::V4),
        };
        let is_listed = |address: IpAddr| self.0.iter().any(|network| network.contains(&address));
        is_listed(address)
            || carried.is_some_and(is_listed)
            || is_public(carried.unwrap_or(address))
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, translated (NAT64) or tunnelled (6to4).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let at = |begin: usize| {
        Ipv4Addr::new(
            octets[begin],
            octets[begin + 1],
            octets[begin + 2],
            octets[begin + 3],
        )
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(at(12)),
        [0x2002, ..] => Some(at(2)),
        _ => None,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            !SPECIAL_V4.iter().any(|(network, length)| {
                let network = u32::from_be_bytes(*network);
                (bits ^ network).checked_shr(32 - u32::from(*length)) == Some(0)
            })
        }
        // Global unicast is 2000::/3; in it, 2001::/23 is for protocols, and two networks are for documents.
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            let is_special = match first {
                0x2001 => second < 0x200 || second == 0xdb8,
                0x3fff => second < 0x1000,
                _ => false,
            };
            (0x2000..0x4000).contains(&first) && !is_special
        }
    }
}

/// That a name leads, or may lead, to where imports must not go.
#[derive(Debug)]
pub(super) struct Forbidden(pub(super) String);

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "“{}” is an address in a private or reserved network. Imports reach public addresses only, and those \
             that an administrator permits.",
            self.0
        )
    }
}

impl std::error::Error for Forbidden {}

/// Asks for the addresses of a name.
pub(super) trait Lookup: Send + Sync {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
}

/// The system's way.
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
    }
}

/// Answers the addresses of a name if each of them is permitted; these are connected to then.
pub(super) struct CheckedNames {
    pub(super) networks: Networks,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let networks = self.networks.clone();
        let host = name.as_str().to_owned();
        let looking = self.lookup.lookup(host.clone());
        Box::pin(async move {
            let addresses = looking.await?;
            if !addresses
                .iter()
                .all(|address| networks.permit(address.ip()))
            {
                return Err(Forbidden(host).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    /// Every spelling of an address that a URL may have.
    fn address(text: &str) -> IpAddr {
        let host = if text.contains(':') {
            format!("[{text}]")
        } else {
            text.to_owned()
        };
        match Url::parse(&format!("http://{host}/")).unwrap().host() {
            Some(url::Host::Ipv4(address)) => address.into(),
            Some(url::Host::Ipv6(address)) => address.into(),
            other => panic!("{text}: {other:?}"),
        }
    }

    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "8.8.8.8",
        "172.15.255.255",
        "172.32.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "169.253.255.255",
        "223.255.255.255",
        "192.0.1.0",
        "198.17.255.255",
        "134744072",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ];

    const REFUSED: &[&str] = &[
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.1",
        "127.255.255.254",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "168.63.129.16",
        "169.254.169.254",
        "0xA9FEA9FE",
        "2852039166",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];

    #[test]
    fn an_address_is_public_or_it_is_refused_in_every_spelling() {
        let networks = Networks::default();
        for text in PUBLIC {
            assert!(networks.permit(address(text)), "{text}");
        }
        for text in REFUSED {
            assert!(!networks.permit(address(text)), "{text}");
        }
    }

    #[test]
    fn what_an_administrator_permits_is_permitted_and_no_more() {
        let texts = ["10.0.0.0/8", "fd12::/16", "192.168.7.7"].map(ToOwned::to_owned);
        let networks = Networks::read(&texts).unwrap();
        for text in [
            "10.1.2.3",
            "::ffff:10.1.2.3",
            "64:ff9b::10.1.2.3",
            "fd12::1",
            "192.168.7.7",
        ] {
            assert!(networks.permit(address(text)), "{text}");
        }
        for text in ["11.0.0.256.", "x", "", "10.0.0.0/33"] {
            assert!(Networks::read(&[text.to_owned()]).is_err(), "{text}");
        }
        for text in ["127.0.0.1", "192.168.7.8", "fd13::1"] {
            assert!(!networks.permit(address(text)), "{text}");
        }
    }

    struct Told(Vec<&'static str>);

    impl Lookup for Told {
        fn lookup(&self, _host: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
            let told = self.0.iter().map(|text| SocketAddr::new(address(text), 0));
            let told = told.collect();
            Box::pin(async move { Ok(told) })
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_when_one_of_its_addresses_is() {
        let resolved = async |told: Vec<&'static str>| {
            let names = CheckedNames {
                networks: Networks::default(),
                lookup: Arc::new(Told(told)),
            };
            let addresses = names.resolve("data.example".parse().unwrap()).await;
            addresses.map(Iterator::count).ok()
        };
        assert_eq!(resolved(vec!["1.1.1.1", "8.8.8.8"]).await, Some(2));
        assert_eq!(resolved(vec!["1.1.1.1", "10.0.0.1"]).await, None);
        assert_eq!(resolved(vec!["::1"]).await, None);
    }
}
