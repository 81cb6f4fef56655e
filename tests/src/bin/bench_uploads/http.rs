//! HTTP/1.1 by hand, as cheap as a client can be: it shares the machine with the server that is measured.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// Whoever answers nothing for so long has failed.
const PATIENCE: Duration = Duration::from_mins(5);

/// A connection that is kept open from request to request where the server allows it.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// What came back with a status of success.
pub(crate) struct Answer {
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(other, _)| other == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

impl Connection {
    pub(crate) fn to(port: u16) -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            stream: None,
        }
    }

    /// Sends a request whose body is these pieces one behind the other, and reads the answer.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[&[u8]],
    ) -> Result<Answer> {
        let length: usize = body.iter().map(|piece| piece.len()).sum();
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            // Writing into a string cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "Content-Length: {length}\r\n\r\n");
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address)?,
        };
        // Small requests leave in one packet.
        let first = body.first().filter(|piece| piece.len() < 1 << 16);
        let mut begin = head.into_bytes();
        begin.extend_from_slice(first.copied().unwrap_or_default());
        stream.get_mut().write_all(&begin)?;
        for piece in &body[usize::from(first.is_some())..] {
            stream
                .get_mut()
                .write_all(piece)
                .with_context(|| format!("{method} {target}: the server stopped reading"))?;
        }
        let (status, answer, is_kept) = read_answer(&mut stream)?;
        ensure!(
            // A form that was taken leads back to its page.
            (200..300).contains(&status) || status == 303,
            "{method} {target}: {status} {}",
            String::from_utf8_lossy(&answer.body)
        );
        self.stream = is_kept.then_some(stream);
        Ok(answer)
    }
}

fn connect(address: SocketAddr) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

/// The status, the answer, and whether the connection stays open.
fn read_answer(stream: &mut BufReader<TcpStream>) -> Result<(u16, Answer, bool)> {
    let status_line = read_line(stream)?;
    let status: u16 = status_line
        .split(' ')
        .nth(1)
        .and_then(|text| text.parse().ok())
        .with_context(|| format!("no status: {status_line:?}"))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer {
        headers,
        body: Vec::new(),
    };
    let is_closed = status_line.starts_with("HTTP/1.0")
        || answer
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let length = answer.header("content-length").map(str::parse::<u64>);
    if status == 204 {
        return Ok((status, answer, !is_closed));
    }
    if answer.header("transfer-encoding").is_some() {
        read_chunks(stream, &mut answer.body)?;
    } else if let Some(length) = length {
        stream.take(length?).read_to_end(&mut answer.body)?;
    } else {
        stream.read_to_end(&mut answer.body)?;
        return Ok((status, answer, false));
    }
    Ok((status, answer, !is_closed))
}

fn read_chunks(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Result<()> {
    loop {
        let length = u64::from_str_radix(read_line(stream)?.trim(), 16)?;
        stream.take(length).read_to_end(body)?;
        read_line(stream)?;
        if length == 0 {
            return Ok(());
        }
    }
}

fn read_line(stream: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    ensure!(
        stream.read_line(&mut line)? > 0,
        "the server closed the connection"
    );
    line.truncate(line.trim_end().len());
    Ok(line)
}
