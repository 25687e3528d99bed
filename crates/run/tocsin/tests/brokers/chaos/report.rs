//! What a run of chaos did and how long it took until everything was at rest again.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Something that happens to stages and brokers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strike {
    /// A stage dies (SIGKILL).
    Kill,
    /// The same while a transaction of it is open.
    KillInTransaction,
    /// A stage is held up (SIGSTOP) for longer than its session and its transactions last.
    Pause,
    /// The same, and another takes its place meanwhile.
    Zombie,
    /// A broker dies and comes back.
    Broker,
    /// A broker dies with its disk, and a new one takes its place.
    Replace,
    /// Nobody reaches one of the brokers for longer than a session lasts.
    CutBroker,
    /// No stage reaches any broker for longer than a session lasts.
    CutStages,
}

impl Strike {
    /// What the strike of that number is. Everything happens within twenty.
    pub(crate) fn of(number: usize, long: bool) -> Strike {
        match (number % 20, long) {
            (1 | 5 | 8 | 11 | 15 | 18, _) => Strike::KillInTransaction,
            (6 | 16, _) => Strike::Broker,
            (3 | 13, true) => Strike::Pause,
            (4 | 14, true) => Strike::Zombie,
            (7, true) => Strike::CutStages,
            (9, true) => Strike::Replace,
            (17, true) => Strike::CutBroker,
            _ => Strike::Kill,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Strike::Kill => "stage killed",
            Strike::KillInTransaction => "stage killed in an open transaction",
            Strike::Pause => "stage held up past its session",
            Strike::Zombie => "stage held up and replaced, one of both fenced",
            Strike::Broker => "broker killed and started again",
            Strike::Replace => "broker replaced, with an empty disk",
            Strike::CutBroker => "broker cut off from everybody",
            Strike::CutStages => "stages cut off from all brokers",
        }
    }
}

/// What happened.
#[derive(Default)]
pub(crate) struct Report {
    /// What it ran on.
    pub(crate) title: String,
    /// What happened, and how long it was until everything was at rest again, where that was
    /// waited for.
    pub(crate) strikes: BTreeMap<Strike, Vec<Option<Duration>>>,
    /// What was to happen and could not.
    pub(crate) missing: Vec<String>,
    /// Stages that ended without being killed, with their last words.
    pub(crate) ended: Vec<String>,
    /// What was compared, and what it came to.
    pub(crate) compared: Vec<String>,
}

impl Report {
    /// Prints it, and leaves it in the folder that the environment names.
    pub(crate) fn leave(&self, seed: usize) {
        eprint!("{self}");
        if let Some(folder) = std::env::var_os("TOCSIN_CHAOS_REPORTS") {
            let path = std::path::Path::new(&folder).join(format!("seed-{seed}.txt"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, self.to_string()).unwrap();
            eprintln!("left in {}", path.display());
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "chaos: {}", self.title)?;
        let head = ["what happened", "times", "waited", "p50 s", "max s"];
        let [what, times, waited, half, most] = head;
        writeln!(f, "{what:<50}{times:>6}{waited:>8}{half:>8}{most:>8}")?;
        for (strike, took) in &self.strikes {
            let mut rest: Vec<Duration> = took.iter().flatten().copied().collect();
            rest.sort();
            let seconds = |at: usize| match rest.get(at) {
                Some(one) => format!("{:.1}", one.as_secs_f64()),
                None => "-".to_owned(),
            };
            let (half, most) = (rest.len() / 2, rest.len().saturating_sub(1));
            let (half, most) = (seconds(half), seconds(most));
            let (what, times, waited) = (strike.words(), took.len(), rest.len());
            writeln!(f, "{what:<50}{times:>6}{waited:>8}{half:>8}{most:>8}")?;
        }
        writeln!(
            f,
            "(seconds from the end of it until everything sent was done)"
        )?;
        let lists = [
            ("NOT DONE", &self.missing),
            ("ended without being killed, and started again", &self.ended),
            ("compared", &self.compared),
        ];
        for (what, lines) in lists {
            if !lines.is_empty() {
                writeln!(f, "{what}:")?;
            }
            for line in lines {
                writeln!(f, "- {line}")?;
            }
        }
        Ok(())
    }
}
