//! Where an index is: a folder, or static files at an address. Nothing but reading files by path is asked of either.

use std::fs;
use std::path::{Path, PathBuf};

use super::archive::MAX_BYTES;
use super::web;
use crate::Error;

/// Where an index is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A folder, also given as `file://`.
    Folder(PathBuf),
    /// An address without a slash at its end: `https://`, or `http://` on this machine alone, to try out a server.
    Web(String),
}

/// How far files may come.
#[derive(Clone, Debug)]
pub struct Reach {
    /// What was read from the web before is kept here.
    pub cache: PathBuf,
    /// Whether only folders and the cache are read.
    pub offline: bool,
}

impl Location {
    /// A folder or an address; a folder must be there.
    ///
    /// # Errors
    /// The folder is missing, or the address is of another kind.
    pub fn parse(text: &str) -> Result<Location, Error> {
        if let Some(path) = text.strip_prefix("file://") {
            return folder(&decoded(path));
        }
        match text.split_once("://") {
            None => folder(text),
            Some(("https", _)) => Ok(Location::Web(text.trim_end_matches('/').into())),
            Some(("http", rest)) if is_this_machine(rest) => Ok(Location::Web(text.trim_end_matches('/').into())),
            Some(_) => Err(Error::BadValue {
                key: "INDEX".into(),
                text: text.into(),
                reason: "expected a folder, or an address that begins with https:// or file://".into(),
            }),
        }
    }

    /// Reads a file of the index.
    ///
    /// # Errors
    /// It is missing, too large or out of reach.
    pub fn read(&self, path: &str, reach: &Reach) -> Result<Vec<u8>, Error> {
        match self {
            Location::Folder(folder) => read_file(&folder.join(path)),
            Location::Web(address) => {
                let kept = reach.cache.join(crate::source::sha256(address.as_bytes())).join(path);
                if reach.offline {
                    return read_file(&kept).map_err(|_| Error::Missing {
                        path: format!("{address}/{path} on this machine"),
                        hint: Some("leave --offline away once, to fetch it".into()),
                    });
                }
                let bytes = web::fetch(&format!("{address}/{path}"), &web::Patience::default())?;
                super::write_file(&kept, &bytes).map(|()| bytes)
            }
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::Folder(folder) => write!(f, "{}", folder.display()),
            Location::Web(address) => f.write_str(address),
        }
    }
}

fn folder(path: &str) -> Result<Location, Error> {
    match fs::canonicalize(path) {
        Ok(whole) if whole.is_dir() => Ok(Location::Folder(whole)),
        Ok(_) => Err(Error::Unreadable { path: path.into(), reason: "an index is a folder".into() }),
        Err(error) => Err(Error::unreadable(path, &error)),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let shown = path.display().to_string();
    let size = fs::metadata(path).map_err(|error| Error::unreadable(&shown, &error))?.len();
    if size > MAX_BYTES {
        return Err(Error::Unreadable { path: shown, reason: format!("it is larger than {} MiB", MAX_BYTES >> 20) });
    }
    fs::read(path).map_err(|error| Error::unreadable(&shown, &error))
}

fn is_this_machine(rest: &str) -> bool {
    let host = rest.split('/').next().unwrap_or_default();
    ["127.0.0.1", "localhost"].contains(&host.split(':').next().unwrap_or_default()) && !host.contains('@')
}

/// `%20` and the like, as they stand in addresses of files.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        match code {
            Some(code) => bytes.extend([&[code], &part.as_bytes()[2..]].concat()),
            None => bytes.extend([b"%", part.as_bytes()].concat()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_folders_and_safe_addresses() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("my index");
        fs::create_dir(&folder).unwrap();
        let address = format!("file://{}", folder.display()).replace(' ', "%20");
        assert_eq!(Location::parse(&address).unwrap(), Location::parse(folder.to_str().unwrap()).unwrap());
        assert_eq!(Location::parse("https://a.org/i/").unwrap(), Location::Web("https://a.org/i".into()));
        assert!(Location::parse("http://127.0.0.1:8000").is_ok());
        for wrong in ["http://a.org/i", "http://127.0.0.1@a.org", "ftp://a.org"] {
            assert_eq!(Location::parse(wrong).unwrap_err().exit_code(), 2, "{wrong}");
        }
        assert_eq!(Location::parse("no/such/folder").unwrap_err().exit_code(), 66);
    }

    #[test]
    fn without_a_network_only_kept_files_are_read() {
        let place = tempfile::tempdir().unwrap();
        let reach = Reach { cache: place.path().into(), offline: true };
        let web = Location::Web("https://a.org".into());
        let error = web.read("index.ron", &reach).unwrap_err();
        assert_eq!((error.exit_code(), error.hint().is_some()), (66, true));
        let kept = place.path().join(crate::source::sha256(b"https://a.org")).join("index.ron");
        super::super::write_file(&kept, b"kept").unwrap();
        assert_eq!(web.read("index.ron", &reach).unwrap(), b"kept");
    }

    #[test]
    fn files_from_the_web_are_kept() {
        use std::io::{Read, Write};
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", server.local_addr().unwrap());
        let serve = move || {
            for answer in ["200 OK\r\nContent-Length: 4\r\n\r\nring", "404 Not Found\r\nContent-Length: 0\r\n\r\n"] {
                let (mut client, _) = server.accept().unwrap();
                let _ = client.read(&mut [0; 4096]).unwrap();
                client.write_all(format!("HTTP/1.1 {answer}").as_bytes()).unwrap();
            }
        };
        let serving = std::thread::spawn(serve);
        let place = tempfile::tempdir().unwrap();
        let (web, reach) = (Location::parse(&address).unwrap(), Reach { cache: place.path().into(), offline: false });
        assert_eq!(web.read("a.tar", &reach).unwrap(), b"ring");
        assert_eq!(web.read("b.tar", &reach).unwrap_err().exit_code(), 66);
        serving.join().unwrap();
        assert_eq!(web.read("a.tar", &Reach { offline: true, ..reach }).unwrap(), b"ring");
    }
}
