//! The law that is loaded, what of it binds this company, and the deployment's own settings.

use crate::errors::Failure;
use access::{Judged, Records, Screen, Terms};
use facts::{Access, Decision, Finding, Variants};
use incident::{Fold, Incident, Refused};
use notice::{Decided, Notices, Plan};
use obligation::{Determination, Filing, Instances, Questions, RegisterEntry, Undigested};
use orders::{Closure, Order, Packs, Window};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Settings of judgement that are not law.
#[derive(Debug, Clone, Default)]
pub(crate) struct LawSettings {
    /// Sources always state `actor_account`.
    pub(crate) actor_account_always_stated: bool,
    /// "A reasonable time" in days; the packs' default, if none.
    pub(crate) reasonable_days: Option<u32>,
    /// Whom the Commission contacts, where no statement says so.
    pub(crate) contact: Option<String>,
    /// A folder with the documents that reports name.
    pub(crate) documents: Option<PathBuf>,
    /// Days on which nobody works besides the statutory holidays.
    pub(crate) closures: Vec<Closure>,
}

/// A pack as the summary and the version show it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PackLine {
    /// The order.
    pub(crate) order: String,
    /// The digest of its pack.
    pub(crate) digest: String,
    grade: String,
    from: Option<String>,
    until: Option<String>,
}

/// See the module.
pub(crate) struct Law {
    packs: Packs,
    bound: Vec<String>,
    terms: Vec<Terms>,
    access: access::Settings,
    decide: obligation::Settings,
    notices: Notices,
    digest: String,
    stamp: String,
}

/// The packs in the executable: slug, evidence grade, digest.
pub(crate) fn embedded_packs() -> Result<Vec<(String, String, String)>, Failure> {
    let packs =
        Packs::embedded().map_err(|error| Failure::failed("pack-invalid", error.to_string()))?;
    let line = |order: &Order| {
        (
            order.slug.clone(),
            order.grade.to_string(),
            order.digest.clone(),
        )
    };
    Ok(packs.orders().map(line).collect())
}

/// The packs in the executable, or those in a folder.
pub(crate) fn packs(directory: Option<&Path>) -> Result<Packs, Failure> {
    let invalid = |error: orders::PackError| Failure::usage("pack-invalid", error.to_string());
    match directory {
        None => Packs::embedded().map_err(invalid),
        Some(directory) => {
            let unreadable = |why: &str| {
                let message = format!(
                    "reading the packs in {}: {why}; name a folder that has one of each order, \
                     SLUG/order.toml",
                    directory.display()
                );
                Failure::usage("packs-unreadable", message)
            };
            let mut files = BTreeMap::new();
            read_tree(directory, directory, &mut files)
                .map_err(|error| unreadable(&error.to_string()))?;
            let packs = Packs::from_files(files).map_err(invalid)?;
            if packs.orders().next().is_none() {
                return Err(unreadable("there is no order in it"));
            }
            Ok(packs)
        }
    }
}

fn read_tree(
    root: &Path,
    folder: &Path,
    files: &mut BTreeMap<String, String>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_tree(root, &path, files)?;
        } else if let Ok(below) = path.strip_prefix(root) {
            let name: Vec<String> = below
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            files.insert(name.join("/"), std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// SHA-256 of every file in a folder: the documents whose bytes are at hand.
fn digests(folder: Option<&Path>) -> Result<BTreeSet<String>, Failure> {
    let Some(folder) = folder else {
        return Ok(BTreeSet::new());
    };
    let unreadable = |error: std::io::Error| {
        Failure::usage(
            "documents-unreadable",
            format!(
                "reading the documents in {}, as `notices.documents` says: {error}; name a folder \
                 of files that this user may read",
                folder.display()
            ),
        )
    };
    let mut digests = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path).map_err(unreadable)?;
            digests.insert(facts::digest_bytes(&bytes));
        }
    }
    Ok(digests)
}

/// Parses `SLUG` or `SLUG@FROM..UNTIL`.
fn bound_order(text: &str) -> Result<(String, Option<Window>), Failure> {
    let Some((slug, window)) = text.split_once('@') else {
        return Ok((text.to_owned(), None));
    };
    let wrong = || {
        Failure::usage(
            "order-window",
            format!(
                "`{text}`: expected SLUG@FROM..UNTIL with dates, such as \
                 {slug}@2024-01-01..2044-01-01; either date may be left out"
            ),
        )
    };
    let (from, until) = window.split_once("..").ok_or_else(wrong)?;
    let date = |text: &str| -> Result<Option<jiff::civil::Date>, Failure> {
        if text.is_empty() {
            Ok(None)
        } else {
            text.parse().map(Some).map_err(|_| wrong())
        }
    };
    Ok((
        slug.to_owned(),
        Some(Window {
            from: date(from)?,
            until: date(until)?,
        }),
    ))
}

impl Law {
    /// The law in the executable or in `directory`, with the orders of `bound` binding.
    pub(crate) fn load(
        bound: &[String],
        directory: Option<&Path>,
        settings: &LawSettings,
    ) -> Result<Law, Failure> {
        let mut packs = packs(directory)?;
        if directory.is_some() {
            // Those in the executable were checked when it was made.
            let lacks =
                |error: orders::PackError| Failure::usage("pack-invalid", error.to_string());
            packs = packs.sound().map_err(lacks)?;
        }
        if bound.is_empty() {
            let known: Vec<&str> = packs.orders().map(|order| order.slug.as_str()).collect();
            return Err(Failure::usage(
                "orders-none",
                format!(
                    "no order is said to bind this company; name one or more with --order, of: {}",
                    known.join(", ")
                ),
            ));
        }
        let mut decide = obligation::Settings::new(&settings.closures)
            .map_err(|error| Failure::failed("pack-invalid", error.to_string()))?;
        decide.reasonable_days = settings.reasonable_days;
        let (mut slugs, mut terms) = (Vec::new(), Vec::new());
        for text in bound {
            let (slug, window) = bound_order(text)?;
            let order = packs
                .order(&slug)
                .ok_or_else(|| unknown_order(&packs, &slug))?;
            terms.push(order.terms.clone());
            if let Some(window) = window {
                decide.windows.insert(slug.clone(), window);
            }
            if !slugs.contains(&slug) {
                slugs.push(slug);
            }
        }
        slugs.sort();
        let always_stated = settings.actor_account_always_stated;
        let notice_settings = notice::Settings {
            contact: settings.contact.clone(),
            documents: digests(settings.documents.as_deref())?,
            actor_account_always_stated: always_stated,
            bound: decide.windows.keys().cloned().collect(),
            ..notice::Settings::default()
        };
        let bound_orders = slugs.iter().filter_map(|slug| packs.order(slug));
        let notices = Notices::new(bound_orders, notice_settings);
        let parts = [
            packs.digest(),
            slugs.join(","),
            format!("{settings:?}"),
            format!("{:?}", decide.windows),
            notices.digest(),
        ];
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Ok(Law {
            stamp: facts::short_id(
                "rules",
                &[&[env!("CARGO_PKG_VERSION")], &parts[..]].concat(),
            ),
            digest: facts::digest_parts(&parts),
            bound: slugs,
            terms,
            access: access::Settings { always_stated },
            decide,
            notices,
            packs,
        })
    }

    /// Digest of everything that decides.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// A short name of everything that decides and of the version that applies it: two instances
    /// with the same stamp say the same.
    pub(crate) fn stamp(&self) -> &str {
        &self.stamp
    }

    /// The orders that bind.
    pub(crate) fn bound(&self) -> impl Iterator<Item = &Order> + Clone {
        self.bound.iter().filter_map(|slug| self.packs.order(slug))
    }

    /// Whether the duty only follows from another of its order, as an update from a report.
    pub(crate) fn follows(&self, one: &Determination) -> bool {
        let of = || {
            let duty = self.packs.order(&one.order)?.duty(one.duty.as_deref()?)?;
            duty.of.as_ref()
        };
        of().is_some()
    }

    /// The packs that bind, for the summary.
    pub(crate) fn packs(&self) -> Vec<PackLine> {
        self.bound()
            .map(|order| {
                let window = self.decide.window(order, None);
                PackLine {
                    order: order.slug.clone(),
                    digest: order.digest.clone(),
                    grade: order.grade.to_string(),
                    from: window.from.map(|date| date.to_string()),
                    until: window.until.map(|date| date.to_string()),
                }
            })
            .collect()
    }

    /// Whom the order of a determination binds, and from when until when its duty does.
    pub(crate) fn binds(&self, one: &Determination) -> Option<(&str, Window)> {
        let order = self.packs.order(&one.order)?;
        let duty = one.duty.as_deref().and_then(|duty| order.duty(duty));
        Some((&order.respondent, self.decide.window(order, duty)))
    }

    /// What is taken for granted, in words.
    pub(crate) fn assumptions(&self) -> Vec<String> {
        vec![if self.access.always_stated {
            "Sources always state a customer's own account; one without it is unexplained."
        } else {
            "A customer whose own account the source does not state is taken for the account's own \
             user."
        }
        .to_owned()]
    }

    /// The screen for what is on record.
    pub(crate) fn screen(&self, records: &Records) -> Screen {
        Screen::new(records, &self.terms, &self.access)
    }

    /// What is found about one access, and what would be without grants that came late.
    pub(crate) fn judge(
        &self,
        statements: &Variants<Access>,
        records: &Records,
    ) -> (Vec<Judged>, Vec<Finding>) {
        access::judge_and_excuse(statements, records, &self.terms, &self.access)
    }

    /// Every bound order's every duty, for one incident. A date that nothing covers is a question
    /// of its own among those reserved.
    pub(crate) fn decide(&self, incident: &Incident, decided: &Decided) -> Vec<Undigested> {
        let mut all = Vec::new();
        self.each_order(incident, decided, &mut |order, seen| {
            all.extend(obligation::decide_each(order, seen, &self.decide));
        });
        all
    }

    /// The decisions on record for an incident that no answer follows, and why.
    pub(crate) fn refused(&self, incident: &Incident, decided: &Decided) -> Vec<Refused> {
        if incident.decisions.is_empty() {
            return Vec::new();
        }
        let mut questions = Questions::default();
        self.each_order(incident, decided, &mut |order, seen| {
            questions.add(order, seen)
        });
        questions.refused(incident)
    }

    /// Every bound order with the incident as it sees it: a notice that people released is its duty
    /// done, and what was given under one statute or regulation is a required notice to every other
    /// order.
    fn each_order(
        &self,
        incident: &Incident,
        decided: &Decided,
        put: &mut dyn FnMut(&Order, &Incident),
    ) {
        let performed = decided.performed(incident);
        let with_performed;
        let incident = if performed.is_empty() {
            incident
        } else {
            with_performed = obligation::with_reports(incident, performed);
            &with_performed
        };
        let filings: Vec<Filing> = self
            .bound()
            .flat_map(|order| Filing::of(order, incident))
            .collect();
        for order in self.bound() {
            if filings.is_empty() {
                put(order, incident);
            } else {
                put(order, &obligation::with_filings(order, incident, &filings));
            }
        }
    }

    /// Takes in what incidents come to, for what they would come to if they were one instance.
    pub(crate) fn note(
        &self,
        instances: &mut Instances,
        answers: &[obligation::Decided],
        gone: &[String],
    ) {
        instances.note(self.bound(), answers, gone);
    }

    /// What incidents that changed, and others by that, would come to if they were one instance.
    pub(crate) fn as_one(
        &self,
        instances: &mut Instances,
        fold: &Fold,
        decided: &Decided,
        assessed: &mut Vec<obligation::Decided>,
        gone: &[String],
    ) {
        let decide = |incident: &Incident| self.decide(incident, decided);
        instances.settle(self.bound(), fold, &self.decide, assessed, gone, &decide);
    }

    /// An incident from a file of facts, for `decide`.
    /// Records made after `as_of` are left out.
    pub(crate) fn facts(
        &self,
        text: &str,
        as_of: Option<facts::Moment>,
    ) -> Result<Vec<Incident>, String> {
        obligation::facts_file(text, &self.terms, as_of).map_err(|error| error.to_string())
    }

    /// What of an incident goes into the registers behind the certifications.
    pub(crate) fn register(
        &self,
        incident: &Incident,
        determinations: &[Determination],
        findings: &[Finding],
    ) -> Vec<RegisterEntry> {
        self.bound()
            .flat_map(|order| {
                obligation::register(order, incident, determinations, findings, &self.decide)
            })
            .collect()
    }

    /// Judges every release on record.
    pub(crate) fn decided(&self, decisions: &[Decision]) -> Decided {
        Decided::new(decisions)
    }

    /// The drafts that take back what was released of what is no more.
    pub(crate) fn notices_of_gone(&self, present: &BTreeSet<String>, decided: &Decided) -> Plan {
        self.notices.plan_of_gone(present, decided)
    }

    /// The notices of one incident.
    pub(crate) fn notices(
        &self,
        incident: &Incident,
        determinations: &[Determination],
        decided: &Decided,
    ) -> Plan {
        self.notices.plan(incident, determinations, decided)
    }
}

/// There is no such order.
pub(crate) fn unknown_order(packs: &Packs, slug: &str) -> Failure {
    let known: Vec<&str> = packs.orders().map(|order| order.slug.as_str()).collect();
    let near = packs
        .nearest(slug)
        .map(|one| format!("did you mean {one}? "))
        .unwrap_or_default();
    Failure::usage(
        "order-unknown",
        format!(
            "there is no order {slug}; {near}there are: {}",
            known.join(", ")
        ),
    )
}
