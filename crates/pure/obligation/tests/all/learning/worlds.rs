//! Facts drawn at random, as far as they are known at first and once more of them was learnt.
//!
//! What is drawn follows the vocabulary. Learnt is what nobody knew: a member that was null, a
//! figure within the interval that was stated. What the record format gives a meaning where it is
//! absent is no unknown, and stays as it is: acts (a notice was given, or not so far; so too the
//! evidence that rebuts a presumption), `by` of a notice, `violated` of a violation, `information`
//! of a notice or a tally, whether a product is for homes, and a row of `counts` that does not say
//! what was done, which counts what was accessed or acquired; a record in a personal health record,
//! for which its class stands.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Choices that are made one after the other; when they are used up, the first of each.
pub(crate) struct Choices {
    made: Vec<u16>,
    at: usize,
}

impl Choices {
    pub(crate) fn new(made: Vec<u16>) -> Choices {
        Choices { made, at: 0 }
    }

    fn number(&mut self, below: usize) -> usize {
        let made = self.made.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(made) * below / (usize::from(u16::MAX) + 1)
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.number(list.len())].clone()
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.number(one_in) == one_in - 1
    }
}

/// A record as it is known at first, and with what was learnt.
#[derive(Clone, Default)]
struct Record {
    first: Map<String, Value>,
    then: Map<String, Value>,
}

impl Record {
    fn fixed(value: Value) -> Record {
        let Value::Object(members) = value else {
            panic!("a record is an object");
        };
        Record {
            first: members.clone(),
            then: members,
        }
    }

    /// A member that is stated, or is not, and stays so.
    fn stated(&mut self, name: &str, value: Value) {
        self.first.insert(name.to_owned(), value.clone());
        self.then.insert(name.to_owned(), value);
    }

    /// A member that nobody ever knows, that is known, or that is learnt.
    fn member(&mut self, choices: &mut Choices, name: &str, values: &[Value]) {
        let known = choices.number(4);
        let value = choices.of(values);
        if known == 1 || known == 2 {
            self.first.insert(name.to_owned(), value.clone());
        }
        if known != 0 {
            self.then.insert(name.to_owned(), value);
        }
    }

    fn maybe_stated(&mut self, choices: &mut Choices, name: &str, values: &[Value]) {
        let is_stated = choices.number(2) == 1;
        let value = choices.of(values);
        if is_stated {
            self.stated(name, value);
        }
    }

    /// A figure: unknown, within an interval, or exact; what is learnt lies within what was stated.
    fn figure(&mut self, choices: &mut Choices, name: &str, bare: bool, least: u64) {
        let figures = [
            1_u64, 0, 3, 9, 10, 11, 40, 249, 250, 251, 499, 500, 501, 600,
        ];
        let number = choices.of(&figures).max(least);
        let within =
            |at_least: u64, at_most: Option<u64>| json!({"at_least": at_least, "at_most": at_most});
        let exact = match bare && choices.chance(2) {
            true => json!(number),
            false => within(number, Some(number)),
        };
        let wide = [
            within(least, Some(number + 9)),
            within(number.saturating_sub(5).max(least), None),
            within((number / 2).max(least), Some(number + 300)),
        ];
        let wide = choices.of(&wide);
        let (first, then) = match choices.number(5) {
            0 => (None, None),
            1 | 2 => (Some(exact.clone()), Some(exact)),
            3 => (Some(wide), Some(exact)),
            _ => (None, Some(choices.of(&[exact, wide]))),
        };
        if let Some(first) = first {
            self.first.insert(name.to_owned(), first);
        }
        if let Some(then) = then {
            self.then.insert(name.to_owned(), then);
        }
    }

    fn nested(&mut self, name: &str, inner: Record) {
        self.first.insert(name.to_owned(), inner.first.into());
        self.then.insert(name.to_owned(), inner.then.into());
    }
}

/// What is drawn: one matter under every order.
#[derive(Default)]
pub(crate) struct World {
    events: Vec<(Option<Record>, Record)>,
    counts: Vec<Record>,
    findings: Vec<Record>,
    accounts: Vec<Record>,
    /// Which reading of each question counsel gave, if any.
    pub(crate) readings: usize,
    /// When every order binds this company, if it says so: first and last day.
    pub(crate) window: Option<(Option<&'static str>, Option<&'static str>)>,
    /// Whether what is learnt may contradict what was stated: two records speak of one thing.
    pub(crate) may_contradict: bool,
}

/// Instants of one matter: what was done, when it was discovered, when it was recorded.
struct Times {
    done: [&'static str; 3],
    discovered: [&'static str; 3],
    recorded: &'static str,
}

const TIMES: [Times; 2] = [
    Times {
        done: [
            "2026-10-01T09:00:00Z",
            "2026-10-09T09:00:00Z",
            "2026-09-01T09:00:00Z",
        ],
        discovered: [
            "2026-11-20T12:00:00Z",
            "2026-10-15T12:00:00Z",
            "2026-12-01T00:00:00Z",
        ],
        recorded: "2026-12-01T15:00:00Z",
    },
    // On both sides of the days on which rules changed.
    Times {
        done: [
            "2024-05-01T09:00:00Z",
            "2024-04-01T09:00:00Z",
            "2024-05-05T09:00:00Z",
        ],
        discovered: [
            "2024-05-10T12:00:00Z",
            "2024-05-13T16:00:00Z",
            "2024-07-29T16:00:00Z",
        ],
        recorded: "2024-08-15T15:00:00Z",
    },
];

fn words(list: &[&str]) -> Vec<Value> {
    list.iter().map(|word| json!(word)).collect()
}

const INFORMATION: [&str; 14] = [
    "home_security_recording",
    "health_record",
    "financial",
    "meeting_recording",
    "platform_data",
    "geolocation",
    "health",
    "voice_recording",
    "payment",
    "credential",
    "government_id",
    "contact",
    "profile",
    "other",
];

const PLACES: [&str; 5] = ["US-CA", "US", "GB", "US-PR", "US-NY"];
const YES_NO: [&str; 2] = ["yes", "no"];

fn acts(choices: &mut Choices) -> Record {
    let mut acts = Record::default();
    for act in ["accessed", "acquired", "publicly_exposed", "disclosed"] {
        acts.member(choices, act, &words(&YES_NO));
    }
    acts
}

const CIRCUMSTANCES: [&str; 12] = [
    "notice_would_be_required",
    "client_notice_required",
    "host_distributed_access",
    "public_meeting",
    "identifiable",
    "hosting_services",
    "contract_breached",
    "platform_terms_breached",
    "covered_third_party",
    "hipaa_capacity",
    "relates_to_product",
    "devices_accessed",
];

impl World {
    pub(crate) fn draw(choices: &mut Choices) -> World {
        let mut world = World {
            readings: choices.number(64),
            ..World::default()
        };
        world.may_contradict = choices.chance(2);
        world.window = choices.of(&[
            None,
            None,
            None,
            Some((Some("2026-09-15"), None)),
            Some((Some("2026-10-20"), None)),
            Some((None, Some("2026-11-01"))),
            Some((Some("2024-05-11"), Some("2026-11-20"))),
        ]);
        let times = &TIMES[usize::from(choices.chance(4))];
        let fixed = |report: Value| Record::fixed(report);
        world.put(
            times,
            fixed(json!({
            "kind": "statement", "item": "facts", "text": "something happened"})),
        );
        // What a row says of its key outranks what is said of all keys.
        let keys = choices.chance(3);
        for _ in 0..choices.number(4) {
            world.row(choices, keys);
        }
        for _ in 0..choices.number(3) {
            world.exposure(choices, times);
        }
        for number in 0..choices.number(4) {
            world.finding(choices, times, number);
        }
        for _ in 0..choices.number(3) {
            world.notice(choices, times);
        }
        world.circumstances(choices, times, keys);
        world.noncompliance(choices, times);
        world.course(choices, times);
        world.tallies(choices, times);
        world
    }

    fn put(&mut self, times: &Times, report: Record) {
        self.put_if(times, report, true);
    }

    fn put_if(&mut self, times: &Times, report: Record, at_first: bool) {
        let id = format!("b{}", self.events.len());
        let mut record = Record::fixed(json!({
            "id": id, "matter": "M", "recorded_at": times.recorded}));
        record.nested("report", report);
        self.events.push((at_first.then(|| record.clone()), record));
    }

    fn row(&mut self, choices: &mut Choices, keys: bool) {
        let mut row = Record::default();
        row.member(choices, "information", &words(&INFORMATION));
        row.member(
            choices,
            "authority",
            &words(&["unauthorised", "unauthorised", "authorised"]),
        );
        row.maybe_stated(choices, "ground", &words(&["established", "believed"]));
        row.member(choices, "encrypted", &words(&YES_NO));
        match keys {
            true => row.maybe_stated(choices, "key_taken", &words(&YES_NO)),
            false => row.member(choices, "key_taken", &words(&YES_NO)),
        }
        row.member(
            choices,
            "visibility",
            &words(&[
                "private",
                "private",
                "public",
                "shared_with_others",
                "shared_by_user",
            ]),
        );
        row.member(choices, "residence", &words(&PLACES));
        row.maybe_stated(choices, "residential", &words(&YES_NO));
        for unit in ["accounts", "consumers", "resources", "devices"] {
            // Where something was reached, that is somebody's.
            row.figure(choices, unit, true, u64::from(unit == "consumers"));
        }
        match choices.number(3) {
            0 => {}
            1 => row.nested("acts", acts(choices)),
            _ => {
                // A row that does not say counts what was accessed or acquired.
                let mut learnt = acts(choices).then;
                let act = choices.of(&["accessed", "acquired"]);
                learnt.insert(act.to_owned(), json!("yes"));
                row.then.insert("acts".to_owned(), learnt.into());
            }
        }
        if choices.chance(3) {
            let mut own = Record::default();
            let name = choices.of(&CIRCUMSTANCES);
            own.member(choices, name, &words(&YES_NO));
            row.nested("circumstances", own);
        }
        self.counts.push(row);
    }

    fn exposure(&mut self, choices: &mut Choices, times: &Times) {
        let mut one = Record::fixed(json!({"kind": "exposure"}));
        one.member(choices, "information", &words(&INFORMATION));
        one.member(choices, "from", &words(&times.done));
        let named = [json!(["a0"]), json!(["a0", "a1", "a2"])];
        one.maybe_stated(choices, "accounts", &named);
        for unit in ["count", "consumers", "resources", "devices"] {
            // Accounts are named or counted, and who is named is among those who are counted.
            match one.then.contains_key("accounts") {
                true if unit == "count" => {}
                true if unit == "consumers" => {
                    one.maybe_stated(choices, unit, &[json!({"at_least": 4, "at_most": 9})]);
                }
                true => one.figure(choices, unit, false, 4),
                // Where something was reached, that is somebody's.
                false => {
                    let of_somebody = unit == "consumers" || unit == "count";
                    one.figure(choices, unit, false, u64::from(of_somebody));
                }
            }
        }
        if choices.number(3) > 0 {
            one.nested("acts", acts(choices));
        }
        one.member(choices, "encrypted", &words(&YES_NO));
        one.maybe_stated(choices, "key", &words(&["k1", "k2"]));
        one.member(
            choices,
            "visibility",
            &words(&[
                "private",
                "private",
                "public",
                "shared_with_others",
                "shared_by_user",
            ]),
        );
        // Of accounts with names, what is on record of each stands where the exposure says nothing.
        match one.then.contains_key("accounts") {
            true => one.maybe_stated(choices, "residence", &words(&PLACES)),
            false => one.member(choices, "residence", &words(&PLACES)),
        }
        one.maybe_stated(choices, "residential", &words(&YES_NO));
        one.member(choices, "ground", &words(&["established", "believed"]));
        one.maybe_stated(choices, "party", &words(&["p1", "p2"]));
        self.put(times, one);
    }

    fn finding(&mut self, choices: &mut Choices, times: &Times, number: usize) {
        let account = choices.of(&["a0", "a1", "a2", "a3"]);
        let mut access = Record::fixed(json!({"id": format!("x{number}"), "account": account}));
        access.stated("at", json!(choices.of(&times.done)));
        access.stated("information", json!(choices.of(&INFORMATION)));
        let actions = [
            "view",
            "live_view",
            "listen",
            "read",
            "download",
            "export",
            "share",
            "list",
            "delete",
        ];
        access.stated("action", json!(choices.of(&actions)));
        access.maybe_stated(choices, "actor", &words(&["e1", "e2"]));
        access.maybe_stated(
            choices,
            "actor_kind",
            &words(&["employee", "service", "customer"]),
        );
        access.member(
            choices,
            "outcome",
            &words(&["succeeded", "succeeded", "denied", "failed"]),
        );
        access.member(choices, "encrypted", &words(&YES_NO));
        access.maybe_stated(choices, "key", &words(&["k1", "k2"]));
        access.member(
            choices,
            "visibility",
            &words(&[
                "private",
                "private",
                "public",
                "shared_with_others",
                "shared_by_user",
            ]),
        );
        access.member(choices, "resource", &words(&["r1", "r2"]));
        access.member(choices, "device", &words(&["v1", "v2"]));
        let mut finding = Record::fixed(json!({"group": "matter:M", "reason": "no_basis"}));
        finding.nested("access", access);
        let verdict = |one: &str| match one {
            "unexplained" => json!({"verdict": one}),
            ground => json!({"verdict": "unauthorised", "ground": ground}),
        };
        let then = verdict(choices.of(&["established", "believed", "unexplained"]));
        let first = match choices.chance(3) {
            true => verdict("unexplained"),
            false => then.clone(),
        };
        finding.first.extend(Record::fixed(first).first);
        finding.then.extend(Record::fixed(then).then);
        self.findings.push(finding);
        let known = |one: &Record| one.then["account"] == account;
        if !self.accounts.iter().any(known) && choices.chance(2) {
            self.account(choices, account);
        }
    }

    fn account(&mut self, choices: &mut Choices, account: &str) {
        let mut record = Record::fixed(json!({
            "id": format!("record-{account}"), "account": account,
            "recorded_at": "2024-01-01T00:00:00Z"}));
        let people = [json!(["c1"]), json!(["c1", "c2"]), json!(["c3"])];
        record.member(choices, "consumers", &people);
        record.member(choices, "residence", &words(&PLACES));
        record.maybe_stated(choices, "residential", &words(&YES_NO));
        record.maybe_stated(choices, "holder", &words(&["person", "business"]));
        record.maybe_stated(choices, "client", &words(&["client-1"]));
        self.accounts.push(record);
    }

    fn notice(&mut self, choices: &mut Choices, times: &Times) {
        let mut one = Record::fixed(json!({"kind": "government_notice"}));
        one.maybe_stated(
            choices,
            "at",
            &words(&[times.recorded, "2026-11-30T10:00:00Z"]),
        );
        one.member(choices, "country", &words(&["US", "US", "GB"]));
        one.member(choices, "required", &words(&["yes", "yes", "no"]));
        if one.then.get("country") != Some(&json!("US")) && choices.chance(4) {
            one.stated("level", json!("foreign"));
            one.first.remove("country");
            one.then.remove("country");
        }
        one.maybe_stated(choices, "by", &words(&["respondent", "client", "other"]));
        one.maybe_stated(choices, "client", &words(&["client-1"]));
        one.maybe_stated(
            choices,
            "information",
            &[
                json!(["home_security_recording"]),
                json!(["credential"]),
                json!(["health"]),
            ],
        );
        // A notice that speaks of more people than are on record contradicts the record.
        if self.may_contradict && choices.chance(2) {
            one.member(choices, "consumers", &[json!(1), json!(250), json!(600)]);
        }
        self.put(times, one);
    }

    fn circumstances(&mut self, choices: &mut Choices, times: &Times, keys: bool) {
        let mut named = BTreeSet::new();
        for _ in 0..choices.number(5) {
            let name = choices.of(&CIRCUMSTANCES);
            if named.insert(name) {
                self.circumstance(choices, times, name);
            }
        }
        if choices.chance(4) {
            // Where nobody says so, the class of information stands for it.
            let value = choices.of(&YES_NO);
            self.put(
                times,
                Record::fixed(json!({
                "kind": "circumstance", "name": "in_personal_health_record", "value": value})),
            );
        }
        // Evidence that rebuts a presumption is had or not, and contradicts an acquisition; what
        // the individuals authorised contradicts a verdict.
        if self.may_contradict && choices.chance(3) {
            let value = choices.of(&YES_NO);
            self.put(
                times,
                Record::fixed(json!({
                "kind": "circumstance", "name": "reliable_evidence_of_no_acquisition",
                "value": value})),
            );
        }
        if self.may_contradict && choices.chance(3) {
            self.circumstance(choices, times, "individual_authorised");
        }
        if keys {
            let mut key = Record::fixed(json!({"kind": "key"}));
            key.maybe_stated(choices, "keys", &[json!(["k1"]), json!(["k1", "k2"])]);
            key.member(choices, "taken", &words(&YES_NO));
            self.put(times, key);
        }
    }

    fn circumstance(&mut self, choices: &mut Choices, times: &Times, name: &str) {
        let mut one = Record::fixed(json!({"kind": "circumstance", "name": name}));
        one.member(choices, "value", &words(&YES_NO));
        match choices.number(6) {
            3 => one.stated("entity", json!("Company One")),
            4 => one.stated("party", json!("p1")),
            5 => one.stated("accounts", json!(["a0", "a1"])),
            _ => {}
        }
        let at_first = choices.number(3) != 2;
        self.put_if(times, one, at_first);
    }

    fn noncompliance(&mut self, choices: &mut Choices, times: &Times) {
        for order in ["betterhelp", "monument", "cerebral", "premom"] {
            for section in ["I.A", "II", "III"] {
                if !choices.chance(4) {
                    continue;
                }
                let mut one = Record::fixed(json!({
                    "kind": "noncompliance", "order": order, "provision": section,
                    "text": "as it was found"}));
                one.maybe_stated(choices, "violated", &words(&YES_NO));
                one.member(choices, "material", &words(&YES_NO));
                let at_first = choices.number(2) == 0;
                self.put_if(times, one, at_first);
            }
        }
    }

    fn course(&mut self, choices: &mut Choices, times: &Times) {
        let discovered = choices.of(&times.discovered);
        match choices.number(3) {
            0 => {}
            known => self.put_if(
                times,
                Record::fixed(json!({"kind": "milestone", "name": "discovered",
                                     "at": discovered})),
                known == 1,
            ),
        }
        let acts = [
            "verified",
            "determined",
            "contained",
            "response_completed",
            "should_have_known",
        ];
        for name in acts {
            if choices.chance(2) {
                let at = choices.of(&times.discovered);
                let report = json!({"kind": "milestone", "name": name, "at": at});
                self.put(times, Record::fixed(report));
            }
        }
        if choices.chance(4) {
            let mut one = Record::fixed(json!({"kind": "milestone", "name": "no_notice_needed",
                                               "at": times.recorded}));
            one.maybe_stated(
                choices,
                "basis",
                &[
                    json!({"accounts": 40}),
                    json!({"consumers": 249}),
                    json!({"information": ["credential", "contact"]}),
                ],
            );
            self.put(times, one);
        }
        if choices.chance(4) {
            let modes = [
                "account_takeover",
                "insider",
                "third_party",
                "exposed_store",
            ];
            let mode = choices.of(&modes);
            self.put(
                times,
                Record::fixed(json!({
                "kind": "indicator", "mode": mode, "accounts": ["a0"]})),
            );
        }
    }

    fn tallies(&mut self, choices: &mut Choices, times: &Times) {
        // A count of responders is left out once what is on record contradicts it.
        for _ in 0..choices.number(4).saturating_sub(1) {
            if !self.may_contradict {
                continue;
            }
            let units = [
                "accounts",
                "consumers",
                "users",
                "customers",
                "clients",
                "devices",
            ];
            let mut one = Record::fixed(json!({"kind": "tally", "unit": choices.of(&units)}));
            one.maybe_stated(choices, "information", &words(&INFORMATION));
            one.maybe_stated(choices, "residence", &words(&PLACES));
            one.maybe_stated(choices, "ground", &words(&["established", "believed"]));
            let low = choices.of(&[0_u64, 9, 10, 249, 250, 499, 500]);
            let more = choices.of(&[0_u64, 5, 1000]);
            one.member(choices, "at_least", &[json!(low)]);
            one.member(choices, "at_most", &[json!(low + more)]);
            self.put(times, one);
        }
    }

    /// The facts as they are known at first, or with what was learnt.
    pub(crate) fn facts(&self, learnt: bool) -> Value {
        let told = |record: &Record| match learnt {
            true => Value::from(record.then.clone()),
            false => Value::from(record.first.clone()),
        };
        let events: Vec<Value> = self
            .events
            .iter()
            .filter_map(|(first, then)| match learnt {
                true => Some(told(then)),
                false => first.as_ref().map(told),
            })
            .collect();
        let all = |records: &[Record]| records.iter().map(told).collect::<Vec<Value>>();
        let mut facts = json!({"breach_events": events, "accounts": all(&self.accounts),
                               "counts": all(&self.counts)});
        if !self.findings.is_empty() {
            facts["findings"] = all(&self.findings).into();
        }
        facts
    }
}
