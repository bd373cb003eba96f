//! A batch on a real Slurm: four nodes on this machine, started and stopped here. Where Slurm or root is missing the test
//! says so and does nothing. A small plan runs always, one of two hundred tasks with `scripts/test --long`.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aa_tests::{aatool, errors};

/// A cluster of four nodes with one processor each; it ends with the test.
struct Cluster {
    folder: PathBuf,
    daemons: Vec<Child>,
}

impl Cluster {
    /// None where it cannot be had, with the reason.
    fn start(folder: &Path) -> Result<Cluster, String> {
        let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        if !root {
            return Err("not root".into());
        }
        let has = |program: &&str| Command::new("which").arg(program).output().is_ok_and(|out| out.status.success());
        if let Some(missing) = ["sbatch", "slurmctld", "slurmd", "munged", "setpriv"].iter().find(|name| !has(name)) {
            return Err(format!("no {missing}: scripts/setup --tests installs slurm-wlm and munge"));
        }
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned();
        fs::write(folder.join("slurm.conf"), configuration(folder, &host)).unwrap();
        fs::create_dir_all(folder.join("state")).unwrap();
        let mut cluster = Cluster { folder: folder.to_owned(), daemons: Vec::new() };
        if !Command::new("munge").arg("-n").output().is_ok_and(|out| out.status.success()) {
            Command::new("sh").args(["-c", "mkdir -p /run/munge && chown munge /run/munge"]).status().unwrap();
            let munge = ["--reuid", "munge", "--regid", "munge", "--clear-groups"];
            cluster.daemon(&munge, "munged", &["--foreground", "--force"]);
        }
        let conf = cluster.configuration();
        cluster.daemon(&[], "slurmctld", &["-D", "-c", "-f", &conf]);
        for node in ["n1", "n2", "n3", "n4"] {
            cluster.daemon(&[], "slurmd", &["-D", "-N", node, "-f", &conf]);
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            let idle = cluster.command("sinfo", &["--noheader", "--Node", "--states=idle"]).output().unwrap();
            if String::from_utf8_lossy(&idle.stdout).lines().count() == 4 {
                return Ok(cluster);
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        Err("the nodes of the cluster do not come up".into())
    }

    fn configuration(&self) -> String {
        self.folder.join("slurm.conf").display().to_string()
    }

    /// Starts what ends when this process does, however that ends.
    fn daemon(&mut self, privileges: &[&str], program: &str, arguments: &[&str]) {
        let mut command = self.command("setpriv", privileges);
        command.args(["--pdeathsig", "KILL", program]).args(arguments);
        self.daemons.push(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("SLURM_CONF", self.configuration());
        command
    }

    /// Kills the daemon of the last node and the job that runs there.
    fn kill_node(&mut self) {
        let mut slurmd = self.daemons.pop().unwrap();
        slurmd.kill().unwrap();
        slurmd.wait().unwrap();
        let jobs = self.command("squeue", &["--noheader", "--nodelist", "n4", "--format=%A"]).output();
        String::from_utf8_lossy(&jobs.unwrap().stdout)
            .split_whitespace()
            .for_each(|job| kill_those_of("SLURM_JOB_ID", job));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.command("scancel", &["--user", "root"]).output();
        for daemon in &mut self.daemons {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        // Keepers of jobs outlive their node's daemon.
        kill_those_of("SLURM_CONF", &self.configuration());
    }
}

/// Kills the processes that have a variable of this value in their environment.
fn kill_those_of(variable: &str, value: &str) {
    let mine = format!("{variable}={value}\0");
    let is_mine = |environment: Vec<u8>| String::from_utf8_lossy(&environment).contains(&mine);
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.bytes().all(|byte| byte.is_ascii_digit()) && fs::read(entry.path().join("environ")).is_ok_and(is_mine) {
            let _ = Command::new("kill").args(["-9", &name]).status();
        }
    }
}

fn configuration(folder: &Path, host: &str) -> String {
    let at = folder.display();
    format!(
        "ClusterName=test\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser=root\nSlurmctldPort=16817\nSlurmdPort=16818\n\
         AuthType=auth/munge\nProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n\
         AccountingStorageType=accounting_storage/none\nJobAcctGatherType=jobacct_gather/none\n\
         SelectType=select/cons_tres\nSelectTypeParameters=CR_CPU\nReturnToService=2\nSlurmdTimeout=10\n\
         SlurmdParameters=config_overrides\nSchedulerParameters=sched_interval=1,batch_sched_delay=0\nMpiDefault=none\n\
         StateSaveLocation={at}/state\nSlurmdSpoolDir={at}/spool.%n\nSlurmctldLogFile={at}/slurmctld.log\n\
         SlurmdLogFile={at}/slurmd.%n.log\nSlurmctldPidFile={at}/slurmctld.pid\nSlurmdPidFile={at}/slurmd.%n.pid\n\
         NodeName=n[1-4] NodeHostname={host} NodeAddr=127.0.0.1 Port=[17001-17004] CPUs=1 State=UNKNOWN\n\
         PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
    )
}

fn results(store: &Path) -> usize {
    let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = below(store.to_owned()).flat_map(below).flat_map(below);
    files.filter(|path| path.extension().is_some_and(|kind| kind == "h5")).count()
}

#[test]
fn tasks_on_four_nodes_of_which_one_dies_give_the_bytes_of_this_machine() {
    // Enough work in each task that the node dies before all are done.
    let (n_tasks, step, t, seen) = match std::env::var_os("AATOOL_LONG") {
        Some(_) => (200, "0.02", 2_000, 20),
        None => (24, "0.18", 20_000, 4),
    };
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = match Cluster::start(folder.path()) {
        Ok(cluster) => cluster,
        Err(reason) => return println!("skipped: no Slurm here ({reason})"),
    };
    let path = |name: &str| folder.path().join(name).display().to_string();
    let plan = path("plan.ron");
    let sweep =
        format!("energies: \"-0.99:0.99:{step}\", orbits: 3, passes: [\"chaos\"], options: {{\"chaos.t\": {t}}}");
    let sweeps = [format!("{sweep}, seeds: [0, 1]"), "energies: -5".to_owned()];
    let sweeps = sweeps.map(|sweep| format!("(systems: [\"pendulum\"], {sweep})")).join(", ");
    fs::write(&plan, format!("(format: 1, sweeps: [{sweeps}])")).unwrap();
    let batch = |command: &str, store: &str, more: &[&str]| {
        let mut run = aatool(&[&["batch", command, &plan, "--store", &path(store)], more].concat());
        run.env("SLURM_CONF", path("slurm.conf"));
        run
    };
    let mut run = batch("run", "slurm", &["--engine", "slurm", "--jobs", "12"]).stdout(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while results(Path::new(&path("slurm"))) < seen {
        assert!(run.try_wait().unwrap().is_none(), "the run ended before a node died");
        std::thread::sleep(Duration::from_millis(20));
    }
    cluster.kill_node();
    assert_eq!(run.wait().unwrap().code(), Some(3), "one task fails");
    println!("{n_tasks} tasks took {:.1} s on four nodes, one of which died", begun.elapsed().as_secs_f64());
    assert_eq!(results(Path::new(&path("slurm"))), n_tasks);
    assert_eq!(batch("run", "local", &[]).output().unwrap().status.code(), Some(3));
    let merged = |store: &str| {
        let out = path(&format!("{store}.h5"));
        let output = batch("merge", store, &["--out", &out]).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
        fs::read(out).unwrap()
    };
    assert!(merged("slurm") == merged("local"), "the merged files differ");
}
