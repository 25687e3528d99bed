//! The register's lines of the year.

use super::compose::{Annex, Place};
use super::{Belongs, OpenKind, RegisterLine};
use obligation::{EntryKind, RegisterEntry};

impl Annex<'_> {
    /// The lines of the register that belong to the year; what was neither corrected nor disclosed
    /// is an open point. Covered incidents are told by themselves.
    pub(super) fn register(&mut self) -> Vec<RegisterLine> {
        let mut lines = Vec::new();
        let register = self.material.register.iter();
        for entry in register.filter(|entry| entry.order == self.order.slug) {
            let Some((belongs, carried_over)) = self.belongs(entry) else {
                continue;
            };
            let line = self.line(entry, belongs, carried_over);
            let unsettled = line.corrected_at.is_none() && line.disclosed_at.is_none();
            if line.kind == EntryKind::Noncompliance && unsettled {
                let provision = line.provision.as_deref().unwrap_or("a provision not named");
                let what = format!(
                    "{provision}: nothing on record says that it was corrected or disclosed: {}",
                    line.text
                );
                let settle = "record it again with `corrected_at` or `disclosed_at`, or with \
                              `violated: no` where it proved to be none";
                let incident = line.incident.clone();
                self.note(OpenKind::NotCorrected, incident.as_deref(), what, settle);
            }
            lines.push(line);
        }
        lines.sort_by(|a, b| {
            let key = |one: &RegisterLine| (one.kind, one.provision.clone(), one.from);
            key(a)
                .cmp(&key(b))
                .then_with(|| (&a.incident, &a.text).cmp(&(&b.incident, &b.text)))
        });
        lines
    }

    /// How surely an entry belongs to the year, and whether it is carried over; `None`: it does
    /// not.
    fn belongs(&self, entry: &RegisterEntry) -> Option<(Belongs, bool)> {
        match entry.kind {
            EntryKind::CoveredIncident => None,
            // A near miss has no date of its own: its incident's place.
            EntryKind::NearMiss => match self.places.get(entry.incident.as_deref()?)? {
                Place::In(belongs) => Some((*belongs, false)),
                Place::Out(_) => None,
            },
            EntryKind::ReviewWithoutBasis | EntryKind::ReviewWithoutAttestation => {
                let belongs = match entry.from {
                    Some(_) => Belongs::Surely,
                    None => Belongs::Perhaps,
                };
                let until = entry.until.or(entry.from);
                self.meets(entry.from, until).then_some((belongs, false))
            }
            EntryKind::Noncompliance => {
                let settled = entry.corrected_at.max(entry.disclosed_at);
                let lasts = entry.until.max(settled);
                let belongs = match entry.from {
                    Some(_) => Belongs::Surely,
                    None => Belongs::Perhaps,
                };
                if self.meets(entry.from, lasts) {
                    return Some((belongs, false));
                }
                let begun = self.meets(entry.from, None);
                (begun && settled.is_none()).then_some((belongs, true))
            }
        }
    }

    fn line(&self, entry: &RegisterEntry, belongs: Belongs, carried_over: bool) -> RegisterLine {
        let about = entry.incident.as_deref();
        let incidents = &self.material.incidents;
        let incident = incidents
            .iter()
            .find(|one| about == Some(one.incident.as_str()));
        let discretion = self.discretion(incident);
        let text = entry.said.as_ref().unwrap_or(&entry.text);
        let masked = |text: &String| discretion.masked(text);
        RegisterLine {
            kind: entry.kind,
            incident: entry.incident.clone(),
            provision: entry.provision.as_ref().map(masked),
            text: masked(text),
            belongs,
            carried_over,
            material: entry.material,
            from: entry.from,
            until: entry.until,
            corrected_at: entry.corrected_at,
            disclosed_at: entry.disclosed_at,
            records: discretion.records(&entry.records),
        }
    }
}
