//! What a run came to, in the form in which two runs are compared: the last value of each key as
//! canonical JSON, without `source`.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use stream::{Cluster, KafkaCluster};
use wire::{Decoder, Envelope, RecordKind};

/// Documents by what names them, as canonical JSON.
pub(crate) type Documents = BTreeMap<String, String>;

/// What a run came to.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Results {
    /// By incident.
    pub(crate) incidents: Documents,
    /// By incident, order and duty.
    pub(crate) determinations: Documents,
    /// By notice.
    pub(crate) notices: Documents,
    /// By the access and the incident's name.
    pub(crate) findings: Documents,
    /// By what the source says.
    pub(crate) dead_letters: Vec<Value>,
}

impl Results {
    /// What `demo` or `replay` left in a folder.
    pub(crate) fn of_folder(folder: &Path) -> Results {
        let incidents = lines(folder, "incidents.jsonl");
        let of = |document: &Value, members: &[&str]| -> String {
            let words = members.iter().map(|member| document[*member].to_string());
            words.collect::<Vec<_>>().join("|")
        };
        let mut results = Results::default();
        for one in incidents {
            results
                .incidents
                .insert(of(&one, &["incident"]), canonical(&one));
        }
        for one in lines(folder, "determinations.jsonl") {
            let key = of(&one, &["incident", "order", "duty"]);
            results.determinations.insert(key, canonical(&one));
        }
        for mut one in lines(folder, "findings.jsonl") {
            one.as_object_mut().unwrap().remove("source");
            let key = of(&one, &["group", "access"]);
            results.findings.insert(key, canonical(&one));
        }
        for entry in std::fs::read_dir(folder.join("notices")).unwrap() {
            let path = entry.unwrap().path().join("notice.json");
            let one: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            results.notices.insert(of(&one, &["id"]), canonical(&one));
        }
        results.dead_letters = lines(folder, "dead-letters.jsonl");
        results
    }

    /// What stands on the topics of a deployment, read as `read_committed` shows it.
    pub(crate) fn of_topics(cluster: &KafkaCluster, decoder: Decoder, prefix: &str) -> Results {
        let mut topics = Topics {
            cluster,
            prefix,
            decoder,
        };
        let mut results = Results {
            incidents: topics.documents("incidents", RecordKind::Incident, &["incident"]),
            determinations: topics.documents(
                "determinations",
                RecordKind::Determination,
                &["incident", "order", "duty"],
            ),
            notices: topics.documents("notices", RecordKind::Notice, &["id"]),
            ..Results::default()
        };
        let mut incident_of = BTreeMap::new();
        for document in results.incidents.values() {
            let one: Value = serde_json::from_str(document).unwrap();
            for group in one["groups"].as_array().unwrap() {
                incident_of.insert(group.as_str().unwrap().to_owned(), one["incident"].clone());
            }
        }
        topics.each("findings", |decoder, value| {
            let one: facts::Finding = decoder.decode(RecordKind::Finding, value).unwrap();
            let outcome = one.access.outcome;
            if matches!(
                outcome,
                Some(facts::Outcome::Denied | facts::Outcome::Failed)
            ) {
                return;
            }
            let mut line = serde_json::to_value(&one).unwrap();
            let members = line.as_object_mut().unwrap();
            members.remove("source");
            let record = members.remove("access").unwrap();
            let id = record["id"].clone();
            members.insert("incident".into(), incident_of[&one.group].clone());
            let group = members["group"].to_string();
            members.insert("record".into(), record);
            let key = format!("{group}|{id}");
            members.insert("access".into(), id);
            results.findings.insert(key, canonical(&line));
        });
        topics.each("dead-letters", |decoder, value| {
            let one: facts::DeadLetter = decoder.decode(RecordKind::DeadLetter, value).unwrap();
            results
                .dead_letters
                .push(serde_json::to_value(&one).unwrap());
        });
        results
    }

    /// Two empty runs are equal and prove nothing.
    pub(crate) fn assert_worth_comparing(&self) {
        assert!(
            self.incidents.len() >= 10,
            "{} incidents",
            self.incidents.len()
        );
        assert!(self.determinations.len() > self.incidents.len());
        assert!(self.notices.len() >= 3, "{} notices", self.notices.len());
        assert!(
            self.findings.len() > 1000,
            "{} findings",
            self.findings.len()
        );
        assert!(
            self.dead_letters.is_empty(),
            "{:?}",
            self.dead_letters.first()
        );
    }

    /// Whether both came to the same; says what differs.
    ///
    /// # Panics
    /// They did not.
    pub(crate) fn assert_same(&self, expected: &Results) {
        let pairs = [
            ("incident", &self.incidents, &expected.incidents),
            (
                "determination",
                &self.determinations,
                &expected.determinations,
            ),
            ("notice", &self.notices, &expected.notices),
            ("finding", &self.findings, &expected.findings),
        ];
        let mut differs = Vec::new();
        for (what, has, wanted) in pairs {
            for key in has.keys().chain(wanted.keys()) {
                match (has.get(key), wanted.get(key)) {
                    (Some(a), Some(b)) if a == b => {}
                    (Some(a), Some(b)) => differs.push(format!("{what} {key}: {}", parting(a, b))),
                    (Some(_), None) => differs.push(format!("{what} {key} is too many")),
                    (None, _) => differs.push(format!("{what} {key} is missing")),
                }
            }
        }
        differs.dedup();
        let shown = differs[..differs.len().min(12)].join("\n");
        assert!(
            differs.is_empty(),
            "{} differences:\n{shown}",
            differs.len()
        );
    }
}

struct Topics<'a> {
    cluster: &'a KafkaCluster,
    prefix: &'a str,
    decoder: Decoder,
}

impl Topics<'_> {
    fn each(&mut self, topic: &str, mut each: impl FnMut(&mut Decoder, &[u8])) {
        let name = format!("{}{topic}", self.prefix);
        for record in stream::latest(self.cluster as &dyn Cluster, &name)
            .unwrap()
            .values()
        {
            each(&mut self.decoder, record.value.as_deref().unwrap());
        }
    }

    fn documents(&mut self, topic: &str, kind: RecordKind, members: &[&str]) -> Documents {
        let mut documents = Documents::new();
        self.each(topic, |decoder, value| {
            let one: Envelope = decoder.decode(kind, value).unwrap();
            let document: Value = serde_json::from_str(&one.document).unwrap();
            assert_eq!(canonical(&document), one.document, "canonical on the topic");
            let words = members.iter().map(|member| document[*member].to_string());
            documents.insert(words.collect::<Vec<_>>().join("|"), one.document);
        });
        documents
    }
}

/// The objects of a file of lines.
pub(crate) fn lines(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

fn canonical(value: &Value) -> String {
    facts::canonical_json(value)
}

/// The first place where two texts part, with what stands around it.
fn parting(a: &str, b: &str) -> String {
    let at = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let (from, to) = (at.saturating_sub(80), (at + 80).min(text.len()));
        String::from_utf8_lossy(&text.as_bytes()[from.min(to)..to]).into_owned()
    };
    format!("\n  has      …{}…\n  expected …{}…", around(a), around(b))
}
