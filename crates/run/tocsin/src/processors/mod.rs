//! The five processors: each wires pure judgement to the log, and decides nothing itself.

mod assess;
mod notify;
mod reading;
mod scope;
mod screen;
mod verify;

pub(crate) use reading::LetterKey;
pub(crate) use screen::{MENDED, STANDING, UNREADABLE};

use crate::context::Context;
use crate::runtime::{Processor, StageError};
use crate::topology::{Stage, Topic};
use std::rc::Rc;
use stream::TopicIds;

/// The processor of a stage, on topics of which these ids are known.
pub(crate) fn build(
    stage: Stage,
    context: &Rc<Context>,
    ids: &TopicIds,
) -> Result<Box<dyn Processor>, StageError> {
    let accesses = context.names.name(Topic::AccessEvents);
    let accesses_id = ids.get(&*accesses).cloned();
    Ok(match stage {
        Stage::Screen => Box::new(screen::ScreenStage::new(context, accesses_id)),
        Stage::Scope => Box::new(scope::ScopeStage::new(context, accesses_id)?),
        Stage::Verify => Box::new(verify::VerifyStage::new(context)),
        Stage::Assess => Box::new(assess::AssessStage::new(context)?),
        Stage::Notify => Box::new(notify::NotifyStage::new(context)?),
    })
}
