//! Which topic a position is in. One that was deleted and created anew bears the name of the old
//! one, and another id: a position in the old one says nothing about it, though it may well lie
//! inside. So the ids of the topics that a stage reads are asked for before anything is read, are
//! noted with whatever it says of positions, and are compared: known ones with known ones.
//!
//! Brokers forget the positions in a topic with the topic. So each position notes the ids of all
//! topics that its stage reads, and a stage has positions in all of them, also in those that every
//! instance reads whole: what is forgotten of one still stands with the others.

use crate::codec::headers;
use crate::context::Context;
use crate::runtime::{Awaited, StageError};
use crate::topology::{Stage, Topic};
use std::sync::Arc;
use std::time::Duration;
use stream::{Committed, LogError, Outgoing, Positions, RecordRef, TopicIds};

/// The code of a stage that stops, or begins again, because a topic was created anew.
pub(crate) const CREATED_ANEW: &str = "topic-created-anew";
/// The code of a stage that begins again, because an input of which it reads all partitions has
/// more.
pub(crate) const HAS_GROWN: &str = "topic-has-grown";
/// How often the ids are asked for again while a stage runs.
const BETWEEN_LOOKS: Duration = Duration::from_secs(30);

/// The topic that is there and the one that something noted is about, where it is another.
pub(crate) fn other<'a>(
    there: Option<&'a str>,
    noted: Option<&'a str>,
) -> Option<(&'a str, &'a str)> {
    there.zip(noted).filter(|(there, noted)| there != noted)
}

/// Whether what is noted is about another topic than the one that is there.
pub(crate) fn is_another(there: Option<&str>, noted: Option<&str>) -> bool {
    other(there, noted).is_some()
}

/// The id of the topic that the positions of this record are in, where that is noted.
pub(crate) fn noted<'a>(record: &RecordRef<'a>) -> Option<&'a str> {
    std::str::from_utf8(record.header(headers::TOPIC_ID)?).ok()
}

/// The record with that note.
pub(crate) fn with_note(record: Outgoing, topic_id: Option<&str>) -> Outgoing {
    match topic_id {
        Some(id) => record.header(headers::TOPIC_ID, id),
        None => record,
    }
}

/// The topics that a stage reads, and their ids as they were when it was opened.
pub(crate) struct Identities {
    stage: Stage,
    names: Vec<Arc<str>>,
    ids: TopicIds,
    /// How many partitions the others have than the accesses.
    partitions: Vec<(Topic, i32)>,
    look_at: Option<Duration>,
}

impl Identities {
    /// Asks for the ids.
    pub(crate) fn of(stage: Stage, context: &Context) -> Result<Identities, LogError> {
        let topics = [stage.reads(), stage.broadcast(), stage.searches()].concat();
        let names = topics.into_iter().map(|topic| context.names.name(topic));
        let names: Vec<Arc<str>> = names.collect();
        // Whoever shares the partitions of access-events, or searches them, is told.
        let counted = [stage.reads(), stage.broadcast()].concat().into_iter();
        let counted = counted.filter(|topic| *topic != Topic::AccessEvents);
        let counted = counted.map(|topic| Ok((topic, context.partitions(topic)?)));
        Ok(Identities {
            stage,
            partitions: counted.collect::<Result<_, LogError>>()?,
            ids: ask(context, &names)?,
            names,
            look_at: None,
        })
    }

    /// Those that are known, by the topic's name on the cluster.
    pub(crate) fn ids(&self) -> &TopicIds {
        &self.ids
    }

    /// Compares now and then; who does not answer is asked the next time.
    ///
    /// # Errors
    /// As [`Identities::compare`].
    pub(crate) fn look(&mut self, context: &Context, now: Duration) -> Result<(), StageError> {
        let at = *self.look_at.get_or_insert(now + BETWEEN_LOOKS);
        if now < at {
            return Ok(());
        }
        self.look_at = Some(now + BETWEEN_LOOKS);
        match self.compare(context) {
            // What is more than this question's the work says too. A question without an answer
            // takes its time, so the next one waits longer.
            Err(StageError::Log(_)) => {
                self.look_at = Some(now + 4 * BETWEEN_LOOKS);
                Ok(())
            }
            result => result,
        }
    }

    /// Compares the ids with those that the topics have now.
    ///
    /// # Errors
    /// `Stop` where a topic that is read is another one. `Wait`, to begin again at once, where that
    /// is a topic which is only searched, or an id has become known.
    pub(crate) fn compare(&self, context: &Context) -> Result<(), StageError> {
        for (topic, is) in ask(context, &self.names)? {
            let was = self.ids.get(&topic);
            if was == Some(&is) {
                continue;
            }
            return Err(match was {
                Some(was) if !self.is_searched(context, &topic) => {
                    created_anew(context, self.stage, &topic, was, &is)
                }
                _ => StageError::Wait {
                    on: Awaited::Turn,
                    code: CREATED_ANEW.to_owned(),
                    reason: format!(
                        "the topic {topic} has the id {is}, which is not the one that the stage \
                         knew; it begins again with what it knows now"
                    ),
                },
            });
        }
        self.count(context)
    }

    /// Compares how many partitions the topics have with how many they had.
    ///
    /// # Errors
    /// `Wait`, to begin again at once, where an input has others. `Stop` where another topic has:
    /// its keys go elsewhere now than where they stand.
    fn count(&self, context: &Context) -> Result<(), StageError> {
        for (topic, had) in &self.partitions {
            let has = context.partitions(*topic)?;
            if has == *had {
                continue;
            }
            let name = context.names.name(*topic);
            if Topic::INPUTS.contains(topic) {
                return Err(StageError::Wait {
                    on: Awaited::Turn,
                    code: HAS_GROWN.to_owned(),
                    reason: format!(
                        "the topic {name} has {has} partitions and had {had}; the stage begins \
                         again and reads all of them"
                    ),
                });
            }
            return Err(StageError::Stop {
                code: "topics-unfit".to_owned(),
                reason: format!(
                    "the topic {name} has {has} partitions and had {had} when the stage began: \
                     what belongs together does not stand together any more. Make the pipeline \
                     anew under another prefix; deploy/runbooks says how"
                ),
            });
        }
        Ok(())
    }

    /// Compares the ids with those that the group has noted with its positions. Of a topic in which
    /// it has positions, these tell: where they note nothing of it, somebody set them on purpose,
    /// for that topic. Of one in which it has none, the others tell what it was.
    ///
    /// # Errors
    /// `Stop` where the group has read another topic under the name of one that is read now.
    pub(crate) fn recall(&self, context: &Context, found: &Positions) -> Result<(), StageError> {
        let found = found.iter();
        let found: Vec<(&str, &Committed)> = found
            .filter_map(|(at, one)| Some((&*at.topic, one.as_ref()?)))
            .collect();
        for (topic, is) in &self.ids {
            if self.is_searched(context, topic) {
                continue;
            }
            let is_in = found.iter().any(|(of, _)| of == topic);
            let tell = found.iter().filter(|(of, _)| !is_in || of == topic);
            let mut noted = tell.filter_map(|(_, one)| one.topic_ids.get(topic));
            if let Some(was) = noted.find(|was| *was != is) {
                return Err(created_anew(context, self.stage, topic, was, is));
            }
        }
        Ok(())
    }

    /// Whether the topic is only searched: what was searched of another is said in coverage.
    fn is_searched(&self, context: &Context, topic: &str) -> bool {
        let role = context.names.topic(topic);
        role.is_some_and(|role| self.stage.searches().contains(&role))
    }
}

fn ask(context: &Context, names: &[Arc<str>]) -> Result<TopicIds, LogError> {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    context.cluster.topic_ids(&names)
}

/// The stage has read a topic that is not there any more, and another is in its place.
pub(crate) fn created_anew(
    context: &Context,
    stage: Stage,
    topic: &str,
    was: &str,
    is: &str,
) -> StageError {
    let group = stage.group(&context.prefix);
    StageError::Stop {
        code: CREATED_ANEW.to_owned(),
        reason: format!(
            "stage {} has read a topic {topic} of the id {was}, and the one of this name has the \
             id {is}: it was deleted and created anew, so positions in the old one say nothing of \
             it. Find out who did that, and send it again what it must hold; then, with every \
             instance stopped, set the position of its group on purpose: kafka-consumer-groups.sh \
             --bootstrap-server BROKER --group {group} --reset-offsets --to-earliest --topic \
             {topic} --execute",
            stage.name()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Tuning;
    use crate::engine::Plan;
    use crate::law::LawSettings;
    use crate::processors::SCREENED;
    use crate::runtime::Runner;
    use crate::tests::{Stepped, accesses_anew, create_anew, law, plan, poured, said};
    use facts::{Activation, Coverage, CoverageState};
    use std::collections::{BTreeMap, BTreeSet};
    use stream::{Assignment, MemoryCluster, Record, TopicPartition, WorkerSpec};

    const WITHOUT_SCREEN: [Stage; 4] = [Stage::Scope, Stage::Verify, Stage::Assess, Stage::Notify];

    /// A pipeline at rest, with a selector that came late, so that screen has said where it stood.
    fn at_rest() -> (MemoryCluster, Plan) {
        let cluster = poured();
        let plan = plan(
            &cluster,
            "0",
            law(&LawSettings::default()),
            Tuning::default(),
        );
        let mut stages = Stepped::open(&plan);
        assert!(stages.rest(Duration::ZERO), "not settled");
        look_for(&cluster, "late");
        assert!(stages.rest(Duration::ZERO), "not settled");
        (cluster, plan)
    }

    /// Somebody reports an indicator for that employee.
    fn look_for(cluster: &MemoryCluster, name: &str) {
        let report = serde_json::json!({
            "id": name, "matter": format!("M-{name}"), "recorded_at": "2026-06-01T00:00:00Z",
            "report": {"kind": "indicator", "mode": "insider", "actors": [format!("emp-{name}")],
                "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
        });
        let report = report.to_string().into_bytes();
        let report = Outgoing::new(Topic::BreachEvents.name(), name, report);
        cluster.append(&report).unwrap();
    }

    /// What opening the stage, and a few steps, come to.
    fn refusal(stage: Stage, plan: &Plan) -> Option<StageError> {
        let mut runner = Runner::open(stage, &plan.context()).unwrap();
        (0..20).find_map(|_| runner.step(Duration::ZERO, Duration::ZERO).err())
    }

    fn assert_stops(stage: Stage, plan: &Plan, with: &str) {
        match refusal(stage, plan) {
            Some(StageError::Stop { code, reason }) => {
                assert_eq!(code, with, "{reason}");
                assert!(
                    reason.contains("--group") || with != CREATED_ANEW,
                    "{reason}"
                );
            }
            other => panic!("{}: {other:?}", stage.name()),
        }
    }

    /// Commits positions under the name of a stage, as its own worker would, or another tool.
    fn set_positions(plan: &Plan, stage: Stage, topic: Topic, topic_id: Option<&str>, at: At) {
        let partitions = 0..plan.cluster.partitions(topic.name()).unwrap();
        let partitions = partitions.map(|one| TopicPartition::new(topic.name(), one));
        let partitions: Vec<TopicPartition> = partitions.collect();
        let id = topic_id.map(|id| (topic.name().to_owned(), id.to_owned()));
        let mut worker = plan
            .cluster
            .open_worker(WorkerSpec {
                group: stage.group(&plan.prefix),
                topics: vec![topic.name().to_owned()],
                assignment: Assignment::Fixed(partitions.clone()),
                topic_ids: id.into_iter().collect(),
                ..WorkerSpec::writer("somebody")
            })
            .unwrap();
        worker.poll(1, Duration::ZERO, &mut |_| {}).unwrap();
        worker.begin().unwrap();
        let positions = partitions.iter().map(|one| {
            let (start, end) = plan.cluster.range(&one.topic, one.partition).unwrap();
            one.at(match at {
                At::Start => start,
                At::End => end,
                At::Beyond => end + 1,
            })
        });
        let positions: Vec<stream::Position> = positions.collect();
        worker.commit(&positions).unwrap();
        worker.close().unwrap();
    }

    /// The stages that read the topic, and do not only search it.
    fn readers(topic: Topic) -> impl Iterator<Item = Stage> {
        let reads = move |stage: &Stage| {
            let all = [stage.reads(), stage.broadcast()];
            all.iter().any(|topics| topics.contains(&topic))
        };
        Stage::ALL.into_iter().filter(reads)
    }

    #[derive(Clone, Copy)]
    enum At {
        Start,
        End,
        Beyond,
    }

    /// The last coverage of each selector on each partition.
    fn coverage(plan: &Plan) -> BTreeMap<(String, i32), CoverageState> {
        let codec = &plan.context().codec;
        let all = stream::latest(plan.cluster.as_ref(), Topic::Coverage.name()).unwrap();
        let of = |record: &Record| -> Coverage {
            let value = record.value.as_deref().unwrap();
            codec.decode(Topic::Coverage, value).unwrap()
        };
        let all = all.values().map(of);
        all.map(|one| ((one.selector, one.partition), one.state))
            .collect()
    }

    /// What screen has announced: selector, partition and offset, and of which topic.
    fn announced(plan: &Plan) -> BTreeSet<(String, i32, i64, Option<String>)> {
        let codec = &plan.context().codec;
        let mut all = BTreeSet::new();
        stream::read_topic(
            plan.cluster.as_ref(),
            Topic::Activations.name(),
            &mut |record| {
                let value = record.value.unwrap();
                let one: Activation = codec.decode(Topic::Activations, value).unwrap();
                let of = noted(&record).map(str::to_owned);
                if one.selector != SCREENED {
                    all.insert((one.selector, one.partition, one.offset, of));
                }
            },
        )
        .unwrap();
        all
    }

    /// Kafka forgets the positions in a topic with the topic. What was screened of the old one
    /// cannot be searched any more, and whoever began at the new one's beginning, or went on in it
    /// where the old one was left, would not say so.
    #[test]
    fn a_topic_that_was_created_anew_stops_the_screen() {
        for times in [0, 1, 2] {
            let (cluster, plan) = at_rest();
            accesses_anew(&cluster, times);
            assert_stops(Stage::Screen, &plan, CREATED_ANEW);
        }
    }

    /// A worker that has not heard of it may still commit where it stood in the old one.
    #[test]
    fn a_position_of_another_topic_stops_whoever_it_is_of() {
        let (_cluster, plan) = at_rest();
        for (stage, topic) in [
            (Stage::Screen, Topic::AccessEvents),
            (Stage::Verify, Topic::Candidates),
            (Stage::Assess, Topic::Findings),
        ] {
            assert!(refusal(stage, &plan).is_none());
            set_positions(&plan, stage, topic, Some("another"), At::Start);
            assert_stops(stage, &plan, CREATED_ANEW);
        }
    }

    /// Its positions are forgotten, and those of the same group in other topics say what it was,
    /// until somebody sets positions in it on purpose. That word is for this topic alone.
    #[test]
    fn what_was_created_anew_while_nobody_read_it_stops_whoever_reads_it() {
        let (cluster, plan) = at_rest();
        let mut stopped = 0;
        for topic in Topic::ALL {
            create_anew(&cluster, topic);
            for stage in readers(topic) {
                // A supervisor starts it again and again.
                assert_stops(stage, &plan, CREATED_ANEW);
                assert_stops(stage, &plan, CREATED_ANEW);
                set_positions(&plan, stage, topic, None, At::Start);
                for _ in 0..2 {
                    let refused = refusal(stage, &plan);
                    assert!(refused.is_none(), "{}: {refused:?}", stage.name());
                }
                stopped += 1;
            }
        }
        assert_eq!(stopped, 21);
    }

    /// Each stage has read something that is there still, and screen what it announced.
    #[test]
    fn inputs_that_were_all_created_anew_stop_every_stage() {
        let (cluster, plan) = at_rest();
        for topic in Topic::INPUTS {
            create_anew(&cluster, topic);
        }
        for stage in Stage::ALL {
            assert_stops(stage, &plan, CREATED_ANEW);
        }
    }

    #[test]
    fn a_log_that_ends_below_its_position_stops_the_stage() {
        let (_cluster, plan) = at_rest();
        let accesses = Topic::AccessEvents;
        set_positions(&plan, Stage::Screen, accesses, None, At::Beyond);
        assert_stops(Stage::Screen, &plan, "position-past-end");
    }

    /// Scope only searches accesses: it begins again, and says what is cut. That grants are not
    /// those which were judged by is for a person.
    #[test]
    fn what_is_created_anew_under_a_running_stage_is_noticed_within_half_a_minute() {
        for (stage, topic) in [
            (Stage::Scope, Topic::AccessEvents),
            (Stage::Verify, Topic::Grants),
        ] {
            let (cluster, plan) = at_rest();
            let mut runner = Runner::open(stage, &plan.context()).unwrap();
            for _ in 0..20 {
                runner.step(Duration::ZERO, Duration::ZERO).unwrap();
            }
            create_anew(&cluster, topic);
            let mut at = |second| runner.step(Duration::from_secs(second), Duration::ZERO);
            at(29).unwrap();
            match (stage, at(30).unwrap_err()) {
                (Stage::Scope, StageError::Wait { code, .. })
                | (Stage::Verify, StageError::Stop { code, .. }) => assert_eq!(code, CREATED_ANEW),
                (_, other) => panic!("{}: {other:?}", stage.name()),
            }
        }
    }

    /// Nothing is searched in the new topic by what is known of the old one: it is cut, what comes
    /// later too, and the counts stay open. Where a person says so, screen goes on, and what the
    /// new topic holds is found, wherever screen begins.
    #[test]
    fn what_a_topic_that_is_gone_held_is_cut_and_what_the_new_one_holds_is_found() {
        let mut outcomes = Vec::new();
        for at in [At::Start, At::End] {
            let (cluster, plan) = at_rest();
            let before = coverage(&plan);
            let cut = |states: &BTreeMap<(String, i32), CoverageState>| {
                let cut = states.iter().filter(|(_, one)| **one == CoverageState::Cut);
                cut.map(|(at, _)| at.clone()).collect::<BTreeSet<_>>()
            };
            assert!(cut(&before).is_empty() && before.len() > 9, "{before:?}");
            accesses_anew(&cluster, 2);
            assert!(Stepped::of(&WITHOUT_SCREEN, &plan).rest(Duration::ZERO));
            let gone = coverage(&plan);
            assert_eq!(cut(&gone), before.into_keys().collect());
            let open: Vec<serde_json::Value> = {
                let codec = &plan.context().codec;
                let all = crate::outputs::documents(&plan, codec, Topic::Incidents).unwrap();
                all.into_values().collect()
            };
            let is_cut =
                |one: &&serde_json::Value| !one["searched"]["cut"].as_array().unwrap().is_empty();
            assert!(open.iter().filter(is_cut).count() > 2, "counts are closed");

            let access = serde_json::json!({
                "id": "only-anew", "at": "2026-01-15T10:00:00Z", "actor": "emp-late",
                "actor_kind": "employee", "action": "view", "outcome": "succeeded",
                "information": "home_security_recording", "account": "acct-anew",
            });
            let access = access.to_string().into_bytes();
            let access = Outgoing::new(Topic::AccessEvents.name(), "acct-anew", access);
            cluster.append(&access).unwrap();
            assert_stops(Stage::Screen, &plan, CREATED_ANEW);
            set_positions(&plan, Stage::Screen, Topic::AccessEvents, None, at);
            let mut stages = Stepped::open(&plan);
            assert!(stages.rest(Duration::ZERO), "not settled");
            look_for(&cluster, "later");
            assert!(stages.rest(Duration::ZERO), "not settled");
            let all = coverage(&plan);
            assert!(all.len() > gone.len(), "what came later is searched");
            assert_eq!(cut(&all), all.into_keys().collect(), "and cut");
            let mut said = said(&cluster);
            let found = said.keys().any(|(topic, key)| {
                let name = String::from_utf8_lossy(key);
                *topic == Topic::Findings.name() && name.contains("|only-anew|")
            });
            assert!(found, "{:?}", said.keys());
            // Findings tell where the access stands, which may be either of the two places.
            said.retain(|(topic, _), _| *topic == Topic::Determinations.name());
            assert!(said.len() > 30, "{}", said.len());
            outcomes.push(said);
        }
        assert!(outcomes[0] == outcomes[1]);
    }

    /// A version before this one noted nothing. What it announced stands, with its offsets.
    #[test]
    fn what_was_announced_without_a_note_is_announced_once_more_with_it() {
        let (cluster, plan) = at_rest();
        let before = announced(&plan);
        assert!(before.len() > 9 && before.iter().all(|one| one.3.is_some()));
        let activations = Topic::Activations.name();
        let all = stream::latest(&cluster, activations).unwrap();
        create_anew(&cluster, Topic::Activations);
        set_positions(&plan, Stage::Scope, Topic::Activations, None, At::Start);
        for (key, record) in all {
            let out = Outgoing::new(activations, key, record.value.unwrap());
            cluster.append(&out.on(record.partition)).unwrap();
        }
        assert!(announced(&plan).iter().all(|one| one.3.is_none()));
        assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
        let after: BTreeSet<_> = announced(&plan)
            .into_iter()
            .filter(|one| one.3.is_some())
            .collect();
        assert!(after == before, "{after:?}");
    }
}
