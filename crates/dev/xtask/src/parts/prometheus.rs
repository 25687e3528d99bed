//! A real Prometheus that scrapes one address every second and answers PromQL.

use super::process::{Process, Scratch};
use super::{free_port, http};
use crate::Trouble;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const READY_LIMIT: Duration = Duration::from_secs(60);

/// Whether `prometheus` and `promtool` are installed.
///
/// # Errors
/// Names the one that is missing and how to get it.
pub fn installed() -> Result<(), Trouble> {
    for program in ["prometheus", "promtool"] {
        let started = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if started.is_err() {
            return Err(Trouble(format!(
                "`{program}` is missing; get it with: apt-get install prometheus"
            )));
        }
    }
    Ok(())
}

/// A running Prometheus. It ends and its files go when this is dropped.
pub struct Prometheus {
    // Dropped in this order: the process before its folder.
    _process: Process,
    _scratch: Scratch,
    addr: SocketAddr,
}

impl Prometheus {
    /// Starts a Prometheus that scrapes `target` (`host:port`, path `/metrics`) every second.
    ///
    /// # Errors
    /// It is not installed, or not ready within 60 s.
    pub fn scraping(target: SocketAddr) -> Result<Prometheus, Trouble> {
        installed()?;
        let scratch = Scratch::new("prometheus")?;
        let configuration = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\n\
             scrape_configs:\n- job_name: tocsin\n  static_configs:\n  - targets: ['{target}']\n"
        );
        let file = scratch.write("prometheus.yml", &configuration)?;
        let addr = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!(
            "--storage.tsdb.path={}",
            scratch.path().join("data").display()
        ));
        command.arg(format!("--web.listen-address={addr}"));
        let log = scratch.path().join("prometheus.log");
        let mut process = Process::start("Prometheus", command, &log)?;
        process.wait_until(READY_LIMIT, |_| {
            http::get(addr, "/-/ready").is_ok_and(|(status, _)| status == 200)
        })?;
        Ok(Prometheus {
            _process: process,
            _scratch: scratch,
            addr,
        })
    }

    /// The values that answer a PromQL query now, one for each series.
    ///
    /// # Errors
    /// Prometheus does not answer, or refuses the query.
    pub fn ask(&self, query: &str) -> Result<Vec<f64>, Trouble> {
        let doing = || format!("asking Prometheus `{query}`");
        let path = format!("/api/v1/query?query={}", percent(query));
        let (status, body) =
            http::get(self.addr, &path).map_err(|why| Trouble::new(doing(), why))?;
        if status != 200 {
            return Err(Trouble::new(doing(), body));
        }
        let answer: serde_json::Value =
            serde_json::from_str(&body).map_err(|why| Trouble::new(doing(), why))?;
        let series = answer["data"]["result"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let values = series
            .iter()
            .map(|one| one["value"][1].as_str()?.parse().ok());
        values
            .collect::<Option<Vec<f64>>>()
            .ok_or_else(|| Trouble::new(doing(), "the answer is no instant vector"))
    }

    /// Asks again and again until the values are `wanted`.
    ///
    /// # Errors
    /// They are not within `limit`; says what they were.
    pub fn wait_for(&self, query: &str, wanted: &[f64], limit: Duration) -> Result<(), Trouble> {
        let begun = Instant::now();
        loop {
            let values = self.ask(query)?;
            if values == wanted {
                return Ok(());
            }
            if begun.elapsed() > limit {
                return Err(Trouble(format!(
                    "Prometheus answers `{query}` with {values:?} after {limit:?}, not {wanted:?}"
                )));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Percent-encodes everything but letters and digits.
fn percent(text: &str) -> String {
    let encode = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded() {
        assert_eq!(percent("up{a=\"b\"}"), "up%7Ba%3D%22b%22%7D");
    }
}
