//! Who was told and when, and a representative copy of each materially different notice.

use crate::case::Case;
use crate::document::{Entry, State};
use crate::items::plain;
use crate::parts::Enclosure;
use facts::{
    Document, GovernmentNotice, LawEnforcementRequest, Level, Moment, NotifiedBy, PerformedPart,
    Report,
};
use incident::Reported;
use std::collections::BTreeMap;

/// The value of what has no day on record.
const NO_DAY: &str = "The day is not on record.";

/// A notice that the company sent to somebody.
struct Sent {
    record: String,
    sent_to: String,
    version: Option<String>,
    /// None: its day is not on record.
    at: Option<Moment>,
    recorded_at: Moment,
    recipients: Option<u64>,
    document: Option<String>,
    /// It went to an authority of another country than the one that was asked for.
    is_elsewhere: bool,
}

/// Whether a notice surely went to an authority of another country than `country`.
fn is_elsewhere(report: &Reported, notice: &GovernmentNotice, country: &str) -> bool {
    match (&notice.country, notice.level) {
        _ if report.is_disputed("report.country") => false,
        (Some(stated), _) => !stated.eq_ignore_ascii_case(country),
        // The level is told as the United States see it.
        (None, Some(Level::Foreign)) => country.eq_ignore_ascii_case("US"),
        (None, _) => false,
    }
}

/// The notices that the company sent, oldest first. What is not on record as sent is an act that
/// has not happened: an authority without a day was not told yet, while people were told, on a day
/// that is not on record. With a `country`, those that went elsewhere are marked.
fn sent(case: &Case<'_>, country: Option<&str>) -> Vec<Sent> {
    let said = |text: &String| case.discretion.said(text);
    let mut found = Vec::new();
    for report in case.reports() {
        let one =
            match &report.record.report {
                Report::ConsumerNotice(notice) => Some(Sent {
                    record: case.discretion.record(&report.record.id),
                    sent_to: "consumers".to_owned(),
                    version: notice.version.as_ref().and_then(said),
                    at: notice.at,
                    recorded_at: report.record.recorded_at,
                    recipients: notice.recipients,
                    document: notice.document.clone(),
                    is_elsewhere: false,
                }),
                Report::GovernmentNotice(notice)
                    if matches!(notice.by, None | Some(NotifiedBy::Respondent)) =>
                {
                    notice.at.map(|at| Sent {
                        record: case.discretion.record(&report.record.id),
                        sent_to: notice.authority.as_ref().and_then(said).unwrap_or_else(|| {
                            "an authority that is not named on record".to_owned()
                        }),
                        version: notice.version.as_ref().and_then(said),
                        at: Some(at),
                        recorded_at: report.record.recorded_at,
                        recipients: None,
                        document: notice.document.clone(),
                        is_elsewhere: country
                            .is_some_and(|country| is_elsewhere(report, notice, country)),
                    })
                }
                _ => None,
            };
        found.extend(one);
    }
    found.sort_by(|a, b| (a.at, &a.record).cmp(&(b.at, &b.record)));
    found
}

/// When people and authorities were told.
pub(crate) fn told(case: &mut Case<'_>, letter: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for one in sent(case, None) {
        let recipients = one
            .recipients
            .map(|count| format!(", {count} recipients"))
            .unwrap_or_default();
        let version = one
            .version
            .as_ref()
            .map(|name| format!(", version {name}"))
            .unwrap_or_default();
        let name = format!("told/{}", one.record);
        let label = format!("Notice sent to {}", one.sent_to);
        let more = format!("{recipients}{version}");
        let mut entry = dated(
            case,
            letter,
            (&name, &label, &more),
            one.at,
            "consumer_notice",
        );
        entry.as_of = Some(one.recorded_at);
        entry.basis = vec![one.record];
        entries.push(entry);
    }
    entries
}

/// When it was done, with what is said `more` of it; a gap where its day is not on record. `kind`:
/// the report that should have said the day.
fn dated(
    case: &mut Case<'_>,
    letter: &str,
    (name, label, more): (&str, &str, &str),
    at: Option<Moment>,
    kind: &str,
) -> Entry {
    let Some(at) = at else {
        case.missing(
            Some(letter),
            name,
            format!("{label}: its day is not on record"),
            &format!("record the `{kind}` again with its day (`at`)"),
        );
        let more = more
            .strip_prefix(", ")
            .map(|more| format!(" Besides: {more}."));
        let value = format!("{NO_DAY}{}", more.unwrap_or_default());
        return plain(name, label, value, State::Unknown);
    };
    let mut entry = plain(name, label, format!("{}{more}", case.day(at)), State::Known);
    entry.from = Some(at);
    entry
}

/// When authorities, the individuals and the media were told, also what is on record only as done;
/// of individuals and media it is said where nobody was told, since telling is an act.
pub(crate) fn notice_dates(case: &mut Case<'_>, letter: &str) -> Vec<Entry> {
    let mut entries = told(case, letter);
    let is_letter = |report: &&Reported| matches!(report.record.report, Report::ConsumerNotice(_));
    let has_letter = case.reports().iter().any(is_letter);
    for (part, label) in [
        (PerformedPart::Individuals, "Notice to the individuals"),
        (PerformedPart::Media, "Notice to the media"),
    ] {
        let done = performed(case, letter, part, label);
        if done.is_empty() && !(has_letter && part == PerformedPart::Individuals) {
            case.unknown(
                Some(letter),
                &format!("told/{part}"),
                format!("{label}: none is on record, which is reported as none"),
                "if it was given, record it as `performed` with its day",
            );
            let value = "None has been sent to date.".to_owned();
            let name = format!("told/{part}");
            entries.push(plain(&name, label, value, State::Known));
        }
        entries.extend(done);
    }
    entries
}

/// When this was done, by what is on record as done; the day of some may not be.
fn performed(case: &mut Case<'_>, letter: &str, part: PerformedPart, label: &str) -> Vec<Entry> {
    let frame = case.frame;
    let mut entries = Vec::new();
    for report in case.reports() {
        let Report::Performed(one) = &report.record.report else {
            continue;
        };
        let tells = frame.tells.get(&(one.duty.clone(), one.part));
        if one.order != frame.order.order || tells != Some(&part) {
            continue;
        }
        let record = case.discretion.record(&report.record.id);
        let name = format!("told/{record}");
        let mut entry = dated(case, letter, (&name, label, ""), one.at, "performed");
        entry.as_of = Some(report.record.recorded_at);
        entry.basis = vec![record];
        entries.push(entry);
    }
    entries
}

/// One entry and one enclosure for each materially different notice that was sent. Two are
/// different where they went to different recipients, or bear another version or other bytes. With
/// a `country`, those that surely went to authorities of another one are left out.
pub(crate) fn enclose(
    case: &mut Case<'_>,
    letter: &str,
    country: Option<&str>,
    enclosures: &mut Vec<Enclosure>,
) -> Vec<Entry> {
    let mut all = sent(case, country);
    let everywhere = all.len();
    all.retain(|one| !one.is_elsewhere);
    if all.is_empty() {
        let value = match country.filter(|_| everywhere > 0) {
            Some(country) => {
                format!("None has been sent to consumers or to an authority of {country} to date.")
            }
            None => "None has been sent to date.".to_owned(),
        };
        return vec![plain("copies", "Notices sent", value, State::Known)];
    }
    type Different = (String, Option<String>, Option<String>);
    let mut different: BTreeMap<Different, Vec<Sent>> = BTreeMap::new();
    for one in all {
        let key = (
            one.sent_to.clone(),
            one.version.clone(),
            one.document.clone(),
        );
        different.entry(key).or_default().push(one);
    }
    let mut entries = Vec::new();
    for ((sent_to, version, document), group) in different {
        // Those without a day stand first, where there are others.
        let at = group.iter().find_map(|one| one.at);
        let first_sent = match at {
            Some(at) => format!("first sent on {}", case.day(at)),
            None => "sent on a day that is not on record".to_owned(),
        };
        let records: Vec<String> = group.iter().map(|one| one.record.clone()).collect();
        // The same from one version of our notice to the next, and without the document's own name.
        let bytes = facts::short_id("doc", &[document.as_deref().unwrap_or("-")]);
        let name = format!(
            "copy/{sent_to}/{}/{bytes}",
            version.as_deref().unwrap_or("-")
        );
        let of = format!("the notice to {sent_to}");
        let copy = copy(case, letter, &name, &of, document.as_deref());
        let version_words = version
            .as_ref()
            .map(|name| format!(", version {name}"))
            .unwrap_or_default();
        let label = format!("Notice to {sent_to}{version_words}");
        let mut entry = match &copy {
            Some(copy) => plain(
                &name,
                &label,
                format!("Enclosed: {} ({first_sent}).", copy.name),
                State::Known,
            ),
            None => plain(
                &name,
                &label,
                format!("It was {first_sent}; the copy is missing."),
                State::Unknown,
            ),
        };
        entry.as_of = group.iter().map(|one| one.recorded_at).max();
        entry.from = at;
        entry.basis = case.discretion.records(&records);
        entries.push(entry);
        enclosures.extend(copy.map(|copy| Enclosure {
            sent_to,
            version,
            sent_at: at,
            name: copy.name,
            media_type: copy.media_type,
            sha256: copy.sha256,
        }));
    }
    entries
}

struct Copy {
    name: String,
    media_type: Option<String>,
    sha256: String,
}

/// Encloses the request of law enforcement that `record` tells of; gives the document's name.
///
/// Errors: what the notice says instead, where there is no copy to enclose, and how well that is
/// known.
pub(crate) fn enclose_request(
    case: &mut Case<'_>,
    letter: &str,
    record: &str,
    request: &LawEnforcementRequest,
    enclosures: &mut Vec<Enclosure>,
) -> Result<String, (&'static str, State)> {
    let gap = format!("law-enforcement/{record}");
    let of = "the request of law enforcement";
    let Some(copy) = copy(case, letter, &gap, of, request.document.as_deref()) else {
        return Err(match case.settled(&gap).map(|one| one.value.as_str()) {
            Some("none") => ("There is no copy of it.", State::Known),
            Some(_) => ("Whether there is a copy is not known.", State::Unknown),
            None => ("The copy is missing.", State::Unknown),
        });
    };
    let name = copy.name.clone();
    enclosures.push(Enclosure {
        sent_to: format!("{} by law enforcement", case.frame.order.respondent),
        version: None,
        sent_at: request.at,
        name: copy.name,
        media_type: copy.media_type,
        sha256: copy.sha256,
    });
    Ok(name)
}

/// The document that something names (`of`: "the notice to consumers"), if its bytes are at hand;
/// else a gap.
fn copy(
    case: &mut Case<'_>,
    letter: &str,
    gap: &str,
    of: &str,
    document: Option<&str>,
) -> Option<Copy> {
    let Some(name) = document else {
        case.missing(
            Some(letter),
            gap,
            format!("{of} names no document, so there is no copy to enclose"),
            "record a `document`, and the same again with its name in `document`",
        );
        return None;
    };
    let found: Vec<(&Document, bool)> = case
        .reports()
        .into_iter()
        .filter_map(|report| match &report.record.report {
            Report::Document(one) if one.name == name => Some((one, report.is_disputed("report"))),
            _ => None,
        })
        .collect();
    let mut digests: Vec<String> = found
        .iter()
        .filter_map(|(one, _)| one.sha256.as_ref())
        .map(|d| d.to_lowercase())
        .collect();
    digests.sort();
    digests.dedup();
    let shown = case.discretion.masked(name);
    let problem = match (&found[..], &digests[..]) {
        ([], _) => Some("is not on record"),
        (found, _) if found.iter().any(|(_, disputed)| *disputed) => Some("contradicts itself"),
        (_, []) => Some("has no `sha256` on record"),
        (_, [digest]) if !case.settings.documents.contains(digest) => {
            Some("is on record, but its bytes are not among the documents")
        }
        (_, [_]) if case.discretion.is_personal(name) => Some("has a name that names somebody"),
        (_, [_]) => None,
        _ => Some("is on record with different digests"),
    };
    if let Some(problem) = problem {
        case.missing(
            Some(letter),
            gap,
            format!("the document \"{shown}\", which {of} names, {problem}"),
            "record one `document` with its `sha256` and put the file under the documents \
             directory",
        );
        return None;
    }
    let (one, _) = found.first()?;
    Some(Copy {
        name: shown,
        media_type: one.media_type.clone(),
        sha256: digests.into_iter().next()?,
    })
}
