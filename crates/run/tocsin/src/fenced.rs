//! A stage that was fenced: by a namesake, or by nobody.

use crate::context::Context;
use crate::members::member_name;
use crate::runtime::StageError;
use crate::topology::Stage;
use std::time::{Duration, Instant};
use stream::ErrorKind;

/// How often the group is asked who is in it.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Whether the error says that another took this worker's place.
pub(crate) fn is_fenced(error: &StageError) -> bool {
    matches!(error, StageError::Log(log) if log.kind == ErrorKind::Fenced)
}

/// Whether a stage that was fenced may begin again: nobody in its group bears this instance's name.
///
/// A client can be told that it is fenced though there is no other: where its session has run out
/// unseen it still introduces itself by its static name alone, and a coordinator that has just
/// taken over the group answers that the name is another's (librdkafka's issue 3437); and brokers
/// move the epoch of a producer whose transaction has lasted too long. The member that this stage
/// was stays in the group until its session ends, so who is seen for longer than that is another:
/// two of one name would fence each other in turn, and this one stops.
///
/// `pause`: waits so long; false where the stage is told to stop meanwhile, which is answered with
/// true since nothing hinders it.
pub(crate) fn is_alone(
    stage: Stage,
    context: &Context,
    pause: &mut dyn FnMut(Duration) -> bool,
) -> bool {
    let group = match stage.turns_on() {
        Some(_) => stage.turn_group(&context.prefix),
        None => stage.group(&context.prefix),
    };
    let name = member_name(context, &group);
    let session = context.cluster.session();
    // A coordinator that takes over counts each session from its beginning.
    let limit = session * 5 / 2;
    let begun = Instant::now();
    let mut seen_since = begun;
    loop {
        let asked = Instant::now();
        match context.cluster.members(&group) {
            Ok(members) => {
                let mut names = members.iter().filter_map(|one| one.instance_id.as_ref());
                if names.all(|one| *one != name) {
                    return true;
                }
                // However often a slow answer began the count anew.
                if begun.elapsed() > session * 6 {
                    return false;
                }
            }
            Err(error) if error.kind == ErrorKind::Retriable => seen_since = Instant::now(),
            Err(_) => {}
        }
        // Brokers that do not answer for long end no session either.
        if asked.elapsed() > 2 * BETWEEN_LOOKS {
            seen_since = Instant::now();
        }
        if seen_since.elapsed() >= limit {
            return false;
        }
        if !pause(BETWEEN_LOOKS) {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Tuning;
    use crate::law::LawSettings;
    use crate::tests::{law, plan, poured};
    use stream::{Assignment, Cluster, WorkerSpec};

    #[test]
    fn a_stage_that_was_fenced_goes_on_unless_another_bears_its_name() {
        let cluster = poured();
        let law = law(&LawSettings::default());
        let context = plan(&cluster, "0", law, Tuning::default()).context();
        let mut asked = |_| panic!("a member of this log is out of its group at once");
        for (stage, group) in [
            (Stage::Screen, Stage::Screen.group(&context.prefix)),
            (Stage::Assess, Stage::Assess.turn_group(&context.prefix)),
        ] {
            let join = |name: String| {
                let spec = WorkerSpec {
                    group: group.clone(),
                    instance_id: Some(name),
                    topics: vec!["access-events".to_owned()],
                    assignment: Assignment::Group,
                    ..WorkerSpec::writer("another")
                };
                cluster.open_worker(spec).unwrap()
            };
            let other = join(format!("{group}-another-{}", context.law.stamp()));
            assert!(
                is_alone(stage, &context, &mut asked),
                "{group}: another name"
            );
            let namesake = join(member_name(&context, &group));
            assert!(
                !is_alone(stage, &context, &mut asked),
                "{group}: a namesake"
            );
            drop(namesake);
            assert!(
                is_alone(stage, &context, &mut asked),
                "{group}: it has left"
            );
            drop(other);
        }
    }
}
