//! Literals: what a notice reproduces word for word stands a second time in `literals.toml`, so
//! that a pack in which it was reworded is noticed.

use crate::duty::{Duty, DutyKind};
use crate::error::PackError;
use crate::lint::Found;
use crate::model::{Channel, Order};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The words of the sources, whatever the packs say.
const TABLE: &str = include_str!("literals.toml");

/// What must be reproduced word for word. An order that it does not name is not compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Literals {
    /// The e-mail address of the Commission for reports.
    email: String,
    /// Its postal address, line by line.
    address: Vec<String>,
    /// The form of a declaration under penalty of perjury.
    declaration: String,
    /// The orders whose reports are sworn in that form.
    sworn: BTreeSet<String>,
    /// How the subject line must begin, by order, or by order and duty where a duty has its own.
    subjects: BTreeMap<String, String>,
    /// Where else a report goes, by order and duty.
    recipients: BTreeMap<String, Elsewhere>,
}

/// The addresses of another authority.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Elsewhere {
    email: String,
    address: Vec<String>,
}

impl Literals {
    /// The table.
    ///
    /// # Errors
    /// When it does not parse: a fault of the build.
    pub(crate) fn read() -> Result<Literals, PackError> {
        crate::text::parse("literals.toml", TABLE)
    }

    /// Says which literals of `order` itself were reworded.
    pub(crate) fn of_order(&self, order: &Order, found: &mut Found<'_>) {
        if let Some(channel) = &order.channel
            && let Some(subject) = self.subjects.get(&order.slug)
        {
            self.channel(subject, channel, found);
        }
    }

    /// Says which literals of `duty` were reworded, or are missing.
    pub(crate) fn of_duty(&self, order: &Order, duty: &Duty, found: &mut Found<'_>) {
        let own = format!("{}/{}", order.slug, duty.name);
        let subject = self.subjects.get(&own);
        let subject = subject.or_else(|| self.subjects.get(&order.slug));
        if let Some(channel) = &duty.channel
            && let Some(subject) = subject
        {
            self.channel(subject, channel, found);
        }
        if self.sworn.contains(&order.slug) {
            match &duty.signature {
                Some(given) => same("signature", given, &self.declaration, found),
                None if duty.kind == DutyKind::Report => {
                    let message = "a report that is made under penalty of perjury needs the \
                                   declaration, word for word";
                    let example = format!("signature = \"{}\"", self.declaration);
                    found.say_with("kind", message, &example);
                }
                None => {}
            }
        }
        if let Some(elsewhere) = self.recipients.get(&own) {
            let is_there = duty.recipients.iter().any(|one| {
                one.email.as_deref() == Some(elsewhere.email.as_str())
                    && one.address == elsewhere.address
            });
            if !is_there {
                let message = format!(
                    "no recipient has, word for word, the addresses that the source gives: {:?}, \
                     {:?}",
                    elsewhere.email, elsewhere.address
                );
                found.say("[[recipients]]", message);
            }
        }
    }

    fn channel(&self, subject: &str, channel: &Channel, found: &mut Found<'_>) {
        same("subject", &channel.subject, subject, found);
        same("email", &channel.email, &self.email, found);
        if channel.address != self.address {
            let message = format!(
                "`address` is not word for word what the source has: {:?}",
                self.address
            );
            found.say("address = ", message);
        }
    }
}

/// Says so where `given` is not `literal`.
fn same(member: &str, given: &str, literal: &str, found: &mut Found<'_>) {
    if given != literal {
        let message = format!("`{member}` is not word for word what the source has: {literal:?}");
        let place = format!("{member} = {given:?}");
        found.say_with(&place, message, &format!("{member} = {literal:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs::Packs;

    #[test]
    fn the_table_names_what_the_packs_have_and_nothing_else() {
        let literals = Literals::read().unwrap();
        let packs = Packs::embedded().unwrap();
        let mut subjects = BTreeSet::new();
        let mut sworn = BTreeSet::new();
        let mut recipients = BTreeSet::new();
        for order in packs.orders() {
            subjects.extend(order.channel.iter().map(|_| order.slug.clone()));
            for duty in &order.duties {
                let own = format!("{}/{}", order.slug, duty.name);
                subjects.extend(duty.channel.iter().map(|_| own.clone()));
                sworn.extend(duty.signature.iter().map(|_| order.slug.clone()));
                let elsewhere = duty.recipients.iter().filter(|one| one.email.is_some());
                recipients.extend(elsewhere.map(|_| own.clone()));
            }
        }
        assert_eq!(
            literals.subjects.into_keys().collect::<BTreeSet<_>>(),
            subjects
        );
        assert_eq!(
            literals.recipients.into_keys().collect::<BTreeSet<_>>(),
            recipients
        );
        assert_eq!(literals.sworn, sworn);
    }
}
