//! Reports in headless Chromium, by the scripts in `tests/browser`. Skipped where node, Chromium or the two packages of npm
//! are not there; `scripts/test` gets them.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use aa_tests::{aatool, errors, root, run};
use serde_json::Value;

/// Node's packages and a browser, where both are there.
fn browser() -> Option<[PathBuf; 2]> {
    let packages = PathBuf::from(std::env::var_os("AATOOL_BROWSER")?);
    let path = std::env::var_os("PATH")?;
    let found = |name: &str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(found)?;
    (packages.join("node_modules/axe-core").is_dir() && found("node").is_some()).then_some([packages, chromium])
}

/// Runs a check on an address; says so where it cannot.
fn check(script: &str, address: &str) {
    let Some([packages, chromium]) = browser() else {
        return eprintln!("skipped: no browser to open pages in; scripts/test gets one");
    };
    let script = root().join("tests/browser").join(script);
    let output = Command::new("node").arg(script).arg(packages).arg(chromium).arg(address).output().unwrap();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), errors(&output));
}

/// A bundle with everything that a page draws, and its page.
fn report(folder: &Path) -> [PathBuf; 2] {
    let [bundle, page] = ["hh.h5", "hh.html"].map(|name| folder.join(name));
    let paths = [&bundle, &page].map(|path| path.to_str().unwrap().to_string());
    let arguments = ["analyze", "--system", "henon_heiles", "--energy", "1/20", "--profile", "quick", "--orbits", "12"];
    let output = run(&[&arguments[..], &["--out", &paths[0], "--report", &paths[1]]].concat());
    assert!(output.status.success(), "{}", errors(&output));
    [bundle, page]
}

#[test]
fn a_report_is_drawn_and_usable_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let [_, page] = report(folder.path());
    check("report.mjs", &format!("file://{}", page.display()));
}

/// `aatool view`, ended with the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(bundle: &Path) -> Server {
        let mut child = aatool(&["view", bundle.to_str().unwrap()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Server { child, address: address.trim().to_string() }
    }

    /// Status and body.
    fn get(&self, path: &str) -> (String, String) {
        let host = self.address.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_string(), body.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_served_report_follows_the_orbit_through_a_place_of_the_section() {
    let folder = tempfile::tempdir().unwrap();
    let [bundle, _] = report(folder.path());
    let mut server = Server::start(&bundle);
    let token = format!("/{}", server.address.rsplit('/').nth(1).unwrap());
    assert!(token.len() > 30 && server.address.starts_with("http://127.0.0.1:"), "{}", server.address);
    for path in ["/", "/orbit?x=0&y=0", "/0123456789abcdef0123456789abcdef/"] {
        assert_eq!(server.get(path).0, "403", "{path}");
    }
    assert!(server.get(&format!("{token}/")).1.contains("<body data-live>"));
    let (status, body) = server.get(&format!("{token}/orbit?x=0.05&y=0.02"));
    let found: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status.as_str(), &found["orbit"]["state"]), ("200", &Value::from("regular")), "{body:.300}");
    let start: Vec<f64> = serde_json::from_value(found["orbit"]["start"].clone()).unwrap();
    let [x, y, px, py] = start[..] else { panic!("{start:?}") };
    let energy = (px * px + py * py + x * x + y * y) / 2.0 + x * x * y - y.powi(3) / 3.0;
    assert!((energy - 0.05).abs() < 1e-13 && (x, y, py) == (0.0, 0.05, 0.02) && px > 0.0, "{start:?}, {energy}");
    assert!(found["points"].as_array().unwrap().len() > 50);
    let refused: Value = serde_json::from_str(&server.get(&format!("{token}/orbit?x=-1&y=0")).1).unwrap();
    assert_eq!(refused["error"], "no orbit of energy 0.050000 passes there");
    check("view.mjs", &server.address);
    interrupt(&mut server.child);
}

/// Ctrl-C ends it.
#[cfg(unix)]
fn interrupt(child: &mut Child) {
    use std::os::unix::process::ExitStatusExt;
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let status = child.wait().unwrap();
    assert!(status.signal() == Some(2) || status.code() == Some(130), "{status}");
}

#[cfg(not(unix))]
fn interrupt(_: &mut Child) {}
