//! `tocsin certify`: the annex to an annual certification, from the results of a run or of a
//! broker.

use super::{print_json, results};
use crate::cli::Certify;
use crate::embedded;
use crate::engine::Plan;
use crate::errors::{Failure, exit};
use crate::outputs::{OutDir, Results, names};
use crate::topology::TopicNames;
use facts::{Access, Private};
use incident::IncidentRecord;
use notice::NoticeRecord;
use notice::certification::{
    Certification, CertificationYear, Material, NoCertification, certification, certification_pages,
};
use obligation::{Determination, RegisterEntry};
use orders::Order;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Runs it.
pub(crate) fn certify(args: &Certify) -> Result<u8, Failure> {
    let config = match (&args.at.out, &args.at.config) {
        (None, Some(path)) => Some(crate::config::Config::load(path)?),
        _ => None,
    };
    let of_config = config.as_ref().and_then(|one| one.orders.directory.clone());
    let packs = crate::law::packs(args.orders_dir.as_deref().or(of_config.as_deref()))?;
    let order = packs
        .order(&args.order)
        .ok_or_else(|| crate::law::unknown_order(&packs, &args.order))?;
    let ends = args.ends.as_deref().map(month_and_day).transpose()?;
    let year = CertificationYear::of(order, args.year, ends).map_err(|why| refused(order, &why))?;
    let found = match (&args.at.out, &config) {
        (Some(out), _) => Found::in_files(out, args)?,
        (None, Some(config)) => Found::on_a_broker(config)?,
        (None, None) => {
            return Err(Failure::usage(
                "notices-where",
                "name where the results are: --out FOLDER of a run, or --config FILE of a broker",
            ));
        }
    };
    if !found.bound.contains(&order.slug) {
        return Err(Failure::usage(
            "certification-not-bound",
            format!(
                "the results were made without {}: they say nothing about it; make them with \
                 --order {} (they know: {})",
                order.slug,
                order.slug,
                found.bound.join(", ")
            ),
        ));
    }
    let annex =
        certification(order, year, &found.material()).map_err(|why| refused(order, &why))?;
    give(args, &annex)
}

/// Writes the files, prints the annex, and says what is open.
fn give(args: &Certify, annex: &Certification) -> Result<u8, Failure> {
    let pages = certification_pages(annex);
    let text = notice::plain_text(&pages);
    let json = serde_json::to_string_pretty(annex)
        .map_err(|error| Failure::failed("output", error.to_string()))?;
    if let Some(to) = &args.to {
        let name = format!("certification-{}-{}", annex.order.order, annex.year.year);
        let out = OutDir::as_it_is(to);
        out.write(&format!("{name}.json"), json.as_bytes())?;
        out.write(&format!("{name}.txt"), text.as_bytes())?;
        let pdf = press::pdf(&crate::notices::typeset(pages)).map_err(|error| {
            Failure::failed(
                "press",
                format!("typesetting {name}.pdf: {error}; the other two files are written"),
            )
        })?;
        out.write(&format!("{name}.pdf"), &pdf)?;
        for form in ["json", "txt", "pdf"] {
            eprintln!("wrote {}", out.path(&format!("{name}.{form}")).display());
        }
    }
    if args.at.json {
        print_json(annex)?;
    } else {
        print!("{text}");
    }
    for point in &annex.open {
        eprintln!("open: {point}");
    }
    Ok(exit::DONE)
}

fn refused(order: &Order, why: &NoCertification) -> Failure {
    let code = match why {
        NoCertification::NotAsked => "certification-none",
        NoCertification::EndUnknown { .. } => "certification-year-unknown",
        NoCertification::OtherEnd { .. }
        | NoCertification::NoSuchDay
        | NoCertification::OutsideTerm { .. } => "certification-year",
    };
    Failure::usage(code, format!("no annex for {}: {why}", order.slug))
}

/// `MM-DD`.
fn month_and_day(text: &str) -> Result<(i8, i8), Failure> {
    let parsed = text
        .split_once('-')
        .and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    parsed.ok_or_else(|| {
        Failure::usage(
            "certification-year",
            format!("`{text}`: expected the last day of a certification year as MM-DD"),
        )
    })
}

/// What the results say.
struct Found {
    incidents: Vec<IncidentRecord>,
    determinations: Vec<Determination>,
    register: Vec<RegisterEntry>,
    notices: Vec<NoticeRecord>,
    names: BTreeMap<String, BTreeSet<Private>>,
    assumptions: Vec<String>,
    bound: Vec<String>,
}

impl Found {
    fn material(&self) -> Material<'_> {
        Material {
            incidents: &self.incidents,
            determinations: &self.determinations,
            register: &self.register,
            notices: &self.notices,
            names: &self.names,
            assumptions: &self.assumptions,
        }
    }

    /// The files that `demo` and `replay` leave.
    fn in_files(out: &Path, args: &Certify) -> Result<Found, Failure> {
        let summary: Summary = results::document(out, "summary.json")?;
        let findings: Vec<FindingLine> = results::lines(out, "findings.jsonl")?;
        let mut by_incident: BTreeMap<String, BTreeSet<Private>> = BTreeMap::new();
        for line in findings {
            let known = by_incident.entry(line.incident).or_default();
            known.extend(names(&line.record).cloned());
        }
        Ok(Found {
            incidents: results::lines(out, "incidents.jsonl")?,
            determinations: results::lines(out, "determinations.jsonl")?,
            register: results::lines(out, "register.jsonl")?,
            notices: super::notices::all(&args.at)?.into_values().collect(),
            names: by_incident,
            assumptions: summary.assumptions,
            bound: summary.packs.into_iter().map(|pack| pack.order).collect(),
        })
    }

    /// The topics of a broker. The register is no topic: it follows from the others.
    fn on_a_broker(config: &crate::config::Config) -> Result<Found, Failure> {
        let law = Arc::new(super::run::law(config)?);
        let topics = TopicNames::new(&config.prefix, &config.topics);
        let cluster = super::run::kafka(config)?;
        let (store, framing) = super::run::schemas(config, &topics)?;
        let telemetry = embedded::telemetry(&law)?;
        let plan = embedded::plan(Arc::new(cluster), store, law.clone(), telemetry, None);
        let mut plan: Plan = Arc::into_inner(plan)
            .ok_or_else(|| Failure::failed("results-unreadable", "the plan is in use"))?;
        plan.names = topics;
        plan.framing = framing;
        let results = Results::read(&plan)?;
        let register = results.register(&plan);
        let parsed = |value: &Value| {
            IncidentRecord::deserialize(value).map_err(|error| {
                Failure::failed(
                    "results-unreadable",
                    format!("the topic incidents: {error}"),
                )
            })
        };
        Ok(Found {
            incidents: results
                .incidents
                .values()
                .map(parsed)
                .collect::<Result<_, _>>()?,
            names: results.names(),
            register,
            determinations: results.determinations.into_values().collect(),
            notices: results.notices.into_values().collect(),
            assumptions: law.assumptions(),
            bound: law.bound().map(|order| order.slug.clone()).collect(),
        })
    }
}

/// What is needed of `summary.json`.
#[derive(Deserialize)]
struct Summary {
    packs: Vec<PackLine>,
    #[serde(default)]
    assumptions: Vec<String>,
}

/// See [`Summary`].
#[derive(Deserialize)]
struct PackLine {
    order: String,
}

/// What is needed of a line of `findings.jsonl`.
#[derive(Deserialize)]
struct FindingLine {
    incident: String,
    record: Access,
}
