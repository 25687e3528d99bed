//! Who was told and when, and a representative copy of each materially different notice.

use crate::case::Case;
use crate::document::{Entry, State};
use crate::items::plain;
use crate::parts::Enclosure;
use facts::{Document, GovernmentNotice, LawEnforcementRequest, Level, Moment, NotifiedBy, Report};
use incident::Reported;
use std::collections::BTreeMap;

/// A notice that the company sent to somebody.
struct Sent {
    record: String,
    sent_to: String,
    version: Option<String>,
    at: Moment,
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
/// has not happened. With a `country`, those that went elsewhere are marked.
fn sent(case: &Case<'_>, country: Option<&str>) -> Vec<Sent> {
    let said = |text: &String| case.discretion.said(text);
    let mut found = Vec::new();
    for report in case.reports() {
        let one =
            match &report.record.report {
                Report::ConsumerNotice(notice) => notice.at.map(|at| Sent {
                    record: case.discretion.record(&report.record.id),
                    sent_to: "consumers".to_owned(),
                    version: notice.version.as_ref().and_then(said),
                    at,
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
                        at,
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
pub(crate) fn told(case: &mut Case<'_>) -> Vec<Entry> {
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
        let value = format!("{}{recipients}{version}", case.day(one.at));
        let name = format!("told/{}", one.record);
        let label = format!("Notice sent to {}", one.sent_to);
        let mut entry = plain(&name, &label, value, State::Known);
        entry.as_of = Some(one.recorded_at);
        entry.from = Some(one.at);
        entry.basis = vec![one.record];
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
        let Some(first) = group.first() else { continue };
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
                format!(
                    "Enclosed: {} (first sent on {}).",
                    copy.name,
                    case.day(first.at)
                ),
                State::Known,
            ),
            None => plain(
                &name,
                &label,
                format!("First sent on {}; the copy is missing.", case.day(first.at)),
                State::Unknown,
            ),
        };
        entry.as_of = group.iter().map(|one| one.recorded_at).max();
        entry.from = Some(first.at);
        entry.basis = case.discretion.records(&records);
        entries.push(entry);
        enclosures.extend(copy.map(|copy| Enclosure {
            sent_to,
            version,
            sent_at: Some(first.at),
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

/// Encloses the request of law enforcement that `record` tells of, where it names a document; gives
/// the document's name, if there is a copy to enclose.
pub(crate) fn enclose_request(
    case: &mut Case<'_>,
    letter: &str,
    record: &str,
    request: &LawEnforcementRequest,
    enclosures: &mut Vec<Enclosure>,
) -> Option<String> {
    let document = request.document.as_deref()?;
    let gap = format!("law-enforcement/{record}");
    let of = "the request of law enforcement";
    let copy = copy(case, letter, &gap, of, Some(document))?;
    let name = copy.name.clone();
    enclosures.push(Enclosure {
        sent_to: format!("{} by law enforcement", case.frame.order.respondent),
        version: None,
        sent_at: request.at,
        name: copy.name,
        media_type: copy.media_type,
        sha256: copy.sha256,
    });
    Some(name)
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
