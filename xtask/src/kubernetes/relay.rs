//! A port of this machine that leads to the same port inside the node's network.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;

use anyhow::Result;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Listens on 127.0.0.1 as long as this command runs.
pub(super) fn open(port: u16, network: File) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address)?;
    let network = Arc::new(network);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let network = Arc::clone(&network);
            thread::spawn(move || {
                // Whoever called sees a connection that ends.
                let _ = relay(&stream, address, &network);
            });
        }
    });
    Ok(())
}

/// Only the calling thread moves into the network.
fn relay(outside: &TcpStream, address: SocketAddr, network: &File) -> io::Result<()> {
    move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
    let inside = TcpStream::connect(address)?;
    outside.set_nodelay(true)?;
    inside.set_nodelay(true)?;
    let back = (inside.try_clone()?, outside.try_clone()?);
    let answering = thread::spawn(move || pass(&back.0, &back.1));
    pass(outside, &inside)?;
    answering
        .join()
        .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
}

fn pass(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let passed = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
    passed.map(drop)
}
