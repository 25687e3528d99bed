//! Writers' schemas by their ids: fetched when first needed, checked, kept.

use crate::error::{Code, DecodeError};
use crate::graph::Graph;
use crate::registry::RegistryError;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Where schemas come from: a registry, or a folder for work without one.
pub trait SchemaSource: Send + Sync {
    /// The text of the schema with this id.
    fn fetch(&self, id: u32) -> Result<String, RegistryError>;
}

/// A folder with one file `<id>.avsc` for each schema, for a replay that must not depend on a
/// registry which may have lost what it once knew.
#[derive(Debug, Clone)]
pub struct SchemaDirectory {
    folder: PathBuf,
}

impl SchemaDirectory {
    /// The schemas in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> SchemaDirectory {
        SchemaDirectory {
            folder: folder.into(),
        }
    }
}

impl SchemaSource for SchemaDirectory {
    fn fetch(&self, id: u32) -> Result<String, RegistryError> {
        let path = self.folder.join(format!("{id}.avsc"));
        std::fs::read_to_string(&path).map_err(|error| {
            let text = format!("reading the schema {} failed: {error}", path.display());
            match error.kind() {
                std::io::ErrorKind::NotFound => RegistryError::not_found(text),
                _ => RegistryError::refused(text),
            }
        })
    }
}

/// The first pause after a failed fetch; it doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// So many schemas are kept; a stream of made-up ids does not fill the memory.
const MOST_SLOTS: usize = 10_000;

enum Slot {
    Known(Arc<Graph>, Arc<str>),
    Failed {
        error: DecodeError,
        again: Instant,
        pause: Duration,
    },
}

/// Every writer's schema that was met, shared by all decoders of a process.
pub struct SchemaStore {
    source: Option<Box<dyn SchemaSource>>,
    slots: RwLock<HashMap<u32, Slot>>,
}

impl SchemaStore {
    /// A store that asks `source`.
    pub fn new(source: impl SchemaSource + 'static) -> SchemaStore {
        SchemaStore {
            source: Some(Box::new(source)),
            slots: RwLock::default(),
        }
    }

    /// A store for values that need no registry: single-object encoding and JSON.
    pub fn without_registry() -> SchemaStore {
        SchemaStore {
            source: None,
            slots: RwLock::default(),
        }
    }

    /// Takes in a schema whose id is known already, such as one just registered.
    pub fn learn(&self, id: u32, text: &str) -> Result<(), DecodeError> {
        let graph = checked(id, text)?;
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.insert(id, Slot::Known(Arc::new(graph), text.into()));
        Ok(())
    }

    /// The text of every writer's schema that was met or learnt, by its id.
    pub fn met(&self) -> BTreeMap<u32, Arc<str>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().filter_map(|(id, slot)| match slot {
            Slot::Known(_, text) => Some((*id, Arc::clone(text))),
            Slot::Failed { .. } => None,
        });
        known.collect()
    }

    /// The schema with this id. The first time it is fetched, on the caller's thread and within the
    /// source's time limits; after a failure the same error is given until a growing pause is over.
    pub(crate) fn get(&self, id: u32) -> Result<Arc<Graph>, DecodeError> {
        let pause = {
            let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
            match slots.get(&id) {
                Some(Slot::Known(graph, _)) => return Ok(Arc::clone(graph)),
                Some(Slot::Failed { error, again, .. }) if Instant::now() < *again => {
                    return Err(error.clone());
                }
                Some(Slot::Failed { pause, .. }) => (*pause * 2).min(LONGEST_PAUSE),
                None => FIRST_PAUSE,
            }
        };
        let result = self.fetch(id);
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST_SLOTS {
            slots.retain(|_, slot| matches!(slot, Slot::Known(..)));
        }
        match result {
            Ok((graph, text)) => {
                let graph = Arc::new(graph);
                slots.insert(id, Slot::Known(Arc::clone(&graph), text.into()));
                Ok(graph)
            }
            Err(error) => {
                let again = Instant::now() + pause;
                slots.insert(
                    id,
                    Slot::Failed {
                        error: error.clone(),
                        again,
                        pause,
                    },
                );
                Err(error)
            }
        }
    }

    fn fetch(&self, id: u32) -> Result<(Graph, String), DecodeError> {
        let Some(source) = &self.source else {
            return Err(DecodeError::unknown_id(
                id,
                format!(
                    "the value names schema {id} of a registry and none is configured; set the \
                     registry's address, or a folder with {id}.avsc"
                ),
            ));
        };
        match source.fetch(id) {
            Ok(text) => Ok((checked(id, &text)?, text)),
            Err(error) if error.is_not_found() => Err(DecodeError::unknown_id(
                id,
                format!("the registry does not know the schema {id}: {error}"),
            )),
            Err(error) if error.is_unusable() => {
                Err(DecodeError::new(Code::AvroSchemaInvalid, error.to_string()))
            }
            Err(error) if error.is_transient() => Err(DecodeError::new(
                Code::RegistryUnavailable,
                error.to_string(),
            )),
            Err(error) => Err(DecodeError::new(Code::RegistryRefused, error.to_string())),
        }
    }
}

fn checked(id: u32, text: &str) -> Result<Graph, DecodeError> {
    Graph::parse(text).map_err(|fault| {
        DecodeError::new(
            Code::AvroSchemaInvalid,
            format!("the schema {id} of the registry cannot be used: {fault}"),
        )
    })
}
