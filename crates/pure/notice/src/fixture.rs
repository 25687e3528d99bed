//! An invented order, incident and determination for tests.

use crate::*;
use facts::{
    Act, Approve, BreachEvent, Decision, Interval, Kleene, Merged, Moment, Private, Reject,
    Release, Report, Verdict, VerdictGround, Visibility, Withdraw,
};
use incident::{
    ActsKnown, Class, Discovery, Incident, Members, Overlaps, Reported, Row, Searched, Standing,
};
use obligation::{Answer, Ask, Because, Clock, Determination, PackStamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub(crate) const DIGEST_OF_COPY: &str =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(crate) fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

pub(crate) fn frame() -> Frame {
    let item = |letter: &str, asks: &str, fills: &[Fill]| ItemFrame {
        letter: letter.to_owned(),
        asks: asks.to_owned(),
        cite: Some(format!("IX.{letter}")),
        fills: fills.to_vec(),
    };
    use facts::{PerformedPart as Part, StatementItem as S};
    Frame {
        order: OrderHead {
            order: "acme".to_owned(),
            title: "In the Matter of Acme".to_owned(),
            court: Some("U.S. District Court for Testing".to_owned()),
            docket: Some("0:00-tt-00000".to_owned()),
            entered: Some("2023-01-02".parse().unwrap()),
            respondent: "Acme".to_owned(),
            pack: "p0".to_owned(),
            grade: "order".to_owned(),
        },
        duty: DutyHead {
            duty: "incident-report".to_owned(),
            title: "Incident Report".to_owned(),
            kind: orders::DutyKind::Report,
            cite: "IX".to_owned(),
            extent: Some("to the extent possible".to_owned()),
        },
        follows: None,
        zone: "America/New_York".to_owned(),
        items: vec![
            item("A", "when it occurred", &[Fill::Dates]),
            item(
                "B",
                "the facts and causes",
                &[Fill::Statement(S::Facts), Fill::Statement(S::Cause)],
            ),
            item(
                "C",
                "how many consumers",
                &[
                    Fill::Count("consumers".to_owned()),
                    Fill::Count("accounts".to_owned()),
                ],
            ),
            item(
                "D",
                "what was done",
                &[
                    Fill::Statement(S::Remediation),
                    Fill::Statement(S::Protection),
                    Fill::Statement(S::ConsumerProtection),
                    Fill::Milestones,
                    Fill::Told,
                ],
            ),
            item(
                "E",
                "representative copies",
                &[Fill::Copies {
                    country: Some("US".to_owned()),
                }],
            ),
        ],
        to: vec!["reports@agency.example".to_owned()],
        given: None,
        also: Vec::new(),
        otherwise: vec!["by overnight courier".to_owned()],
        subject: Some("FTC v. Acme Co.".to_owned()),
        placeholder: None,
        in_force_known: true,
        declaration: None,
        caveats: vec!["It is not legal advice.".to_owned()],
        readings: obligation::Readings::default(),
        contents: [("update_contents".to_owned(), "whole".to_owned())].into(),
        tells: [(None, Part::Media), (Some(Part::Media), Part::Media)]
            .map(|(part, tells)| (("media-notice".to_owned(), part), tells))
            .into(),
    }
}

fn private(prefix: &str, count: u32) -> BTreeSet<Private> {
    (0..count)
        .map(|n| Private::new(format!("{prefix}-{n:04}")))
        .collect()
}

pub(crate) fn event(id: &str, report: serde_json::Value) -> Reported {
    let record: BreachEvent = serde_json::from_value(serde_json::json!({
        "id": id, "matter": "M-7", "recorded_at": "2026-10-02T00:00:00Z", "by": "responder-kim",
        "report": report,
    }))
    .unwrap();
    Merged {
        record,
        disputed: Vec::new(),
    }
}

pub(crate) fn statement(id: &str, item: &str, text: &str) -> Reported {
    event(
        id,
        serde_json::json!({"kind": "statement", "item": item, "text": text}),
    )
}

/// Everything that a complete notice needs.
pub(crate) fn reports() -> Vec<Reported> {
    vec![
        event(
            "b-01",
            serde_json::json!({"kind": "indicator", "mode": "insider", "actors": ["emp-4711"],
                "sessions": ["sess-99121"], "source_networks": ["198.51.100.7"]}),
        ),
        event(
            "b-02",
            serde_json::json!({"kind": "milestone", "name": "contained",
                               "at": "2026-10-03T12:00:00Z"}),
        ),
        statement(
            "b-03",
            "facts",
            "A member of staff viewed recordings without a case.",
        ),
        statement("b-04", "remediation", "Access was revoked."),
        statement("b-05", "protection", "Views now need a case."),
        statement(
            "b-06",
            "consumer_protection",
            "The people were told what to do.",
        ),
        statement(
            "b-07",
            "contact",
            "Office of the General Counsel, legal@acme.example",
        ),
        event(
            "b-08",
            serde_json::json!({"kind": "consumer_notice", "at": "2026-10-05T16:00:00Z",
                "recipients": 81, "version": "1", "document": "letter"}),
        ),
        event(
            "b-09",
            serde_json::json!({"kind": "document", "name": "letter",
                "media_type": "application/pdf", "sha256": DIGEST_OF_COPY}),
        ),
    ]
}

pub(crate) fn incident() -> Incident {
    let class = Class {
        information: Some(facts::Information::HomeSecurityRecording),
        acts: ActsKnown {
            accessed: Kleene::Yes,
            acquired: Kleene::No,
            publicly_exposed: Kleene::No,
            disclosed: Kleene::No,
            accessed_or_acquired: false,
        },
        reached: Kleene::Yes,
        encrypted: Kleene::No,
        key_taken: Kleene::Unknown,
        visibility: Some(Visibility::Private),
        residential: Kleene::Yes,
        residence: Some("US-CA".to_owned()),
        disputed: false,
        by_order: BTreeMap::new(),
        otherwise: Standing {
            verdict: Verdict::Unauthorised,
            ground: Some(VerdictGround::Established),
        },
        circumstances: BTreeMap::new(),
        matters: BTreeSet::new(),
        disputed_by: BTreeSet::new(),
    };
    let members = Members::Named {
        accounts: private("acct", 81),
        consumers: private("cons", 81),
        accounts_without_consumers: BTreeSet::new(),
        resources: private("video", 200),
        without_resource: 0,
        devices: private("cam", 90),
        without_device: 0,
    };
    Incident {
        id: "inc-1".to_owned(),
        matter: Some("M-7".to_owned()),
        matters: vec!["M-7".to_owned()],
        actors: vec![Private::from("emp-4711")],
        groups: vec!["actor:emp-4711".to_owned(), "matter:M-7".to_owned()],
        times: BTreeMap::new(),
        mode: Some(facts::IndicatorMode::Insider),
        first: Some(at("2026-06-01T12:00:00Z")),
        last: Some(at("2026-08-20T12:00:00Z")),
        discovery: Discovery::Recorded {
            at: at("2026-10-01T00:00:00Z"),
        },
        rows: vec![Row { class, members }],
        overlaps: Overlaps::default(),
        attempts: 2,
        searched: Searched {
            complete: true,
            ..Searched::default()
        },
        reports: reports(),
        withdrawn: Vec::new(),
        information_by_matter: BTreeMap::new(),
        decisions: Vec::new(),
        parted_but_connected: false,
        facts_digest: "f0".to_owned(),
        without: Vec::new(),
        named: Default::default(),
        without_more: 0,
        uncounted: Vec::new(),
        uncounted_accounts: None,
    }
}

pub(crate) fn determination(answer: Answer) -> Determination {
    let counts = [("accounts", 81), ("consumers", 81)];
    Determination {
        incident: "inc-1".to_owned(),
        matter: Some("M-7".to_owned()),
        order: "acme".to_owned(),
        duty: Some("incident-report".to_owned()),
        digest: "d0".to_owned(),
        facts_digest: "f0".to_owned(),
        pack: PackStamp {
            digest: "p0".to_owned(),
            grade: "order".to_owned(),
        },
        answer,
        because: Because {
            text: "An incident that must be reported".to_owned(),
            cite: Some("Definitions".to_owned()),
            value: Kleene::Yes,
            of: vec![Because {
                text: "Ten accounts or more".to_owned(),
                cite: Some("Definitions (2)".to_owned()),
                value: Kleene::Yes,
                of: Vec::new(),
                records: vec!["b-01".to_owned(), "acc-emp-4711-1".to_owned()],
                count: Some(Interval::exactly(81)),
            }],
            records: Vec::new(),
            count: None,
        },
        texts: Vec::new(),
        near: Vec::new(),
        spared_by: Vec::new(),
        spared_by_more: 0,
        counts: counts
            .map(|(unit, n)| (unit.to_owned(), Interval::exactly(n)))
            .into(),
        clock: Some(Clock {
            limb: "10 days".to_owned(),
            cite: "Section".to_owned(),
            of: Vec::new(),
            under_text: None,
            met: None,
            anchor: "no_notice_needed".to_owned(),
            anchor_at: Some(at("2026-12-15T18:00:00Z")),
            anchor_basis: "recorded".to_owned(),
            zone: "America/New_York".to_owned(),
            method: "frcp-6".to_owned(),
            days: 10,
            planned: Some("2026-12-24".parse().unwrap()),
            outer: Some("2026-12-28".parse().unwrap()),
            notes: Vec::new(),
        }),
        clocks: Vec::new(),
        reminder: None,
        performed: Vec::new(),
        asks: Vec::new(),
        reserved: Vec::new(),
    }
}

pub(crate) fn ask() -> Ask {
    Ask {
        id: "ask-1".to_owned(),
        fact: "encrypted".to_owned(),
        question: "Were the recordings encrypted?".to_owned(),
        answer_type: "yes_no".to_owned(),
        would: BTreeMap::new(),
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        documents: BTreeSet::from([DIGEST_OF_COPY.to_owned()]),
        ..Settings::default()
    }
}

pub(crate) fn notices() -> Notices {
    Notices::from_frames([frame()], settings())
}

static COMPLETE: LazyLock<NoticeDocument> = LazyLock::new(|| {
    let (incident, determination) = (incident(), determination(Answer::Owed));
    compose(&frame(), &incident, &determination, &[], &[], &settings()).unwrap()
});

/// The complete initial notice.
pub(crate) fn complete() -> NoticeDocument {
    COMPLETE.clone()
}

/// A decision on day `day` of December 2026.
pub(crate) fn decision(id: &str, day: u8, by: &str, act: Act) -> Decision {
    Decision {
        id: id.to_owned(),
        at: at(&format!("2026-12-{day:02}T00:00:00Z")),
        by: Private::from(by),
        role: "counsel".to_owned(),
        about: "it".to_owned(),
        act,
    }
}

pub(crate) fn approve(id: &str, day: u8, by: &str, document: &NoticeDocument) -> Decision {
    let act = Approve {
        notice: document.notice.clone(),
        digest: document.digest(),
        document: document.canonical(),
        why: None,
    };
    decision(id, day, by, Act::Approve(act))
}

pub(crate) fn release(id: &str, day: u8, document: &NoticeDocument) -> Decision {
    let act = Release {
        notice: document.notice.clone(),
        digest: document.digest(),
        document: document.canonical(),
    };
    decision(id, day, "rita", Act::Release(act))
}

pub(crate) fn reject(id: &str, day: u8, by: &str, document: &NoticeDocument) -> Decision {
    let (notice, digest) = (document.notice.clone(), document.digest());
    decision(
        id,
        day,
        by,
        Act::Reject(Reject {
            notice,
            digest,
            why: None,
        }),
    )
}

pub(crate) fn withdraw(id: &str, day: u8, by: &str, document: &NoticeDocument) -> Decision {
    let notice = document.notice.clone();
    decision(id, day, by, Act::Withdraw(Withdraw { notice, why: None }))
}

pub(crate) fn revoke(id: &str, day: u8, by: &str, of: &str) -> Decision {
    decision(
        id,
        day,
        by,
        Act::Revoke(facts::Revoke {
            of: of.to_owned(),
            why: None,
        }),
    )
}

pub(crate) fn answer(id: &str, question: &str, value: &str) -> Decision {
    let act = facts::Answer {
        question: question.to_owned(),
        value: value.to_owned(),
        why: None,
    };
    decision(id, 1, "kim", Act::Answer(act))
}

/// A signature under the declaration `words` of `document`, before [`released`] releases it.
pub(crate) fn signed(document: &NoticeDocument, words: &str) -> Decision {
    let act = facts::Sign {
        notice: document.notice.clone(),
        digest: document.digest(),
        name: "Rita Roe".to_owned(),
        title: "Chief Privacy Officer".to_owned(),
        declaration: words.to_owned(),
    };
    decision("s-1", 12, "rita", Act::Sign(act))
}

/// The three decisions that release `document`.
pub(crate) fn released(document: &NoticeDocument) -> Vec<Decision> {
    vec![
        approve("d-1", 10, "ann", document),
        approve("d-2", 11, "bob", document),
        release("d-3", 12, document),
    ]
}

/// The report of `incident` called `id`.
pub(crate) fn report_mut<'a>(incident: &'a mut Incident, id: &str) -> &'a mut Report {
    let found = incident.reports.iter_mut().find(|one| one.record.id == id);
    &mut found.unwrap().record.report
}
