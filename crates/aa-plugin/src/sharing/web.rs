//! Fetching a file from the web: over https, or http on this machine alone.
//!
//! Servers are checked against Mozilla's certificates, or against those in the file that `SSL_CERT_FILE` names, by which
//! an index with a certificate of one's own can be used. An answer may not lead from https to anything else, and is
//! bounded in size and time.

use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::archive::MAX_BYTES;
use crate::Error;

/// How often a file may have moved.
const MOST_MOVES: usize = 5;

/// What a server may take.
pub(super) struct Patience {
    /// Until it takes the connection, and until it begins to answer.
    pub(super) begin: Duration,
    /// Between two pieces of an answer.
    pub(super) piece: Duration,
    /// In all.
    pub(super) whole: Duration,
    /// The longest answer, in bytes.
    pub(super) bytes: u64,
}

impl Default for Patience {
    /// A large archive through a thin line.
    fn default() -> Patience {
        let [begin, piece, whole] = [30, 30, 1800].map(Duration::from_secs);
        Patience { begin, piece, whole, bytes: MAX_BYTES }
    }
}

/// Fetches a file.
///
/// # Errors
/// It is not there; the server is not the one that it should be, leads elsewhere, or answers too slowly or too much.
pub(super) fn fetch(address: &str, patience: &Patience) -> Result<Vec<u8>, Error> {
    let refused = |reason: String| Error::Unreadable { path: address.into(), reason };
    let config = ureq::Agent::config_builder()
        .https_only(address.starts_with("https://"))
        .max_redirects(0)
        .tls_config(TlsConfig::builder().root_certs(roots()?).build())
        .timeout_connect(Some(patience.begin))
        .timeout_recv_response(Some(patience.begin))
        .timeout_per_read(Some(patience.piece))
        .timeout_global(Some(patience.whole));
    let agent: ureq::Agent = config.build().into();
    let mut place = address.to_owned();
    let ask = |place: &str| agent.get(place).call().map_err(|error| in_words(address, &error));
    let mut answer = ask(&place)?;
    for _ in 0..MOST_MOVES {
        let Some(location) = moved(&answer) else { break };
        place = next(&place, &location).ok_or_else(|| refused(format!("the server leads elsewhere, to {location}")))?;
        answer = ask(&place)?;
    }
    if moved(&answer).is_some() {
        return Err(refused("the server leads from one place to the next without end".into()));
    }
    let body = answer.body_mut();
    if body.content_length().is_some_and(|length| length > patience.bytes) {
        return Err(refused(too_large(patience.bytes)));
    }
    body.with_config().limit(patience.bytes).read_to_vec().map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(limit) => refused(too_large(limit)),
        error => in_words(address, &error),
    })
}

/// Where an answer says that the file is instead.
fn moved(answer: &ureq::http::Response<ureq::Body>) -> Option<String> {
    let location = answer.headers().get("location").filter(|_| answer.status().is_redirection())?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// The address of the next place: over https, or on the same server.
fn next(place: &str, location: &str) -> Option<String> {
    if location.starts_with("https://") {
        return Some(location.into());
    }
    let (scheme, rest) = place.split_once("://")?;
    let host = rest.split('/').next()?;
    (location.starts_with('/') && !location.starts_with("//")).then(|| format!("{scheme}://{host}{location}"))
}

fn too_large(limit: u64) -> String {
    format!("it is larger than {} MiB", limit >> 20)
}

fn in_words(address: &str, error: &ureq::Error) -> Error {
    let text = error.to_string();
    let reason = match error {
        ureq::Error::StatusCode(404) => return Error::Missing { path: address.into(), hint: None },
        ureq::Error::StatusCode(code) => format!("the server answers with status {code}"),
        ureq::Error::Timeout(_) => "the server is too slow".into(),
        ureq::Error::HostNotFound => "there is no such server, or no network".into(),
        _ if text.contains("certificate") => {
            format!("{text}; SSL_CERT_FILE=FILE.pem names the certificates that you trust instead of Mozilla's")
        }
        _ => text,
    };
    Error::Unreadable { path: address.into(), reason }
}

/// The certificates that servers are checked against.
fn roots() -> Result<RootCerts, Error> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(RootCerts::WebPki);
    };
    let shown = path.display().to_string();
    let bytes = std::fs::read(&path).map_err(|error| Error::unreadable(&shown, &error))?;
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    let certificates: Vec<Certificate<'static>> = parse_pem(&bytes).filter_map(certificate).collect();
    if certificates.is_empty() {
        let reason = "SSL_CERT_FILE names it, and it holds no certificate in PEM".into();
        return Err(Error::Unreadable { path: shown, reason });
    }
    Ok(RootCerts::from(certificates))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;

    /// What becomes of a fetch from a server that answers so, piece by piece with a pause between.
    fn fetched(answer: Vec<String>, patience: &Patience) -> Result<Vec<u8>, String> {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/a.tar", server.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let (mut client, _) = server.accept().unwrap();
            let _ = client.read(&mut [0; 4096]).unwrap();
            // The client may go away before the end.
            let _ = answer.iter().try_for_each(|piece| {
                client.write_all(piece.as_bytes())?;
                std::thread::sleep(Duration::from_millis(5));
                client.flush()
            });
        });
        let found = fetch(&address, patience).map_err(|error| error.to_string());
        serving.join().unwrap();
        found
    }

    fn patience() -> Patience {
        Patience { bytes: 1 << 20, ..Patience::default() }
    }

    #[test]
    fn answers_that_are_too_large_are_refused() {
        let announced = vec![format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1_u64 << 40)];
        assert!(fetched(announced, &patience()).unwrap_err().contains("larger than 1 MiB"));
        let mut endless = vec!["HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned()];
        endless.extend(vec!["x".repeat(1 << 19); 4]);
        assert!(fetched(endless, &patience()).unwrap_err().contains("larger than 1 MiB"));
    }

    #[test]
    fn servers_that_are_too_slow_are_refused() {
        let mut slow = vec!["HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n".to_owned()];
        slow.extend(vec!["x".to_owned(); 200]);
        let begun = Instant::now();
        let refusal = fetched(slow, &Patience { whole: Duration::from_millis(100), ..patience() }).unwrap_err();
        assert!(refusal.contains("too slow"), "{refusal}");
        assert!(begun.elapsed() < Duration::from_secs(30), "it did not wait for the end");
    }

    #[test]
    fn answers_that_lead_to_files_are_refused() {
        for place in ["file:///etc/hostname", "ftp://127.0.0.1/a.tar", "http://127.0.0.1/a.tar", "//127.0.0.1/a.tar"] {
            let moved = format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n");
            let refusal = fetched(vec![moved], &patience()).unwrap_err();
            assert!(refusal.contains("leads elsewhere"), "{place}: {refusal}");
        }
    }

    #[test]
    fn files_may_have_moved_to_https_or_on_their_server() {
        let from = |location| next("http://127.0.0.1:8000/a/b.tar", location);
        assert_eq!(from("/c.tar").as_deref(), Some("http://127.0.0.1:8000/c.tar"));
        assert_eq!(from("https://a.org/b.tar").as_deref(), Some("https://a.org/b.tar"));
    }

    #[test]
    fn answers_with_an_error_are_told() {
        let answer = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_owned();
        assert!(fetched(vec![answer], &patience()).unwrap_err().contains("status 500"));
    }
}
