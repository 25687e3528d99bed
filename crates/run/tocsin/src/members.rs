//! Who is in a stage's group, by which name and by which rules.

use crate::context::Context;
use crate::remedy::{Awaited, StageError};

/// The name of this instance in a group: its own, and that of its rules.
pub(crate) fn member_name(context: &Context, group: &str) -> String {
    format!("{group}-{}-{}", context.instance, context.law.stamp())
}

/// What operators see of a member.
pub(crate) fn label() -> String {
    concat!("tocsin-", env!("CARGO_PKG_VERSION")).to_owned()
}

/// Two rule sets never run one stage at once: where a member of the group goes by other rules, this
/// instance waits until it has left.
///
/// # Errors
/// `Wait` with the other's name; where the cluster does not answer.
pub(crate) fn alone_by_these_rules(context: &Context, group: &str) -> Result<(), StageError> {
    let ours = format!("-{}", context.law.stamp());
    let others = context.cluster.members(group)?;
    let other = others
        .into_iter()
        .filter_map(|member| member.instance_id)
        .find(|name| !name.ends_with(&ours));
    other.map_or(Ok(()), |name| {
        Err(StageError::Wait {
            on: Awaited::Turn,
            code: OTHER_RULES.to_owned(),
            reason: format!(
                "{name} is in the group {group} and goes by another version, other packs or \
                 other settings of judgement than {ours}: stop it, and this instance goes on once \
                 its session has ended",
                ours = context.law.stamp(),
            ),
        })
    })
}

/// The code of [`alone_by_these_rules`].
pub(crate) const OTHER_RULES: &str = "other-rules";
