//! Facts files: what is mistyped or contradicts itself is an error, never a silent nothing.

use orders::Packs;
use serde_json::json;
use tocsin_obligation::{
    Answer, Because, Reserved, Settings, Undigested, decide, decide_each, facts_file,
};

fn message(json: &serde_json::Value) -> String {
    facts_file(&json.to_string(), &[], None)
        .expect_err("an error")
        .to_string()
}

fn determined(facts: &serde_json::Value) -> Undigested {
    let packs = Packs::embedded().expect("the packs parse");
    let order = packs
        .orders()
        .find(|order| !order.duties.is_empty() && order.register.review.is_some())
        .expect("an order with a duty");
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    decide(order, &incidents[0], &settings)
        .expect("dates in range")
        .remove(0)
}

#[test]
fn a_mistyped_member_names_the_nearest() {
    let error = message(&json!({"counts": [{"informaton": "profile", "accounts": 1}]}));
    assert!(
        error.contains("counts[0].informaton") && error.contains("`information`"),
        "{error}"
    );
    let error = message(&json!({"count": []}));
    assert!(error.contains("`counts`"), "{error}");
    // Null is no excuse for a member that does not exist.
    let error = message(&json!({"counts": [{"encripted": null, "accounts": 1}]}));
    assert!(error.contains("`encrypted`"), "{error}");
    let error = message(&json!({"breach_events": [{
        "id": "b", "matter": "M", "recorded_at": "2026-12-01T00:00:00Z",
        "report": {"kind": "government_notice", "requird": "yes"}}]}));
    assert!(error.contains("breach_events[0].report.requird"), "{error}");
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let row = r#"{"information": "profile", "accounts": 50, "accounts": 5}"#;
    for (json, member) in [
        (format!(r#"{{"counts": [{row}]}}"#), "`accounts`"),
        (r#"{"counts": [], "counts": []}"#.to_owned(), "twice"),
    ] {
        let error = facts_file(&json, &[], None)
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains(member) && error.contains("line 1"),
            "{error}"
        );
    }
    // A mark of the byte order is no error.
    assert!(facts_file("\u{feff}{\"counts\": []}", &[], None).is_ok());
}

fn report(report: serde_json::Value) -> serde_json::Value {
    json!({"id": "e", "matter": "M", "recorded_at": "2026-12-01T00:00:00Z", "report": report})
}

#[test]
fn what_is_no_number_and_what_is_no_place_is_refused() {
    let none = json!({"at_least": 9, "at_most": 3});
    let mut exposure = json!({"kind": "exposure", "information": "profile"});
    exposure["consumers"] = none.clone();
    let least = "`at_most` is less than `at_least`";
    let error = message(&json!({"breach_events": [report(exposure.clone())]}));
    assert!(error.contains(least), "{error}");
    let error = message(&json!({"counts": [{"information": "profile", "devices": none}]}));
    assert!(
        error.contains("counts[0]") && error.contains(least),
        "{error}"
    );
    exposure["consumers"] = json!({"at_least": 3});
    for place in [
        "USA",
        "us",
        "",
        "California",
        "US-ZZ",
        "US-california",
        "EU-1",
    ] {
        exposure["residence"] = place.into();
        let row = json!({"information": "profile", "residence": place, "accounts": 3});
        let account = json!({"id": "a", "account": "acct-1", "residence": place,
                             "recorded_at": "2026-12-01T00:00:00Z"});
        for facts in [
            json!({"breach_events": [report(exposure.clone())]}),
            json!({"counts": [row]}),
            json!({"accounts": [account]}),
        ] {
            let error = message(&facts);
            assert!(error.contains("`residence`"), "{place}: {error}");
        }
    }
    let mut notice = json!({"kind": "government_notice", "authority": "AG"});
    for country in ["USA", ""] {
        notice["country"] = country.into();
        let error = message(&json!({"breach_events": [report(notice.clone())]}));
        assert!(error.contains("`country`"), "{error}");
    }
}

/// The answer of the first duty of an order, and what it asks.
fn answered(order: &str, facts: &serde_json::Value) -> (Answer, Vec<String>) {
    let packs = Packs::embedded().expect("the packs parse");
    let order = packs.order(order).expect("there is such an order");
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let one = decide(order, &incidents[0], &settings)
        .expect("dates in range")
        .remove(0);
    (
        one.answer,
        one.asks.into_iter().map(|ask| ask.fact).collect(),
    )
}

#[test]
fn people_of_a_territory_may_be_of_the_united_states_under_either_of_its_codes() {
    let facts = |place: &str| {
        let notice = json!({"kind": "government_notice", "authority": "AG", "level": "state",
                            "country": "US", "required": "yes", "at": "2026-12-01T00:00:00Z"});
        json!({
            "breach_events": [report(notice)],
            "counts": [{"information": "financial", "authority": "unauthorised",
                        "ground": "established", "acts": {"accessed": "yes", "acquired": "yes"},
                        "encrypted": "no", "residence": place, "accounts": 300,
                        "consumers": 300}]})
    };
    assert_eq!(answered("equifax", &facts("US-CA")).0, Answer::Owed);
    assert_eq!(answered("equifax", &facts("GB")).0, Answer::NotOwed);
    for territory in ["PR", "US-PR", "VI", "US-VI", "GU", "AS", "MP", "UM"] {
        let (answer, asks) = answered("equifax", &facts(territory));
        assert_eq!(answer, Answer::Open, "{territory}");
        assert!(
            asks.contains(&"residence".to_owned()),
            "{territory}: {asks:?}"
        );
    }
}

#[test]
fn only_states_of_the_united_states_are_states_and_a_territory_is_one_under_both_codes() {
    let facts = |places: [&str; 2]| {
        let rows = places.map(|place| {
            json!({"information": "health_record", "authority": "unauthorised",
                   "ground": "established", "acts": {"accessed": "yes", "acquired": "yes"},
                   "encrypted": "no", "residence": place, "consumers": 300, "accounts": 300})
        });
        let capacity = json!({"kind": "circumstance", "name": "hipaa_capacity", "value": "no"});
        let found = json!({"kind": "milestone", "name": "discovered",
                           "at": "2026-12-01T00:00:00Z"});
        let mut found = report(found);
        found["id"] = "d".into();
        json!({"breach_events": [report(capacity), found], "counts": rows})
    };
    let answer = |places: [&str; 2]| {
        let packs = Packs::embedded().expect("the packs parse");
        let order = packs.order("hbnr").expect("there is such a rule");
        let facts = facts(places).to_string();
        let incidents = facts_file(&facts, &[], None).expect("the facts parse");
        let settings = Settings::new(&[]).expect("the calendar");
        let all = decide(order, &incidents[0], &settings).expect("dates in range");
        let media = |one: &Undigested| one.duty.as_deref() == Some("media-notice");
        all.into_iter()
            .find(media)
            .expect("there is such a duty")
            .answer
    };
    assert_eq!(answer(["US-CA", "US-CA"]), Answer::Owed);
    assert_eq!(answer(["US-PR", "PR"]), Answer::Owed);
    assert_eq!(answer(["US-CA", "US-NY"]), Answer::NotOwed);
    assert_eq!(answer(["CA-QC", "CA-QC"]), Answer::NotOwed);
    assert_eq!(answer(["US", "US"]), Answer::Open);
}

#[test]
fn a_notice_whose_level_and_country_contradict_each_other_is_asked_about() {
    let facts = |level: &str, country: &str| {
        let mut facts = twelve_of_unknown_encryption();
        facts["counts"][0]["encrypted"] = "no".into();
        facts["counts"][0]["acts"] = json!({"accessed": "yes"});
        facts["counts"][0]["accounts"] = json!(9);
        let notice = json!({"kind": "government_notice", "authority": "AG", "level": level,
                            "country": country, "required": "yes", "by": "respondent",
                            "at": "2026-12-01T00:00:00Z",
                            "information": ["home_security_recording"]});
        facts["breach_events"]
            .as_array_mut()
            .expect("a list")
            .push(report(notice));
        facts
    };
    assert_eq!(answered("ring", &facts("state", "us")).0, Answer::Owed);
    assert_eq!(answered("ring", &facts("foreign", "GB")).0, Answer::NotOwed);
    for (level, country) in [("state", "GB"), ("foreign", "US"), ("state", "PR")] {
        let (answer, asks) = answered("ring", &facts(level, country));
        assert_eq!(answer, Answer::Open, "{level}, {country}");
        assert!(asks.contains(&"notice_us:e".to_owned()), "{asks:?}");
    }
}

#[test]
fn what_staff_wrote_that_is_no_date_is_said_to_be_none() {
    let violated = json!({"kind": "noncompliance", "order": "betterhelp", "provision": "I",
                          "text": "x", "violated": "yes"});
    let letter = json!({"kind": "staff_direction", "order": "betterhelp", "changes": "due",
                        "to": "2027-01-20T00:00:00Z", "at": "2026-12-05T15:00:00Z"});
    let mut letter = report(letter);
    letter["id"] = "s".into();
    let facts = json!({"breach_events": [report(violated), letter]});
    let packs = Packs::embedded().expect("the packs parse");
    let order = packs.order("betterhelp").expect("there is such an order");
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let one = decide(order, &incidents[0], &settings)
        .expect("dates in range")
        .remove(0);
    let notes = one.clock.expect("it runs").notes.join("; ");
    assert!(
        notes.contains("is no date") && !notes.contains("not this duty"),
        "{notes}"
    );
}

#[test]
fn an_error_does_not_repeat_a_value() {
    let error = message(&json!({"breach_events": [{
        "id": "b", "matter": "M", "recorded_at": "the pseudonym of somebody",
        "report": {"kind": "statement", "item": "facts", "text": "x"}}]}));
    assert!(!error.contains("pseudonym"), "{error}");
}

#[test]
fn rows_of_several_matters_cannot_be_told_apart() {
    let event = |id: &str, matter: &str| {
        json!({"id": id, "matter": matter, "recorded_at": "2026-12-01T00:00:00Z",
               "report": {"kind": "milestone", "name": "discovered", "at": "2026-12-01T00:00:00Z"}})
    };
    let error = message(&json!({
        "breach_events": [event("a", "M-1"), event("b", "M-2")], "counts": [{"accounts": 9}]}));
    assert!(error.contains("join"), "{error}");
}

fn twelve_of_unknown_encryption() -> serde_json::Value {
    json!({
        "breach_events": [{"id": "d", "matter": "M", "recorded_at": "2026-12-01T00:00:00Z",
            "report": {"kind": "milestone", "name": "discovered", "at": "2026-12-01T00:00:00Z"}}],
        "counts": [{"information": "home_security_recording", "authority": "unauthorised",
            "ground": "established", "visibility": "private", "key_taken": "no", "accounts": 12}]
    })
}

fn answer(id: &str, question: &str, value: &str) -> serde_json::Value {
    json!({"id": id, "at": "2026-12-02T00:00:00Z", "by": "kim", "role": "responder", "about": "x",
           "kind": "answer", "question": question, "value": value})
}

#[test]
fn an_answer_settles_what_was_asked_and_two_that_differ_do_not() {
    let mut facts = twelve_of_unknown_encryption();
    let open = determined(&facts);
    assert_eq!(open.answer, Answer::Open);
    let ask = open
        .asks
        .iter()
        .find(|ask| ask.fact == "encrypted")
        .expect("it is asked");
    assert_eq!(ask.would["no"], Answer::Owed);
    assert_eq!(ask.would["yes"], Answer::NotOwed);

    let mut no = answer("a1", &ask.id, "no");
    no["about"] = json!(open.incident);
    facts["decisions"] = json!([no]);
    let owed = determined(&facts);
    assert_eq!(owed.answer, Answer::Owed);
    assert_eq!(owed.because.records, ["a1"]);

    let mut yes = answer("a2", &ask.id, "yes");
    yes["about"] = json!(open.incident);
    facts["decisions"] = json!([no, yes]);
    let disputed = determined(&facts);
    assert_eq!(disputed.answer, Answer::Open);
    let again = disputed
        .asks
        .iter()
        .find(|one| one.id == ask.id)
        .expect("it is asked again");
    assert!(
        again.question.contains("a1") && again.question.contains("a2"),
        "{}",
        again.question
    );

    let mut maybe = answer("a3", &ask.id, "perhaps");
    maybe["about"] = json!(open.incident);
    facts["decisions"] = json!([maybe]);
    assert_eq!(determined(&facts).answer, Answer::Open);
}

#[test]
fn counsels_reading_settles_what_was_open_and_is_shown() {
    let mut facts = twelve_of_unknown_encryption();
    facts["counts"][0]["encrypted"] = json!("no");
    facts["counts"][0]["residential"] = json!("no");
    assert_eq!(determined(&facts).answer, Answer::Open);
    let order = Packs::embedded()
        .expect("packs")
        .orders()
        .find(|order| !order.duties.is_empty() && order.register.review.is_some())
        .expect("an order")
        .slug
        .clone();
    facts["decisions"] = json!([{"id": "r1", "at": "2026-12-02T00:00:00Z", "by": "kim",
        "role": "counsel", "about": order, "kind": "reading", "order": order,
        "question": "business_cameras", "value": "by_model"}]);
    let owed = determined(&facts);
    assert_eq!(owed.answer, Answer::Owed);
    let shown = owed
        .reserved
        .iter()
        .find(|one| one.id == "business_cameras")
        .expect("it is named");
    let reading = shown.reading.as_ref().expect("counsel's reading");
    let said = "by_model (by counsel, on 2026-12-02T00:00:00Z, decision r1)";
    assert_eq!(reading.in_words(), said);
    // Who it was, an authenticated identity, stands in the decision alone.
    let mut json = serde_json::to_value(shown).expect("JSON");
    assert_eq!(json["reading"], json!(["by_model", "r1"]));
    assert_eq!(json["reading_role"], "counsel");
    assert_eq!(json["reading_at"], "2026-12-02T00:00:00Z");
    assert!(!json.to_string().contains("kim"), "{json}");
    let again: Reserved = serde_json::from_value(json.clone()).expect("as it was written");
    assert_eq!(again, *shown);
    // What was written before a reading had a date is read too.
    let members = json.as_object_mut().expect("an object");
    members.retain(|name, _| !name.starts_with("reading_"));
    let old: Reserved = serde_json::from_value(json).expect("as it once was");
    let reading = old.reading.expect("counsel's reading");
    assert_eq!(reading.in_words(), "by_model (decision r1)");
    // Another reading beside it: none is followed, and that is said.
    let mut other = facts["decisions"][0].clone();
    (other["id"], other["value"]) = (json!("r2"), json!("left_out"));
    facts["decisions"] = json!([facts["decisions"][0], other]);
    let disputed = determined(&facts);
    let mut shown = disputed.reserved.iter();
    let shown = shown.find(|one| one.id == "business_cameras");
    let shown = shown.expect("it is named");
    assert!(shown.disputed && shown.reading.is_none(), "{shown:?}");
    assert_eq!(serde_json::to_value(shown).expect("JSON")["disputed"], true);
}

#[test]
fn a_reading_counts_only_if_counsel_gave_it_and_the_pack_knows_it() {
    let mut facts = twelve_of_unknown_encryption();
    facts["counts"][0]["encrypted"] = json!("no");
    facts["counts"][0]["residential"] = json!("no");
    let before = determined(&facts);
    assert_eq!(before.answer, Answer::Open);
    let order = before.order.clone();
    let reading = |role: &str, question: &str, value: &str| {
        json!({"id": "r1", "at": "2026-12-02T00:00:00Z", "by": "kim", "role": role,
               "about": order, "kind": "reading", "order": order, "question": question,
               "value": value})
    };
    for (role, question, value, why) in [
        ("responder", "business_cameras", "by_model", "another role"),
        (
            "counsel",
            "business_cameras",
            "by_modell",
            "no such reading",
        ),
        ("counsel", "business_camera", "by_model", ""),
    ] {
        facts["decisions"] = json!([reading(role, question, value)]);
        let one = determined(&facts);
        assert_eq!(one.answer, Answer::Open, "{role}, {question}, {value}");
        let asked = |one: &Undigested| {
            let mut reserved = one.reserved.iter();
            let shown = reserved.find(|one| one.id == "business_cameras");
            shown.map(|one| (one.question.clone(), one.reading.is_some()))
        };
        let (question, is_read) = asked(&one).expect("it is named");
        assert!(!is_read && question.contains(why), "{question}");
        assert_eq!(
            question.contains("Reading r1 is not followed"),
            !why.is_empty()
        );
    }
    facts["decisions"] = json!([reading("Counsel", "business_cameras", "by_model")]);
    assert_eq!(determined(&facts).answer, Answer::Owed);
}

fn event(id: &str, report: &serde_json::Value) -> serde_json::Value {
    json!({"id": id, "matter": "M", "recorded_at": "2026-12-01T00:00:00Z", "report": report})
}

#[test]
fn a_count_names_the_reports_that_it_may_rest_on() {
    let mut facts = twelve_of_unknown_encryption();
    let exposed = |information: &str| {
        json!({"kind": "exposure", "information": information, "ground": "established",
               "acts": {"accessed": "yes"}, "encrypted": "no", "visibility": "private",
               "count": {"at_least": 12, "at_most": 12}})
    };
    let tally = json!({"kind": "tally", "unit": "accounts", "at_least": 11, "at_most": 30,
                       "ground": "established", "why": "by hand"});
    let indicator = json!({"kind": "indicator", "mode": "insider", "actors": ["e1"]});
    let judgement = json!({"kind": "judgement", "authority": "unauthorised",
                           "ground": "believed", "actors": ["e2"], "why": "asked"});
    let found = facts["breach_events"][0].clone();
    facts["breach_events"] = json!([
        found,
        event("z-store", &exposed("home_security_recording")),
        event("a-other", &exposed("payment")),
        event("t-count", &tally),
        event("i-look", &indicator),
        event("j-said", &judgement),
    ]);
    let one = determined(&facts);
    let count = counted(&one.because).expect("a node with a count and records");
    assert_eq!(count.records, ["i-look", "j-said", "t-count", "z-store"]);
    let evidence = one.because.all_records();
    assert!(evidence.contains(&"z-store".to_owned()), "{evidence:?}");
}

#[test]
fn a_date_for_the_commission_says_by_which_hour() {
    let notice = json!({"kind": "government_notice", "authority": "An Attorney General",
        "level": "state", "country": "US", "required": "yes", "at": "2026-12-04T15:00:00Z"});
    let found = json!({"kind": "milestone", "name": "discovered", "at": "2026-12-01T15:00:00Z"});
    let facts = json!({
        "breach_events": [event("d", &found), event("n", &notice)],
        "counts": [{"information": "health_record", "authority": "unauthorised",
            "ground": "established", "acts": {"accessed": "yes", "acquired": "yes"},
            "encrypted": "no", "visibility": "private", "accounts": 900, "consumers": 900,
            "residence": "US-CA"}]
    });
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let packs = Packs::embedded().expect("the packs parse");
    let mut said = std::collections::BTreeSet::new();
    for order in packs.orders() {
        for one in decide(order, &incidents[0], &settings).expect("dates in range") {
            let duty = one.duty.as_deref().and_then(|name| order.duty(name));
            let is_report = duty.is_some_and(|duty| duty.kind == orders::DutyKind::Report);
            for clock in one.clocks.iter().filter(|clock| clock.outer.is_some()) {
                let hour = |note: &&String| note.contains("5:00 p.m. Eastern");
                let hours: Vec<&String> = clock.notes.iter().filter(hour).collect();
                let rolls = ["frcp-6", "ftc-4.3"].contains(&clock.method.as_str());
                if is_report && rolls {
                    assert_eq!(hours.len(), 1, "{}: {clock:?}", order.slug);
                    assert!(hours[0].ends_with("[reading]"), "{}", hours[0]);
                    said.insert(clock.method.clone());
                } else if !rolls {
                    assert!(hours.is_empty(), "{}: {clock:?}", order.slug);
                }
            }
        }
    }
    assert_eq!(said.len(), 2, "{said:?}");
}

#[test]
fn a_tally_in_a_unit_that_nothing_is_counted_in_is_named_and_left_out() {
    let mut facts = twelve_of_unknown_encryption();
    facts["counts"][0]["encrypted"] = json!("no");
    let found = facts["breach_events"][0].clone();
    let tally = |unit: &str, at_most: u64| {
        json!({"kind": "tally", "unit": unit, "at_most": at_most,
               "ground": "established"})
    };
    facts["breach_events"] = json!([found, event("t-accounts", &tally("accounts", 30))]);
    let before = determined(&facts);
    facts["breach_events"] = json!([
        found,
        event("t-accounts", &tally("accounts", 30)),
        event("t-clients", &tally("clients", 1)),
        event("t-users", &tally("users", 3)),
    ]);
    let after = determined(&facts);
    assert_eq!(
        (after.answer, &after.counts),
        (Answer::Owed, &before.counts)
    );
    let count = counted(&after.because).expect("a node with a count and records");
    assert_eq!(count.records, ["t-accounts"]);
    let left_out = count.of.iter().find(|one| one.text.contains("left out: "));
    let left_out = left_out.expect("it is said");
    assert_eq!(left_out.records, ["t-clients", "t-users"]);
    let said = "Counts of clients and users that responders reported";
    assert!(left_out.text.starts_with(said), "{}", left_out.text);
    let count = counted(&before.because).expect("a node with a count and records");
    assert!(!count.of.iter().any(|one| one.text.contains("left out: ")));
}

/// The first node that was compared with a number and says what it rests on.
/// What a notice to an authority of recordings comes to, where `rows` were reached: the report of
/// the order, and what it asks.
fn told_of(rows: &serde_json::Value) -> Undigested {
    let notice = serde_json::json!({"kind": "government_notice", "authority": "the authority",
        "level": "state", "country": "US", "required": "yes", "at": "2026-12-02T15:00:00Z",
        "information": ["home_security_recording"]});
    let found = serde_json::json!({"kind": "milestone", "name": "discovered",
        "at": "2026-12-01T15:00:00Z"});
    determined(&serde_json::json!({
        "breach_events": [event("d", &found), event("g", &notice)], "counts": rows}))
}

#[test]
fn a_kind_is_asked_about_where_it_settles_something_and_nowhere_else() {
    let asks_kind = |one: &Undigested| one.asks.iter().any(|ask| ask.fact == "information");
    // Nothing was reached without authorization, and what was told about may be no recording.
    let mut row = serde_json::json!({"authority": "authorised", "encrypted": "yes",
        "key_taken": "no", "visibility": "private", "accounts": 3, "consumers": 3});
    let one = told_of(&serde_json::json!([row]));
    assert_eq!(one.answer, Answer::Open);
    assert!(asks_kind(&one), "{:?}", one.asks);
    let ask = one.asks.iter().find(|ask| ask.fact == "information");
    let would = &ask.expect("asked").would;
    assert_eq!(would["yes"], Answer::NotOwed);
    assert_eq!(would["no"], Answer::Owed);
    row["information"] = "home_security_recording".into();
    assert_eq!(told_of(&serde_json::json!([row])).answer, Answer::NotOwed);
    row["information"] = "credential".into();
    assert_eq!(told_of(&serde_json::json!([row])).answer, Answer::Owed);
    // A row that is left out whatever it is settles nothing beside one that may be left out.
    let one = told_of(&serde_json::json!([
        {"authority": "unauthorised", "ground": "established", "encrypted": "no",
         "visibility": "public", "accounts": 3, "consumers": 3},
        {"information": "home_security_recording", "authority": "unauthorised",
         "ground": "established", "encrypted": "yes", "visibility": "private", "accounts": 1,
         "consumers": 1}]));
    assert_eq!(one.answer, Answer::Open);
    assert!(!asks_kind(&one), "{:?}", one.asks);
    assert!(one.asks.iter().any(|ask| ask.fact == "key_taken"));
}

fn counted(node: &Because) -> Option<&Because> {
    if node.count.is_some() && !node.records.is_empty() {
        return Some(node);
    }
    node.of.iter().find_map(counted)
}

#[test]
fn why_fits_in_a_line() {
    let mut facts = twelve_of_unknown_encryption();
    facts["counts"][0]["encrypted"] = json!("yes");
    let spared = determined(&facts).in_a_line();
    assert!(
        spared.contains("0 of at least 10") && spared.contains("encrypted"),
        "{spared}"
    );
    assert!(spared.contains("(12)"), "{spared}");
}

#[test]
fn nothing_that_is_owed_is_without_a_date() {
    let access = |id: usize| {
        json!({"id": format!("x{id}"), "at": "2026-08-01T10:00:00Z", "actor": "e1",
            "actor_kind": "employee", "action": "view", "outcome": "succeeded",
            "information": "home_security_recording", "account": format!("a{id}"),
            "encrypted": "no", "visibility": "private"})
    };
    let findings: Vec<serde_json::Value> = (0..10)
        .map(|id| {
            json!({"access": access(id), "verdict": "unauthorised", "ground": "established",
                   "reason": "no_basis"})
        })
        .collect();
    // No report of anybody: the incident is the actor's, found by the findings alone.
    let owed = determined(&json!({"findings": findings}));
    assert_eq!(owed.answer, Answer::Owed);
    let reminder = owed.reminder.clone().expect("a reminder");
    assert_eq!(
        reminder.planned,
        Some("2026-08-11".parse().expect("a date"))
    );
    assert!(owed.asks.iter().any(|ask| ask.fact == "discovered"));
}

#[test]
fn a_date_that_no_text_covers_is_said_in_the_line() {
    let packs = Packs::embedded().expect("the packs parse");
    let order = packs.order("hbnr").expect("the rule");
    let settings = Settings::new(&[]).expect("the calendar");
    let lines = |year: u16| {
        let at = format!("{year}-03-02T15:00:00Z");
        let found = json!({"kind": "milestone", "name": "discovered", "at": at});
        let facts = json!({
            "breach_events": [{"id": "d", "matter": "M", "recorded_at": at, "report": found}],
            "counts": [{"information": "health_record", "authority": "unauthorised",
                        "ground": "established", "encrypted": "no", "consumers": 600}]});
        let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
        let all = decide_each(order, &incidents[0], &settings);
        let lines = all
            .iter()
            .map(|one| (one.uncovered().is_some(), one.in_a_line()));
        lines.collect::<Vec<_>>()
    };
    // The oldest text that is known is that of 2015.
    for (is_uncovered, line) in lines(2014) {
        assert!(
            is_uncovered && line.starts_with("date_uncovered: "),
            "{line}"
        );
        assert!(line.contains("2014"), "{line}");
    }
    for (is_uncovered, line) in lines(2023) {
        assert!(!is_uncovered && !line.contains("date_uncovered"), "{line}");
    }
}

#[test]
fn what_is_owed_beyond_the_calendar_says_by_which_clause() {
    let mut facts = twelve_of_unknown_encryption();
    facts["counts"][0]["encrypted"] = "no".into();
    facts["counts"][0]["information"] = "health".into();
    facts["counts"][0]["acts"] = json!({"accessed": "yes", "acquired": "yes"});
    facts["counts"][0]["consumers"] = json!(600);
    let at = "2105-12-01T15:00:00Z";
    let found = json!({"kind": "milestone", "name": "discovered", "at": at});
    facts["breach_events"] = json!([{"id": "d", "matter": "M", "recorded_at": at,
                                     "report": found}]);
    let packs = Packs::embedded().expect("the packs parse");
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let orders = packs.orders();
    let all = orders.flat_map(|order| decide_each(order, &incidents[0], &settings));
    let owed = all.filter(|one| one.answer == Answer::Owed && one.uncovered().is_some());
    let lines: Vec<String> = owed.map(|one| one.in_a_line()).collect();
    assert!(!lines.is_empty());
    for line in lines {
        let clause = line.split("date_uncovered: ").next().expect("a clause");
        assert!(clause.len() > 20 && line.contains("2105"), "{line}");
    }
}

#[test]
fn what_the_deployment_states_outranks_the_time_of_a_duty_and_that_the_time_of_its_order() {
    let packs = Packs::embedded().expect("the packs parse");
    let mut settings = Settings::new(&[]).expect("the calendar");
    let ring = packs.order("ring").expect("the order");
    let mut duty = ring.duties.first().expect("a duty").clone();
    assert_eq!(settings.window(ring, None), ring.in_force);
    duty.in_force.window.from = "2029-01-02".parse().ok();
    let own = settings.window(ring, Some(&duty));
    assert_eq!(own.from, duty.in_force.window.from);
    assert_eq!(own.until, ring.in_force.until);
    let stated = orders::Window {
        from: "2030-01-02".parse().ok(),
        until: None,
    };
    settings.windows.insert("ring".to_owned(), stated);
    assert_eq!(settings.window(ring, Some(&duty)), stated);
}
