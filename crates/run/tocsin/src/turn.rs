//! Whose turn it is to be the one task of a stage.

use crate::context::Context;
use crate::members::{alone_by_these_rules, label, member_name};
use crate::runtime::StageError;
use crate::topology::Stage;
use std::time::{Duration, Instant};
use stream::{Assignment, ErrorKind, Polled, TopicIds, Worker, WorkerSpec};

/// How long an instance that stands by waits before it looks again.
const STAND_BY: Duration = Duration::from_millis(200);
/// How often it sees whether its brokers are there: a member of a group is told nothing of that.
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(5);

/// Whose turn it is to be the one task of a stage. The instances of such a stage share a topic of
/// one partition in a group made for this; its owner works and the others stand by, and the group
/// hands it on when the owner leaves or dies. Two that both think they own it are told apart by
/// their transactional id, which is the same: the later one fences the earlier.
pub(crate) struct Turn {
    /// `None`: the stage's instances work side by side.
    member: Option<Box<dyn Worker>>,
    ours: bool,
    /// When brokers answered last.
    answered: Instant,
}

impl Turn {
    /// Joins the group of the turns, where the stage has one.
    pub(crate) fn open(stage: Stage, context: &Context) -> Result<Turn, StageError> {
        let Some(topic) = stage.turns_on() else {
            return Ok(Turn {
                member: None,
                ours: true,
                answered: Instant::now(),
            });
        };
        let group = stage.turn_group(&context.prefix);
        alone_by_these_rules(context, &group)?;
        let member = context.cluster.open_worker(WorkerSpec {
            transactional_id: stage.turn_id(&context.prefix, &context.instance),
            instance_id: Some(member_name(context, &group)),
            label: Some(label()),
            group,
            topics: vec![context.names.name(topic).to_string()],
            assignment: Assignment::Group,
            // It reads nothing.
            beside: Vec::new(),
            topic_ids: TopicIds::new(),
        })?;
        Ok(Turn {
            member: Some(member),
            ours: false,
            answered: Instant::now(),
        })
    }

    /// Asks the group; waits a little where it is another's turn. After `false` the next call gives
    /// the turn away, so whoever is `at_work` must have ended by then.
    pub(crate) fn is_ours(&mut self, at_work: bool) -> Result<bool, StageError> {
        let Some(member) = &mut self.member else {
            return Ok(true);
        };
        let wait = if at_work { Duration::ZERO } else { STAND_BY };
        // Nothing is started, so nothing is delivered.
        let Polled {
            assigned,
            revoked,
            lost,
            ..
        } = member.poll(1, wait, &mut |_| {})?;
        let first =
            |partitions: &[stream::TopicPartition]| partitions.iter().any(|one| one.partition == 0);
        self.ours = (self.ours || first(&assigned)) && !first(&revoked) && !first(&lost);
        Ok(self.ours)
    }

    /// The turn is another's from now on.
    pub(crate) fn has_gone(&mut self) {
        self.answered = Instant::now();
    }

    /// Sees now and then whether brokers still answer whoever stands by.
    ///
    /// # Errors
    /// They do not. Whatever else a question may end by, joining and working say by themselves.
    pub(crate) fn stands_by(&mut self, stage: Stage, context: &Context) -> Result<(), StageError> {
        if let Some(topic) = stage.turns_on()
            && self.answered.elapsed() >= BETWEEN_QUESTIONS
        {
            match context.cluster.partitions(&context.names.name(topic)) {
                Err(error) if error.kind == ErrorKind::Retriable => return Err(error.into()),
                _ => self.answered = Instant::now(),
            }
        }
        Ok(())
    }

    /// Leaves the group.
    pub(crate) fn close(self) -> Result<(), StageError> {
        self.member.map_or(Ok(()), |member| Ok(member.close()?))
    }
}
