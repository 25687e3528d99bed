//! The broker and the registry: those that the environment names, else started here.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use xtask::Trouble;
use xtask::parts::kafka::{ADMIN, Broker, password};
use xtask::parts::registry::Registry;
use xtask::parts::{TEST_KAFKA, TEST_REGISTRY, skip_or_fail};

/// A running broker and registry. What was started here ends with this process.
pub(crate) struct Parts {
    /// `host:port` of the broker.
    pub(crate) bootstrap: String,
    /// The base address of the registry.
    pub(crate) registry: String,
    /// Whether the broker asks who comes.
    pub(crate) secured: bool,
    _broker: Option<Broker>,
    _registry: Option<Registry>,
}

impl Parts {
    /// The same registry beside a broker of the test's own.
    pub(crate) fn beside(&self, broker: &Broker) -> Parts {
        Parts {
            bootstrap: broker.bootstrap(),
            registry: self.registry.clone(),
            secured: false,
            _broker: None,
            _registry: None,
        }
    }

    /// The same where that broker asks who comes.
    pub(crate) fn beside_secured(&self, broker: &Broker) -> Parts {
        Parts {
            secured: true,
            ..self.beside(broker)
        }
    }

    /// What a client of the test's own is set to: the administrator, where the broker asks.
    pub(crate) fn properties(&self) -> BTreeMap<String, String> {
        if self.secured {
            login(ADMIN)
        } else {
            BTreeMap::new()
        }
    }
}

/// How a client says who it is to a broker that asks.
pub(crate) fn login(user: &str) -> BTreeMap<String, String> {
    let properties = [
        ("security.protocol", "SASL_PLAINTEXT".to_owned()),
        ("sasl.mechanism", "PLAIN".to_owned()),
        ("sasl.username", user.to_owned()),
        ("sasl.password", password(user)),
    ];
    let owned = properties.map(|(name, value)| (name.to_owned(), value));
    owned.into_iter().collect()
}

static PARTS: LazyLock<Result<Parts, Trouble>> = LazyLock::new(|| {
    let (bootstrap, broker) = match std::env::var(TEST_KAFKA) {
        Ok(given) => (given, None),
        Err(_) => {
            let broker = Broker::start()?;
            (broker.bootstrap(), Some(broker))
        }
    };
    let (url, registry) = match std::env::var(TEST_REGISTRY) {
        Ok(given) => (given, None),
        Err(_) => {
            let registry = Registry::start()?;
            (registry.url(), Some(registry))
        }
    };
    Ok(Parts {
        bootstrap,
        registry: url,
        secured: false,
        _broker: broker,
        _registry: registry,
    })
});

/// The parts, one of each for all tests of this process; `None`: they are missing and may be.
///
/// # Panics
/// They are missing where real parts are required.
pub(crate) fn parts(test: &str) -> Option<&'static Parts> {
    match &*PARTS {
        Ok(parts) => Some(parts),
        Err(missing) => {
            skip_or_fail(test, missing).unwrap();
            None
        }
    }
}
