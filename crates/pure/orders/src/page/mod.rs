//! One page a pack, for counsel to read: everything that the pack's files say, and its cases.
//!
//! A page is made from the files themselves, not from what the program makes of them: whatever a
//! file says and this module has no place for stands under "Further data". Nothing is left out.

mod duty;
mod html;
mod left;
mod notes;

use crate::case::Case;
use crate::error::PackError;
use crate::model::{Grade, Order};
use crate::packs::Packs;
use html::{Html, element, row};
use left::Left;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;

/// How a page looks, on screen and on paper.
const STYLE: &str = include_str!("style.css");

impl Packs {
    /// The page of the order `slug`: one HTML file that needs nothing else and runs no script;
    /// `None` where there is no such order.
    ///
    /// # Errors
    /// A file of the pack that is no TOML; the loader has refused it before.
    pub fn page(&self, slug: &str) -> Result<Option<String>, PackError> {
        let Some(order) = self.order(slug) else {
            return Ok(None);
        };
        let file = format!("{slug}/order.toml");
        let text = self
            .texts
            .get(&file)
            .map(String::as_str)
            .unwrap_or_default();
        let mut pack = Left::parse(&file, text)?;
        let (changes, too_thin) = notes::split(self.changes(slug));

        let mut page = head(order, &mut pack);
        page.add(literal("Where reports go", &mut pack));
        let accepts = pack.list("accepts");
        if !accepts.is_empty() {
            page.heading(
                2,
                "accepts",
                "What is accepted as the reason for an access",
                None,
            );
            page.paragraph("The first row that applies to an access decides.");
            page.add(left::rows(accepts));
        }
        for duty in &order.duties {
            let file = format!("{slug}/duties/{}.toml", duty.name);
            let text = self
                .texts
                .get(&file)
                .map(String::as_str)
                .unwrap_or_default();
            let cases = self.cases_of(slug, Some(&duty.name));
            page.add(duty::duty(duty, Left::parse(&file, text)?, &cases));
        }
        page.add(no_duty(&mut pack, &self.cases_of(slug, None)));
        page.add(questions(&mut pack));
        for (name, title) in [
            ("certification", "Annual certification"),
            ("register", "What goes into the register behind it"),
        ] {
            if let Some(table) = pack.table(name) {
                page.heading(2, name, title, None);
                page.add(table.further());
            }
        }
        page.heading(2, "too-thin", "Too thin to encode", None);
        page.add(match too_thin.is_empty() {
            true => element(
                "p",
                "The pack names nothing that its source was too thin for.",
            ),
            false => notes::markdown(&too_thin),
        });
        page.add(self.remarks(slug));
        if !pack.is_empty() {
            page.heading(2, "further", "Further data of the order", None);
            page.add(pack.further());
        }
        page.heading(2, "changes", "Changes to this pack", None);
        page.add(notes::markdown(&changes));
        Ok(Some(page.finish(&order.title, STYLE)))
    }

    /// What the source of the order `slug` was too thin to encode, one entry a clause, in the words
    /// of its `CHANGES.md`; `None` where there is no such order.
    pub fn too_thin(&self, slug: &str) -> Option<Vec<String>> {
        self.order(slug)?;
        let (_, too_thin) = notes::split(self.changes(slug));
        Some(notes::entries(&too_thin))
    }

    /// The text of the pack's `CHANGES.md`.
    fn changes(&self, slug: &str) -> &str {
        let lock = self.locks.get(slug);
        lock.and_then(|lock| lock.changes.as_deref())
            .unwrap_or_default()
    }

    fn cases_of(&self, slug: &str, duty: Option<&str>) -> Vec<&Case> {
        let all = self.cases().iter();
        all.filter(|case| case.order == slug && case.duty.as_deref() == duty)
            .collect()
    }

    /// What the authors wrote beside the data: the comments of the files.
    fn remarks(&self, slug: &str) -> Html {
        let mut remarks = Html::default();
        let folder = format!("{slug}/");
        let files = self
            .texts
            .iter()
            .filter(|(file, _)| file.starts_with(&folder));
        let mut rows = Html::default();
        for (file, text) in files {
            for (place, remark) in notes::comments(text) {
                let file = file.trim_start_matches(&folder);
                rows.add(row(&[
                    element("code", &format!("{file}, {place}")),
                    Html::text(&remark),
                ]));
            }
        }
        if !rows.is_empty() {
            remarks.heading(2, "remarks", "Remarks and readings beside the data", None);
            remarks.add(html::table(&["Place", "Remark"], rows));
        }
        remarks
    }
}

/// Title, caption, grade and sources.
fn head(order: &Order, pack: &mut Left) -> Html {
    let mut page = Html::default();
    page.add(element("h1", &pack.text("title").unwrap_or_default()));
    let grade = pack.text("grade").unwrap_or_default();
    let mut notice = element("strong", &format!("Evidence grade: {grade}."));
    notice.push_text(&format!(" {}", order.grade.caution()));
    page.add(html::wrap("p", "grade", notice));
    let mut made = Html::text(
        "Generated from the pack for reading by counsel. Clauses are in tocsin's own words, with \
         their citation; what must be reproduced is set like ",
    );
    made.add(element("code", "this"));
    made.push_text(". Nothing here is legal advice.");
    page.add(html::wrap("p", "", made));
    let mut facts = Html::default();
    for (key, label) in [
        ("parties", "Bound"),
        ("respondent", "Called"),
        ("court", "Court or agency"),
        ("docket", "Docket"),
        ("document", "Document read"),
        ("entered", "Entered"),
        ("in_force", "In force"),
        ("zone", "Days are counted in"),
        (
            "staff_may_extend",
            "The Commission's staff may move a due date",
        ),
        ("regulation", "It is a statute or regulation"),
        ("revision", "Revision of order.toml"),
    ] {
        let unknown = matches!(key, "entered" | "in_force").then(|| "not known".to_owned());
        if let Some(value) = pack.take(key).map(|value| left::inline(&value)).or(unknown) {
            facts.add(html::pair(label, Html::text(&value)));
        }
    }
    facts.add(html::pair(
        "Digest of what decides",
        element("code", &order.digest),
    ));
    page.add(html::wrap("dl", "", facts));
    let sources = pack.list("sources");
    page.heading(2, "sources", "Sources", None);
    let mut rows = Html::default();
    for mut source in sources {
        let title = source.text("title").unwrap_or_default();
        let grade = source.text("grade").unwrap_or_default();
        let caution = caution(&grade);
        rows.add(row(&[
            Html::text(&title),
            Html::text(&grade),
            Html::text(caution),
            source.further(),
        ]));
    }
    page.add(html::table(
        &["Source", "Grade", "What that means", ""],
        rows,
    ));
    page
}

/// What a draft says about a grade.
fn caution(grade: &str) -> &'static str {
    let grade: Result<Grade, ValueError> = Grade::deserialize(grade.into_deserializer());
    grade.map(Grade::caution).unwrap_or_default()
}

/// Channel and recipients, literally.
fn literal(title: &str, from: &mut Left) -> Html {
    let mut html = Html::default();
    let channel = from.table("channel");
    let unknown = from.text("channel_unknown");
    let recipients = from.list("recipients");
    if channel.is_none() && unknown.is_none() && recipients.is_empty() {
        return html;
    }
    html.add(element("h3", title));
    if let Some(unknown) = unknown {
        html.paragraph(&format!("No channel is known: {unknown}"));
    }
    for mut one in channel.into_iter().chain(recipients) {
        let mut pairs = Html::default();
        for (key, label, is_literal) in [
            ("who", "To", false),
            ("email", "E-mail", true),
            ("subject", "The subject begins with", true),
            ("subject_placeholder", "There for what is not named", true),
            ("address", "Postal address", true),
            ("courier", "Otherwise by", false),
            ("unless", "Exception", false),
            ("cite", "Clause", false),
        ] {
            let Some(value) = one.take(key) else {
                continue;
            };
            let value = match (&value, is_literal) {
                (toml::Value::Array(lines), true) => html::lines(lines.iter().map(left::inline)),
                (value, true) => element("code", &left::inline(value)),
                (value, false) => Html::text(&left::inline(value)),
            };
            pairs.add(html::pair(label, value));
        }
        html.add(html::wrap("dl", "literal", pairs));
        html.add(one.further());
    }
    html
}

fn no_duty(pack: &mut Left, cases: &[&Case]) -> Html {
    let mut html = Html::default();
    if let Some(mut none) = pack.table("no_duty") {
        let cite = none.text("cite");
        html.heading(2, "no-duty", "No incident-report duty", cite.as_deref());
        html.paragraph(&none.text("text").unwrap_or_default());
        html.add(none.further());
        html.add(duty::cases(cases));
    }
    html
}

/// The questions reserved to counsel, with every reading and the working one.
fn questions(pack: &mut Left) -> Html {
    let mut html = Html::default();
    let Some(questions) = pack.table("reserved") else {
        return html;
    };
    html.heading(2, "reserved", "Reserved to counsel", None);
    for (id, mut question) in questions.tables() {
        let cite = question.text("cite");
        html.heading(3, &format!("question-{id}"), &id, cite.as_deref());
        html.paragraph(&question.text("question").unwrap_or_default());
        let working = question.text("working");
        let mut rows = Html::default();
        let readings = question.table("readings").map(Left::tables);
        for (value, mut reading) in readings.unwrap_or_default() {
            let mark = match working.as_deref() == Some(value.as_str()) {
                true => "working reading",
                false => "",
            };
            rows.add(row(&[
                element("code", &value),
                Html::text(&reading.text("text").unwrap_or_default()),
                reading.further(),
                element("strong", mark),
            ]));
        }
        html.add(html::table(
            &["Reading", "In our words", "Effect", ""],
            rows,
        ));
        if working.is_none() {
            html.paragraph("No working reading: the answer stays open where the readings differ.");
        }
        html.add(question.further());
    }
    html
}
