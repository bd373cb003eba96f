//! Kills, full disks and damage: nothing that was there is lost, nothing unreadable is left, nothing wrong is believed.
//!
//! A fixed sample of each campaign runs always; all of it with `scripts/test --long`.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use aa_dataset::{Bundle, differences, read};
use aa_tests::{aatool, binary, errors, run};

fn is_long() -> bool {
    std::env::var_os("AATOOL_LONG").is_some()
}

/// Numbers that look random and are the same every time (SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    /// The bytes with flipped bits, an overwritten or repeated stretch, or a missing end.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        let place = self.below(bytes.len());
        let end = (place + 1 + self.below(300)).min(bytes.len());
        match self.below(4) {
            0 => damaged.truncate(place),
            1 => damaged[place..end].fill(0),
            2 => damaged.copy_within(place..end, bytes.len() - end),
            _ => (0..=self.below(3)).for_each(|_| damaged[self.below(bytes.len())] ^= 1 << self.below(8)),
        }
        damaged
    }
}

/// Runs to the end, or for five seconds.
fn within_five_seconds(arguments: &[&str], what: &str) -> Output {
    let mut child = aatool(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let reader = |mut pipe: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).map(|_| bytes).unwrap()
        })
    };
    let (stdout, stderr) =
        (reader(Box::new(child.stdout.take().unwrap())), reader(Box::new(child.stderr.take().unwrap())));
    let started = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if started.elapsed() > Duration::from_secs(5) => {
                child.kill().unwrap();
                panic!("{what}: hangs");
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn make(path: &Path, arguments: &[&str]) {
    let output = run(&[arguments, &["--out", path.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
}

/// A small file of an analysis, one of a map.
fn files(folder: &Path) -> [PathBuf; 2] {
    let [analysis, map] = ["analysis.h5", "map.h5"].map(|name| folder.join(name));
    let passes = "verdict,chaos,frequencies";
    make(&analysis, &["analyze", "--system", "pendulum", "--profile", "quick", "--orbits", "3", "--passes", passes]);
    make(&map, &["train", "--system", "pendulum", "--profile", "quick"]);
    [analysis, map]
}

#[test]
fn damaged_bundles_are_refused_by_name_or_read_right() {
    let folder = tempfile::tempdir().unwrap();
    let n_cases = if is_long() { 8_000 } else { 40 };
    let (mut refused, mut named) = (0, 0);
    for (seed, path) in (0..).zip(files(folder.path())) {
        let (bytes, sound) = (fs::read(&path).unwrap(), read(&path).unwrap());
        let show =
            |path: &Path, what: &str| within_five_seconds(&["show", path.to_str().unwrap(), "--format", "json"], what);
        let expected = show(&path, "the sound file").stdout;
        let damaged = folder.path().join("damaged.h5");
        let mut random = Random(seed);
        for case in 0..n_cases {
            let what = format!("{}, case {case}", path.display());
            fs::write(&damaged, random.damage(&bytes)).unwrap();
            let output = show(&damaged, &what);
            let text = errors(&output);
            match output.status.code() {
                Some(0) => {
                    assert!(output.stdout == expected, "{what}: shown as something else");
                    assert_eq!(differences(&sound, &read(&damaged).unwrap()), [], "{what}");
                }
                Some(4) => {
                    assert!(text.contains("damaged.h5") && output.stdout.is_empty(), "{what}: {text}");
                    refused += 1;
                    named += usize::from(text.contains("` is damaged"));
                }
                code => panic!("{what}: ended with {code:?}: {text}"),
            }
        }
    }
    println!("{} damaged bundles: {refused} refused, {named} of them with the dataset's name", 2 * n_cases);
    assert!(refused > n_cases && named > refused / 3, "{refused} of {} were refused, {named} by name", 2 * n_cases);
}

#[test]
fn damaged_manifests_are_refused_or_understood() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("mine");
    fs::create_dir_all(plugin.join("systems")).unwrap();
    fs::write(plugin.join("systems/spring.rhai"), "fn coordinates(k) { 1 }\nfn hamiltonian(q, p, k) { p[0]**2 }\n")
        .unwrap();
    let manifest = "(format: 1, name: \"mine\", version: \"0.1.0\", requires: \"^0.1\", about: \"mine\", authors: [\"me\"],\n \
                    license: \"MIT\", depends: {\"core\": \"^0.1\"}, systems: [\"spring\"], passes: [], datasets: [])\n";
    let n_cases = if is_long() { 4_000 } else { 40 };
    let (mut random, mut refused) = (Random(7), 0);
    for case in 0..n_cases {
        fs::write(plugin.join("plugin.ron"), random.damage(manifest.as_bytes())).unwrap();
        let what = format!("case {case}");
        let output = within_five_seconds(&["--plugin-path", plugin.to_str().unwrap(), "plugin", "show", "mine"], &what);
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 2 | 65 | 66)), "{what}: ended with {code:?}: {}", errors(&output));
        assert!(code == Some(0) || !output.stderr.is_empty(), "{what}");
        refused += usize::from(code != Some(0));
    }
    println!("{n_cases} damaged manifests: {refused} refused");
    assert!(refused > n_cases / 2, "{refused} of {n_cases} were refused");
}

#[test]
fn an_installed_plugin_with_a_damaged_manifest_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let aatool = |arguments: &[&str]| {
        let mut command = aatool(arguments);
        for variable in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(variable, folder.path().join(variable));
        }
        command.current_dir(folder.path()).output().unwrap()
    };
    assert!(aatool(&["plugin", "new", "mine"]).status.success());
    assert!(aatool(&["plugin", "install", "mine"]).status.success());
    let installed = folder.path().join("XDG_DATA_HOME/aatool/plugins/mine/0.1.0/plugin.ron");
    let (manifest, show) = (fs::read(&installed).unwrap(), ["plugin", "show", "mine"]);
    fs::remove_dir_all(folder.path().join("mine")).unwrap();
    let shown = aatool(&show);
    assert!(shown.status.success());
    let n_cases = if is_long() { 4_000 } else { 40 };
    let (mut random, mut refused) = (Random(11), 0);
    for case in 0..n_cases {
        let damaged = random.damage(&manifest);
        fs::write(&installed, &damaged).unwrap();
        let output = aatool(&show);
        if damaged == manifest {
            assert_eq!(output.stdout, shown.stdout, "case {case}");
            continue;
        }
        let text = errors(&output);
        assert_eq!(output.status.code(), Some(4), "case {case}: {text}");
        assert!(text.contains("plugin.ron") && text.contains("install the plugin again"), "case {case}: {text}");
        refused += 1;
    }
    println!("{refused} of {n_cases} damaged manifests of an installed plugin refused, the others were as before");
    assert!(refused > n_cases / 2);
}

/// Kills a command at `n` moments spread over the time it takes, and looks after each.
fn kill_at(n: u32, arguments: &[&str], mut look: impl FnMut(&str)) -> u32 {
    let started = Instant::now();
    assert!(run(arguments).status.success(), "{arguments:?}");
    let usual = started.elapsed();
    let mut killed = 0;
    for point in 0..n {
        let mut child = aatool(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(usual * (2 * point + 1) / (2 * n));
        // The standard library kills with SIGKILL.
        let _ = child.kill();
        killed += u32::from(!child.wait().unwrap().success());
        look(&format!("kill {point} of {n} after {:?} of {usual:?}", usual * (2 * point + 1) / (2 * n)));
    }
    killed
}

#[test]
fn a_killed_writer_leaves_the_old_file_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.h5");
    let n = if is_long() { 20 } else { 4 };
    let simulate = ["simulate", "--system", "toda", "--orbits", "40", "--samples", "4001", "--t", "40", "--out"];
    let scan = ["scan", "--system", "henon_heiles", "--over", "C=-1:0:1/2", "--out"];
    for command in [&simulate[..], &scan] {
        let arguments = [command, &[out.to_str().unwrap()]].concat();
        assert!(run(&arguments).status.success());
        let whole = read(&out).unwrap();
        let same = |found: &Bundle| differences(&without_seconds(&whole), &without_seconds(found));
        kill_at(n, &arguments, |what| assert_eq!(same(&read(&out).unwrap()), [], "{what}"));
        // The next run goes on as if nothing had been, and takes away what was left.
        assert!(run(&arguments).status.success());
        assert_eq!(same(&read(&out).unwrap()), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_killed_merge_leaves_what_can_be_read_and_the_next_one_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (plan, store, out, pages) = (path("plan.ron"), path("store"), path("merged/all.h5"), path("merged/pages"));
    let sweep =
        "(systems: [\"pendulum\"], over: {\"g\": \"1:3:1/16\"}, passes: [\"conserved_quantities\", \"verdict\"])";
    fs::write(&plan, format!("(format: 1, sweeps: [{sweep}])")).unwrap();
    assert!(run(&["batch", "run", &plan, "--store", &store]).status.success());
    fs::create_dir(path("merged")).unwrap();
    let merge = ["batch", "merge", &plan, "--store", &store, "--out", &out, "--report", &pages];
    assert!(run(&merge).status.success());
    let files = |folder: &str| {
        let read = |entry: fs::DirEntry| (entry.file_name(), fs::read(entry.path()).unwrap_or_default());
        fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect::<BTreeMap<_, _>>()
    };
    let (merged, written) = (fs::read(&out).unwrap(), files(&pages));
    assert_eq!(written.len(), 33 + 1);
    let n = if is_long() { 20 } else { 4 };
    let killed = kill_at(n, &merge, |what| {
        assert!(fs::read(&out).unwrap() == merged, "{what}");
        let finished = files(&pages).into_iter().filter(|(name, _)| !name.to_string_lossy().ends_with(".aatool-tmp"));
        finished.for_each(|(name, page)| assert!(written[&name] == page, "{what}: {name:?}"));
    });
    println!("{killed} of {n} merges were killed");
    assert!(run(&merge).status.success());
    assert!(fs::read(&out).unwrap() == merged && files(&pages) == written);
    assert_eq!(files(&path("merged")).len(), 2);
}

/// Sends a signal to a process that listens for it, and gives the exit code.
#[cfg(target_os = "linux")]
fn signalled(mut child: Child, number: u32, is_ready: impl Fn() -> bool) -> Option<i32> {
    let listens = |status: String| {
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap().to_owned();
        u64::from_str_radix(&caught, 16).unwrap() >> (number - 1) & 1 == 1
    };
    while !(listens(fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap()) && is_ready()) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before the signal");
        std::thread::sleep(Duration::from_millis(5));
    }
    let process = child.id().to_string();
    assert!(Command::new("kill").args([&format!("-{number}"), &process]).status().unwrap().success());
    child.wait().unwrap().code()
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_everything_with_130_and_sigterm_what_can_go_on_with_75() {
    const INTERRUPT: u32 = 2;
    const TERMINATE: u32 = 15;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let begin = |arguments: &[&str]| aatool(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let chaos = ["--system", "henon_heiles", "--passes", "chaos", "--pass", "chaos.t=1000000000"];
    assert_eq!(signalled(begin(&[&["analyze"], &chaos[..]].concat()), INTERRUPT, || true), Some(130));
    let scan = ["scan", "--system", "henon_heiles", "--over", "C=-40:40:1/1000"];
    assert_eq!(signalled(begin(&scan), INTERRUPT, || true), Some(130));
    let (plan, store, map, checkpoint) = (path("plan.ron"), path("store"), path("map.h5"), path("checkpoint.h5"));
    let sweep =
        "(systems: [\"henon_heiles\"], passes: [\"chaos\"], options: {\"chaos.t\": 1000000000}, seeds: [0, 1, 2])";
    fs::write(&plan, format!("(format: 1, sweeps: [{sweep}])")).unwrap();
    let budget = ["--pass", "action_angle.evaluations=100000000", "--checkpoint", &checkpoint, "--out", &map];
    for (signal, code) in [(INTERRUPT, 130), (TERMINATE, 75)] {
        let run_batch = begin(&["batch", "run", &plan, "--store", &store]);
        let status = || {
            let told = run(&["batch", "status", &plan, "--store", &store]);
            String::from_utf8_lossy(&told.stdout).into_owned()
        };
        let has_begun = || Path::new(&store).exists() && !status().contains(" 0 running");
        assert_eq!(signalled(run_batch, signal, has_begun), Some(code));
        assert!(status().contains("3 waiting"), "claims are let go of");
        for family in [&[][..], &["--over", "D=0.95:1.05:0.05"]] {
            let train = begin(&[&TRAIN[..], &budget, family].concat());
            assert_eq!(signalled(train, signal, || Path::new(&checkpoint).exists()), Some(code), "{family:?}");
            assert!(read(Path::new(&checkpoint)).is_ok() && !Path::new(&map).exists());
            fs::remove_file(&checkpoint).unwrap();
        }
    }
}

/// The documents of scans say how long they took.
fn without_seconds(bundle: &Bundle) -> Bundle {
    let mut bundle = bundle.clone();
    if let Some(scan) = bundle.groups.get_mut("scan") {
        scan.datasets.remove("document");
    }
    bundle
}

/// A training that is over soon and not at once.
const TRAIN: [&str; 9] =
    ["train", "--system", "henon_heiles", "--energy", "0.03", "--orbits", "12", "--profile", "quick"];

#[test]
fn a_killed_training_goes_on_to_the_same_map() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (whole, out, checkpoint) = (path("whole.h5"), path("map.h5"), path("checkpoint.h5"));
    make(Path::new(&whole), &TRAIN);
    let expected = read(Path::new(&whole)).unwrap();
    let same = |file: &str| {
        let mut found = differences(&expected, &read(Path::new(file)).unwrap());
        found.retain(|difference| difference.place != "/provenance/volatile");
        found
    };
    let arguments = [&TRAIN[..], &["--checkpoint", &checkpoint, "--every", "0.01", "--out", &out]].concat();
    let n = if is_long() { 20 } else { 4 };
    let mut kept = 0;
    kill_at(n, &arguments, |what| {
        if Path::new(&out).exists() {
            assert_eq!(same(&out), [], "{what}");
        }
        if Path::new(&checkpoint).exists() {
            read(Path::new(&checkpoint)).unwrap_or_else(|error| panic!("{what}: {error}"));
            kept += 1;
        }
    });
    println!("{n} kills, {kept} found a checkpoint");
    assert!(kept > 0);
    assert!(run(&arguments).status.success());
    assert_eq!(same(&out), []);
    assert!(!Path::new(&checkpoint).exists());
}

/// Runs in a shell that lets no file grow beyond `blocks` of 512 bytes, as a full disk would.
#[cfg(unix)]
fn cramped(blocks: u32, arguments: &[&str]) -> Output {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    Command::new("sh").arg("-c").arg(script).arg(binary()).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_full_disk_gives_one_line_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (out, checkpoint) = (path("a.h5"), path("c.h5"));
    for command in [
        &["simulate", "--system", "toda", "--orbits", "3", "--t", "10", "--samples", "101", "--out", &out][..],
        &["analyze", "--system", "pendulum", "--passes", "chaos", "--pass", "chaos.t=50", "--out", &out],
        &["train", "--system", "pendulum", "--profile", "quick", "--out", &out],
        &["analyze", "--system", "pendulum", "--passes", "chaos", "--pass", "chaos.t=50", "--report", &out],
    ] {
        let output = cramped(4, command);
        let text = errors(&output);
        assert_eq!(output.status.code(), Some(73), "{command:?}: {text}");
        let told = text.lines().filter(|line| line.contains("a.h5") && line.to_lowercase().contains("file too large"));
        assert_eq!(told.count(), 1, "{command:?}: {text}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{command:?}");
    }
    // Training is worth its end where only the checkpoint has no room, and that is said once.
    let train = [&TRAIN[..], &["--checkpoint", &checkpoint, "--every", "0", "--out", &out]].concat();
    let output = cramped(4, &train);
    assert_eq!(output.status.code(), Some(73), "{}", errors(&output));
    assert_eq!(errors(&output).matches("no checkpoint: ").count(), 1, "{}", errors(&output));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Runs where the disk is a memory of 16 KiB that only this process sees; none where that cannot be had.
#[cfg(target_os = "linux")]
fn on_a_small_disk(folder: &Path, arguments: &[&str]) -> Option<Output> {
    const NO_DISK: i32 = 99;
    let script = format!(
        "mount -t tmpfs -o size=16k none {0} 2>/dev/null || exit {NO_DISK}; \"$0\" \"$@\"; code=$?;
         echo left: $(ls -A {0}) >&2; exit $code",
        folder.display()
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script]).arg(binary()).args(arguments).env("NO_COLOR", "1");
    command.output().ok().filter(|output| !matches!(output.status.code(), Some(1 | NO_DISK)))
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_space_gives_one_line_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.h5").display().to_string();
    for command in [
        &["simulate", "--system", "toda", "--orbits", "3", "--t", "10", "--samples", "101", "--out", &out][..],
        &["analyze", "--system", "pendulum", "--passes", "chaos", "--pass", "chaos.t=50", "--report", &out],
    ] {
        let Some(output) = on_a_small_disk(folder.path(), command) else {
            return println!("skipped: no file system can be mounted here");
        };
        let text = errors(&output);
        assert_eq!(output.status.code(), Some(73), "{command:?}: {text}");
        let is_full = |line: &str| line.contains("no space left") || line.contains("no storage space");
        let told = text.lines().filter(|line| line.contains("a.h5") && is_full(&line.to_lowercase()));
        assert!(told.count() == 1 && text.ends_with("left:\n"), "{command:?}: {text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_printed_is_an_error() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = aatool(&["instruments"]).stdout(full).output().unwrap();
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(73), "{text}");
    assert!(text.to_lowercase().contains("standard output cannot be written: no s"), "{text}");
}

#[test]
fn a_folder_that_takes_no_files_gives_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    let mut permissions = fs::metadata(&closed).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&closed, permissions).unwrap();
    if fs::write(closed.join("probe"), "").is_ok() {
        // Root may write everywhere but where the kernel does not let it.
        closed = PathBuf::from("/sys");
        if !closed.exists() || fs::write(closed.join("probe"), "").is_ok() {
            return println!("skipped: this user may write everywhere");
        }
    }
    let out = closed.join("a.h5");
    for command in [
        &["simulate", "--system", "pendulum"][..],
        &["train", "--system", "pendulum"],
        &["analyze", "--system", "pendulum"],
    ] {
        let output = run(&[command, &["--out", out.to_str().unwrap()]].concat());
        let text = errors(&output);
        assert_eq!(output.status.code(), Some(73), "{text}");
        assert!(text.contains("a.h5") && text.to_lowercase().contains("permission denied"), "{text}");
    }
}
