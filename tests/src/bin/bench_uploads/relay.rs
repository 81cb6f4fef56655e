//! A long wire: whatever is sent over it arrives later, and nothing is held back on the way.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

const PIECE: usize = 64 << 10;
/// So many pieces may be under way: a gigabyte a second at a delay of 64 ms.
const UNDER_WAY: usize = 1024;

/// Relays until the process is ended.
pub(crate) fn serve(port: u16, to: u16, delay: Duration) -> Result<()> {
    for near in TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.incoming() {
        let near = near?;
        // Whoever relays to a server that is away closes.
        let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else {
            continue;
        };
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        one_way(near.try_clone()?, far.try_clone()?, delay);
        one_way(far, near, delay);
    }
    Ok(())
}

fn one_way(from: TcpStream, to: TcpStream, delay: Duration) {
    let (sender, receiver) = sync_channel(UNDER_WAY);
    thread::spawn(move || take_in(from, &sender));
    thread::spawn(move || {
        // The end of one direction arrives as late as its last byte.
        let _ = let_out(&to, &receiver, delay);
        let _ = to.shutdown(Shutdown::Write);
    });
}

fn take_in(mut from: TcpStream, sender: &SyncSender<(Instant, Vec<u8>)>) {
    loop {
        let mut piece = vec![0; PIECE];
        match from.read(&mut piece) {
            Ok(length) if length > 0 => piece.truncate(length),
            _ => return,
        }
        if sender.send((Instant::now(), piece)).is_err() {
            let _ = from.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn let_out(
    mut to: &TcpStream,
    receiver: &Receiver<(Instant, Vec<u8>)>,
    delay: Duration,
) -> std::io::Result<()> {
    for (came, piece) in receiver {
        thread::sleep((came + delay).saturating_duration_since(Instant::now()));
        to.write_all(&piece)?;
    }
    Ok(())
}
