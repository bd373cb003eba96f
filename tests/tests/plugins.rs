//! Plugins go from one hand to another: made, packed, published, installed, pinned, withdrawn, and refused.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use aa_tests::errors;
use serde_json::Value;
use tempfile::TempDir;

/// A user with empty folders of their own, and a publisher's key.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Desk {
        let desk = Desk { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(desk.at("index")).unwrap();
        desk.done(&["plugin", "key", "publisher.key"]);
        desk
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = aa_tests::aatool(arguments);
        for (variable, folder) in
            [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
        {
            command.env(variable, self.at(folder));
        }
        command.env("HOME", self.folder.path()).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs what must succeed; what it printed.
    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs what must be refused with this code; why, on one line.
    #[track_caller]
    fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = errors(&output).replace(['│', '╰', '─', '▶'], " ");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Writes a plugin, packs it into the index folder, and publishes.
    fn publish(&self, name: &str, version: &str, depends: &str) {
        self.pack(name, version, depends);
        self.index(&[]);
    }

    fn pack(&self, name: &str, version: &str, depends: &str) {
        let folder = self.at(&format!("work/{name}"));
        if !folder.exists() {
            self.done(&["plugin", "new", folder.to_str().unwrap()]);
        }
        let manifest = format!(
            "(format: 1, name: {name:?}, version: {version:?}, requires: \"^0.1\", about: \"about {name}\", \
             depends: {{{depends}}}, systems: [\"round\"])"
        );
        fs::write(folder.join("plugin.ron"), manifest).unwrap();
        self.done(&["plugin", "pack", folder.to_str().unwrap(), "--out", "index"]);
    }

    fn index(&self, more: &[&str]) -> String {
        self.done(&[&["plugin", "index", "index", "--key", "publisher.key"], more].concat())
    }

    fn install_trusting(&self, name: &str) -> String {
        self.done(&["plugin", "install", name, "--index", "index", "--trust", "publisher.key.pub"])
    }

    /// The installed versions as `list` knows them: name, version, whether pinned, whether hidden.
    fn installed(&self) -> Vec<(String, String, bool, bool)> {
        let list: Value = serde_json::from_str(&self.done(&["plugin", "list", "--format", "json"])).unwrap();
        let plugins = list["plugins"].as_array().unwrap().iter().filter(|plugin| plugin["place"] != "bundled");
        let text = |value: &Value| value.as_str().unwrap().to_string();
        let row = |plugin: &Value| {
            let (pinned, hidden) = (plugin["pinned"] == true, plugin["hidden"] == true);
            (text(&plugin["name"]), text(&plugin["version"]), pinned, hidden)
        };
        plugins.map(row).collect()
    }
}

fn row(name: &str, version: &str, pinned: bool, hidden: bool) -> (String, String, bool, bool) {
    (name.into(), version.into(), pinned, hidden)
}

#[test]
fn a_plugin_is_made_published_installed_with_what_it_needs_upgraded_and_removed() {
    let desk = Desk::new();
    desk.publish("chains", "1.0.0", "");
    desk.publish("rings", "1.0.0", "\"chains\": \"^1\"");
    assert_eq!(desk.install_trusting("rings"), "installed chains 1.0.0\ninstalled rings 1.0.0\naatool.lock changed\n");
    assert!(desk.done(&["plugin", "verify", "rings"]).contains("1 of 1 systems verified"));
    assert!(desk.done(&["check", "rings/round"]).contains("angular_momentum"));
    desk.publish("chains", "1.1.0", "");
    // What is pinned stays until an update is asked for; the older version stays beside the newer.
    assert!(!desk.done(&["plugin", "install"]).contains("1.1.0"));
    assert_eq!(desk.done(&["plugin", "update", "chains"]).lines().next(), Some("installed chains 1.1.0"));
    let both =
        [row("chains", "1.1.0", true, false), row("chains", "1.0.0", false, true), row("rings", "1.0.0", true, false)];
    assert_eq!(desk.installed(), both);
    assert!(desk.done(&["plugin", "search", "RING"]).contains("about rings"));
    assert_eq!(desk.done(&["plugin", "remove", "rings"]), "removed rings 1.0.0\naatool.lock changed\n");
    assert_eq!(desk.done(&["plugin", "remove", "chains@1.0"]), "removed chains 1.1.0\nremoved chains 1.0.0\n");
    assert!(desk.installed().is_empty());
}

#[test]
fn a_lock_brings_the_same_plugins_back_whatever_became_of_the_index() {
    let desk = Desk::new();
    desk.publish("rings", "1.0.0", "");
    desk.install_trusting("rings");
    desk.publish("rings", "1.1.0", "");
    desk.index(&["--yank", "rings@1.0.0", "--expires", "2020-01-01"]);
    desk.done(&["plugin", "vendor", "plugins", "--offline"]);
    assert_eq!(desk.installed()[0], row("rings", "1.0.0", true, false));
    desk.done(&["plugin", "remove", "rings"]);
    // `remove` took it out of the lock; the vendored copy is found without any installation.
    assert!(desk.done(&["check", "rings/round"]).contains("angular_momentum"));
    let lock = "(format: 1, asked: {\"rings\": \"^1\"}, plugins: {\"rings\": (version: \"1.0.0\", sha256: \"HASH\", \
        index: \"index\", archive: \"rings-1.0.0.tar\")})";
    let hash = desk.done(&["plugin", "pack", "plugins/rings/1.0.0"]);
    let hash = hash.trim().rsplit(' ').next().unwrap();
    fs::write(desk.at("aatool.lock"), lock.replace("HASH", hash)).unwrap();
    fs::remove_dir_all(desk.at("plugins")).unwrap();
    desk.pack("rings", "1.1.0", "");
    desk.done(&["plugin", "install", "index/rings-1.1.0.tar"]);
    assert!(desk.refused(65, &["check", "rings/round"]).contains("not the version that aatool.lock pins, 1.0.0"));
    assert_eq!(desk.done(&["plugin", "install", "--locked"]), "installed rings 1.0.0\n");
    assert!(desk.refused(1, &["plugin", "install", "chains", "--locked"]).contains("pins no chains"));
    // A pinned version that was withdrawn stays usable with a fresh index; a new user gets the other one.
    desk.index(&[]);
    assert!(desk.done(&["plugin", "install"]).contains("rings 1.0.0 is there already"));
    fs::remove_file(desk.at("aatool.lock")).unwrap();
    assert!(desk.done(&["plugin", "install", "rings"]).contains("rings 1.1.0 is there already"));
}

#[test]
fn files_and_folders_are_installed_without_an_index() {
    let desk = Desk::new();
    desk.done(&["plugin", "new", "work/mine"]);
    assert_eq!(desk.done(&["plugin", "install", "work/mine"]), "installed mine 0.1.0\n");
    let first = desk.done(&["plugin", "pack", "work/mine"]);
    assert_eq!(first, desk.done(&["plugin", "pack", "work/mine"]));
    assert_eq!(desk.done(&["plugin", "install", "mine-0.1.0.tar"]), "mine 0.1.0 is there already\n");
    fs::write(desk.at("work/mine/README.md"), "other").unwrap();
    assert!(desk.refused(73, &["plugin", "install", "work/mine"]).contains("plugin remove mine@=0.1.0"));
    fs::write(desk.at("work/mine/systems/extra.rhai"), "//! Not listed.").unwrap();
    assert!(desk.refused(1, &["plugin", "pack", "work/mine"]).contains("extra.rhai is not in the manifest"));
}

#[test]
fn a_tampered_archive_is_refused() {
    let desk = Desk::new();
    desk.publish("rings", "1.0.0", "");
    let archive = desk.at("index/rings-1.0.0.tar");
    let mut bytes = fs::read(&archive).unwrap();
    let at = bytes.windows(8).position(|piece| piece == b"c: 0.25 ").unwrap();
    bytes[at + 3] = b'9';
    fs::write(&archive, bytes).unwrap();
    let text = desk.refused(4, &["plugin", "install", "rings", "--index", "index", "--trust", "publisher.key.pub"]);
    assert!(text.contains("rings-1.0.0.tar of") && text.contains("has sha256"), "{text}");
    assert!(desk.installed().is_empty() && !desk.at("aatool.lock").exists());
}

#[test]
fn keys_are_confirmed_once_and_wrong_signatures_refused() {
    let desk = Desk::new();
    desk.publish("rings", "1.0.0", "");
    let text = desk.refused(2, &["plugin", "install", "rings", "--index", "index"]);
    assert!(text.contains("which you have not confirmed") && text.contains("--trust KEY"), "{text}");
    desk.install_trusting("rings");
    desk.done(&["plugin", "search", "rings"]);
    desk.done(&["plugin", "key", "thief.key"]);
    desk.done(&["plugin", "index", "index", "--key", "thief.key"]);
    let text = desk.refused(4, &["plugin", "update"]);
    assert!(text.contains("the signature of the index") && text.contains("does not fit"), "{text}");
    let list = fs::read_to_string(desk.at("index/index.ron")).unwrap();
    desk.index(&[]);
    fs::write(desk.at("index/index.ron"), list).unwrap();
    assert!(desk.refused(4, &["plugin", "update"]).contains("does not fit"));
}

#[test]
fn archives_that_lead_out_of_their_folder_are_refused() {
    let desk = Desk::new();
    desk.pack("rings", "1.0.0", "");
    let mut bytes = fs::read(desk.at("index/rings-1.0.0.tar")).unwrap();
    let path = b"rings-1.0.0/plugin.ron";
    let at = bytes.windows(path.len()).position(|piece| piece == path).unwrap();
    let header = &mut bytes[at..at + 512];
    header[..path.len()].copy_from_slice(b"rings-1.0.0/../ugin.ro");
    // The sum of a tar header's bytes, with its own field counted as spaces, stands in the field as octal text.
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    fs::write(desk.at("evil.tar"), bytes).unwrap();
    let text = desk.refused(4, &["plugin", "install", "evil.tar"]);
    assert!(text.contains("rings-1.0.0/../ugin.ro") && text.contains("may lead out"), "{text}");
    assert!(desk.installed().is_empty());
}

#[test]
fn indexes_that_expired_or_went_back_are_refused() {
    let desk = Desk::new();
    desk.publish("rings", "1.0.0", "");
    let old = ["index/index.ron", "index/index.ron.minisig"].map(|file| fs::read(desk.at(file)).unwrap());
    desk.index(&["--expires", "2020-01-01"]);
    let trusting = ["plugin", "install", "rings", "--index", "index", "--trust", "publisher.key.pub"];
    assert!(desk.refused(4, &trusting).contains("expired on 2020-01-01"));
    desk.index(&[]);
    desk.install_trusting("rings");
    fs::write(desk.at("index/index.ron"), &old[0]).unwrap();
    fs::write(desk.at("index/index.ron.minisig"), &old[1]).unwrap();
    assert!(desk.refused(4, &["plugin", "update"]).contains("has number 1, after number 3 was seen"));
}

#[test]
fn versions_that_do_not_go_together_are_explained_and_unknown_names_have_a_hint() {
    let desk = Desk::new();
    desk.pack("chains", "1.0.0", "");
    desk.pack("knots", "1.0.0", "\"chains\": \"^2\"");
    desk.publish("rings", "1.0.0", "\"chains\": \"^1\"");
    desk.install_trusting("rings");
    let text = desk.refused(1, &["plugin", "install", "knots"]);
    assert!(text.contains("no versions go together") && text.contains("knots"), "{text}");
    assert!(text.contains("there is no version of chains in >=2.0.0, <3.0.0"), "{text}");
    assert!(desk.refused(2, &["plugin", "install", "ringz"]).contains("did you mean `rings`?"));
    // A version that was published stays as it is.
    desk.pack("rings", "1.0.0", "");
    let text = desk.refused(1, &["plugin", "index", "index", "--key", "publisher.key"]);
    assert!(text.contains("was published with other files"), "{text}");
}

#[test]
fn two_at_once_install_whole_plugins_and_both_are_pinned() {
    let desk = Desk::new();
    desk.pack("chains", "1.0.0", "");
    desk.publish("rings", "1.0.0", "");
    desk.install_trusting("chains");
    desk.done(&["plugin", "remove", "chains"]);
    std::thread::scope(|scope| {
        for name in ["chains", "rings", "chains", "rings"] {
            let desk = &desk;
            scope.spawn(move || desk.done(&["plugin", "install", name]));
        }
    });
    assert_eq!(desk.installed(), [row("chains", "1.0.0", true, false), row("rings", "1.0.0", true, false)]);
}

#[test]
fn a_lock_chooses_versions_and_not_whom_the_user_trusts() {
    let desk = Desk::new();
    desk.publish("rings", "1.0.0", "");
    desk.install_trusting("rings");
    let lock = fs::read_to_string(desk.at("aatool.lock")).unwrap();
    desk.done(&["plugin", "remove", "rings"]);
    desk.done(&["plugin", "forget", "index"]);
    fs::write(desk.at("aatool.lock"), &lock).unwrap();
    assert!(desk.refused(2, &["plugin", "install", "--locked"]).contains("which you have not confirmed"));
    assert!(desk.refused(2, &["plugin", "forget", "index"]).contains("trusted are none"));
    desk.done(&["plugin", "install", "--locked", "--index", "index", "--trust", "publisher.key.pub"]);
    desk.done(&["plugin", "search"]);
    // Files that were changed after they were installed show.
    fs::write(desk.at("data/aatool/plugins/rings/1.0.0/README.md"), "other").unwrap();
    let found = desk.run(&["plugin", "verify", "rings", "--depth", "files"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(String::from_utf8(found.stdout).unwrap().contains("aatool.lock has"));
    fs::write(desk.at("aatool.lock"), lock.replace("rings-1.0.0.tar", "../evil.tar")).unwrap();
    assert!(desk.refused(65, &["plugin", "list"]).contains("paths inside the index"));
}

#[test]
fn an_installation_that_is_killed_leaves_all_or_nothing() {
    let desk = Desk::new();
    desk.pack("rings", "1.0.0", "");
    for number in 0..40 {
        fs::write(desk.at(&format!("work/rings/note_{number}.md")), vec![b'a'; 10_000]).unwrap();
    }
    desk.done(&["plugin", "pack", "work/rings", "--out", "rings.tar"]);
    for wait in 0..20 {
        let mut child = desk.command(&["plugin", "install", "rings.tar"]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(4 * wait));
        child.kill().unwrap();
        child.wait().unwrap();
        if !desk.installed().is_empty() {
            assert!(desk.done(&["plugin", "install", "rings.tar"]).contains("is there already"), "killed after {wait}");
            desk.done(&["plugin", "remove", "rings"]);
        }
    }
    assert_eq!(desk.done(&["plugin", "install", "rings.tar"]), "installed rings 1.0.0\n");
    let left = fs::read_dir(desk.at("data/aatool/plugins")).unwrap().flatten().map(|entry| entry.file_name());
    assert_eq!(left.filter(|name| name != ".lock").collect::<Vec<_>>(), ["rings"]);
}
