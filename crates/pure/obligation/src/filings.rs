//! Notices under a statute or regulation, as every other order sees them: a notice to an authority
//! that a law required.

use facts::{BreachEvent, GovernmentNotice, Information, Level, Moment, NotifiedBy, Report, YesNo};
use incident::{Incident, Reported};
use orders::{DutyKind, Order};

/// A notice that was given under a statute or regulation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filing {
    /// The slug of the statute or regulation.
    pub order: String,
    /// Its duty.
    pub duty: String,
    /// The matter that it was about.
    pub matter: String,
    /// When it was given.
    pub at: Moment,
    /// The record that says so: a `performed` report, or the release of a notice.
    pub record: String,
    /// Which information it spoke of; `None`: what its matter is about.
    pub information: Option<Vec<Information>>,
}

impl Filing {
    /// Those that reports of the incident say were given under `order`; none where it is no statute
    /// or regulation. For releases of notices see [`with_reports`].
    pub fn of(order: &Order, incident: &Incident) -> Vec<Filing> {
        let mut filings = Vec::new();
        if !order.regulation {
            return filings;
        }
        for reported in &incident.reports {
            let Report::Performed(one) = &reported.record.report else {
                continue;
            };
            let to_authority = |kind: DutyKind| {
                matches!(
                    kind,
                    DutyKind::Report | DutyKind::AnnualLog | DutyKind::StateCopy
                )
            };
            let met = order.duties.iter().any(|duty| {
                to_authority(duty.kind)
                    && duty.is_met_by(&one.duty, order.duty(&one.duty), one.part)
            });
            if let Some(at) = one.at.filter(|_| one.order == order.slug && met) {
                filings.push(Filing {
                    order: order.slug.clone(),
                    duty: one.duty.clone(),
                    matter: reported.record.matter.clone(),
                    at,
                    record: reported.record.id.clone(),
                    information: None,
                });
            }
        }
        filings.sort();
        filings
    }

    /// As a report of responders would say it.
    fn reported(&self) -> Reported {
        let notice = GovernmentNotice {
            authority: Some("the Federal Trade Commission".to_owned()),
            level: Some(Level::Federal),
            country: Some("US".to_owned()),
            required: Some(YesNo::Yes),
            legal_basis: Some(format!("{} {}", self.order, self.duty)),
            at: Some(self.at),
            information: self.information.clone(),
            consumers: None,
            by: Some(NotifiedBy::Respondent),
            client: None,
            version: None,
            document: None,
        };
        Reported {
            record: BreachEvent {
                id: format!("filed:{}", self.record),
                matter: self.matter.clone(),
                recorded_at: self.at,
                by: None,
                entity: None,
                report: Report::GovernmentNotice(notice),
            },
            disputed: Vec::new(),
        }
    }
}

/// The incident with reports that follow from other records, such as that a duty was done by
/// releasing its notice. The facts that it rests on keep their digest.
pub fn with_reports(incident: &Incident, reports: Vec<BreachEvent>) -> Incident {
    let mut seen = incident.clone();
    seen.reports
        .extend(reports.into_iter().map(|record| Reported {
            record,
            disputed: Vec::new(),
        }));
    seen.reports.sort_by(|a, b| a.record.id.cmp(&b.record.id));
    seen
}

/// The incident as `order` sees it: with the notices that were given under other laws as required
/// notices to a federal authority. The facts that it rests on keep their digest.
pub fn with_filings(order: &Order, incident: &Incident, filings: &[Filing]) -> Incident {
    let mut seen = incident.clone();
    let others = filings.iter().filter(|one| one.order != order.slug);
    seen.reports.extend(others.map(Filing::reported));
    seen.reports.sort_by(|a, b| a.record.id.cmp(&b.record.id));
    seen.reports.dedup_by(|a, b| a.record.id == b.record.id);
    for without in &mut seen.without {
        without.incident = with_filings(order, &without.incident, filings);
    }
    seen
}
