//! A client of schema registries that speak Confluent's REST interface.

use crate::catalog::RecordKind;
use crate::store::SchemaSource;
use base64::Engine;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A name and a password for the registry. It has no `Debug`: it must not print.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unavailable,
    NotFound,
    Unusable,
    Incompatible,
    Refused,
}

/// Why the registry did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    kind: Kind,
    message: String,
}

impl RegistryError {
    /// It was not reached, has a fault of its own, or is not at its address: try again later.
    pub fn unavailable(message: impl Into<String>) -> RegistryError {
        RegistryError {
            kind: Kind::Unavailable,
            message: message.into(),
        }
    }

    /// It does not know the schema.
    pub fn not_found(message: impl Into<String>) -> RegistryError {
        RegistryError {
            kind: Kind::NotFound,
            message: message.into(),
        }
    }

    /// It knows the schema, which is none that can be used.
    fn unusable(message: impl Into<String>) -> RegistryError {
        RegistryError {
            kind: Kind::Unusable,
            message: message.into(),
        }
    }

    /// It refuses whatever it is asked, or is none: a person has to put it right.
    pub fn refused(message: impl Into<String>) -> RegistryError {
        RegistryError {
            kind: Kind::Refused,
            message: message.into(),
        }
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        self.kind == Kind::Unavailable
    }

    /// Whether the registry answered that it does not know the schema.
    pub fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// Whether the registry answered with a schema that nobody here can use, such as one of
    /// Protobuf.
    pub fn is_unusable(&self) -> bool {
        self.kind == Kind::Unusable
    }

    /// Whether the schema contradicts what is registered for its subject.
    pub fn is_incompatible(&self) -> bool {
        self.kind == Kind::Incompatible
    }

    /// The stable word for it.
    pub fn code(&self) -> &'static str {
        match self.kind {
            Kind::Unavailable => "registry-unavailable",
            Kind::NotFound => "avro-unknown-schema",
            Kind::Unusable => "avro-schema-invalid",
            Kind::Incompatible => "registry-incompatible",
            Kind::Refused => "registry-refused",
        }
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RegistryError {}

/// The subject under which the values of `topic` are registered (`TopicNameStrategy`).
pub fn subject(topic: &str) -> String {
    format!("{topic}-value")
}

/// No answer is longer than this, in bytes.
const MAX_ANSWER_BYTES: u64 = 4 << 20;
/// Nobody waits longer than this for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Nobody waits longer than this for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A schema registry. Clones share their connections.
#[derive(Clone)]
pub struct Registry {
    agent: ureq::Agent,
    base: String,
    authorization: Option<String>,
}

impl Registry {
    /// The registry at `base`, such as `http://registry:8081` or, for Apicurio,
    /// `http://registry:8080/apis/ccompat/v7`. Nothing is asked yet.
    pub fn new(base: &str, credentials: Option<&Credentials>) -> Registry {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_global(Some(ANSWER_LIMIT))
            .build()
            .new_agent();
        let authorization = credentials.map(|one| {
            let pair = format!("{}:{}", one.user, one.password);
            format!(
                "Basic {}",
                base64::engine::general_purpose::STANDARD.encode(pair)
            )
        });
        Registry {
            agent,
            base: base.trim_end_matches('/').to_owned(),
            authorization,
        }
    }

    /// Whether it answers: the number of its subjects.
    pub fn ping(&self) -> Result<usize, RegistryError> {
        let answer = self.get("/subjects", "listing the subjects")?;
        answer
            .as_array()
            .map(Vec::len)
            .ok_or_else(|| self.nonsense("listing the subjects"))
    }

    /// Registers `schema` for `subject` and says its id; the same schema again gives the same id.
    pub fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        let what = format!("registering a schema for the subject {subject}");
        let body = json!({ "schema": schema, "schemaType": "AVRO" });
        let path = format!("/subjects/{}/versions", encoded(subject));
        let answer = self.post(&path, &body, &what).map_err(|error| {
            if error.kind != Kind::Incompatible {
                return error;
            }
            let reasons = self.reasons(subject, schema);
            RegistryError {
                kind: Kind::Incompatible,
                message: format!("{error}{reasons}; write a compatible version, or another topic"),
            }
        })?;
        id_of(&answer).ok_or_else(|| self.nonsense(&what))
    }

    /// The text of the schema with this id.
    pub fn schema(&self, id: u32) -> Result<String, RegistryError> {
        let what = format!("fetching the schema {id}");
        // Asked for more, registries answer as if there were no such page, and not what they know.
        if i32::try_from(id).is_err() {
            let why = format!("{what}: no registry gives so great an id");
            return Err(RegistryError::not_found(why));
        }
        let answer = self.get(&format!("/schemas/ids/{id}"), &what)?;
        let kind = answer
            .get("schemaType")
            .and_then(Value::as_str)
            .unwrap_or("AVRO");
        if kind != "AVRO" {
            return Err(RegistryError::unusable(format!(
                "{what}: it is {kind} and not Avro"
            )));
        }
        if answer
            .get("references")
            .and_then(Value::as_array)
            .is_some_and(|list| !list.is_empty())
        {
            return Err(RegistryError::unusable(format!(
                "{what}: it refers to other schemas, which is not supported; register it whole"
            )));
        }
        let schema = answer.get("schema").and_then(Value::as_str);
        schema
            .map(str::to_owned)
            .ok_or_else(|| self.nonsense(&what))
    }

    /// Whether `schema` is compatible with the latest of `subject`, as its rule there says; true
    /// where the subject has none yet.
    pub fn is_compatible(&self, subject: &str, schema: &str) -> Result<bool, RegistryError> {
        match self.compatibility(subject, schema) {
            Ok(answer) => answer
                .get("is_compatible")
                .and_then(Value::as_bool)
                .ok_or_else(|| self.nonsense("checking compatibility")),
            Err(error) if error.is_not_found() => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Registers the newest schema of what stands on each of `topics` (the deployment's name of the
    /// topic, its record) and says the ids for [`crate::Framing::Confluent`].
    pub fn register_topics<'t>(
        &self,
        topics: impl IntoIterator<Item = (&'t str, RecordKind)>,
    ) -> Result<BTreeMap<RecordKind, u32>, RegistryError> {
        let mut ids = BTreeMap::new();
        for (topic, kind) in topics {
            let id = self.register(&subject(topic), kind.newest_schema())?;
            ids.entry(kind).or_insert(id);
        }
        Ok(ids)
    }

    fn compatibility(&self, subject: &str, schema: &str) -> Result<Value, RegistryError> {
        let path = format!(
            "/compatibility/subjects/{}/versions/latest?verbose=true",
            encoded(subject)
        );
        let body = json!({ "schema": schema, "schemaType": "AVRO" });
        self.post(
            &path,
            &body,
            &format!("checking a schema for the subject {subject}"),
        )
    }

    /// What the registry objects to, as far as it says.
    fn reasons(&self, subject: &str, schema: &str) -> String {
        let answer = self.compatibility(subject, schema).unwrap_or_default();
        let reasons: Vec<&str> = answer
            .get("messages")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if reasons.is_empty() {
            String::new()
        } else {
            format!(" ({})", reasons.join("; "))
        }
    }

    fn get(&self, path: &str, what: &str) -> Result<Value, RegistryError> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        request = request.header("Accept", ACCEPT);
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        self.answer(request.call(), what)
    }

    fn post(&self, path: &str, body: &Value, what: &str) -> Result<Value, RegistryError> {
        let mut request = self.agent.post(format!("{}{path}", self.base));
        request = request.header("Accept", ACCEPT).content_type(CONTENT);
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        self.answer(request.send(body.to_string()), what)
    }

    fn answer(
        &self,
        result: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        what: &str,
    ) -> Result<Value, RegistryError> {
        let mut response = result.map_err(|error| match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => RegistryError::refused(format!(
                "{what}: the registry's address {} is none: {error}",
                self.base
            )),
            error => RegistryError::unavailable(format!(
                "{what}: the registry at {} does not answer: {error}; it is tried again",
                self.base
            )),
        })?;
        let status = response.status().as_u16();
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_string()
            .map_err(|error| {
                RegistryError::unavailable(format!(
                    "{what}: the answer of the registry at {} broke off: {error}",
                    self.base
                ))
            })?;
        let value: Option<Value> = serde_json::from_str(&text).ok();
        if (200..300).contains(&status) {
            return value.ok_or_else(|| self.nonsense(what));
        }
        Err(self.failure(status, value.as_ref(), what))
    }

    fn failure(&self, status: u16, answer: Option<&Value>, what: &str) -> RegistryError {
        let said = answer
            .and_then(|value| value.get("message"))
            .and_then(Value::as_str)
            .map_or_else(String::new, |said| format!(": {said}"));
        let base = &self.base;
        // A registry says by a code of its own what it does not know: 40401 a subject, 40402 a
        // version, 40403 a schema. Without one, something else stands at this address.
        let own_code = answer
            .and_then(|value| value.get("error_code"))
            .and_then(Value::as_u64)
            .is_some_and(|code| (40_400..40_500).contains(&code));
        let (kind, advice) = match status {
            404 if own_code => (Kind::NotFound, "it does not know it"),
            404 => (
                Kind::Unavailable,
                "as if no registry were there; check the address and its path (Apicurio's ends in \
                 /apis/ccompat/v7). It is tried again",
            ),
            409 => (Kind::Incompatible, "it contradicts what is registered"),
            401 | 403 => (
                Kind::Refused,
                "it refuses; check the name and password and their rights",
            ),
            408 | 429 | 500..=599 => (
                Kind::Unavailable,
                "it has a fault of its own; it is tried again",
            ),
            _ => (
                Kind::Refused,
                "it refuses; check the address and its path, and what stands before it",
            ),
        };
        RegistryError {
            kind,
            message: format!("{what}: the registry at {base} answered {status}, {advice}{said}"),
        }
    }

    fn nonsense(&self, what: &str) -> RegistryError {
        RegistryError::refused(format!(
            "{what}: the answer from {} is none of a schema registry; check the address",
            self.base
        ))
    }
}

const ACCEPT: &str = "application/vnd.schemaregistry.v1+json, application/json";
const CONTENT: &str = "application/vnd.schemaregistry.v1+json";

impl SchemaSource for Registry {
    fn fetch(&self, id: u32) -> Result<String, RegistryError> {
        self.schema(id)
    }
}

fn id_of(answer: &Value) -> Option<u32> {
    answer
        .get("id")
        .and_then(Value::as_u64)
        .and_then(|id| u32::try_from(id).ok())
}

/// `segment` as it may stand in a path.
fn encoded(segment: &str) -> String {
    use fmt::Write;
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
