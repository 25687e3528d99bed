//! Reading TOML strictly, with errors that say where and how it is written right.

use crate::error::PackError;
use serde::de::DeserializeOwned;

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
    let message = error.message().trim().to_owned();
    let offset = error.span().map_or(0, |span| span.start);
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
    explained
}

fn example(word: &str) -> Option<String> {
    EXAMPLES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, line)| (*line).to_owned())
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
        let error = parse::<Small>("a/b.toml", "method = 10\n").unwrap_err();
        assert_eq!((error.line, error.column), (1, 10), "{error}");
    }
}
