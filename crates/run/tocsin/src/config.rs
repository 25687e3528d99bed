//! The configuration: one commented TOML file, checked at start, every error naming the key.

use crate::context::StateSettings;
use crate::errors::Failure;
use crate::rights::Principals;
use crate::topology::{Topic, TopicNames};
use facts::Moment;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An example with every key, its default and its reason; `tocsin run --example-config` prints it.
pub(crate) const EXAMPLE: &str = include_str!("../tocsin.example.toml");

/// Everything that an operator sets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Before the names of our topics, groups and transactional ids.
    #[serde(default)]
    pub(crate) prefix: String,
    /// This instance's own, stable name.
    #[serde(default = "default_instance")]
    pub(crate) instance: String,
    /// The brokers.
    pub(crate) kafka: Kafka,
    /// The schema registry; without it values are single-object encoded.
    #[serde(default)]
    pub(crate) registry: Option<Registry>,
    /// Names of input topics, by their names in the design.
    #[serde(default)]
    pub(crate) topics: BTreeMap<String, String>,
    /// Where a first start begins.
    #[serde(default)]
    pub(crate) start: Start,
    /// Which orders bind.
    pub(crate) orders: Orders,
    /// Settings of judgement.
    #[serde(default)]
    pub(crate) judgement: JudgementSettings,
    /// What the company adds to its notices.
    #[serde(default)]
    pub(crate) notices: NoticeSettings,
    /// Batches and intervals.
    #[serde(default)]
    pub(crate) run: RunSettings,
    /// What is kept on disk.
    #[serde(default)]
    pub(crate) state: State,
    /// Metrics, health and status.
    #[serde(default)]
    pub(crate) http: Http,
    /// Logs.
    #[serde(default)]
    pub(crate) log: Log,
}

fn default_instance() -> String {
    "0".to_owned()
}

/// The brokers.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kafka {
    /// `host:port`, several with commas.
    pub(crate) bootstrap: String,
    /// Further properties of librdkafka, such as `security.protocol`.
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, String>,
    /// Who runs what; without it `topics apply` sets no ACLs.
    #[serde(default)]
    pub(crate) principals: Option<Principals>,
}

impl std::fmt::Debug for Kafka {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<&String> = self.properties.keys().collect();
        write!(
            f,
            "Kafka {{ bootstrap: {:?}, properties of {keys:?} }}",
            self.bootstrap
        )
    }
}

/// The schema registry.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registry {
    /// The base address of its Confluent-compatible API.
    pub(crate) url: String,
    /// User for basic authentication.
    #[serde(default)]
    pub(crate) username: Option<String>,
    /// Password; better in the environment, `TOCSIN_REGISTRY_PASSWORD`.
    #[serde(default)]
    pub(crate) password: Option<String>,
}

impl Registry {
    fn check(&self) -> Result<(), String> {
        let rest = ["http://", "https://"].map(|begin| self.url.strip_prefix(begin));
        if rest.iter().flatten().all(|host| host.is_empty()) {
            return Err(
                "`registry.url` is no address; write its Confluent-compatible API, such as \
                 \"http://localhost:8081/apis/ccompat/v7\""
                    .to_owned(),
            );
        }
        if self.username.is_none() && self.password.is_some() {
            return Err(
                "`registry.password` is set, or TOCSIN_REGISTRY_PASSWORD, and `registry.username` \
                 is not; name the user as well, or remove the password"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Registry {{ url: {:?}, username: {:?} }}",
            self.url, self.username
        )
    }
}

/// Where a first start begins; there is no silent default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Start {
    /// For access-events.
    pub(crate) access_events: Option<StartAt>,
}

/// Where to start a topic that this group has not read before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartAt {
    /// At the first record that is still there.
    Earliest,
    /// At the end; what came before is searched by scope.
    Latest,
    /// At the first record stamped not before then; what came before is searched by scope.
    At(Moment),
}

impl<'de> Deserialize<'de> for StartAt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<StartAt, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "earliest" => Ok(StartAt::Earliest),
            "latest" => Ok(StartAt::Latest),
            other => other.parse().map(StartAt::At).map_err(|_| {
                serde::de::Error::custom(
                    "expected \"earliest\", \"latest\" or an instant such as \
                     \"2026-01-01T00:00:00Z\"",
                )
            }),
        }
    }
}

/// Which orders bind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Orders {
    /// `SLUG` or `SLUG@FROM..UNTIL` for each.
    pub(crate) bound: Vec<String>,
    /// A folder with further or other packs; without it those in the executable.
    #[serde(default)]
    pub(crate) directory: Option<PathBuf>,
}

/// Settings of judgement.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct JudgementSettings {
    /// Sources always state `actor_account`: a customer without one is then unexplained.
    pub(crate) actor_account_always_stated: bool,
    /// What "a reasonable time" is here, in days.
    pub(crate) reasonable_time_days: u32,
    /// How long an access without a basis on record waits for one before it is said to be
    /// unexplained, in seconds, 0 to 86,400.
    pub(crate) patience_seconds: u64,
    /// Days on which courts and agencies are closed besides the statutory holidays, such as those
    /// that an executive order closes, each with why.
    pub(crate) closures: Vec<orders::Closure>,
}

impl Default for JudgementSettings {
    fn default() -> Self {
        JudgementSettings {
            actor_account_always_stated: false,
            reasonable_time_days: 10,
            patience_seconds: 0,
            closures: Vec::new(),
        }
    }
}

/// What the company adds to its notices.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NoticeSettings {
    /// Whom the Commission contacts, where no statement says so.
    pub(crate) contact: Option<String>,
    /// A folder with the documents that reports name; their digests are checked.
    pub(crate) documents: Option<PathBuf>,
}

/// Batches and intervals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RunSettings {
    /// How many records are read, searched or judged in one transaction, 100 to 1,000,000.
    pub(crate) batch_records: usize,
    /// No more is read for a transaction once so much was, in MiB, 1 to 4,096.
    pub(crate) batch_mib: u64,
    /// About so much is fetched ahead for each consumer, in MiB, 1 to 2,047; a stage has one or
    /// two.
    pub(crate) fetch_mib: u64,
    /// So long records are gathered for one transaction while more are there, in milliseconds, 0 to
    /// 10,000; it is committed sooner with `batch_records`, or where nothing more is there.
    pub(crate) commit_interval_ms: u64,
    /// How long a step waits for the first record, in milliseconds, 1 to 10,000.
    pub(crate) poll_wait_ms: u64,
    /// How long an unknown schema id is waited for before its records are dead letters.
    pub(crate) unknown_schema_wait_seconds: u64,
}

impl Default for RunSettings {
    fn default() -> Self {
        RunSettings {
            batch_records: 20_000,
            batch_mib: 64,
            fetch_mib: 32,
            commit_interval_ms: 100,
            poll_wait_ms: 50,
            unknown_schema_wait_seconds: 30,
        }
    }
}

/// What is kept on disk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct State {
    /// A folder for files of this instance; without it all state is in memory.
    pub(crate) directory: Option<PathBuf>,
    /// About so much of it is held in memory, in MiB, 16 to 65,536.
    pub(crate) cache_mib: usize,
}

impl Default for State {
    fn default() -> Self {
        State {
            directory: None,
            cache_mib: 128,
        }
    }
}

impl State {
    /// The same for the stages.
    pub(crate) fn settings(&self) -> Option<StateSettings> {
        Some(StateSettings {
            directory: self.directory.clone()?,
            cache_bytes: self.cache_mib << 20,
        })
    }
}

/// Metrics, health and status.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    /// Address and port; port 0 picks a free one.
    pub(crate) listen: std::net::SocketAddr,
}

impl Default for Http {
    fn default() -> Self {
        Http {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 9464)),
        }
    }
}

/// Logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// `text` or `json`.
    pub(crate) format: LogFormat,
    /// A filter such as `info` or `tocsin=debug,librdkafka=warn`.
    pub(crate) filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Log {
            format: LogFormat::Text,
            filter: "info".to_owned(),
        }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

impl Config {
    /// Reads and checks a configuration.
    pub(crate) fn load(path: &Path) -> Result<Config, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(
                "config-unreadable",
                format!(
                    "cannot read the configuration {}: {error}; name another with --config, or \
                     print an example with `tocsin run --example-config`",
                    path.display()
                ),
            )
        })?;
        let env = |name: &str| std::env::var(name).ok();
        Config::parse(&text, &path.display().to_string(), &env)
    }

    /// Checks the text of a configuration; `env` answers for environment variables.
    pub(crate) fn parse(
        text: &str,
        name: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Config, Failure> {
        let mut config: Config = toml::from_str(text).map_err(|error| {
            let why = without_values(text, error);
            Failure::usage("config-invalid", format!("{name}: {why}"))
        })?;
        config
            .override_from(env)
            .and_then(|()| config.check())
            .map_err(|why| Failure::usage("config-invalid", format!("{name}: {why}")))?;
        Ok(config)
    }

    /// Secrets and what differs between instances come from the environment.
    fn override_from(&mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
        if let Some(instance) = env("TOCSIN_INSTANCE") {
            self.instance = instance;
        }
        if let Some(bootstrap) = env("TOCSIN_KAFKA_BOOTSTRAP") {
            self.kafka.bootstrap = bootstrap;
        }
        for (variable, property) in [
            ("TOCSIN_KAFKA_USERNAME", "sasl.username"),
            ("TOCSIN_KAFKA_PASSWORD", "sasl.password"),
            ("TOCSIN_KAFKA_KEY_PASSWORD", "ssl.key.password"),
            ("TOCSIN_KAFKA_KEYSTORE_PASSWORD", "ssl.keystore.password"),
        ] {
            if let Some(value) = secret(variable, env)? {
                self.kafka.properties.insert(property.to_owned(), value);
            }
        }
        if let Some(registry) = &mut self.registry {
            if let Some(url) = env("TOCSIN_REGISTRY_URL") {
                registry.url = url;
            }
            if let Some(password) = secret("TOCSIN_REGISTRY_PASSWORD", env)? {
                registry.password = Some(password);
            }
        }
        Ok(())
    }

    /// A build without TLS would say so of librdkafka's, not of tocsin's, settings.
    fn check_security(&self) -> Result<(), String> {
        let of = |key: &str| self.kafka.properties.get(key).map(|one| one.to_uppercase());
        let protocol = of("security.protocol").filter(|one| one.ends_with("SSL"));
        let mechanism = of("sasl.mechanism").or_else(|| of("sasl.mechanisms"));
        let mechanism = mechanism.filter(|one| one.starts_with("SCRAM"));
        match protocol.or(mechanism) {
            Some(what) if !cfg!(feature = "tls") => Err(format!(
                "`kafka.properties` asks for {what}, and this build has no TLS; build tocsin with \
                 `cargo build --release --features tls`"
            )),
            _ => Ok(()),
        }
    }

    /// Every topic has a name that a broker takes, and no two have the same.
    fn check_topics(&self) -> Result<(), String> {
        let inputs = Topic::INPUTS.map(Topic::name);
        for (key, name) in &self.topics {
            if !inputs.contains(&key.as_str()) {
                return Err(format!(
                    "`topics.{key}` is no input; inputs are {}",
                    inputs.join(", ")
                ));
            }
            if !word(name) || !(1..=249).contains(&name.len()) || [".", ".."].contains(&&**name) {
                return Err(format!(
                    "`topics.{key}` is no name of a topic: write 1 to 249 letters, digits, `.`, \
                     `_` and `-`"
                ));
            }
        }
        let names = TopicNames::new(&self.prefix, &self.topics);
        let mut known = BTreeMap::new();
        for topic in Topic::ALL {
            if let Some(other) = known.insert(names.name(topic), topic) {
                return Err(format!(
                    "`topics`: {} and {} are both called {}; each needs a topic of its own",
                    other.name(),
                    topic.name(),
                    names.name(topic)
                ));
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if !word(&self.prefix) {
            return Err("`prefix` may hold letters, digits, `.`, `_` and `-`".to_owned());
        }
        if self.instance.is_empty() || !word(&self.instance) {
            return Err("`instance` must be one or more letters, digits, `.`, `_` or `-`".into());
        }
        if self.kafka.bootstrap.trim().is_empty() {
            return Err("`kafka.bootstrap` is empty; write host:port".to_owned());
        }
        for key in [
            "group.id",
            "transactional.id",
            "isolation.level",
            "enable.auto.commit",
        ] {
            if self.kafka.properties.contains_key(key) {
                return Err(format!(
                    "`kafka.properties.\"{key}\"` is set by tocsin itself; remove it"
                ));
            }
        }
        self.check_security()?;
        self.kafka
            .principals
            .as_ref()
            .map_or(Ok(()), Principals::check)?;
        self.check_topics()?;
        self.registry.as_ref().map_or(Ok(()), Registry::check)?;
        if self.orders.bound.is_empty() {
            return Err(
                "`orders.bound` is empty; name the orders that bind this company, \
                        `tocsin orders list` shows them"
                    .to_owned(),
            );
        }
        if !(100..=1_000_000).contains(&self.run.batch_records) {
            return Err("`run.batch_records` must be 100 to 1000000".to_owned());
        }
        if !(1..=4_096).contains(&self.run.batch_mib) {
            return Err("`run.batch_mib` must be 1 to 4096".to_owned());
        }
        if !(1..=2_047).contains(&self.run.fetch_mib) {
            return Err("`run.fetch_mib` must be 1 to 2047".to_owned());
        }
        if self.run.commit_interval_ms > 10_000 {
            return Err("`run.commit_interval_ms` must be 0 to 10000".to_owned());
        }
        if !(1..=10_000).contains(&self.run.poll_wait_ms) {
            return Err("`run.poll_wait_ms` must be 1 to 10000".to_owned());
        }
        if !(16..=65_536).contains(&self.state.cache_mib) {
            return Err("`state.cache_mib` must be 16 to 65536".to_owned());
        }
        if !(1..=365).contains(&self.judgement.reasonable_time_days) {
            return Err("`judgement.reasonable_time_days` must be 1 to 365".to_owned());
        }
        if self.judgement.patience_seconds > 86_400 {
            return Err("`judgement.patience_seconds` must be 0 to 86400".to_owned());
        }
        Ok(())
    }
}

/// Whether a broker takes it as a part of a name; also nothing at all, which adds nothing to it.
pub(crate) fn word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.chars().all(fits)
}

/// What is wrong with the text of a configuration: line, column, message and key, and never what
/// stands on the line. It may be a secret, above all where a key is mistyped.
fn without_values(text: &str, mut error: toml::de::Error) -> String {
    let mut why = String::new();
    if let Some(span) = error.span() {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |one| one.chars().count())
            + 1;
        why = format!("line {line}, column {column}: ");
    }
    why.push_str(&without_value(error.message()));
    // Without the text the error shows its message, then the key, and nothing else.
    error.set_input(None);
    let shown = error.to_string();
    let key = shown.get(error.message().len()..).unwrap_or_default();
    if !key.trim().is_empty() {
        why.push(' ');
        why.push_str(key.trim());
    }
    why
}

/// The message without the value that was found: serde quotes it before what was expected.
fn without_value(message: &str) -> String {
    let quotes_a_value = ["invalid type: ", "invalid value: ", "unknown variant "]
        .iter()
        .any(|begin| message.starts_with(begin));
    if message.starts_with("invalid socket address") {
        return format!("{message}, expected an address and a port such as 127.0.0.1:9464");
    }
    if !quotes_a_value {
        return message.to_owned();
    }
    let (found, expected) = message.rsplit_once(", expected ").unwrap_or((message, ""));
    let found = found
        .split(['"', '`'])
        .next()
        .unwrap_or_default()
        .trim_end();
    match expected {
        "" => found.to_owned(),
        "u32" | "u64" | "usize" => format!("{found}, expected a whole number, 0 or more"),
        expected => format!("{found}, expected {expected}"),
    }
}

/// A secret from the variable itself, or from the file that the variable with `_FILE` behind its
/// name names, as secrets are mounted into containers. One line break at the end is not part of it.
fn secret(variable: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    let in_file = format!("{variable}_FILE");
    match (env(variable), env(&in_file)) {
        (Some(_), Some(_)) => Err(format!(
            "{variable} and {in_file} are both set; unset one of them"
        )),
        (direct, None) => Ok(direct),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(&path)
                .map_err(|why| format!("{in_file} names {path}, which cannot be read: {why}"))?;
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                return Err(format!("{in_file} names {path}, which is empty"));
            }
            Ok(Some(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, "tocsin.toml", &|_| None).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_example_is_valid_and_shows_every_default() {
        let config = parse(EXAMPLE).expect("the example parses");
        assert_eq!(
            config.run.batch_records,
            RunSettings::default().batch_records
        );
        assert_eq!(config.http.listen, Http::default().listen);
    }

    #[test]
    fn errors_name_the_key() {
        let with = |extra: &str| {
            parse(&format!(
                "[kafka]\nbootstrap = \"b:9092\"\n[orders]\nbound = [\"x\"]\n{extra}"
            ))
            .expect_err("is refused")
        };
        assert!(with("[run]\nbatch_records = 1\n").contains("run.batch_records"));
        assert!(with("[run]\nbatch_recods = 1000\n").contains("batch_recods"));
        assert!(with("[start]\naccess-events = \"soon\"\n").contains("earliest"));
        assert!(with("[topics]\nfindings = \"f\"\n").contains("topics.findings"));
        let closed = "[judgement]\nclosures = [{ on = \"soon\", why = \"x\" }]\n";
        assert!(with(closed).contains("closures"));
    }

    #[test]
    fn an_error_says_what_would_be_right() {
        let begin = "[kafka]\nbootstrap = \"b:9092\"\n[orders]\nbound = [\"x\"]\n";
        for (wrong, key, right) in [
            ("[registry]\nurl = \"r:8081\"", "registry.url", "http://"),
            ("[registry]\nurl = \"http://\"", "registry.url", "http://"),
            (
                "[registry]\nurl = \"http://r\"\npassword = \"hunter2\"",
                "registry.password",
                "registry.username",
            ),
            ("[topics]\ngrants = \"\"", "topics.grants", "1 to 249"),
            ("[topics]\ngrants = \"a b\"", "topics.grants", "1 to 249"),
            (
                "[topics]\ngrants = \"breach-events\"",
                "breach-events and grants",
                "a topic of its own",
            ),
            (
                "[topics]\ngrants = \"findings\"",
                "grants and findings",
                "a topic of its own",
            ),
            (
                "[run]\nbatch_records = \"many\"",
                "run.batch_records",
                "a whole number",
            ),
            (
                "[judgement]\npatience_seconds = -1",
                "patience_seconds",
                "a whole number",
            ),
            ("[http]\nlisten = \"here\"", "http.listen", "127.0.0.1:9464"),
        ] {
            let said = parse(&format!("{begin}{wrong}\n")).expect_err("is refused");
            assert!(
                said.contains(key) && said.contains(right),
                "{wrong}: {said}"
            );
            assert!(!said.contains("hunter2"), "{said}");
        }
        let swapped = "[topics]\ngrants = \"accounts\"\naccounts = \"grants\"\n";
        assert!(parse(&format!("{begin}{swapped}")).is_ok());
    }

    #[test]
    fn an_error_names_place_and_key_and_never_shows_a_value() {
        let begin = "[kafka]\nbootstrap = \"b:9092\"\n[orders]\nbound = [\"x\"]\n";
        for (wrong, names) in [
            (
                "[registry]\nurl = \"r\"\npasswort = \"hunter2\"",
                "passwort",
            ),
            (
                "[registry]\nurl = \"r\"\npassword = [\"hunter2\"]",
                "password",
            ),
            (
                "[registry]\nurl = \"r\"\npassword = { a = \"hunter2\" }",
                "password",
            ),
            (
                "[kafka.properties]\n\n\"sasl.password\" = [\"hunter2\"]",
                "sasl.password",
            ),
            ("[log]\n\nformat = \"hunter2\"", "`text` or `json`"),
            (
                "[run]\n\nbatch_records = \"hunter2, expected `\"",
                "run.batch_records",
            ),
            (
                "[start]\n\naccess-events = \"hunter2\"",
                "start.access-events",
            ),
            ("[http]\n\nlisten = \"hunter2\"", "http.listen"),
            ("[registry]\nurl = \"r\"\npassword = \"hunter2", ""),
            ("[registry]\nurl = \"r\"\npassword hunter2", ""),
            ("[registry]\nurl = \"r\"\npassword = hunter2", ""),
        ] {
            let said = parse(&format!("{begin}{wrong}\n")).expect_err("is refused");
            assert!(!said.contains("hunter2"), "{said}");
            assert!(said.contains(names), "{names}: {said}");
            // Where the text is no TOML, the place is where reading broke off.
            let line = if names.is_empty() {
                "line "
            } else {
                "line 7, "
            };
            assert!(said.contains(&format!("tocsin.toml: {line}")), "{said}");
        }
    }

    #[test]
    fn secrets_come_from_the_environment_and_do_not_print() {
        let text = "[kafka]\nbootstrap = \"b:9092\"\n[orders]\nbound = [\"x\"]\n\
                    [registry]\nurl = \"http://r\"\nusername = \"u\"\n";
        let env = |name: &str| (name.ends_with("_PASSWORD")).then(|| "hunter2".to_owned());
        let config = Config::parse(text, "t", &env).expect("valid");
        assert_eq!(
            config
                .kafka
                .properties
                .get("sasl.password")
                .map(String::as_str),
            Some("hunter2")
        );
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn secrets_come_from_files_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let (path, empty) = (folder.path().join("secret"), folder.path().join("empty"));
        std::fs::write(&path, "hunter2\n").unwrap();
        std::fs::write(&empty, "\n").unwrap();
        let text = "[kafka]\nbootstrap = \"b:9092\"\n[orders]\nbound = [\"x\"]\n";
        let with = |set: &[(&str, &std::path::Path)]| {
            let env = |name: &str| {
                let found = set.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| value.display().to_string())
            };
            Config::parse(text, "t", &env)
        };
        let file = "TOCSIN_KAFKA_PASSWORD_FILE";
        let config = with(&[(file, &path)]).unwrap();
        assert_eq!(config.kafka.properties["sasl.password"], "hunter2");
        let both = with(&[(file, &path), ("TOCSIN_KAFKA_PASSWORD", &path)]).unwrap_err();
        assert!(both.message.contains("both set"), "{both}");
        for (wrong, why) in [
            (&empty, "empty"),
            (&folder.path().join("no"), "cannot be read"),
        ] {
            let said = with(&[(file, wrong)]).unwrap_err();
            assert!(
                said.message.contains(why) && said.message.contains(file),
                "{said}"
            );
            assert_eq!(said.exit, 64);
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_build_without_tls_says_how_to_get_one_with_it() {
        for line in [
            "\"security.protocol\" = \"sasl_ssl\"",
            "\"sasl.mechanism\" = \"SCRAM-SHA-512\"",
        ] {
            let text = format!(
                "[kafka]\nbootstrap = \"b:9092\"\n[kafka.properties]\n{line}\n\
                 [orders]\nbound = [\"x\"]\n"
            );
            let said = Config::parse(&text, "t", &|_| None).unwrap_err();
            assert!(said.message.contains("--features tls"), "{said}");
        }
    }
}
