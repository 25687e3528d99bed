//! The TOML of a clock.

use crate::clock::{ClockRule, DelayRule, Period, RepeatRule};
use crate::due::Method;
use crate::duty::{Condition, TextWindow};
use crate::error::PackError;
use crate::raw::{At, anchor};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawClock {
    limb: String,
    text: String,
    cite: String,
    days: u32,
    method: Method,
    anchors: Vec<Spanned<String>>,
    period: Option<Period>,
    repeats: Option<RepeatRule>,
    delay: Option<DelayRule>,
    only_if: Option<Spanned<String>>,
    under_text: Option<Spanned<String>>,
    shown_only: Option<String>,
    coverage_question: Option<String>,
    anchor_question: Option<String>,
    each_question: Option<String>,
    #[serde(default)]
    questions: Vec<String>,
}

impl RawClock {
    pub(crate) fn into_clock(
        self,
        at: &At<'_>,
        texts: &[TextWindow],
        when: &Condition,
    ) -> Result<ClockRule, PackError> {
        let anchors = self
            .anchors
            .iter()
            .map(|word| anchor(word, at))
            .collect::<Result<_, _>>()?;
        if let Some(under) = &self.under_text {
            known_text(under, under.get_ref(), at, texts)?;
        }
        if let Some(only_if) = &self.only_if
            && when.at(only_if.get_ref()).is_none()
        {
            let message = format!(
                "`{}` is the cite of no condition in `when`, or of several",
                only_if.get_ref()
            );
            return Err(at.error(only_if, message));
        }
        Ok(ClockRule {
            limb: self.limb,
            text: self.text,
            cite: self.cite,
            days: self.days,
            method: self.method,
            anchors,
            period: self.period,
            repeats: self.repeats,
            delay: self.delay,
            only_if: self.only_if.map(Spanned::into_inner),
            under_text: self.under_text.map(Spanned::into_inner),
            shown_only: self.shown_only,
            coverage_question: self.coverage_question,
            anchor_question: self.anchor_question,
            each_question: self.each_question,
            questions: self.questions,
        })
    }
}

/// Refuses the name of a text that the duty does not have.
pub(crate) fn known_text<T>(
    place: &Spanned<T>,
    name: &str,
    at: &At<'_>,
    texts: &[TextWindow],
) -> Result<(), PackError> {
    if texts.iter().any(|text| text.name == name) {
        return Ok(());
    }
    let known: Vec<&str> = texts.iter().map(|text| text.name.as_str()).collect();
    let message = format!("`{name}` is none of the duty's `[[texts]]`; there are {known:?}");
    Err(at.error(place, message))
}
