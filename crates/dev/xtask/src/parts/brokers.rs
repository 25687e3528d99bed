//! Several brokers that are one cluster: each can be killed, lose its disk and be replaced, or be
//! cut off from the others and from everybody.

use super::free_port;
use super::kafka::{Broker, Node};
use super::net::{Cable, Net};
use crate::Trouble;
use std::time::{Duration, Instant};

/// After how long without a heartbeat one of several counts as gone. Three on a busy machine are
/// slower than one, and one that is taken for gone while it lives unsettles the others.
const SESSION_MS: u32 = 3_000;
/// Nothing takes longer until every copy is whole again.
const WHOLE_LIMIT: Duration = Duration::from_secs(180);
/// The ports of a node that has an address of its own.
const PORTS: (u16, u16) = (9092, 9093);

/// A cluster. The brokers end and their files go when this is dropped, or when this process ends in
/// any way.
pub struct Brokers {
    // Dropped in this order: the brokers before their network.
    nodes: Vec<Broker>,
    net: Option<Net>,
}

impl Brokers {
    /// One broker, on this machine.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub fn one() -> Result<Brokers, Trouble> {
        Ok(Brokers {
            nodes: vec![Broker::start()?],
            net: None,
        })
    }

    /// Three brokers, each of which holds everything, on a network whose cables can be pulled; on
    /// this machine's own where there is none. A write needs two of them.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub fn three(net: Option<Net>) -> Result<Brokers, Trouble> {
        let mut places = Vec::new();
        for node in 0..3 {
            places.push(match &net {
                Some(net) => (net.host(node), PORTS.0, PORTS.1, Some(net.namespace(node))),
                None => ("127.0.0.1".to_owned(), free_port()?, free_port()?, None),
            });
        }
        let controllers: Vec<String> = places
            .iter()
            .map(|(host, _, controller, _)| format!("{host}:{controller}"))
            .collect();
        let mut nodes = Vec::new();
        for (id, (host, port, _, namespace)) in (1..).zip(places) {
            let node = Node {
                id,
                host,
                port,
                controllers: controllers.clone(),
                namespace,
                session_ms: SESSION_MS,
            };
            nodes.push(Broker::formatted(node, None)?);
        }
        // None of them is ready before most are there.
        for node in &mut nodes {
            node.launch()?;
        }
        for node in &mut nodes {
            node.wait_ready()?;
        }
        Ok(Brokers { nodes, net })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// One of them, counted from 0.
    pub fn node(&self, node: usize) -> &Broker {
        &self.nodes[node]
    }

    /// `host:port` of each, for clients.
    pub fn bootstrap(&self) -> String {
        let all: Vec<String> = self.nodes.iter().map(Broker::bootstrap).collect();
        all.join(",")
    }

    /// Kills one as a power cut would, and starts it again after so long.
    ///
    /// # Errors
    /// As [`Broker::start_again`].
    pub fn restart(&mut self, node: usize, gone: Duration) -> Result<(), Trouble> {
        self.nodes[node].kill();
        std::thread::sleep(gone);
        self.nodes[node].start_again()
    }

    /// Kills one, and after so long puts a new one with an empty disk in its place.
    ///
    /// # Errors
    /// As [`Broker::start_again`]; or its disk cannot be emptied.
    pub fn replace(&mut self, node: usize, gone: Duration) -> Result<(), Trouble> {
        self.nodes[node].kill();
        std::thread::sleep(gone);
        self.nodes[node].wipe()?;
        self.nodes[node].start_again()
    }

    /// Whether cables can be pulled.
    pub fn has_cables(&self) -> bool {
        self.net.is_some()
    }

    /// Pulls a cable for so long.
    ///
    /// # Errors
    /// There are no cables, or the operating system refuses.
    pub fn cut(&self, cable: Cable, time: Duration) -> Result<(), Trouble> {
        let net = self.net.as_ref();
        let net = net.ok_or_else(|| Trouble("these brokers have no cables".into()))?;
        net.pull(cable, true)?;
        std::thread::sleep(time);
        net.pull(cable, false)
    }

    /// Waits until every copy of every partition is whole: whoever takes another broker away before
    /// takes two copies away.
    ///
    /// # Errors
    /// They are not within 180 s; says which.
    pub fn wait_whole(&self) -> Result<(), Trouble> {
        if self.nodes.len() == 1 {
            return Ok(());
        }
        let begun = Instant::now();
        loop {
            match self.nodes[0].lacking() {
                Ok(lacking) if lacking.is_empty() => return Ok(()),
                Err(trouble) if begun.elapsed() > WHOLE_LIMIT => return Err(trouble),
                Ok(lacking) if begun.elapsed() > WHOLE_LIMIT => {
                    let doing = format!("waiting {WHOLE_LIMIT:?} for every copy");
                    return Err(Trouble::new(doing, lacking));
                }
                _ => std::thread::sleep(Duration::from_millis(500)),
            }
        }
    }
}
