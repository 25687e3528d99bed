//! Programs that end with the program that started them.
//!
//! Each runs in a process group of its own, watched by a small shell that reads from a pipe whose
//! other end only we hold. When we end, however we end, the pipe closes and the shell ends the
//! group: TERM first, KILL when it is still there after 10 s. So neither Ctrl-C nor a killed test
//! leaves a broker behind.

use crate::Trouble;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Ends group `$1` when standard input ends.
const WATCH: &str = "trap '' HUP INT TERM
cat >/dev/null
kill -s TERM -- \"-$1\" 2>/dev/null || exit 0
for i in $(seq 100); do kill -s 0 -- \"-$1\" 2>/dev/null || exit 0; sleep 0.1; done
kill -s KILL -- \"-$1\" 2>/dev/null";

/// Removes folder `$1` when standard input ends and its users have had time to go.
const SWEEP: &str = "trap '' HUP INT TERM
cat >/dev/null
[ -e \"$1\" ] || exit 0
sleep 3
rm -rf -- \"$1\"";

pub(super) fn watcher(script: &str, argument: &str) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", script, "sh", argument])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// A running program with its output in a file.
pub struct Process {
    name: String,
    child: Child,
    watch: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with standard output and error in `log`.
    ///
    /// # Errors
    /// The program or its watcher cannot be started, the log cannot be written.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Process, Trouble> {
        let doing = format!("starting {name}");
        let open = || File::options().create(true).append(true).open(log);
        let out = open().map_err(|why| Trouble::new(&doing, why))?;
        let err = open().map_err(|why| Trouble::new(&doing, why))?;
        command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0);
        let mut child = command.spawn().map_err(|why| Trouble::new(&doing, why))?;
        match watcher(WATCH, &child.id().to_string()) {
            Ok(watch) => Ok(Process {
                name: name.to_owned(),
                child,
                watch,
                log: log.to_path_buf(),
            }),
            Err(why) => {
                // It would outlive us; it is not wanted without its watcher.
                let _ = child.kill();
                let _ = child.wait();
                Err(Trouble::new(doing, why))
            }
        }
    }

    /// Its process id, which is also the id of its group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `ready` says yes.
    ///
    /// # Errors
    /// It ended, or `limit` passed; the last lines of its log come with the message.
    pub fn wait_until(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut(&str) -> bool,
    ) -> Result<(), Trouble> {
        let begun = Instant::now();
        loop {
            let log = self.log_text();
            if ready(&log) {
                return Ok(());
            }
            let ended = self.child.try_wait().ok().flatten();
            let why = match ended {
                Some(status) => format!("it ended with {status}"),
                None if begun.elapsed() > limit => format!("not ready after {limit:?}"),
                None => {
                    std::thread::sleep(Duration::from_millis(50));
                    continue;
                }
            };
            return Err(Trouble(format!(
                "{} is not ready: {why}; its log ends:\n{}",
                self.name,
                tail(&log)
            )));
        }
    }

    /// What it has written so far.
    pub fn log_text(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Stops it where it stands (SIGSTOP to its group) or lets it go on (SIGCONT).
    pub fn pause(&self, paused: bool) {
        signal(if paused { "STOP" } else { "CONT" }, self.child.id());
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it as a power cut would (SIGKILL to its group), and waits until it is gone.
    pub fn kill(mut self) {
        signal("KILL", self.child.id());
        // Gone already is as good.
        let _ = self.child.wait();
    }

    /// Asks it to end (SIGTERM to its group), waits until it has, and says its exit code; `None`: a
    /// signal ended it.
    ///
    /// # Errors
    /// It has not ended within `limit`, and is killed; the last lines of its log come with the
    /// message. Or the operating system does not say.
    pub fn terminate(&mut self, limit: Duration) -> Result<Option<i32>, Trouble> {
        signal("TERM", self.child.id());
        let begun = Instant::now();
        while !self.has_ended() {
            if begun.elapsed() > limit {
                let (name, tail) = (self.name.clone(), tail(&self.log_text()));
                signal("KILL", self.child.id());
                let _ = self.child.wait();
                return Err(Trouble(format!(
                    "{name} has not ended {limit:?} after SIGTERM; its log ends:\n{tail}"
                )));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(self.wait()?.code())
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// The operating system does not say.
    pub fn wait(&mut self) -> Result<ExitStatus, Trouble> {
        self.child
            .wait()
            .map_err(|why| Trouble::new(format!("waiting for {}", self.name), why))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal("TERM", self.child.id());
            let begun = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) {
                if begun.elapsed() > Duration::from_secs(10) {
                    signal("KILL", self.child.id());
                    let _ = self.child.wait();
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        // The group is gone; its watcher would only look for it once more.
        let _ = self.watch.kill();
        let _ = self.watch.wait();
    }
}

/// The last lines of a log.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

fn signal(signal: &str, group: u32) {
    // Fails only where the group is gone, which is what is wanted.
    let _ = Command::new("kill")
        .args(["-s", signal, "--", &format!("-{group}")])
        .stderr(Stdio::null())
        .status();
}

/// A folder for a part's files, removed when dropped or when this process ends in any way.
pub struct Scratch {
    folder: tempfile::TempDir,
    sweep: Option<Child>,
}

impl Scratch {
    /// A new, empty folder in the system's folder for temporary files.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(name: &str) -> Result<Scratch, Trouble> {
        let mut folder = tempfile::Builder::new();
        let folder = folder.prefix(&format!("tocsin-{name}-")).tempdir();
        let folder = folder.map_err(|why| Trouble::new("making a temporary folder", why))?;
        let sweep = watcher(SWEEP, &folder.path().to_string_lossy()).ok();
        Ok(Scratch { folder, sweep })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf, Trouble> {
        let path = self.path().join(name);
        let written = File::create(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|why| Trouble::new(format!("writing {}", path.display()), why))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is left to the sweeper, and then to the system.
        let removed = std::fs::remove_dir_all(self.path()).is_ok();
        if let (true, Some(mut sweep)) = (removed, self.sweep.take()) {
            let _ = sweep.kill();
            let _ = sweep.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_early_is_said_with_its_last_words() {
        let scratch = Scratch::new("early").unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such port; exit 3"]);
        let log = scratch.path().join("log");
        let mut process = Process::start("a part", command, &log).unwrap();
        let trouble = process
            .wait_until(Duration::from_secs(20), |_| false)
            .unwrap_err();
        assert!(trouble.0.contains("a part is not ready"), "{trouble}");
        assert!(trouble.0.contains("no such port"), "{trouble}");
    }

    #[test]
    fn a_dropped_process_is_gone_with_its_children() {
        let scratch = Scratch::new("gone").unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!; wait"]);
        let log = scratch.path().join("log");
        let mut process = Process::start("a part", command, &log).unwrap();
        process
            .wait_until(Duration::from_secs(20), |log| log.ends_with('\n'))
            .unwrap();
        let inner = process.log_text().trim().to_owned();
        assert!(is_running(&inner), "the child runs before");
        drop(process);
        assert!(!is_running(&inner), "the child is gone after");
        let path = scratch.path().to_path_buf();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn a_program_that_does_not_end_when_asked_is_killed_and_said() {
        let scratch = Scratch::new("deaf").unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]);
        let log = scratch.path().join("log");
        let mut process = Process::start("a part", command, &log).unwrap();
        process
            .wait_until(Duration::from_secs(20), |log| log.ends_with('\n'))
            .unwrap();
        let id = process.id().to_string();
        let trouble = process.terminate(Duration::from_millis(300)).unwrap_err();
        assert!(trouble.0.contains("a part has not ended"), "{trouble}");
        assert!(trouble.0.contains("deaf"), "{trouble}");
        assert!(!is_running(&id));
    }

    #[test]
    fn a_process_whose_starter_vanishes_is_ended() {
        let scratch = Scratch::new("orphan").unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        let log = scratch.path().join("log");
        let mut process = Process::start("a part", command, &log).unwrap();
        let id = process.id().to_string();
        assert!(is_running(&id));
        // Closing the pipe is what the operating system does when the starter is killed.
        drop(process.watch.stdin.take());
        process.wait().unwrap();
        assert!(!is_running(&id));
    }

    fn is_running(id: &str) -> bool {
        let done = Command::new("ps")
            .args(["-o", "stat=", "-p", id])
            .output()
            .unwrap();
        let state = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        !state.is_empty() && !state.starts_with('Z')
    }
}
