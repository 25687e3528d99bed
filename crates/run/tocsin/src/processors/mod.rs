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
use crate::topology::Stage;
use std::rc::Rc;

/// The processor of a stage.
pub(crate) fn build(stage: Stage, context: &Rc<Context>) -> Result<Box<dyn Processor>, StageError> {
    Ok(match stage {
        Stage::Screen => Box::new(screen::ScreenStage::new(context)),
        Stage::Scope => Box::new(scope::ScopeStage::new(context)?),
        Stage::Verify => Box::new(verify::VerifyStage::new(context)),
        Stage::Assess => Box::new(assess::AssessStage::new(context)?),
        Stage::Notify => Box::new(notify::NotifyStage::new(context)?),
    })
}
