//! What concerns a notice as a whole: where it goes, whom to contact, and gaps outside its items.

use crate::case::Case;
use crate::compose::{ReleasedBefore, last};
use crate::document::Kind;
use crate::parts::Channel;
use crate::{statements, texts};
use facts::{Report, StaffChange, StatementItem};
use incident::Discovery;
use obligation::{Answer, CounselReading, PerformedAt};
use orders::DutyKind;

/// Where it goes; staff of the Commission may have directed otherwise in writing.
pub(crate) fn channel(case: &mut Case<'_>, kind: Kind, ordinal: u32, notice: &str) -> Channel {
    let frame = case.frame;
    let subject = subject(case);
    let mut channel = Channel {
        to: frame.to.clone(),
        given: frame.given.clone(),
        subject: subject.map(|literal| {
            let words = texts::kind_words(frame.duty.kind, kind, ordinal);
            format!("{literal} {}, {words} ({notice})", frame.duty.title)
        }),
        also: frame.also.clone(),
        otherwise: frame.otherwise.clone(),
        directed: Vec::new(),
    };
    for report in case.reports() {
        let Report::StaffDirection(direction) = &report.record.report else {
            continue;
        };
        let here = direction.order == frame.order.order
            && match &direction.duty {
                Some(duty) => *duty == frame.duty.duty,
                // Of the whole order it is about what goes to the Commission.
                None => frame.duty.kind.is_filed(),
            };
        if !here || direction.changes == StaffChange::Due {
            continue;
        }
        let id = case.discretion.record(&report.record.id);
        let to = case.discretion.masked(&direction.to);
        channel
            .directed
            .push(format!("{}: {to} ({id})", direction.changes));
        case.missing(
            None,
            &format!("direction/{id}"),
            format!(
                "staff of the Commission directed another {}: {to}",
                direction.changes
            ),
            "follow the direction by hand if it cannot be followed by mail, and record `performed`",
        );
    }
    if !frame.is_sendable() {
        case.must(
            None,
            "channel",
            "the pack names no mail address or no subject for this notice".to_owned(),
            "complete the channel of the order's pack, or record a `staff_direction` and send it \
             by hand",
        );
    }
    channel
}

/// The most characters of what people put into a subject.
const SUBJECT_CHARS_MAX: usize = 64;

/// How the subject begins. Where the source prints a placeholder there, people say what stands in
/// its place, or that it goes out as it is printed.
fn subject(case: &mut Case<'_>) -> Option<String> {
    const KEY: &str = "subject";
    let literal = case.frame.subject.as_deref()?;
    let Some(printed) = case.frame.placeholder.as_deref() else {
        return Some(literal.to_owned());
    };
    let what = format!("the source prints the placeholder \"{printed}\" in the subject");
    let fill = format!(
        "ask the Commission's staff, and answer `{}` with what stands in its place, or with `none` \
         where it goes out as it is printed",
        case.gap_id(KEY)
    );
    let given = case.answer(KEY);
    if given.is_some_and(|one| one.value == "none") {
        return Some(literal.to_owned());
    }
    let given = given.map(|one| one.words.clone());
    let fits = |words: &String| is_a_line(words) && !says_nothing(words);
    let words = given.clone().filter(fits);
    let words = words.and_then(|words| case.discretion.said(&words));
    if let Some(words) = words {
        return Some(literal.replacen(printed, &words, 1));
    }
    let unfit = match given {
        Some(words) if says_nothing(&words) => {
            "; what was answered is no number or text that could stand there"
        }
        Some(_) => "; what was answered is no short line of text, or names somebody",
        None => "",
    };
    let what = format!("{what}: what stands in its place?{unfit}");
    case.must(None, KEY, what, &fill);
    Some(literal.to_owned())
}

/// Whether it is a short line of text.
fn is_a_line(words: &str) -> bool {
    let count = words.chars().count();
    (1..=SUBJECT_CHARS_MAX).contains(&count) && !words.chars().any(char::is_control)
}

/// Whether an answer is no number and no text, but says that there is none, or nobody knows it.
fn says_nothing(words: &str) -> bool {
    const NOTHING: [&str; 14] = [
        "yes",
        "no",
        "true",
        "false",
        "none",
        "null",
        "na",
        "n a",
        "unknown",
        "not known",
        "not applicable",
        "not available",
        "not yet known",
        "pending",
    ];
    let words = words.to_lowercase();
    let parts = words.split(|sign: char| !sign.is_alphanumeric());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let said = parts.join(" ");
    said.is_empty() || NOTHING.contains(&said.as_str()) || orders::seems_to_hold_placeholder(&words)
}

pub(crate) fn contact(case: &mut Case<'_>) -> Option<String> {
    let written = statements::written(case, None, StatementItem::Contact);
    let contact = written.last().map(|entry| entry.value.clone()).or_else(|| {
        case.settings
            .contact
            .as_ref()
            .and_then(|text| case.discretion.said(text))
    });
    if contact.is_none() {
        case.must(
            None,
            "contact",
            "the notice names nobody whom the Commission can contact".to_owned(),
            "record a `statement` with item `contact`, or set the contact in the configuration",
        );
    }
    contact
}

/// The request for confidential treatment, of what goes to the Commission.
pub(crate) fn confidentiality(case: &mut Case<'_>) -> Vec<String> {
    if !case.frame.duty.kind.is_filed() {
        return Vec::new();
    }
    let mut lines: Vec<String> = texts::CONFIDENTIALITY.map(str::to_owned).to_vec();
    let written = statements::written(case, None, StatementItem::Confidentiality);
    if written.is_empty() {
        case.unknown(
            None,
            "confidentiality",
            "the request for confidential treatment gives no justification".to_owned(),
            "record a `statement` with item `confidentiality` that says which parts and why",
        );
    }
    lines.extend(written.into_iter().map(|entry| entry.value));
    lines
}

/// Notes the gaps of the notice as a whole.
pub(crate) fn note_whole(
    case: &mut Case<'_>,
    kind: Kind,
    before: &[ReleasedBefore],
    by_hand: &[&PerformedAt],
) {
    if kind != Kind::Withdrawal {
        note_contents(case);
    }
    if kind == Kind::Withdrawal {
        note_withdrawal(case, before);
    } else if case.determination.answer != Answer::Owed {
        let asks: Vec<&str> = case
            .determination
            .asks
            .iter()
            .map(|ask| ask.question.as_str())
            .collect();
        let what = format!(
            "it is not settled whether the duty is owed: {}{}",
            asks.join(" "),
            but_for(case, before)
        );
        case.must(
            None,
            "answer",
            what.trim_end_matches([' ', ':']).to_owned(),
            "answer the determination's questions",
        );
    }
    if case.frame.duty.kind == DutyKind::Update {
        note_update(case, before, by_hand);
    }
    match case.incident.discovery {
        Discovery::Recorded { .. } => {}
        Discovery::Between { .. } | Discovery::Unknown => case.unknown(
            None,
            "discovery",
            "it is not on record when the incident was discovered".to_owned(),
            "record a `milestone` with name `discovered`",
        ),
    }
    note_search(case);
    if case.incident.parted_but_connected {
        case.unknown(
            None,
            "parted",
            "cases that were parted are still connected through others and are reported as one"
                .to_owned(),
            "record a `part` for every connection, or retract the one on record",
        );
    }
    for ask in &case.determination.asks {
        let fill = format!("answer `{}` ({})", ask.id, ask.answer_type);
        case.unknown(
            None,
            &format!("ask/{}", ask.id),
            ask.question.clone(),
            &fill,
        );
    }
}

/// What a document says is drafted by the pack's working reading alone: by another one of counsel's
/// people write it.
fn note_contents(case: &mut Case<'_>) {
    let (frame, determination) = (case.frame, case.determination);
    for question in &determination.reserved {
        let id = &question.id;
        let Some(drafted) = frame.contents.get(id) else {
            continue;
        };
        let what = match &question.reading {
            Some(reading) if reading.value == *drafted => continue,
            Some(CounselReading { value, .. }) => {
                format!("counsel reads `{id}` as `{value}`, and this is drafted as `{drafted}`")
            }
            None if question.disputed => {
                format!("counsel's readings of `{id}` differ, and this is drafted as `{drafted}`")
            }
            None => continue,
        };
        case.must(
            None,
            &format!("contents/{id}"),
            what,
            "write it by hand and record `performed`, or let counsel revoke the reading",
        );
    }
}

/// Says of an update where it is not compared with the last that was reported.
fn note_update(case: &mut Case<'_>, before: &[ReleasedBefore], by_hand: &[&PerformedAt]) {
    let fill = "compare with what was reported";
    let Some(last) = last(before) else {
        let what = "the report was made by hand, so what has changed since it is not shown";
        case.unknown(None, "before", what.to_owned(), fill);
        return;
    };
    if last.document.duty.kind == DutyKind::AssessorCopy {
        let what = format!(
            "the report was made by hand, so what has changed is shown since its copy, released on \
             {}",
            case.day(last.at)
        );
        case.unknown(None, "before", what, fill);
    }
    let by_hand = by_hand.iter().filter_map(|one| one.at).max();
    if let Some(at) = by_hand.filter(|at| *at > last.at) {
        let what = format!(
            "an update was made by hand on {}; what has changed is shown since {}, not since then",
            case.day(at),
            case.day(last.at)
        );
        case.unknown(None, "since", what, fill);
    }
}

/// A person must say that what was released is to be taken back.
fn note_withdrawal(case: &mut Case<'_>, before: &[ReleasedBefore]) {
    let key = withdrawal_key(before);
    if case
        .answer(&key)
        .is_some_and(|answer| answer.value == "yes")
    {
        return;
    }
    let fill = format!(
        "answer `{}` with `yes`, or with `no` to let it stand",
        case.gap_id(&key)
    );
    case.must(
        None,
        &key,
        format!(
            "by what is on record now the duty is not owed, but a notice was released: is it to be \
             withdrawn?{}",
            but_for(case, before)
        ),
        &fill,
    );
}

/// Which records took it away, and whether its law is another one since; nothing where neither is.
fn but_for(case: &Case<'_>, before: &[ReleasedBefore]) -> String {
    let named = case.determination.spared_by.iter();
    let named = named.map(|one| {
        let others = match one.together {
            0 | 1 => String::new(),
            2 => ", together with another one".to_owned(),
            many => format!(", together with {} others", many - 1),
        };
        let perhaps = match one.without {
            Answer::Owed => "",
            Answer::Open | Answer::NotOwed => ", perhaps",
        };
        let kind = one.kind.replace('_', " ");
        format!("{} ({kind}{others}{perhaps})", case.discretion.taker(one))
    });
    let named: Vec<String> = named.collect();
    let mut said = match (named.is_empty(), case.determination.spared_by_more) {
        (true, 0) => String::new(),
        (true, more) => format!(" Records that may take it away were too many to try: {more}."),
        (false, 0) => format!(" It would be owed but for {}.", named.join(", ")),
        (false, more) => format!(
            " It would be owed but for {}; there are {more} more such records, or too many to try.",
            named.join(", ")
        ),
    };
    let pack = &case.determination.pack.digest;
    if let Some(then) = last(before).map(|one| &one.document.order.pack)
        && then != pack
    {
        said.push_str(&format!(
            " The pack of the order is another one since: {} then, {} now.",
            begin(then),
            begin(pack)
        ));
    }
    said
}

/// The beginning of a digest: enough to find a pack by.
fn begin(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// The key of the question whether what was released last is to be withdrawn.
pub(crate) fn withdrawal_key(before: &[ReleasedBefore]) -> String {
    format!(
        "withdraw/{}",
        last(before)
            .map(|one| one.digest.as_str())
            .unwrap_or_default()
    )
}

fn note_search(case: &mut Case<'_>) {
    let searched = &case.incident.searched;
    if searched.complete {
        return;
    }
    let what = format!(
        "the past is not fully searched ({} searches go on, for {} a part of the past is gone, {} \
         records could not be read): figures are lower bounds",
        searched.searching.len(),
        searched.cut.len(),
        searched.holes
    );
    case.unknown(
        None,
        "search",
        what,
        "let the searches finish; search archived files, or record a `tally` with `at_most`",
    );
}
