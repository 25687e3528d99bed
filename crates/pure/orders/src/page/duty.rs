//! A duty on the page: clause by clause, with clocks, items and cases.

use super::html::{self, Html, element, row};
use super::left::{self, Left, words};
use super::{caution, literal};
use crate::case::Case;
use crate::duty::Duty;
use serde_json::Value as Json;

/// What `file` says about `duty`, and its cases.
pub(super) fn duty(duty: &Duty, mut file: Left, cases: &[&Case]) -> Html {
    let mut html = Html::default();
    let title = file.text("title").unwrap_or_default();
    let cite = file.text("cite");
    let id = format!("duty-{}", duty.name);
    html.heading(2, &id, &title, cite.as_deref());
    html.paragraph(&file.text("text").unwrap_or_default());
    let grade = file.text("grade").unwrap_or_default();
    let mut facts = html::pair("Name", element("code", &duty.name));
    facts.add(html::pair(
        "Kind",
        Html::text(&file.text("kind").unwrap_or_default()),
    ));
    facts.add(html::pair(
        "Evidence grade",
        Html::text(&format!("{grade}. {}", caution(&grade))),
    ));
    if let Some(of) = file.text("of") {
        let text = format!("{of}: owed only where that is owed");
        facts.add(html::pair("Follows", Html::text(&text)));
    }
    for key in [
        "in_force",
        "discovery",
        "extent",
        "supplements",
        "signature",
        "items_of",
        "given",
        "staff_may_extend",
        "revision",
    ] {
        if let Some(value) = file.take(key) {
            facts.add(html::pair(&words(key), Html::text(&left::inline(&value))));
        }
    }
    html.add(html::wrap("dl", "", facts));
    let texts = file.list("texts");
    if !texts.is_empty() {
        html.add(element("h3", "Texts, one after the other"));
        html.add(left::rows(texts));
    }
    html.add(trigger(&mut file));
    html.add(populations(&mut file));
    html.add(clocks(&mut file));
    let items = file.list("items");
    if !items.is_empty() {
        html.add(element("h3", "What the report says"));
        html.add(table(items, &["letter", "text", "fills", "cite"]));
    }
    html.add(literal("To whom", &mut file));
    if let Some(toml::Value::Array(ids)) = file.take("reserved") {
        html.add(element(
            "h3",
            "Questions reserved to counsel that it raises",
        ));
        let mut list = Html::default();
        for id in ids.iter().map(left::inline) {
            list.add(html::wrap(
                "li",
                "",
                html::link(&format!("question-{id}"), &id),
            ));
        }
        html.add(html::wrap("ul", "", list));
    }
    if !file.is_empty() {
        html.add(element("h3", "Further data"));
        html.add(file.further());
    }
    html.add(self::cases(cases));
    html
}

fn trigger(file: &mut Left) -> Html {
    let mut html = Html::default();
    let when = file.table("when");
    let unless = file.list("unless");
    if let Some(when) = when {
        html.add(element("h3", "When it is owed"));
        html.add(html::wrap("ul", "clause", condition(when, "")));
    }
    if !unless.is_empty() {
        html.add(element("h3", "Unless one of these holds"));
        let mut list = Html::default();
        for one in unless {
            list.add(condition(one, ""));
        }
        html.add(html::wrap("ul", "clause", list));
    }
    html
}

/// A condition and its parts, as an item of a list.
fn condition(mut node: Left, mark: &str) -> Html {
    let mut item = match mark {
        "" => Html::default(),
        mark => element("em", mark),
    };
    item.push_text(&node.text("text").unwrap_or_default());
    if let Some(cite) = node.text("cite") {
        item.add(html::wrap("span", "cite", Html::text(&cite)));
    }
    let mut parts = Html::default();
    for (key, mark) in [("all", "and: "), ("any", "or: ")] {
        for (index, part) in node.list(key).into_iter().enumerate() {
            parts.add(condition(part, if index == 0 { "" } else { mark }));
        }
    }
    if let Some(part) = node.table("not") {
        parts.add(condition(part, "not: "));
    }
    // What is tested, in the grammar's own words.
    item.add(node.further());
    if !parts.is_empty() {
        item.add(html::wrap("ul", "clause", parts));
    }
    html::wrap("li", "", item)
}

fn populations(file: &mut Left) -> Html {
    let mut html = Html::default();
    let counted = file.text("counts");
    let Some(populations) = file.table("populations") else {
        if let Some(counted) = counted {
            html.paragraph(&format!("A report states the counts of: {counted}"));
        }
        return html;
    };
    html.add(element("h3", "What is counted"));
    if let Some(counted) = counted {
        html.paragraph(&format!("A report states the counts of: {counted}"));
    }
    for (name, mut population) in populations.tables() {
        let mut title = element("h4", &name);
        title.paragraph(&population.text("text").unwrap_or_default());
        if let Some(cite) = population.text("cite") {
            title.add(html::cite(&cite));
        }
        html.add(title);
        let mut rows = Html::default();
        let circumstances = population.list("circumstances");
        let named = circumstances
            .into_iter()
            .map(|one| ("circumstance".to_owned(), one));
        for (name, mut part) in population.tables().into_iter().chain(named) {
            let text = part.text("text").unwrap_or_default();
            let cite = part.text("cite").unwrap_or_default();
            rows.add(row(&[
                element("code", &name),
                Html::text(&text),
                part.further(),
                Html::text(&cite),
            ]));
        }
        html.add(html::table(
            &["Part", "In our words", "Data", "Clause"],
            rows,
        ));
    }
    html
}

fn clocks(file: &mut Left) -> Html {
    let mut html = Html::default();
    let clocks = file.list("clocks");
    if !clocks.is_empty() {
        html.add(element("h3", "Clocks: the one that ends first is stated"));
        html.add(table(
            clocks,
            &["limb", "text", "days", "method", "anchors", "cite"],
        ));
    }
    if let Some(reminder) = file.table("reminder") {
        html.add(element("h3", "A reasonable time"));
        html.add(reminder.further());
    }
    html
}

/// Tables with these members as columns, and what else they hold in a last one.
fn table(tables: Vec<Left>, members: &[&str]) -> Html {
    let mut rows = Html::default();
    for mut one in tables {
        let mut cells: Vec<Html> = members
            .iter()
            .map(|name| Html::text(&one.text(name).unwrap_or_default()))
            .collect();
        cells.push(one.further());
        rows.add(row(&cells));
    }
    let heads: Vec<String> = members.iter().map(|name| words(name)).collect();
    let mut heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    heads.push("");
    html::table(&heads, rows)
}

/// The cases of a duty: the sentence that each shows, and what must come out.
pub(super) fn cases(cases: &[&Case]) -> Html {
    let mut html = Html::default();
    if cases.is_empty() {
        return html;
    }
    html.add(element("h3", &format!("Cases ({})", cases.len())));
    let mut rows = Html::default();
    for case in cases {
        let mut what = Html::text(&case.sentence);
        let scenario = case.scenario.map(|number| format!("Scenario {number}."));
        for note in scenario.iter().chain(&case.note) {
            what.add(html::wrap("div", "note", Html::text(note)));
        }
        let mut expect = serde_json::to_value(&case.expect).unwrap_or_default();
        let mut take = |name: &str| {
            let members = expect.as_object_mut();
            let value = members.and_then(|members| members.shift_remove(name));
            value.as_ref().map(line).unwrap_or_default()
        };
        let cells = ["answer", "planned", "outer", "anchor"].map(|name| Html::text(&take(name)));
        let mut cells = Vec::from(cells);
        cells.insert(0, what);
        cells.push(rest(&expect));
        rows.add(row(&cells));
    }
    let heads = [
        "Facts",
        "Answer",
        "Planned",
        "Last day",
        "Runs from",
        "Also expected",
    ];
    html.add(html::table(&heads, rows));
    html
}

/// What else a case expects.
fn rest(expect: &Json) -> Html {
    let mut pairs = Html::default();
    for (name, value) in expect.as_object().into_iter().flatten() {
        let text = line(value);
        if !text.is_empty() {
            pairs.add(html::pair(&words(name), Html::text(&text)));
        }
    }
    match pairs.is_empty() {
        true => pairs,
        false => html::wrap("dl", "data", pairs),
    }
}

fn line(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(list) if list.is_empty() => "none".to_owned(),
        Json::Array(list) => list.iter().map(line).collect::<Vec<_>>().join(", "),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name}: {}", line(value)))
            .collect::<Vec<_>>()
            .join("; "),
        other => other.to_string(),
    }
}
