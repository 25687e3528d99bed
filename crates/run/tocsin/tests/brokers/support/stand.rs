//! The broker and the registry: those that the environment names, else started here.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use xtask::Trouble;
use xtask::parts::brokers::Brokers;
use xtask::parts::kafka::{ADMIN, Broker, password};
use xtask::parts::registry::Registry;
use xtask::parts::{TEST_KAFKA, TEST_REGISTRY, skip_or_fail};

/// A broker and a registry. What was started here ends with this process.
pub(crate) struct Parts {
    /// `host:port` of the broker.
    pub(crate) bootstrap: String,
    /// The base address of the registry.
    pub(crate) registry: String,
    /// Whether the broker asks who comes.
    pub(crate) secured: bool,
    /// On how many brokers every record stands.
    pub(crate) copies: usize,
    _broker: Option<Broker>,
}

impl Parts {
    /// The same registry beside a broker of the test's own.
    pub(crate) fn beside(&self, broker: &Broker) -> Parts {
        Parts::of(broker.bootstrap(), self.registry.clone())
    }

    /// The same broker beside a registry of the test's own.
    pub(crate) fn with_registry(&self, registry: &Registry) -> Parts {
        Parts::of(self.bootstrap.clone(), registry.url())
    }

    /// Brokers of the test's own, and a registry.
    pub(crate) fn of_brokers(brokers: &Brokers, registry: &str) -> Parts {
        Parts {
            copies: brokers.count(),
            ..Parts::of(brokers.bootstrap(), registry.to_owned())
        }
    }

    fn of(bootstrap: String, registry: String) -> Parts {
        Parts {
            bootstrap,
            registry,
            secured: false,
            copies: 1,
            _broker: None,
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

/// The address of the registry, and the registry where it was started here.
type Found = Result<(String, Option<Registry>), Trouble>;

static REGISTRY: LazyLock<Found> = LazyLock::new(|| match std::env::var(TEST_REGISTRY) {
    Ok(given) => Ok((given, None)),
    Err(_) => {
        let registry = Registry::start()?;
        Ok((registry.url(), Some(registry)))
    }
});

static PARTS: LazyLock<Result<Parts, Trouble>> = LazyLock::new(|| {
    let (bootstrap, broker) = match std::env::var(TEST_KAFKA) {
        Ok(given) => (given, None),
        Err(_) => {
            let broker = Broker::start()?;
            (broker.bootstrap(), Some(broker))
        }
    };
    let (registry, _) = REGISTRY.as_ref().map_err(Trouble::clone)?;
    Ok(Parts {
        _broker: broker,
        ..Parts::of(bootstrap, registry.clone())
    })
});

/// The address of the registry alone, for a test whose brokers are its own; `None`: it is missing
/// and may be.
///
/// # Panics
/// It is missing where real parts are required.
pub(crate) fn registry(test: &str) -> Option<&'static str> {
    match &*REGISTRY {
        Ok((url, _)) => Some(url),
        Err(missing) => {
            skip_or_fail(test, missing).unwrap();
            None
        }
    }
}

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
