//! Whether an order binds: the trigger of the duty must lie in its time of force.

use crate::context::{Context, Node, Wanted};
use facts::{Kleene, MilestoneName, Moment, NotifiedBy, Report};
use incident::Discovery;
use jiff::civil::Date;
use orders::{OutOfRange, TextWindow, Trigger, Window};

/// Where an instant or interval lies, seen from a window.
#[derive(PartialEq, Eq)]
enum Side {
    In,
    Out,
    Both,
}

impl Context<'_> {
    /// The time of force.
    pub(crate) fn window(&self) -> Window {
        self.settings.window(self.order, Some(self.duty))
    }

    pub(crate) fn in_force(&self) -> Node {
        let rule = &self.duty.in_force;
        let window = self.window();
        if let Some(value) = self.suppose.in_force {
            return Node::new("The time of force, as supposed", &rule.cite, value);
        }
        if window == Window::default() {
            let text = "The order is taken to bind: when it is in force is not known; state it in \
                        the configuration";
            return Node::new(text, &rule.cite, Kleene::Yes);
        }
        let (name, from, to) = self.trigger();
        let span = words(window);
        let node = match side(self, window, from, to) {
            Side::In if self.is_unsure(to) => {
                let text = format!(
                    "The {name} lies on the last day of the time of force ({span}), and whether \
                     that day is in it is for counsel"
                );
                // What may have been earlier may have been in force, whatever that day is.
                let value = match self.effect(rule.unsure_question.as_deref()) {
                    Kleene::No if !self.is_unsure(from) => Kleene::Unknown,
                    value => value,
                };
                let mut node = Node::new(text, &rule.cite, value);
                node.raised.extend(rule.unsure_question.clone());
                node
            }
            Side::In => {
                let text = format!("The {name} lies in the time of force ({span})");
                Node::new(text, &rule.cite, Kleene::Yes)
            }
            Side::Out => self.out_of_force(window, name, &span),
            Side::Both => {
                let text =
                    format!("Whether the {name} lies in the time of force ({span}) is not known");
                let mut node = Node::new(text, &rule.cite, Kleene::Unknown);
                node.raised.extend(rule.question.clone());
                // Of what began on the last day nothing is in it by a reading that leaves it out.
                if self.is_unsure(from) {
                    let on_it = self.effect(rule.unsure_question.as_deref());
                    node.because.value = on_it.and(Kleene::Unknown);
                    let text = "; whether its last day is in it is for counsel";
                    node.because.text.push_str(text);
                    node.raised.extend(rule.unsure_question.clone());
                }
                if rule.trigger == Trigger::Discovery && node.value() == Kleene::Unknown {
                    let question = "When did the company discover the incident?";
                    node.wanted
                        .insert("discovered".to_owned(), Wanted::instant(question));
                }
                node
            }
        };
        self.with_trigger_records(node)
    }

    /// Whether the trigger lies on the day of which the source does not say whether it is in the
    /// time of force; what the deployment states leaves no such day.
    fn is_unsure(&self, at: Option<Moment>) -> bool {
        let is_stated = self.settings.windows.contains_key(&self.order.slug);
        let day = at.map(|at| at.date_in(self.zone()));
        !is_stated && day.is_some() && day == self.duty.in_force.unsure
    }

    /// Out of force, unless a required notice was given in force: that is for counsel.
    fn out_of_force(&self, window: Window, name: &str, span: &str) -> Node {
        let rule = &self.duty.in_force;
        let text = format!("The {name} lies outside the time of force ({span})");
        let mut node = Node::new(text, &rule.cite, Kleene::No);
        for (reported, notice) in self.notices() {
            let given_in_force = notice
                .at
                .is_some_and(|at| side(self, window, Some(at), Some(at)) == Side::In);
            let counts = self.starts_clock(NotifiedBy::Respondent, reported, notice, true);
            if given_in_force && counts.may_be() {
                let told = &mut node.because;
                let perhaps = match counts {
                    Kleene::Yes => "",
                    _ => ", if a law required it and it is one of the United States,",
                };
                told.text = format!(
                    "The {name} lies outside the time of force ({span}), a required notice to an \
                     authority{perhaps} inside it"
                );
                told.records.push(reported.record.id.clone());
                let binds = self.effect(rule.question.as_deref());
                told.value = told.value.or(binds.and(counts));
                node.raised.extend(rule.question.clone());
                if binds.may_be() {
                    node.wanted.extend(self.unclear(reported, notice, "US"));
                }
            }
        }
        node
    }

    /// Which of the duty's texts applied, or may have: by the instant that must lie in the time of
    /// force, oldest first. Empty where the duty has one text only.
    ///
    /// # Errors
    /// Where the instant lies before the first text that is encoded.
    pub(crate) fn texts(&self) -> Result<Vec<&TextWindow>, OutOfRange> {
        // Asked first: an answer about the trigger stands with the determination, also where
        // nothing hangs on it.
        let (_, from, to) = self.trigger();
        if self.duty.texts.is_empty() {
            return Ok(Vec::new());
        }
        let zone = self.zone();
        let day = |at: Option<Moment>| at.map(|at| at.date_in(zone));
        let (first, last) = (day(from), day(to));
        let begins = self.duty.texts.first().and_then(|text| text.from);
        if let Some((date, from)) = last.zip(begins).filter(|(last, from)| last < from) {
            return Err(OutOfRange::Text {
                duty: format!("{}/{}", self.order.slug, self.duty.name),
                date,
                from,
            });
        }
        let overlaps = |text: &&TextWindow| {
            let ended = text
                .until
                .zip(first)
                .is_some_and(|(until, first)| first >= until);
            let not_begun = text.from.zip(last).is_some_and(|(from, last)| last < from);
            !ended && !not_begun
        };
        Ok(self.duty.texts.iter().filter(overlaps).collect())
    }

    /// Whether the text `name` applies.
    pub(crate) fn under_text(&self, text: &str, cite: &str, name: &str) -> Node {
        let applying = self.texts().unwrap_or_default();
        let among = applying.iter().any(|one| one.name == name);
        let value = match (among, applying.len()) {
            (true, 1) => Kleene::Yes,
            (false, 1..) => Kleene::No,
            _ => Kleene::Unknown,
        };
        let mut node = Node::new(text, cite, value);
        if value == Kleene::Unknown && self.duty.in_force.trigger == Trigger::Discovery {
            let question = "When did the company discover the incident?";
            node.wanted
                .insert("discovered".to_owned(), Wanted::instant(question));
        }
        node
    }

    /// The trigger's name and between which instants it lies.
    fn trigger(&self) -> (&'static str, Option<Moment>, Option<Moment>) {
        let once = |at: Option<Moment>| (at, at);
        match self.duty.in_force.trigger {
            Trigger::Discovery => match self.discovery() {
                Discovery::Recorded { at } => ("discovery", Some(at), Some(at)),
                Discovery::Between {
                    not_before,
                    not_after,
                } => ("discovery", not_before, not_after),
                Discovery::Unknown => ("discovery", None, None),
            },
            Trigger::Notification => {
                let given = self.notices().filter(|(_, notice)| notice.at.is_some());
                let (from, to) = once(given.filter_map(|(_, notice)| notice.at).min());
                ("notification", from, to)
            }
            Trigger::Verification => {
                let (from, to) = once(self.milestone_at(MilestoneName::Verified));
                ("verification", from, to)
            }
            Trigger::Determination => {
                let (from, to) = once(self.milestone_at(MilestoneName::Determined));
                ("determination", from, to)
            }
        }
    }

    /// The earliest instant of a milestone: what starts something counts from the earliest.
    pub(crate) fn milestone_at(&self, name: MilestoneName) -> Option<Moment> {
        self.milestones(name).filter_map(|(_, at)| at).min()
    }

    /// The records of a milestone, with their instants.
    pub(crate) fn milestones(
        &self,
        name: MilestoneName,
    ) -> impl Iterator<Item = (&incident::Reported, Option<Moment>)> {
        self.incident
            .reports
            .iter()
            .filter_map(move |reported| match &reported.record.report {
                Report::Milestone(one) if one.name == name => Some((reported, one.at)),
                _ => None,
            })
    }

    fn with_trigger_records(&self, mut node: Node) -> Node {
        if self.duty.in_force.trigger == Trigger::Discovery {
            let records = self.milestones(MilestoneName::Discovered);
            node.because
                .records
                .extend(records.map(|(reported, _)| reported.record.id.clone()));
            node.because.records.sort();
            node.because.records.dedup();
        }
        node
    }
}

/// Where `from` to `to` (none: no end) lies, in days of the order's zone.
fn side(context: &Context<'_>, window: Window, from: Option<Moment>, to: Option<Moment>) -> Side {
    let zone = context.zone();
    let day = |at: Option<Moment>| at.map(|at| at.date_in(zone));
    let (first, last) = (day(from), day(to));
    let begun = |day: Option<Date>| match (window.from, day) {
        (None, _) => true,
        (Some(from), Some(day)) => day >= from,
        (Some(_), None) => false,
    };
    // An upper end that no record states lies no later than the day on which somebody reads this.
    let ends_before = |day: Option<Date>| match (window.until, day) {
        (Some(until), Some(day)) => day < until,
        (None, _) | (_, None) => true,
    };
    if begun(first) && ends_before(last) {
        return Side::In;
    }
    let wholly_before = window
        .from
        .zip(last)
        .is_some_and(|(from, last)| last < from);
    let wholly_after = window
        .until
        .zip(first)
        .is_some_and(|(until, first)| first >= until);
    if wholly_before || wholly_after {
        Side::Out
    } else {
        Side::Both
    }
}

fn words(window: Window) -> String {
    match (window.from, window.until) {
        (Some(from), Some(until)) => format!("from {from}, before {until}"),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(until)) => format!("before {until}"),
        (None, None) => "not known".to_owned(),
    }
}
