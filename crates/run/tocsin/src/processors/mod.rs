//! The five processors: each wires pure judgement to the log, and decides nothing itself.

mod assess;
mod candidates;
mod disk;
mod notify;
mod part;
mod reading;
mod scope;
mod screen;
mod searches;
mod verify;

pub(crate) use disk::Disk;
pub(crate) use part::UNJUDGED;
pub(crate) use reading::LetterKey;
#[cfg(test)]
pub(crate) use screen::SCREENED;
pub(crate) use screen::{MENDED, STANDING, UNREADABLE};

use crate::context::Context;
use crate::runtime::{Processor, StageError};
use crate::topology::{Stage, Topic};
use std::rc::Rc;
use stream::TopicIds;

/// What the stage keeps on disk, if it keeps anything there.
pub(crate) fn disk(stage: Stage, context: &Context) -> Result<Option<Rc<Disk>>, StageError> {
    match stage {
        Stage::Verify => Disk::open(context),
        Stage::Screen | Stage::Scope | Stage::Assess | Stage::Notify => Ok(None),
    }
}

/// The processor of a stage, on topics of which these ids are known, and what it has on disk.
pub(crate) fn build(
    stage: Stage,
    context: &Rc<Context>,
    ids: &TopicIds,
    disk: Option<Rc<Disk>>,
) -> Result<Box<dyn Processor>, StageError> {
    let accesses = context.names.name(Topic::AccessEvents);
    let accesses_id = ids.get(&*accesses).cloned();
    Ok(match stage {
        Stage::Screen => Box::new(screen::ScreenStage::new(context, accesses_id)?),
        Stage::Scope => Box::new(scope::ScopeStage::new(context, accesses_id)?),
        Stage::Verify => Box::new(verify::VerifyStage::new(context, disk)?),
        Stage::Assess => Box::new(assess::AssessStage::new(context)?),
        Stage::Notify => Box::new(notify::NotifyStage::new(context)?),
    })
}
