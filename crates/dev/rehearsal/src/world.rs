//! A small world from a seed: a handful of accounts, actors and matters, with accesses, grants,
//! reports and statements that contradict each other, each as one fact.

use crate::seeded::Seeded;
use facts::{Access, Account, BreachEvent, Decision, Grant};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One record that comes from outside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// On access-events.
    Access(Box<Access>),
    /// On grants.
    Grant(Box<Grant>),
    /// On accounts.
    Account(Box<Account>),
    /// On breach-events.
    Breach(Box<BreachEvent>),
    /// On decisions.
    Decision(Box<Decision>),
    /// Bytes that nobody can read, on this topic under this key.
    Junk(&'static str, String),
}

const STAFF: [(&str, &str); 4] = [
    ("emp-1", "employee"),
    ("emp-2", "employee"),
    ("ctr-1", "contractor"),
    ("ptn-1", "third_party"),
];
const SERVICE: &str = "svc-1";
const ACCOUNTS: [&str; 5] = ["a1", "a2", "a3", "a4", "a5"];
const SESSIONS: [&str; 3] = ["s1", "s2", "s3"];
const NETWORKS: [&str; 2] = ["203.0.113", "198.51.100"];
const MATTERS: [&str; 3] = ["M-1", "M-2", "M-3"];
const REPORT_IDS: usize = 14;

fn instant(seeded: &mut Seeded, days: std::ops::Range<usize>) -> String {
    let day = days.start + seeded.below(days.len());
    let (month, day) = (6 + day / 28, 1 + day % 28);
    let hour = seeded.below(24);
    format!("2025-{month:02}-{day:02}T{hour:02}:00:00Z")
}

fn some_of(seeded: &mut Seeded, from: &[&str], most: usize) -> Value {
    let count = seeded.below(most + 1);
    let mut all: Vec<&str> = (0..count).map(|_| seeded.pick(from)).collect();
    all.sort_unstable();
    all.dedup();
    json!(all)
}

fn yes_no(seeded: &mut Seeded) -> Value {
    [json!("yes"), json!("no"), Value::Null][seeded.below(3)].clone()
}

/// The facts of one seed. `orders` bind.
pub(crate) fn world(seeded: &mut Seeded, orders: &[String]) -> Vec<Fact> {
    // Of its own numbers, so that every other seed stays what it was.
    let mut apart = Seeded::new(seeded.clone().next());
    let mut made = Made {
        seeded,
        facts: Vec::new(),
        order: orders.first().cloned().unwrap_or_default(),
    };
    made.accesses();
    made.grants();
    made.accounts();
    made.reports();
    made.junk();
    if apart.percent(12) {
        made.excused(&mut apart);
    }
    made.facts
}

struct Made<'a> {
    seeded: &'a mut Seeded,
    facts: Vec<Fact>,
    order: String,
}

impl Made<'_> {
    fn accesses(&mut self) {
        for number in 0..4 + self.seeded.below(14) {
            self.access(number);
        }
        if self.seeded.percent(25) {
            // Somebody goes from door to door: enough for a threshold.
            for number in 0..11 {
                let at = instant(self.seeded, 3..6);
                let access = json!({"id": format!("door-{number}"), "at": at, "actor": "emp-1",
                    "actor_kind": "employee", "action": "view", "outcome": "succeeded",
                    "information": "home_security_recording", "account": format!("d{number}"),
                    "resource": format!("rd{number}"), "visibility": "private",
                    "encrypted": "no"});
                self.put_access(access);
            }
        }
    }

    /// Somebody of whom nothing else is on record looked at many accounts, as who may for a reason,
    /// and every basis is said to be on record; then some for them come after all.
    fn excused(&mut self, seeded: &mut Seeded) {
        let accounts: Vec<String> = (0..11).map(|number| format!("e{number}")).collect();
        for account in &accounts {
            let access = json!({"id": format!("excused-{account}"), "at": instant(seeded, 7..9),
                "actor": "emp-3", "actor_kind": "employee", "action": "view",
                "outcome": "succeeded", "information": "home_security_recording",
                "account": account, "visibility": "private", "encrypted": "no"});
            self.put_access(access);
        }
        self.put_grant(&json!({"id": "g-all", "kind": "complete",
            "recorded_at": instant(seeded, 28..30), "until": "2025-06-28T00:00:00Z",
            "of": ["consent", "submission", "support_case", "legal_process",
                "illegal_activity", "legal_rights", "harm_prevention", "duty"]}));
        for kind in ["attestation", "training"] {
            let begin = "2025-06-01T00:00:00Z";
            self.put_grant(
                &json!({"id": format!("g-{kind}"), "kind": kind, "recorded_at": begin,
                "from": begin, "actors": ["emp-3"]}),
            );
        }
        let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
        for number in 0..1 + seeded.below(4) {
            let every = seeded.percent(60);
            self.put_grant(&json!({"id": format!("g-late-{number}"), "kind": "consent",
                "recorded_at": instant(seeded, 30..40), "from": instant(seeded, 0..3),
                "actors": ["emp-3"],
                "accounts": if every { json!(accounts) } else { some_of(seeded, &accounts, 9) }}));
        }
        // Some of these accounts are no homes.
        for number in 0..seeded.below(4) {
            let account = json!({"id": format!("acct-demo-{number}"),
                "account": seeded.pick(&accounts), "recorded_at": instant(seeded, 0..27),
                "residential": yes_no(seeded)});
            self.put_account(account);
        }
    }

    fn access(&mut self, number: usize) {
        let seeded = &mut *self.seeded;
        let account = seeded.pick(&ACCOUNTS);
        let net = seeded.pick(&NETWORKS);
        let outcome = [
            Some("succeeded"),
            Some("succeeded"),
            Some("succeeded"),
            Some("denied"),
            None,
        ];
        let mut access = json!({"id": format!("x-{number}"), "at": instant(seeded, 0..27),
            "action": seeded.pick(&["view", "view", "view", "download", "share", "list",
                "authenticate"]),
            "outcome": outcome.get(seeded.below(5)),
            "information": seeded.pick(&["home_security_recording", "home_security_recording",
                "home_security_recording", "voice_recording", "profile"]),
            "account": account, "resource": format!("r{}", seeded.below(6)),
            "device": format!("cam-{account}"), "visibility": "private",
            "encrypted": yes_no(seeded), "source_address": format!("{net}.{}", seeded.below(4))});
        if seeded.percent(60) {
            access["session"] = json!(seeded.pick(&SESSIONS));
        }
        if seeded.percent(10) {
            access["until"] = json!("2025-06-28T12:00:00Z");
        }
        match seeded.below(20) {
            0..=6 => {
                access["actor_kind"] = json!("customer");
                access["actor"] = json!(format!("user-{account}"));
                access["actor_account"] = json!(account);
            }
            7..=8 => {
                access["actor_kind"] = json!("customer");
                access["actor"] = json!("user-a1");
                access["actor_account"] = json!("a1");
            }
            9..=11 => {
                access["actor_kind"] = json!("service");
                access["actor"] = json!(SERVICE);
            }
            12 => {}
            _ => {
                let (actor, kind) = STAFF[seeded.below(STAFF.len())];
                access["actor"] = json!(actor);
                access["actor_kind"] = json!(kind);
                if seeded.percent(20) {
                    access["basis"] = json!({"kind": "support_case", "reference": "C-1"});
                }
            }
        }
        let other = seeded.percent(20).then(|| restated(seeded, &access));
        self.put_access(access);
        if let Some(other) = other {
            self.put_access(other);
        }
    }

    fn grants(&mut self) {
        for number in 0..self.seeded.below(7) {
            let seeded = &mut *self.seeded;
            let kind = seeded.pick(&[
                "support_case",
                "support_case",
                "consent",
                "legal_process",
                "attestation",
                "attestation",
                "training",
                "training",
            ]);
            let actors = some_of(seeded, &["emp-1", "emp-2", "ctr-1", "ptn-1"], 3);
            let mut grant = json!({"id": format!("g-{number}"), "kind": kind,
                "recorded_at": instant(seeded, 0..40), "from": instant(seeded, 0..14),
                "actors": actors});
            if !matches!(kind, "attestation" | "training") {
                grant["accounts"] = some_of(seeded, &ACCOUNTS, 3);
            }
            if seeded.percent(30) {
                grant["until"] = json!(instant(seeded, 14..27));
            }
            self.put_grant(&grant);
            if self.seeded.percent(20) {
                grant["revoked_at"] = json!(instant(self.seeded, 7..20));
                self.put_grant(&grant);
            }
        }
        if self.seeded.percent(60) {
            let mut duty = json!({"id": "g-duty", "kind": "duty", "actors": [SERVICE],
                "recorded_at": instant(self.seeded, 0..27), "from": instant(self.seeded, 0..3)});
            self.put_grant(&duty);
            if self.seeded.percent(40) {
                duty["revoked_at"] = json!(instant(self.seeded, 3..20));
                self.put_grant(&duty);
            }
        }
        if self.seeded.percent(25) {
            let complete = json!({"id": "g-complete", "kind": "complete",
                "recorded_at": instant(self.seeded, 30..40), "until": "2025-06-28T00:00:00Z",
                "of": ["consent", "submission", "support_case", "legal_process",
                    "illegal_activity", "legal_rights", "harm_prevention", "duty"]});
            self.put_grant(&complete);
        }
    }

    fn accounts(&mut self) {
        for number in 0..self.seeded.below(6) {
            let seeded = &mut *self.seeded;
            let account = json!({"id": format!("acct-{number}"), "account": seeded.pick(&ACCOUNTS),
                "recorded_at": instant(seeded, 0..27),
                "consumers": some_of(seeded, &["p1", "p2", "p3"], 2),
                "residence": seeded.pick(&["US-CA", "US", "CA"])});
            self.put_account(account);
        }
    }

    fn put_account(&mut self, account: Value) {
        if let Ok(account) = serde_json::from_value::<Account>(account)
            && account.fault().is_none()
        {
            self.facts.push(Fact::Account(Box::new(account)));
        }
    }

    fn reports(&mut self) {
        for number in 0..2 + self.seeded.below(9) {
            let report = self.report();
            let matter = self.seeded.pick(&MATTERS);
            let id = format!("br-{number}");
            self.put_report(&id, matter, &report);
            if self.seeded.percent(15) {
                // Another statement of the same record: a contradiction, or more that is known.
                let other = self.report();
                let (other, matter) = match self.seeded.below(3) {
                    0 => (other, matter),
                    1 => (report, self.seeded.pick(&MATTERS)),
                    _ => (report, matter),
                };
                self.put_report(&id, matter, &other);
            }
        }
        if self.seeded.percent(40) {
            self.whole_file();
        }
    }

    /// All that a notice of one matter needs.
    fn whole_file(&mut self) {
        let matter = "M-1";
        let judged = json!({"kind": "judgement", "authority": "unauthorised",
            "ground": "established", "from": "2025-06-01T00:00:00Z",
            "until": "2025-07-01T00:00:00Z", "actors": ["emp-1"]});
        self.put_report("wf-judgement", matter, &judged);
        if self.seeded.percent(60) {
            let exposure = json!({"kind": "exposure", "information": "home_security_recording",
                "from": "2025-06-02T00:00:00Z", "until": "2025-06-03T00:00:00Z",
                "count": {"at_least": 81, "at_most": 81},
                "consumers": {"at_least": 81, "at_most": 90},
                "acts": {"accessed": "yes"}, "encrypted": "no", "visibility": "private",
                "ground": "established"});
            self.put_report("wf-exposure", matter, &exposure);
        }
        let found = json!({"kind": "milestone", "name": "discovered",
            "at": "2025-07-02T10:00:00Z"});
        self.put_report("wf-discovered", matter, &found);
        let no_notice = json!({"kind": "milestone", "name": "no_notice_needed",
            "at": "2025-07-05T10:00:00Z"});
        self.put_report("wf-no-notice", matter, &no_notice);
        for item in [
            "facts",
            "cause",
            "remediation",
            "protection",
            "consumer_protection",
            "contact",
        ] {
            let statement = json!({"kind": "statement", "item": item,
                "text": format!("Responders wrote this about {item}."),
                "at": "2025-07-03T10:00:00Z"});
            self.put_report(&format!("wf-{item}"), matter, &statement);
        }
    }

    fn report(&mut self) -> Value {
        let order = self.order.clone();
        let seeded = &mut *self.seeded;
        match seeded.below(20) {
            0..=4 => sought(seeded, "indicator"),
            5..=7 => {
                let mut report = sought(seeded, "judgement");
                report["authority"] = json!(seeded.pick(&["unauthorised", "authorised"]));
                report["ground"] = json!(seeded.pick(&["established", "believed"]));
                report
            }
            8 => json!({"kind": "exposure", "information": "home_security_recording",
                "from": instant(seeded, 0..5), "until": instant(seeded, 6..9),
                "accounts": some_of(seeded, &ACCOUNTS, 3), "acts": {"accessed": "yes"},
                "encrypted": yes_no(seeded), "visibility": "private",
                "ground": seeded.pick(&["established", "believed"])}),
            9..=10 => json!({"kind": "milestone", "at": instant(seeded, 28..50),
                "name": seeded.pick(&["discovered", "contained", "no_notice_needed",
                    "investigation_completed"])}),
            11 => json!({"kind": "government_notice", "authority": "A State's attorney general",
                "level": "state", "country": "US", "required": yes_no(seeded),
                "at": instant(seeded, 30..50)}),
            12 => json!({"kind": "tally", "unit": "accounts", "at_most": seeded.below(9)}),
            13..=14 => json!({"kind": seeded.pick(&["join", "join", "part"]),
                "matters": some_of(seeded, &MATTERS, 2),
                "actors": some_of(seeded, &["emp-1", "emp-2"], 1)}),
            15 => json!({"kind": "key", "taken": yes_no(seeded)}),
            16 => json!({"kind": "noncompliance", "order": order, "provision": "I",
                "text": "Something was not done.", "from": instant(seeded, 0..9)}),
            _ => retraction(seeded),
        }
    }

    fn junk(&mut self) {
        if !self.seeded.percent(35) {
            return;
        }
        for number in 0..1 + self.seeded.below(3) {
            let topic = self.seeded.pick(&[
                "access-events",
                "access-events",
                "access-events",
                "breach-events",
                "grants",
                "decisions",
            ]);
            let key = format!("junk-{number}-{}", self.seeded.below(9));
            self.facts.push(Fact::Junk(topic, key));
        }
    }

    fn put_access(&mut self, access: Value) {
        if let Ok(access) = serde_json::from_value::<Access>(access)
            && access.fault().is_none()
        {
            self.facts.push(Fact::Access(Box::new(access)));
        }
    }

    fn put_grant(&mut self, grant: &Value) {
        if let Ok(grant) = serde_json::from_value::<Grant>(grant.clone())
            && grant.fault().is_none()
        {
            self.facts.push(Fact::Grant(Box::new(grant)));
        }
    }

    fn put_report(&mut self, id: &str, matter: &str, report: &Value) {
        let event = json!({"id": id, "matter": matter, "by": "responder-1",
            "recorded_at": instant(self.seeded, 28..50), "report": report});
        if let Ok(event) = serde_json::from_value::<BreachEvent>(event)
            && event.fault().is_none()
        {
            self.facts.push(Fact::Breach(Box::new(event)));
        }
    }
}

/// Another statement of the same access by the same actor on the same account, that differs in
/// nothing by which a selector finds it. One that does (another session) is a known gap: screen and
/// scope pass on only the statements that are sought, so verify does not see the contradiction.
fn restated(seeded: &mut Seeded, access: &Value) -> Value {
    let mut other = access.clone();
    let (member, value) = match seeded.below(4) {
        0 => ("encrypted", yes_no(seeded)),
        1 => ("outcome", json!(seeded.pick(&["succeeded", "denied"]))),
        2 => ("resource", json!("r9")),
        _ => ("visibility", Value::Null),
    };
    other[member] = value;
    other
}

fn sought(seeded: &mut Seeded, kind: &str) -> Value {
    let mut report = json!({"kind": kind, "from": instant(seeded, 0..10),
        "until": instant(seeded, 12..27)});
    let mut lists = BTreeMap::new();
    match seeded.below(5) {
        0 => lists.insert(
            "actors",
            some_of(seeded, &["emp-1", "emp-2", "ctr-1", "svc-1"], 2),
        ),
        1 => lists.insert("accounts", some_of(seeded, &ACCOUNTS, 2)),
        2 => lists.insert("sessions", some_of(seeded, &SESSIONS, 2)),
        3 => lists.insert("source_networks", json!([format!("{}.0/24", NETWORKS[0])])),
        _ => {
            lists.insert("sessions", some_of(seeded, &SESSIONS, 2));
            lists.insert("accounts", some_of(seeded, &ACCOUNTS, 4))
        }
    };
    for (name, list) in lists {
        report[name] = list;
    }
    if kind == "indicator" {
        report["mode"] = json!(seeded.pick(&["account_takeover", "insider"]));
    }
    report
}

fn retraction(seeded: &mut Seeded) -> Value {
    match seeded.below(6) {
        0 => json!({"kind": "retraction", "of": format!("g-{}", seeded.below(6)),
            "topic": "grants"}),
        1 => json!({"kind": "retraction", "of": "g-duty", "topic": "grants"}),
        2 => json!({"kind": "retraction", "of": format!("x-{}", seeded.below(12)),
            "topic": "access-events"}),
        _ => json!({"kind": "retraction", "of": format!("br-{}", seeded.below(REPORT_IDS))}),
    }
}

impl Fact {
    /// The fact as JSON, with its topic: the world is invented, so nothing personal is shown.
    pub(crate) fn told(&self) -> String {
        match self {
            Fact::Access(one) => format!("access-events {}", facts::canonical_json(one)),
            Fact::Grant(one) => format!("grants {}", facts::canonical_json(one)),
            Fact::Account(one) => format!("accounts {}", facts::canonical_json(one)),
            Fact::Breach(one) => format!("breach-events {}", facts::canonical_json(one)),
            Fact::Decision(one) => format!("decisions {}", facts::canonical_json(one)),
            Fact::Junk(topic, key) => format!("{topic} what nobody can read, key {key}"),
        }
    }
}
