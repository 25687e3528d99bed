//! Puts the annex together: which incidents belong to the year, what became of them, what is open.

use super::{
    Belongs, CERTIFICATION_FORMAT, Certification, CertificationYear, Covered, CoveredDuty,
    Description, Elsewhere, NoCertification, NoticeLine, OpenKind, OpenPoint, Performed,
};
use crate::discretion::Discretion;
use crate::document::OrderHead;
use crate::parts::ReservedReading;
use crate::record::NoticeRecord;
use crate::statements::{NO_TIME, sentence};
use crate::texts;
use facts::{Moment, Private, Report, StatementItem, Verdict};
use incident::{Discovery, Incident, IncidentRecord, Standing};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use obligation::{Answer, Determination, EntryKind, RegisterEntry};
use orders::Order;
use std::collections::{BTreeMap, BTreeSet};

/// What a run says, of one order or of several.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The incidents.
    pub incidents: &'a [IncidentRecord],
    /// The determinations.
    pub determinations: &'a [Determination],
    /// The register, as [`prepare`] leaves it.
    pub register: &'a [RegisterEntry],
    /// The notices.
    pub notices: &'a [NoticeRecord],
    /// Whom an incident's accesses name, by incident: nobody of them is named in the annex.
    pub names: &'a BTreeMap<String, BTreeSet<Private>>,
    /// What the run took for granted.
    pub assumptions: &'a [String],
}

/// Makes the entries of one incident fit to leave the company: notes what may be said where an
/// entry names somebody, and what people wrote about a covered incident.
pub fn prepare(incident: &Incident, entries: &mut [RegisterEntry]) {
    let discretion = Discretion::of(incident);
    let described = described(incident, &discretion);
    for entry in entries {
        if discretion.is_personal(&entry.text) {
            entry.said = Some(discretion.masked(&entry.text));
        }
        if entry.kind == EntryKind::CoveredIncident {
            entry.described.clone_from(&described);
        }
    }
}

/// What people wrote about the facts, oldest first; what names somebody or contradicts itself is
/// left out.
fn described(incident: &Incident, discretion: &Discretion<'_>) -> Option<String> {
    let mut found: Vec<(Moment, &str, String)> = Vec::new();
    for reported in &incident.reports {
        let record = &reported.record;
        if let Report::Statement(one) = &record.report
            && one.item == StatementItem::Facts
            && !reported.is_disputed("report.text")
            && let Some(text) = discretion.said(one.text.trim())
            && !text.is_empty()
        {
            found.push((one.at.unwrap_or(record.recorded_at), &record.id, text));
        }
    }
    found.sort();
    let texts: Vec<String> = found.into_iter().map(|(_, _, text)| text).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// The annex of `year` under `order`.
///
/// An incident belongs to the year in which it was discovered; where that is not on record, to
/// every year in which it may have been, and that is an open point. A violation belongs to every
/// year in which it lasted, and to later ones until it was corrected or disclosed.
///
/// # Errors
/// The order has no certification.
pub fn certification(
    order: &Order,
    year: CertificationYear,
    material: &Material<'_>,
) -> Result<Certification, NoCertification> {
    let clause = order
        .certification
        .as_ref()
        .ok_or(NoCertification::NotAsked)?;
    let mut annex = Annex {
        order,
        year,
        describes: clause.describes_incidents,
        zone: order.time_zone(),
        material,
        places: BTreeMap::new(),
        open: BTreeSet::new(),
        reserved: BTreeMap::new(),
    };
    let mut covered = Vec::new();
    let mut elsewhere = Vec::new();
    for incident in material.incidents {
        let place = annex.place(incident);
        annex.places.insert(incident.incident.as_str(), place);
        let of_it = annex.determinations(&incident.incident);
        let discretion = annex.discretion(Some(incident));
        match place {
            Place::In(belongs) => {
                annex.note_open(incident, belongs, &of_it, &discretion);
                covered.extend(annex.covered(incident, belongs, &of_it, &discretion));
            }
            Place::Out(day) => elsewhere.extend(annex.beside(incident, day, &of_it, &discretion)),
        }
    }
    let when = |one: &Covered| (one.discovered, one.first, one.incident.clone());
    covered.sort_by_key(when);
    elsewhere.sort_by_key(|one| (one.discovered, one.incident.clone()));
    let register = annex.register();
    annex.note_pack();
    annex.note_reserved();
    let mut assumptions = vec![PLACED_BY_DISCOVERY.to_owned()];
    if year.stated {
        assumptions.push(YEAR_STATED.to_owned());
    }
    assumptions.extend(material.assumptions.iter().cloned());
    Ok(Certification {
        format: CERTIFICATION_FORMAT,
        order: OrderHead::of(order),
        year,
        zone: order.zone.clone(),
        cite: clause.cite.clone(),
        by: clause.by.clone(),
        describes_incidents: clause.describes_incidents,
        covered,
        register,
        elsewhere,
        open: annex.open.into_iter().collect(),
        reserved: annex.reserved.into_values().collect(),
        assumptions,
        caveats: texts::caveats(order.grade.as_str(), order.grade.caution()),
    })
}

/// How incidents are placed. No order says it: a reading.
const PLACED_BY_DISCOVERY: &str = "An incident is placed in the certification year in which it was \
    discovered. That is a reading, which counsel confirms; incidents of which something else lies \
    in the year are listed apart.";

const YEAR_STATED: &str = "The source does not say when a certification year ends; whoever asked \
    for this annex stated it.";

/// Where an incident stands towards the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It belongs to it.
    In(Belongs),
    /// It was discovered on a day of another year, or surely not in this one.
    Out(Date),
}

/// See [`certification`].
pub(super) struct Annex<'a> {
    pub(super) order: &'a Order,
    pub(super) year: CertificationYear,
    describes: bool,
    zone: TimeZone,
    pub(super) material: &'a Material<'a>,
    pub(super) places: BTreeMap<&'a str, Place>,
    open: BTreeSet<OpenPoint>,
    reserved: BTreeMap<String, ReservedReading>,
}

impl<'a> Annex<'a> {
    pub(super) fn day(&self, at: Moment) -> Date {
        at.date_in(&self.zone)
    }

    /// Whether the time from `from` to `until` has a day of the year; `None`: open at that end.
    pub(super) fn meets(&self, from: Option<Moment>, until: Option<Moment>) -> bool {
        let begins = from.is_none_or(|from| self.day(from) <= self.year.last);
        begins && until.is_none_or(|until| self.day(until) >= self.year.first)
    }

    fn place(&self, incident: &IncidentRecord) -> Place {
        match incident.discovery {
            Discovery::Recorded { at } => {
                let day = self.day(at);
                match self.year.has(day) {
                    true => Place::In(Belongs::Surely),
                    false => Place::Out(day),
                }
            }
            Discovery::Between {
                not_before,
                not_after,
            } => {
                let inside = |at: Option<Moment>| at.is_some_and(|at| self.year.has(self.day(at)));
                if inside(not_before) && inside(not_after) {
                    return Place::In(Belongs::Surely);
                }
                // Whichever end lies outside is a day of the year that it belongs to instead.
                let end = if self.meets(not_before, None) {
                    not_after
                } else {
                    not_before
                };
                match end.filter(|_| !self.meets(not_before, not_after)) {
                    Some(end) => Place::Out(self.day(end)),
                    None => Place::In(Belongs::Perhaps),
                }
            }
            Discovery::Unknown => Place::In(Belongs::Perhaps),
        }
    }

    /// The determinations of an incident under the order.
    fn determinations(&self, incident: &str) -> Vec<&'a Determination> {
        let all = self.material.determinations.iter();
        all.filter(|one| one.order == self.order.slug && one.incident == incident)
            .collect()
    }

    /// Whom nothing about `incident` may name; without one, whom no incident may.
    pub(super) fn discretion(&self, incident: Option<&'a IncidentRecord>) -> Discretion<'a> {
        let material = self.material;
        match incident {
            Some(one) => {
                let names = material.names.get(&one.incident);
                Discretion::of_names(one.actors.iter().chain(names.into_iter().flatten()))
            }
            None => {
                let actors = material.incidents.iter().flat_map(|one| &one.actors);
                Discretion::of_names(actors.chain(material.names.values().flatten()))
            }
        }
    }

    pub(super) fn note(
        &mut self,
        kind: OpenKind,
        incident: Option<&str>,
        what: String,
        settle: &str,
    ) {
        self.open.insert(OpenPoint {
            kind,
            incident: incident.map(str::to_owned),
            what,
            settle: Some(settle.to_owned()).filter(|settle| !settle.is_empty()),
        });
    }

    /// What is not settled about an incident of the year.
    fn note_open(
        &mut self,
        incident: &'a IncidentRecord,
        belongs: Belongs,
        of_it: &[&'a Determination],
        discretion: &Discretion<'_>,
    ) {
        let id = incident.incident.as_str();
        let mut any = false;
        for one in of_it.iter().filter(|one| one.answer != Answer::NotOwed) {
            any = true;
            let title = self.title(one);
            if one.answer == Answer::Open {
                let why = discretion.masked(&one.in_a_line());
                let what = format!("{title}: it is not settled whether it is owed. {why}");
                let settle = "the questions about it, or counsel's readings";
                self.note(OpenKind::Determination, Some(id), what, settle);
            }
            for ask in &one.asks {
                let what = format!("{title}: {}", discretion.masked(&ask.question));
                let settle = format!("answer `{}` ({})", ask.id, ask.answer_type);
                self.note(OpenKind::Ask, Some(id), what, &settle);
            }
            for reserved in &one.reserved {
                let reading = ReservedReading::of(reserved, discretion);
                self.reserved.insert(reserved.id.clone(), reading);
            }
        }
        if !any {
            return;
        }
        if belongs == Belongs::Perhaps {
            let what = "it is not on record when it was discovered, so it may belong to this year \
                        or to another one"
                .to_owned();
            let settle = "record a `milestone` with name `discovered`";
            self.note(OpenKind::Placement, Some(id), what, settle);
        }
        if !incident.searched.complete {
            let what = "the past is not fully searched: its figures are lower bounds".to_owned();
            let settle = "let the searches finish, or record a `tally` with `at_most`";
            self.note(OpenKind::Search, Some(id), what, settle);
        }
    }

    fn title(&self, one: &Determination) -> String {
        let name = one.duty.as_deref();
        let duty = name.and_then(|name| self.order.duty(name));
        match (duty, name) {
            (Some(duty), _) => duty.title.clone(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => "What the order asks for".to_owned(),
        }
    }

    /// An incident of the year, where something is owed for it.
    fn covered(
        &mut self,
        incident: &'a IncidentRecord,
        belongs: Belongs,
        of_it: &[&'a Determination],
        discretion: &Discretion<'_>,
    ) -> Option<Covered> {
        let owed = |one: &&&Determination| one.answer == Answer::Owed;
        let duties: Vec<CoveredDuty> = of_it
            .iter()
            .filter(owed)
            .map(|one| self.duty(one, discretion))
            .collect();
        let first = of_it.iter().find(owed)?;
        let description = self
            .describes
            .then(|| self.description(incident, first, discretion));
        let discovered = match incident.discovery {
            Discovery::Recorded { at } => Some(at),
            Discovery::Between { .. } | Discovery::Unknown => None,
        };
        Some(Covered {
            incident: incident.incident.clone(),
            matters: matters(incident, discretion),
            belongs,
            first: incident.first,
            last: incident.last,
            discovered,
            description,
            duties,
            facts: incident.facts_digest.clone(),
        })
    }

    /// What is owed, and what became of it.
    fn duty(&mut self, one: &Determination, discretion: &Discretion<'_>) -> CoveredDuty {
        let name = one.duty.clone().unwrap_or_default();
        let duty = self.order.duty(&name);
        let title = self.title(one);
        let about = self.material.notices.iter().filter(|notice| {
            notice.incident == one.incident && notice.order == one.order && notice.duty == name
        });
        let notices: Vec<NoticeLine> = about
            .map(|notice| NoticeLine {
                notice: notice.id.clone(),
                kind: notice.kind,
                state: notice.state,
                digest: notice.digest.clone(),
                released_at: notice.final_at(),
            })
            .collect();
        let performed: Vec<Performed> = one
            .performed
            .iter()
            .map(|done| Performed {
                at: done.at,
                record: discretion.record(&done.record),
            })
            .collect();
        let is_entry = duty.is_some_and(|duty| duty.kind == orders::DutyKind::CertificationEntry);
        let released = notices.iter().any(|one| one.released_at.is_some());
        // An entry in the certification is done by certifying.
        if performed.is_empty() && !released && !is_entry {
            let what = format!("{title}: nothing on record says that it was done");
            let settle = "release its notice, or record a `performed` report";
            self.note(OpenKind::NotDone, Some(&one.incident), what, settle);
        }
        CoveredDuty {
            title,
            cite: duty.map(|duty| duty.cite.clone()).unwrap_or_default(),
            kind: duty
                .map(|duty| duty.kind.as_str().to_owned())
                .unwrap_or_default(),
            because: discretion.masked(&one.in_a_line()),
            counts: one.counts.clone(),
            outer: one.clock.as_ref().and_then(|clock| clock.outer),
            performed,
            notices,
            determination: one.digest.clone(),
            records: discretion.records(one.because.all_records()),
            duty: name,
        }
    }

    /// What people wrote about the facts, failing that a sentence made from figures.
    fn description(
        &mut self,
        incident: &IncidentRecord,
        owed: &Determination,
        discretion: &Discretion<'_>,
    ) -> Description {
        let id = incident.incident.as_str();
        let entry = self.material.register.iter().find_map(|entry| {
            let about = entry.order == self.order.slug && entry.incident.as_deref() == Some(id);
            entry.described.as_ref().filter(|_| about)
        });
        if let Some(text) = entry.and_then(|text| discretion.said(text)) {
            return Description {
                text,
                generated: false,
            };
        }
        let what = "nobody described it; its description is a sentence made from figures";
        let settle = "record a `statement` with item `facts` that names nobody";
        self.note(OpenKind::Description, Some(id), what.to_owned(), settle);
        let when = match (incident.first, incident.last.or(incident.first)) {
            (Some(first), Some(last)) => {
                let (first, last) = (self.day(first), self.day(last));
                let words = |day: Date| day.strftime("%B %-d, %Y").to_string();
                match first == last {
                    true => format!("On {}", words(first)),
                    false => format!("In the time from {} to {}", words(first), words(last)),
                }
            }
            _ => NO_TIME.to_owned(),
        };
        let classes = incident.classes.iter().filter(|class| {
            let otherwise: &Standing = &class.otherwise;
            let standing = class.by_order.get(&self.order.slug).unwrap_or(otherwise);
            standing.verdict != Verdict::Authorised && class.reached.may_be()
        });
        let classes = classes.filter_map(|class| class.information).collect();
        let (mode, attempts) = (incident.mode, incident.attempts);
        Description {
            text: sentence(&when, &classes, &owed.counts, mode, attempts),
            generated: true,
        }
    }

    /// An incident that is placed in another year, where something is or may be owed for it and
    /// something of it lies in this one.
    fn beside(
        &self,
        incident: &IncidentRecord,
        discovered: Date,
        of_it: &[&Determination],
        discretion: &Discretion<'_>,
    ) -> Option<Elsewhere> {
        let mut why = Vec::new();
        let of_it = of_it.iter().filter(|one| one.answer != Answer::NotOwed);
        let mut any = false;
        for one in of_it {
            any = true;
            let within = |at: Option<Moment>| at.is_some_and(|at| self.year.has(self.day(at)));
            let title = self.title(one);
            if one.clocks.iter().any(|clock| within(clock.anchor_at)) {
                why.push(format!("a limit of it began in the year ({title})"));
            }
            if one.performed.iter().any(|done| within(done.at)) {
                why.push(format!("it was done in the year ({title})"));
            }
        }
        if any && incident.first.is_some() && self.meets(incident.first, incident.last) {
            why.insert(0, "accesses or exposures lie in the year".to_owned());
        }
        (!why.is_empty()).then(|| Elsewhere {
            incident: incident.incident.clone(),
            matters: matters(incident, discretion),
            discovered,
            why: why.join("; "),
        })
    }

    /// Whether the results were made with the text of the pack that the annex cites.
    fn note_pack(&mut self) {
        let order = self.order;
        let other = self
            .material
            .determinations
            .iter()
            .filter(|one| one.order == order.slug)
            .any(|one| one.pack.digest != order.digest);
        if other {
            let what = "the answers rest on another text of the pack than the one cited here";
            let settle = "make the results again with this version, or use the version of then";
            self.note(OpenKind::Pack, None, what.to_owned(), settle);
        }
    }

    /// Questions reserved to counsel on which counsel has not spoken.
    fn note_reserved(&mut self) {
        let silent: Vec<String> = self
            .reserved
            .values()
            .filter(|one| !one.by_counsel)
            .map(|one| format!("reserved to counsel (`{}`): {}", one.id, one.question))
            .collect();
        for what in silent {
            let settle = "record counsel's `reading`";
            self.note(OpenKind::Reserved, None, what, settle);
        }
    }
}

fn matters(incident: &IncidentRecord, discretion: &Discretion<'_>) -> Vec<String> {
    let matters = incident.matters.iter();
    matters.map(|matter| discretion.masked(matter)).collect()
}
