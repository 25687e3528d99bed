//! Which groups are one incident, and at which times: what `join` connects and `part` separates.
//!
//! A `join` or `part` without a time speaks of groups as a whole. One with a time speaks of the
//! accesses that begin in it: those of the groups that it names go with, or leave, the matter of
//! its envelope, and what these groups hold beside stays where it is. The matter of the envelope
//! itself is not divided. So a group is cut into pieces, one for each set of others that it goes
//! with at some time, and an incident is a union of pieces.

use facts::{Grouping, Moment, Private, Span};
use std::collections::{BTreeMap, BTreeSet};

/// The name of a matter's group.
pub(crate) fn matter_group(matter: &str) -> String {
    format!("matter:{matter}")
}

/// The name of an actor's group.
pub(crate) fn actor_group(actor: &Private) -> String {
    format!("actor:{}", actor.reveal())
}

/// The names of the groups that a `join` or `part` on `matter` speaks of.
pub(crate) fn named(matter: &str, grouping: &Grouping) -> BTreeSet<String> {
    let matters = grouping
        .matters
        .iter()
        .flatten()
        .map(|one| matter_group(one));
    let actors = grouping.actors.iter().flatten().map(actor_group);
    matters
        .chain(actors)
        .chain([matter_group(matter)])
        .collect()
}

/// A `join` or `part` that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The group of the matter in its envelope.
    own: String,
    /// All groups that it names, its own among them.
    groups: BTreeSet<String>,
    /// The accesses that it speaks of, by when they begin; none: all.
    span: Option<Span>,
}

impl Link {
    /// What a `join` or `part` on `matter` says.
    pub(crate) fn new(matter: &str, grouping: &Grouping) -> Link {
        let span = (grouping.from.is_some() || grouping.until.is_some()).then(|| Span {
            from: grouping.from.unwrap_or(Moment::MIN),
            until: grouping.until,
        });
        Link {
            own: matter_group(matter),
            groups: named(matter, grouping),
            span,
        }
    }

    /// Whether it speaks of accesses that begin `at`; with none, of groups as a whole.
    fn is_in_force(&self, at: Option<Moment>) -> bool {
        match (self.span, at) {
            (None, _) => true,
            (Some(span), Some(at)) => span.contains(at),
            (Some(_), None) => false,
        }
    }
}

/// Which groups, or which of their accesses, are one incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The names of the groups.
    pub(crate) groups: BTreeSet<String>,
    /// Of these, those of which only the accesses that begin in some spans belong, with the spans.
    pub(crate) times: BTreeMap<String, Vec<Span>>,
    /// Of these, those that are here with accesses only: what is reported on the whole of them
    /// counts where their remainder is.
    pub(crate) guests: BTreeSet<String>,
    /// Two of them were parted and are still connected through others.
    pub(crate) parted: bool,
}

impl Scope {
    /// One group by itself.
    fn alone(group: &str) -> Scope {
        Scope {
            groups: BTreeSet::from([group.to_owned()]),
            ..Scope::default()
        }
    }

    /// Whether an access of `group` that begins `at` belongs.
    pub(crate) fn holds(&self, group: &str, at: Moment) -> bool {
        self.groups.contains(group)
            && self
                .times
                .get(group)
                .is_none_or(|spans| spans.iter().any(|span| span.contains(at)))
    }
}

/// All joins and parts that stand, and what they come to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Web {
    scopes: Vec<Scope>,
    of_group: BTreeMap<String, Vec<usize>>,
    /// Groups that a join names as a whole: they exist by being named.
    joined: BTreeSet<String>,
}

impl Web {
    /// What `joins` and `parts` come to, in whatever order they are given.
    pub(crate) fn new(joins: &[Link], parts: &[Link]) -> Web {
        let mut pieces = Pieces::cut(joins, parts);
        pieces.connect(joins);
        let scopes = pieces.scopes();
        let mut of_group: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, scope) in scopes.iter().enumerate() {
            for group in &scope.groups {
                of_group.entry(group.clone()).or_default().push(at);
            }
        }
        let whole = joins.iter().filter(|join| join.span.is_none());
        Web {
            scopes,
            of_group,
            joined: whole.flat_map(|join| join.groups.clone()).collect(),
        }
    }

    /// Every group that a join names as a whole.
    pub(crate) fn joined(&self) -> impl Iterator<Item = &String> {
        self.joined.iter()
    }

    /// Whether the scope is there because a join says so.
    pub(crate) fn is_joined(&self, scope: &Scope) -> bool {
        scope.groups.len() > 1
            || scope
                .groups
                .difference(&scope.guests)
                .any(|group| self.joined.contains(group))
    }

    /// Everything that may be one incident with some of `group`: one, unless it is cut by times.
    pub(crate) fn scopes_of(&self, group: &str) -> Vec<Scope> {
        match self.of_group.get(group) {
            Some(found) => found
                .iter()
                .filter_map(|at| self.scopes.get(*at).cloned())
                .collect(),
            None => vec![Scope::alone(group)],
        }
    }
}

/// Groups cut into pieces, and which of these are connected.
struct Pieces<'a> {
    parts: &'a [Link],
    parts_of: BTreeMap<&'a str, Vec<usize>>,
    /// By group: its pieces by the instant from which on they hold its accesses. The first piece
    /// of a group is its remainder, which also stands for the group as a whole.
    held: BTreeMap<&'a str, Vec<(Moment, usize)>>,
    whole: BTreeMap<&'a str, usize>,
    /// Union-find over pieces.
    leads_to: Vec<usize>,
}

impl<'a> Pieces<'a> {
    fn cut(joins: &'a [Link], parts: &'a [Link]) -> Pieces<'a> {
        let mut pieces = Pieces {
            parts,
            parts_of: by_group(parts),
            held: BTreeMap::new(),
            whole: BTreeMap::new(),
            leads_to: Vec::new(),
        };
        let joins_of = by_group(joins);
        let mut instants: BTreeMap<&str, BTreeSet<Moment>> = BTreeMap::new();
        for link in joins.iter().chain(parts) {
            for group in &link.groups {
                let cuts = instants.entry(group).or_default();
                cuts.insert(Moment::MIN);
                if let Some(span) = link.span {
                    cuts.insert(span.from);
                    cuts.extend(span.until);
                }
            }
        }
        for (group, cuts) in instants {
            let whole = pieces.piece();
            pieces.whole.insert(group, whole);
            let mut held = vec![(Moment::MIN, whole)];
            if cuts.len() > 1 {
                let joins: Vec<&Link> = links(joins, &joins_of, group).collect();
                let beside = pieces.goes_with(group, &joins, None);
                let mut known = BTreeMap::from([(beside, whole)]);
                held.clear();
                for at in cuts {
                    let beside = pieces.goes_with(group, &joins, Some(at));
                    let piece = known.get(&beside).copied().unwrap_or_else(|| {
                        let piece = pieces.piece();
                        known.insert(beside, piece);
                        piece
                    });
                    held.push((at, piece));
                }
            }
            pieces.held.insert(group, held);
        }
        pieces
    }

    fn piece(&mut self) -> usize {
        self.leads_to.push(self.leads_to.len());
        self.leads_to.len() - 1
    }

    /// With which others `group` itself goes `at` that time: those that it is joined with as a
    /// whole, and what a link of that time on another matter adds or takes away.
    fn goes_with(&self, group: &str, joins: &[&'a Link], at: Option<Moment>) -> BTreeSet<&'a str> {
        let mut beside = BTreeSet::new();
        for join in joins {
            let moves = join.span.is_none() || (join.own != group && join.is_in_force(at));
            if moves {
                beside.extend(join.groups.iter().map(String::as_str));
            }
        }
        beside.remove(group);
        let own = |part: &Link| part.span.is_some() && part.own == group;
        beside.retain(|other| {
            !self
                .parts_in_force(group, at)
                .any(|part| !own(part) && part.groups.contains(*other))
        });
        beside
    }

    fn parts_in_force(&self, group: &str, at: Option<Moment>) -> impl Iterator<Item = &'a Link> {
        links(self.parts, &self.parts_of, group).filter(move |part| part.is_in_force(at))
    }

    /// The instants at which something may change among the groups of `link` while it is in force;
    /// none stands for the groups as a whole.
    fn instants(&self, link: &Link) -> BTreeSet<Option<Moment>> {
        let mut instants = BTreeSet::from([link.span.map(|span| span.from)]);
        for group in &link.groups {
            let held = self.held.get(group.as_str()).into_iter().flatten();
            let during = held.map(|(at, _)| Some(*at));
            instants.extend(during.filter(|at| link.is_in_force(*at)));
        }
        instants.retain(|at| link.is_in_force(*at));
        instants
    }

    /// The piece that holds the accesses of `group` that begin `at`.
    fn at(&self, group: &str, at: Option<Moment>) -> usize {
        let whole = self.whole.get(group).copied().unwrap_or_default();
        let Some((at, held)) = at.zip(self.held.get(group)) else {
            return whole;
        };
        let after = held.partition_point(|(from, _)| *from <= at);
        held.get(after.saturating_sub(1))
            .map_or(whole, |(_, piece)| *piece)
    }

    /// Connects what `joins` name, each with each but for pairs that are parted.
    fn connect(&mut self, joins: &'a [Link]) {
        for join in joins {
            for at in self.instants(join) {
                let mut left: Vec<&str> = join.groups.iter().map(String::as_str).collect();
                while let Some(first) = left.pop() {
                    let mut open = vec![first];
                    while let Some(group) = open.pop() {
                        let here = self.at(group, at);
                        let parts: Vec<&Link> = self.parts_in_force(group, at).collect();
                        let (kept, reached) = left.into_iter().partition::<Vec<_>, _>(|other| {
                            parts.iter().any(|part| part.groups.contains(*other))
                        });
                        left = kept;
                        for other in &reached {
                            let there = self.at(other, at);
                            self.unite(here, there);
                        }
                        open.extend(reached);
                    }
                }
            }
        }
    }

    fn lead(&self, mut piece: usize) -> usize {
        while let Some(next) = self.leads_to.get(piece).filter(|next| **next != piece) {
            piece = *next;
        }
        piece
    }

    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.lead(one), self.lead(other));
        // To the lesser, so that the way to the lead gets no longer than the pieces are many.
        let (lesser, greater) = (one.min(other), one.max(other));
        if let Some(next) = self.leads_to.get_mut(greater) {
            *next = lesser;
        }
    }

    /// What is connected. Two that came to the same groups by different ways are one: an incident
    /// is named by its groups, and too much in one is seen, too little is not.
    fn scopes(&self) -> Vec<Scope> {
        let mut by_lead: BTreeMap<usize, Scope> = BTreeMap::new();
        for (group, held) in &self.held {
            let whole = self.whole.get(group).map(|piece| self.lead(*piece));
            let mut spans: BTreeMap<usize, Vec<Span>> =
                whole.into_iter().map(|lead| (lead, Vec::new())).collect();
            for (nth, (from, piece)) in held.iter().enumerate() {
                let until = held.get(nth + 1).map(|(until, _)| *until);
                let spans = spans.entry(self.lead(*piece)).or_default();
                match spans.last_mut() {
                    Some(last) if last.until == Some(*from) => last.until = until,
                    _ => spans.push(Span { from: *from, until }),
                }
            }
            let divided = spans.len() > 1;
            for (lead, spans) in spans {
                let scope = by_lead.entry(lead).or_default();
                scope.groups.insert((*group).to_owned());
                if divided {
                    scope.times.insert((*group).to_owned(), spans);
                }
                if whole != Some(lead) {
                    scope.guests.insert((*group).to_owned());
                }
            }
        }
        for lead in self.parted_within() {
            if let Some(scope) = by_lead.get_mut(&lead) {
                scope.parted = true;
            }
        }
        let mut by_groups: BTreeMap<BTreeSet<String>, Scope> = BTreeMap::new();
        for scope in by_lead.into_values() {
            match by_groups.get_mut(&scope.groups) {
                Some(same) => same.take_in(scope),
                None => _ = by_groups.insert(scope.groups.clone(), scope),
            }
        }
        by_groups.into_values().collect()
    }

    /// What holds two that a part separates, by its lead.
    fn parted_within(&self) -> BTreeSet<usize> {
        let mut parted = BTreeSet::new();
        for part in self.parts {
            for at in self.instants(part) {
                let mut seen = BTreeSet::new();
                for group in &part.groups {
                    let lead = self.lead(self.at(group, at));
                    if !seen.insert(lead) {
                        parted.insert(lead);
                    }
                }
            }
        }
        parted
    }
}

impl Scope {
    /// Adds what another scope of the same groups holds.
    fn take_in(&mut self, other: Scope) {
        for (group, spans) in other.times {
            let all = self.times.entry(group).or_default();
            all.extend(spans);
            all.sort();
        }
        self.guests = &self.guests & &other.guests;
        self.parted |= other.parted;
    }
}

fn by_group(links: &[Link]) -> BTreeMap<&str, Vec<usize>> {
    let mut by_group: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, link) in links.iter().enumerate() {
        for group in &link.groups {
            by_group.entry(group).or_default().push(at);
        }
    }
    by_group
}

fn links<'a>(
    all: &'a [Link],
    by_group: &BTreeMap<&'a str, Vec<usize>>,
    group: &str,
) -> impl Iterator<Item = &'a Link> {
    let found: Vec<usize> = by_group.get(group).cloned().unwrap_or_default();
    found.into_iter().filter_map(|at| all.get(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn at(day: u32) -> Moment {
        format!("2026-01-{day:02}T00:00:00Z").parse().unwrap()
    }

    fn link(names: &[&str], days: Option<(u32, u32)>) -> Link {
        Link {
            own: names[0].to_owned(),
            groups: set(names),
            span: days.map(|(from, until)| Span {
                from: at(from),
                until: Some(at(until)),
            }),
        }
    }

    /// The groups that go with `group` on a day.
    fn with(web: &Web, group: &str, day: u32) -> BTreeSet<String> {
        let scopes = web.scopes_of(group);
        let mut found = scopes.into_iter().filter(|one| one.holds(group, at(day)));
        let scope = found.next().unwrap();
        assert!(found.next().is_none(), "an access belongs to one incident");
        scope.groups
    }

    #[test]
    fn parted_but_connected_through_others_stays_one() {
        let mut joins = vec![link(&["a", "b"], None)];
        let parts = [link(&["a", "b"], None)];
        let web = Web::new(&joins, &parts);
        assert_eq!(web.scopes_of("a"), [Scope::alone("a")]);
        joins.push(link(&["b", "c"], None));
        joins.push(link(&["a", "c"], None));
        let web = Web::new(&joins, &parts);
        let [all] = web.scopes_of("a").try_into().unwrap();
        assert_eq!((all.groups, all.parted), (set(&["a", "b", "c"]), true));
    }

    #[test]
    fn a_join_of_three_is_three_connections() {
        let joins = [link(&["a", "b", "c"], None)];
        let mut parts = vec![link(&["a", "b"], None)];
        let web = Web::new(&joins, &parts);
        for group in ["a", "b", "c"] {
            assert_eq!(with(&web, group, 1), set(&["a", "b", "c"]));
        }
        parts.push(link(&["a", "c"], None));
        let web = Web::new(&joins, &parts);
        assert_eq!(with(&web, "a", 1), set(&["a"]));
        assert_eq!(with(&web, "b", 1), set(&["b", "c"]));
    }

    #[test]
    fn a_join_in_time_takes_the_others_accesses_of_that_time() {
        let web = Web::new(&[link(&["m", "x"], Some((10, 20)))], &[]);
        assert_eq!(with(&web, "x", 9), set(&["x"]));
        assert_eq!(with(&web, "x", 10), set(&["m", "x"]));
        assert_eq!(with(&web, "x", 19), set(&["m", "x"]));
        assert_eq!(with(&web, "x", 20), set(&["x"]));
        // The matter of the envelope is not divided.
        assert_eq!(with(&web, "m", 1), set(&["m", "x"]));
        let [both] = web.scopes_of("m").try_into().unwrap();
        assert_eq!(both.guests, set(&["x"]));
    }

    #[test]
    fn a_part_in_time_takes_out_the_others_accesses_of_that_time() {
        let joins = [link(&["m", "x"], None)];
        let web = Web::new(&joins, &[link(&["m", "x"], Some((10, 20)))]);
        assert_eq!(with(&web, "x", 9), set(&["m", "x"]));
        assert_eq!(with(&web, "x", 10), set(&["x"]));
        assert_eq!(with(&web, "m", 10), set(&["m", "x"]));
        assert!(web.scopes_of("m").iter().all(|one| !one.parted));
        // What nothing joins is not divided by a part.
        let web = Web::new(&[], &[link(&["m", "x"], Some((10, 20)))]);
        assert_eq!(web.scopes_of("x"), [Scope::alone("x")]);
        // Connected through another while it is parted: one, and disputed.
        let joins = [link(&["m", "x"], None), link(&["n", "m", "x"], None)];
        let web = Web::new(&joins, &[link(&["m", "x"], Some((10, 20)))]);
        let [all] = web.scopes_of("x").try_into().unwrap();
        assert_eq!((all.groups, all.parted), (set(&["m", "n", "x"]), true));
    }

    #[test]
    fn joins_of_different_times_lead_to_different_matters() {
        let joins = [
            link(&["m", "x"], Some((5, 10))),
            link(&["n", "x"], Some((10, 15))),
        ];
        let web = Web::new(&joins, &[]);
        assert_eq!(with(&web, "x", 7), set(&["m", "x"]));
        assert_eq!(with(&web, "x", 12), set(&["n", "x"]));
        assert_eq!(with(&web, "x", 20), set(&["x"]));
        // Where they overlap, their accesses are one instance of all.
        let joins = [
            link(&["m", "x"], Some((5, 12))),
            link(&["n", "x"], Some((10, 15))),
        ];
        let web = Web::new(&joins, &[]);
        assert_eq!(with(&web, "x", 7), set(&["m", "n", "x"]));
        assert_eq!(with(&web, "x", 20), set(&["x"]));
    }

    #[test]
    fn a_part_outlives_no_join_of_its_time() {
        let joins = [link(&["m", "x"], Some((10, 20)))];
        let web = Web::new(&joins, &[link(&["m", "x"], Some((15, 30)))]);
        assert_eq!(with(&web, "x", 12), set(&["m", "x"]));
        assert_eq!(with(&web, "x", 15), set(&["x"]));
        assert_eq!(with(&web, "x", 25), set(&["x"]));
        assert_eq!(web.scopes_of("x").len(), 2);
    }
}
