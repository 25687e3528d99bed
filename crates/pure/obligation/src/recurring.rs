//! What is due again and again: each time so many days after it was last done.

use crate::anchors::Start;
use crate::context::{Context, Node};
use crate::determination::{Clock, PerformedAt};
use facts::{MilestoneName, Moment, Report};
use orders::{ClockRule, OutOfRange, RepeatRule};

impl<'a> Context<'a> {
    /// When this duty was done, by the reports of responders, the earliest first.
    pub(crate) fn performed(&self) -> Vec<PerformedAt> {
        let mut done = Vec::new();
        for reported in &self.incident.reports {
            if let Report::Performed(one) = &reported.record.report
                && one.order == self.order.slug
                && self
                    .duty
                    .is_met_by(&one.duty, self.order.duty(&one.duty), one.part)
            {
                done.push(PerformedAt {
                    at: one.at,
                    record: reported.record.id.clone(),
                    part: one.part.map(|part| part.as_str().to_owned()),
                });
            }
        }
        done.sort();
        done
    }

    /// When the duty that this one follows was first done; failing that the day on which it is due.
    pub(crate) fn after_the_first(&self) -> Option<Start> {
        let first = self.order.duty(self.duty.of.as_deref()?)?;
        let first = self.on(first);
        let done = first.performed().into_iter().filter_map(|one| one.at).min();
        done.map(Start::sure).or_else(|| {
            // A date beyond the calendar is an error of that duty's own clocks, which says so.
            let due = first.clocks().ok()?.stated?.outer?;
            Some(Start {
                at: self.moment(due)?,
                basis: "chained",
                note: Some("nothing was done so far: from the day on which it is due".to_owned()),
            })
        })
    }

    /// The links of a chain: one from each time that the duty, or the one that it follows, was
    /// done; where neither was, one from the day on which the first one is due.
    pub(crate) fn chain(
        &self,
        rule: &ClockRule,
        repeats: &RepeatRule,
    ) -> Result<Vec<Clock>, OutOfRange> {
        let first = self.duty.of.as_deref().and_then(|of| self.order.duty(of));
        let first = first.map(|duty| self.on(duty));
        let own = self.performed();
        let before = first.as_ref().map(Context::performed).unwrap_or_default();
        let mut done: Vec<Moment> = own.iter().chain(&before).filter_map(|one| one.at).collect();
        done.sort();
        done.dedup();
        let mut links = Vec::new();
        for at in &done {
            let mut link = self.clock(rule, "performed", Some(Start::sure(*at)))?;
            // It was met by what was done next.
            link.met = own.iter().find(|one| one.at > Some(*at)).cloned();
            links.push(link);
        }
        if links.is_empty() {
            links.push(self.clock(rule, "performed", self.after_the_first())?);
        }
        if let Some(end) = self.chain_end(repeats) {
            self.end(rule, end, &mut links)?;
        }
        Ok(links)
    }

    /// Puts each link aside that falls due after the end: reports of cases that were joined later,
    /// or one that is on record twice, each have one.
    fn end(&self, rule: &ClockRule, end: Moment, links: &mut [Clock]) -> Result<(), OutOfRange> {
        let zone = self.zone();
        let ended = end.date_in(zone);
        // By the limit itself: what staff granted keeps no chain from having gone on.
        let limit = |at: Moment| {
            let calendar = &self.settings.calendar;
            orders::last_day(rule.method, rule.days, at.date_in(zone), calendar)
        };
        for link in links.iter_mut().filter(|link| link.met.is_none()) {
            let limit = link.anchor_at.map(limit).transpose()?;
            if limit.is_some_and(|limit| ended < limit.outer) {
                link.put_aside(&format!(": it ended on {ended}"));
            }
        }
        Ok(())
    }

    /// When a chain ended: the latest of the milestones that end it, once all are on record.
    fn chain_end(&self, repeats: &RepeatRule) -> Option<Moment> {
        let latest = |name: &MilestoneName| {
            let all = self.milestones(*name).filter_map(|(_, at)| at);
            all.max()
        };
        let ends: Option<Vec<Moment>> = repeats.until.iter().map(latest).collect();
        ends?.into_iter().max()
    }

    /// By which of its clocks the duty is due again and again, if it is.
    pub(crate) fn repeats(&self) -> Option<(&'a ClockRule, &'a RepeatRule)> {
        let mut rules = self.duty.clocks.iter();
        rules.find_map(|rule| Some((rule, rule.repeats.as_ref()?)))
    }

    /// Whether what is due again and again ever fell due before its end. What was done stays owed.
    pub(crate) fn goes_on(&self, (rule, repeats): (&ClockRule, &RepeatRule)) -> Node {
        // A date beyond the calendar is an error of the clocks, which says so.
        let links = self.chain(rule, repeats).unwrap_or_default();
        let ended = !links.is_empty() && links.iter().all(Clock::is_put_aside);
        let text = match (ended, repeats.until.is_empty()) {
            (true, _) => "It has ended before the next one fell due",
            (false, true) => "It does not end by itself",
            (false, false) => "It has not ended before the next one falls due",
        };
        let mut node = Node::new(text, &repeats.cite, facts::Kleene::from(!ended));
        for name in &repeats.until {
            let records = self.milestones(*name);
            let ids = records.map(|(reported, _)| reported.record.id.clone());
            node.because.records.extend(ids);
        }
        node
    }
}
