//! The words that every notice bears, whatever the order. Source: practice of filing with the
//! Commission; the citations are of the Commission's own rules and are an engineering reading that
//! counsel confirms.

use crate::document::Kind;
use orders::DutyKind;

/// On every page of what was not released.
pub const DRAFT_BANNER: &str = "DRAFT — not released";

/// The request for confidential treatment.
pub(crate) const CONFIDENTIALITY: [&str; 2] = [
    "Confidential treatment of this report and its enclosures is requested under 16 CFR 4.9(c), \
     4.10(a)(2) and 4.10(e) and under exemption 4, and as far as it is about people exemption 6, \
     of the Freedom of Information Act; 16 CFR 4.10(g) is reserved.",
    "This report names no affected person. Annexes that would do so are offered through a secure \
     channel on request.",
];

/// What is reserved, and that the notice will be supplemented.
pub(crate) fn reservation(kind: Kind) -> Vec<String> {
    let mut lines = vec![
        "This report states facts as they are on record so far; each value says as of when and how \
         well it is known."
            .to_owned(),
    ];
    if kind != Kind::Withdrawal {
        lines.push(
            "It will be supplemented where what is on record comes to differ materially."
                .to_owned(),
        );
    }
    lines.push(
        "Nothing in it is an admission, and no privilege or protection is waived by it.".to_owned(),
    );
    lines
}

/// What those who approve a notice should know about its text.
pub(crate) fn caveats(grade: &str, caution: &str) -> Vec<String> {
    vec![
        "This draft was composed by a program. It is not legal advice; counsel decides.".to_owned(),
        format!("The text of the order rests on the evidence grade \"{grade}\": {caution}"),
    ]
}

/// Which reading of a customer's own account the figures follow.
pub(crate) fn actor_account(always_stated: bool) -> String {
    if always_stated {
        "A customer's access whose source does not state the customer's own account is taken to be \
         unexplained."
    } else {
        "A customer's access whose source does not state the customer's own account is taken to be \
         by the account's own user."
    }
    .to_owned()
}

/// The notice's name in running text: `Initial report`, `Supplement 2`, `Update 3`, `Withdrawal 1`.
pub(crate) fn kind_words(of: DutyKind, kind: Kind, ordinal: u32) -> String {
    match (kind, of) {
        (Kind::Initial, DutyKind::Report) => "Initial report".to_owned(),
        (Kind::Initial, _) => "First version".to_owned(),
        (Kind::Supplement, DutyKind::Update) => format!("Update {ordinal}"),
        (Kind::Supplement, _) => format!("Supplement {ordinal}"),
        (Kind::Withdrawal, _) => format!("Withdrawal {ordinal}"),
    }
}
