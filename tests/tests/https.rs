//! An index behind https: a real server on this machine, with a certificate made here.
//!
//! Where openssl or Python is missing the test says so and does nothing.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use aa_tests::{aatool, errors};

/// Hands out a folder over TLS; some paths lead elsewhere.
const SERVER: &str = r#"
import functools, http.server, ssl, sys

class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        for path, place in [("/to_file/", "file:///etc/hostname"), ("/to_http/", "http://127.0.0.1:9/")]:
            if self.path.startswith(path):
                self.send_response(302)
                self.send_header("Location", place)
                self.send_header("Content-Length", "0")
                return self.end_headers()
        super().do_GET()

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
"#;

/// What a certificate is of: `localhost`, and no other name.
const CERTIFICATE: &str = "[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=more\n[name]\nCN=localhost\n\
                           [more]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n";

/// A server; it ends with the test.
struct Server {
    process: Child,
    port: String,
}

impl Server {
    /// None where it cannot be had.
    fn start(folder: &Path) -> Option<Server> {
        fs::write(folder.join("openssl.cnf"), CERTIFICATE).unwrap();
        let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -config openssl.cnf \
                     -keyout key.pem -out certificate.pem";
        let made = Command::new("openssl").args(words.split_whitespace()).current_dir(folder).output().ok()?;
        assert!(made.status.success(), "{}", errors(&made));
        let mut server = Command::new("python3");
        server.args(["-c", SERVER, "index", "certificate.pem", "key.pem"]).current_dir(folder);
        let mut process = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some(Server { process, port: port.trim().to_owned() }).filter(|server| !server.port.is_empty())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_plugin_comes_over_https_from_the_server_that_it_should_and_from_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    let run = |arguments: &[&str], certificate: Option<&str>| -> Output {
        let mut command = aatool(arguments);
        for variable in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(variable, at(variable));
        }
        command.env_remove("SSL_CERT_FILE").envs(certificate.map(|path| ("SSL_CERT_FILE", at(path))));
        command.current_dir(folder.path()).output().unwrap()
    };
    let done = |arguments: &[&str]| {
        let output = run(arguments, None);
        assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
    };
    fs::create_dir(at("index")).unwrap();
    done(&["plugin", "key", "publisher.key"]);
    done(&["plugin", "new", "work/rings"]);
    done(&["plugin", "pack", "work/rings", "--out", "index"]);
    done(&["plugin", "index", "index", "--key", "publisher.key"]);
    let Some(server) = Server::start(folder.path()) else { return println!("skipped: no openssl or no python3 here") };
    let install = |host: &str, path: &str, certificate| {
        let index = format!("https://{host}:{}{path}", server.port);
        run(&["plugin", "install", "rings", "--index", &index, "--trust", "publisher.key.pub"], certificate)
    };
    let trusted = Some("certificate.pem");
    fs::write(at("nothing.pem"), "no certificate").unwrap();
    for (host, path, certificate, says) in [
        ("localhost", "", None, "SSL_CERT_FILE"),
        ("127.0.0.1", "", trusted, "certificate"),
        ("localhost", "/to_file", trusted, "leads elsewhere"),
        ("localhost", "/to_http", trusted, "leads elsewhere"),
        ("localhost", "/nowhere", trusted, "/nowhere/"),
        ("localhost", "", Some("nothing.pem"), "holds no certificate"),
    ] {
        let output = install(host, path, certificate);
        let text = errors(&output).replace(['│', '╰', '─', '▶', '\n'], " ");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(66), "{host}{path}: {text}");
        assert!(text.contains(says), "{host}{path}: {text}");
    }
    assert!(!at("XDG_DATA_HOME/aatool/plugins/rings").exists());
    let output = install("localhost", "", trusted);
    assert!(output.status.success(), "{}", errors(&output));
    done(&["plugin", "verify", "rings"]);
    assert!(at("XDG_DATA_HOME/aatool/plugins/rings/0.1.0/plugin.ron").exists());
}
