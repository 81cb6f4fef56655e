//! What no server can be faster than: a page to drop files on, and a server that reads them and keeps nothing.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use anyhow::Result;

const PAGE: &str = include_str!("sink.html");

/// Serves until the process is ended.
pub(crate) fn serve(port: u16) -> Result<()> {
    for connection in TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.incoming() {
        let connection = connection?;
        // A browser closes connections as it likes.
        thread::spawn(move || answer(connection).is_ok());
    }
    Ok(())
}

fn answer(connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(1 << 20, connection);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            let sent = line.strip_prefix("content-length:");
            length = sent.map_or(length, |sent| sent.trim().parse().unwrap_or(0));
        }
        io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
        let answer = if first.starts_with("GET / ") {
            let length = PAGE.len();
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{PAGE}"
            )
        } else {
            "HTTP/1.1 204 Read\r\n\r\n".to_owned()
        };
        reader.get_mut().write_all(answer.as_bytes())?;
    }
}
