//! `aatool view`: serves a bundle's report on this machine, and follows an orbit where its reader clicks.
//!
//! The server listens on the loopback address alone, and answers only those who know the token that it prints: another
//! user of the machine, or a page in the same browser, does not.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aa_plugin::{Live, Registry};
use aa_report::Report;
use serde_json::json;

use crate::failure::Failure;
use crate::output::tell;
use crate::{Ending, bundles};

pub(crate) fn view(registry: &Arc<Registry>, bundle: &Path, port: u16) -> Result<Ending, Failure> {
    let file = aa_dataset::read(bundle)?;
    let (document, samples) = bundles::contents(&file, bundle)?;
    let live = Live::open(registry, &file, &document, bundle);
    if let Err(reason) = &live {
        eprintln!("note: no new orbits can be followed: {reason}");
    }
    let live = live.ok();
    let path = bundle.display().to_string();
    let report = Report { document: &document, samples: &samples, bundle: Some(&path), live: live.is_some() };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| cannot_listen(port, &error))?;
    let port = listener.local_addr().map_err(|error| cannot_listen(port, &error))?.port();
    let server = Server { token: token(), page: aa_report::html(&report), live };
    tell!("http://127.0.0.1:{port}/{}/", server.token);
    eprintln!("Ctrl-C ends it");
    for stream in listener.incoming().flatten() {
        // One reader at a time; one who goes away in the middle is no loss.
        let _ = server.answer(stream);
    }
    Ok(Ending::AllMet)
}

fn cannot_listen(port: u16, error: &std::io::Error) -> Failure {
    Failure::usage(format!("port {port} of 127.0.0.1 cannot be used: {error}"), "leave --port out to take a free one")
}

/// 128 bits that nobody can guess: the standard library draws the keys of its hash maps from the system's random numbers.
fn token() -> String {
    let draw = |k: u64| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(k);
        hasher.finish()
    };
    format!("{:016x}{:016x}", draw(0), draw(1))
}

/// The first line of a request, once its whole head is read, so that closing does not cut off the answer.
fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let (end, mut head) = (Instant::now() + PATIENCE, Vec::new());
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LONGEST {
        let left = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
        stream.set_read_timeout(Some(left.ok_or(std::io::ErrorKind::TimedOut)?))?;
        let mut piece = [0; 1024];
        match stream.read(&mut piece)? {
            0 => break,
            n => head.extend_from_slice(&piece[..n]),
        }
    }
    Ok(String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_string())
}

/// What is served, and to whom.
struct Server {
    token: String,
    page: String,
    live: Option<Live>,
}

/// A reader has so long to ask, and so many bytes.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST: usize = 16_384;

impl Server {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_write_timeout(Some(PATIENCE))?;
        let line = head(&mut stream)?;
        let (status, kind, body) = self.respond(&line);
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
            body.len()
        )?;
        stream.write_all(body.as_bytes())
    }

    /// Status, type and body for a request's first line.
    fn respond(&self, line: &str) -> (&'static str, &'static str, String) {
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let text = |status, body: &str| (status, "text/plain", format!("{body}\n"));
        let Some(("", rest)) = target.split_once('/') else { return text("400 Bad Request", "not understood") };
        let Some(asked) = rest.strip_prefix(self.token.as_str()).and_then(|rest| rest.strip_prefix('/')) else {
            return text("403 Forbidden", "the address lacks the token that `aatool view` printed");
        };
        match (method, asked.split_once('?').unwrap_or((asked, ""))) {
            ("GET", ("", _)) => ("200 OK", "text/html", self.page.clone()),
            ("GET", ("orbit", query)) => self.orbit(query),
            ("GET", _) => text("404 Not Found", "there is nothing here"),
            _ => text("405 Method Not Allowed", "only GET"),
        }
    }

    /// The orbit through a point of the section.
    fn orbit(&self, query: &str) -> (&'static str, &'static str, String) {
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name)?.1.parse::<f64>().ok().filter(|value| value.is_finite())
        };
        let refuse = |status, reason: &str| (status, "application/json", json!({ "error": reason }).to_string());
        match (&self.live, value("x").zip(value("y"))) {
            (None, _) => refuse("404 Not Found", "this bundle has no system to follow orbits of"),
            (_, None) => refuse("400 Bad Request", "expected two numbers x and y"),
            (Some(live), Some((x, y))) => match live.orbit(x, y) {
                Ok(orbit) => ("200 OK", "application/json", orbit.to_string()),
                Err(reason) => refuse("200 OK", &reason),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_know_the_token_are_answered() {
        let server = Server { token: "t0k".into(), page: "<p>".into(), live: None };
        let status = |line: &str| server.respond(line).0[..3].to_string();
        let asked =
            ["GET /t0k/ HTTP/1.1", "GET / HTTP/1.1", "GET /t0/ HTTP/1.1", "GET /t0kx/ HTTP/1.1", "", "POST /t0k/ H"];
        assert_eq!(asked.map(status), ["200", "403", "403", "403", "400", "405"]);
        assert_eq!(status("GET /t0k/orbit?x=1&y=2 H"), "404");
    }

    #[test]
    fn no_two_tokens_are_alike() {
        assert!(token() != token() && token().len() == 32);
    }
}
