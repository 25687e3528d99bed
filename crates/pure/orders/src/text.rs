//! Reading TOML strictly, with errors that say where and how it is written right.

use crate::error::PackError;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How the members that people mistype are written right.
const EXAMPLES: &[(&str, &str)] = &[
    ("title", "title = \"Covered Incident Report\""),
    ("cite", "cite = \"VII\""),
    ("grade", "grade = \"order\""),
    (
        "in_force",
        "in_force = { from = \"2023-06-16\", until = \"2043-06-17\" }",
    ),
    ("zone", "zone = \"America/New_York\""),
    ("method", "method = \"frcp-6\""),
    ("days", "days = 10"),
    (
        "any",
        "any = [{ text = \"…\", cite = \"…\", milestone = \"verified\" }]",
    ),
    (
        "all",
        "all = [{ text = \"…\", cite = \"…\", milestone = \"verified\" }]",
    ),
    (
        "not",
        "not = { text = \"…\", cite = \"…\", circumstance = \"identifiable\" }",
    ),
    (
        "count",
        "count = { population = \"recordings\", unit = \"accounts\", at_least = 10 }",
    ),
    (
        "government_notice",
        "government_notice = { required = true, about = \"recordings\" }",
    ),
    ("circumstance", "circumstance = \"host_distributed_access\""),
    ("noncompliance", "noncompliance = [\"I\", \"II\", \"III\"]"),
    ("milestone", "milestone = \"verified\""),
    (
        "notice_required",
        "notice_required = { by = [\"respondent\"] }",
    ),
    ("duty", "duty = \"covered-incident-report\""),
    ("of", "of = \"covered-incident-report\""),
    ("kind", "kind = \"report\""),
    ("text", "text = \"What it asks, in our own words\""),
    ("limb", "limb = \"ten days\""),
    ("at_least", "at_least = 10"),
    ("unit", "unit = \"accounts\""),
    ("ground", "ground = \"believed\""),
    (
        "trigger",
        "in_force = { trigger = \"discovery\", cite = \"VII\" }",
    ),
    ("revision", "revision = 1"),
    ("period", "period = \"calendar_year\""),
    (
        "repeats",
        "repeats = { until = [\"remediated\"], text = \"…\", cite = \"…\" }",
    ),
    (
        "circumstances",
        "circumstances = [{ name = \"identifiable\", must_be = \"yes\", text = \"…\", \
         cite = \"V\" }]",
    ),
    (
        "anchors",
        "anchors = [\"government_notice\", \"no_notice_needed\"]",
    ),
    (
        "information",
        "information = { any = [\"home_security_recording\"], text = \"…\", cite = \"…\" }",
    ),
    ("fills", "fills = \"consumers\""),
    (
        "population",
        "count = { population = \"recordings\", unit = \"accounts\", at_least = 10 }",
    ),
    ("under_text", "under_text = \"as amended in 2024\""),
    ("working", "working = \"strict\""),
    ("from", "from = \"2023-06-16\""),
    ("until", "until = \"2043-06-17\""),
    ("unsure", "unsure = \"2043-06-16\""),
    ("entered", "entered = \"2023-06-16\""),
    (
        "unit_question",
        "unit_question = { id = \"unit\", unit = \"consumers\" }",
    ),
    (
        "clocks",
        "[[clocks]]\nlimb = \"ten days\"\ntext = \"Within ten days\"\ncite = \"VII\"\ndays = 10\n\
         method = \"frcp-6\"\nanchors = [\"discovery\"]",
    ),
    (
        "items",
        "[[items]]\nletter = \"A\"\ntext = \"The date\"\ncite = \"VII\"\nfills = \"date\"",
    ),
    ("purposes", "purposes = [\"consent\", \"legal_process\"]"),
    ("answer", "answer = \"owed\""),
];

/// Parses `text` of `file`.
///
/// # Errors
/// When it is no TOML, or a member is unknown, missing or of the wrong type.
pub(crate) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, PackError> {
    toml::from_str(text).map_err(|error| explain(file, text, &error))
}

fn explain(file: &str, text: &str, error: &toml::de::Error) -> PackError {
    let offset = error.span().map_or(0, |span| span.start);
    if let Some(error) = of_type(file, text, error.message().trim(), offset) {
        return error;
    }
    let message = error.message().trim().to_owned();
    let mut words = message.split('`').skip(1).step_by(2);
    let mut explained = PackError::at(file, text, offset, message.clone());
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    if unknown && let Some(given) = words.next() {
        let nearest = words
            .map(|word| (strsim::jaro_winkler(given, word), word))
            .filter(|(score, _)| *score > 0.7)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, word)| word.to_owned());
        explained.example = nearest.as_deref().and_then(example);
        explained.nearest = nearest;
    } else if let Some(word) = words.next() {
        explained.example = example(word);
    }
    if message.starts_with("duplicate key") {
        let line = text.get(offset..).and_then(|rest| rest.lines().next());
        let key = line
            .and_then(|line| line.split('=').next())
            .unwrap_or_default();
        explained.message = format!("`{}` stands twice; keep one of them", key.trim());
        explained.example = example(key.trim());
    }
    explained.example = explained.example.or_else(|| example_at(text, offset));
    explained
}

/// How the member whose value, or whose table, begins at byte `offset` is written right.
pub(crate) fn example_at(text: &str, offset: usize) -> Option<String> {
    member_at(text, offset).and_then(example)
}

/// Which types there are, as serde calls them and as a pack is written; and a value of each.
const TYPES: &[(&str, &str, &str)] = &[
    ("u64", "a whole number that is not negative", "10"),
    ("u32", "a whole number that is not negative", "10"),
    ("u16", "a whole number that is not negative", "10"),
    ("u8", "a whole number that is not negative", "10"),
    ("i64", "a whole number", "10"),
    ("i8", "a whole number", "10"),
    ("a string", "a text in quotes", "\"…\""),
    ("a boolean", "true or false, without quotes", "true"),
    ("a sequence", "a list in brackets", "[…]"),
    ("a map", "a table of members", "{ … }"),
    ("struct ", "a table of members", "{ … }"),
    ("enum ", "one of its words, in quotes", "\"…\""),
    ("string or table", "one of its words, in quotes", "\"…\""),
];

/// What was found, as serde calls it and as a pack is written.
const FOUND: &[(&str, &str)] = &[
    ("integer ", "the number "),
    ("floating point ", "the number "),
    ("string ", "the text "),
    ("boolean ", "the word "),
    ("map", "a table"),
    ("sequence", "a list"),
];

/// An error about a value of another type than the member wants: in words of the grammar, with the
/// member written right. None where `message` is about something else.
fn of_type(file: &str, text: &str, message: &str, offset: usize) -> Option<PackError> {
    let (kind, found, wanted) = match message.strip_prefix("wanted ") {
        Some(wanted) => ("invalid type", None, wanted),
        None => {
            let kind = ["invalid type", "invalid value"];
            let kind = kind.into_iter().find(|kind| message.starts_with(kind))?;
            let (found, wanted) = message.strip_prefix(kind)?.rsplit_once(", expected ")?;
            (kind, Some(found.trim_start_matches(": ")), wanted)
        }
    };
    let found = found.map_or(String::new(), |found| {
        let of = FOUND.iter().find(|(word, _)| found.starts_with(word));
        let words = of.map(|(word, ours)| found.replacen(word, ours, 1));
        format!(", and it has {}", words.unwrap_or(found.to_owned()))
    });
    let of = TYPES.iter().find(|(word, ..)| wanted.starts_with(word));
    let words = of.map_or(wanted, |(_, ours, _)| ours);
    let member = member_at(text, offset);
    let named = member.map_or("this".to_owned(), |member| format!("`{member}`"));
    let message = format!("{kind}: {named} wants {words}{found}");
    let mut error = PackError::at(file, text, offset, message);
    error.example = member.and_then(|member| {
        let value = of.map(|(_, _, value)| *value);
        example(member).or_else(|| Some(format!("{member} = {}", value?)))
    });
    Some(error)
}

/// The member whose value, or whose table, begins at byte `offset`.
fn member_at(text: &str, offset: usize) -> Option<&str> {
    let line = text.get(..offset)?.rsplit('\n').next()?;
    let is_word = |one: char| one.is_alphanumeric() || one == '_' || one == '-';
    if line.trim_start().starts_with('[') || line.trim().is_empty() {
        // The head of a table: its last word.
        let head = text.get(offset..)?.lines().next()?;
        let head = head.trim().strip_prefix('[')?.split(']').next()?;
        return head.trim_start_matches('[').rsplit('.').next();
    }
    let before = line.rsplit_once('=')?.0.trim_end();
    let word = before.rsplit(|one| !is_word(one)).next();
    word.filter(|word| !word.is_empty())
}

fn example(word: &str) -> Option<String> {
    let known = EXAMPLES.iter().find(|(name, _)| *name == word);
    let known = known.map(|(_, line)| (*line).to_owned());
    known.or_else(|| {
        let schemas = [crate::schema::duty_schema(), crate::schema::order_schema()];
        let member = schemas.iter().find_map(|schema| member(schema, word))?;
        Some(format!("{word} = {}", value(member)))
    })
}

/// The schema of the member with this name, wherever it stands.
fn member<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let own = schema["properties"].get(name);
    own.or_else(|| match schema {
        Value::Object(members) => members.values().find_map(|one| member(one, name)),
        Value::Array(all) => all.iter().find_map(|one| member(one, name)),
        _ => None,
    })
}

/// A value of that type, as it is written.
fn value(schema: &Value) -> String {
    let first = schema["enum"].get(0).and_then(Value::as_str);
    match (first, schema["type"].as_str()) {
        (Some(word), _) => format!("\"{word}\""),
        (None, Some("integer")) => "10".to_owned(),
        (None, Some("boolean")) => "true".to_owned(),
        (None, Some("array")) => format!("[{}]", value(&schema["items"])),
        (None, Some("string")) if schema["format"] == "date" => "\"2023-06-16\"".to_owned(),
        (None, Some("string")) => "\"…\"".to_owned(),
        (None, _) => "{ … }".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[expect(dead_code, reason = "only parsed")]
        method: String,
    }

    #[test]
    fn an_unknown_member_names_place_nearest_and_example() {
        let error = parse::<Small>("a/b.toml", "\n  metod = \"frcp-6\"\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 3), "{error}");
        assert_eq!(error.nearest.as_deref(), Some("method"));
        assert!(
            error
                .to_string()
                .contains("for example: method = \"frcp-6\""),
            "{error}"
        );
        let error = parse::<Small>("a/b.toml", "method = \"a\"\nmethod = \"b\"\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 1), "{error}");
        assert!(error.message.contains("`method` stands twice"), "{error}");
        assert!(error.example.is_some(), "{error}");
        let error = parse::<Small>("a/b.toml", "method = 10\n").unwrap_err();
        assert_eq!((error.line, error.column), (1, 10), "{error}");
    }

    #[test]
    fn the_member_is_found_whose_value_has_the_wrong_type() {
        let text = "a = 1\n[[b.clocks]]\nunder_text = { x = [1], at_least = \"ten\" }\n";
        let at = |word: &str| member_at(text, text.find(word).unwrap());
        assert_eq!(at("1\n"), Some("a"));
        assert_eq!(at("[[b"), Some("clocks"));
        assert_eq!(at("{ x"), Some("under_text"));
        assert_eq!(at("[1]"), Some("x"));
        assert_eq!(at("\"ten"), Some("at_least"));
    }
}
