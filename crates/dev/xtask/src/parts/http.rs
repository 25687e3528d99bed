//! One HTTP request to a part on this machine; enough for readiness and for tests.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Status code and body of `GET path`.
///
/// # Errors
/// Nobody listens, the answer takes longer than 10 s or is no HTTP.
pub fn get(addr: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&addr, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // HTTP/1.0: the answer comes in one piece and ends with the connection.
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: {addr}\r\nAccept: */*\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let no_http = || std::io::Error::other("the answer is no HTTP");
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(no_http)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(no_http)?;
    Ok((status, body.to_owned()))
}
