//! A network of one's own whose cables can be pulled: each node in a network namespace, all of them
//! and this machine on one switch, which stands in a namespace as well.
//!
//! Needs `ip` (Debian: iproute2) and the rights to make namespaces, which root has. A cable that is
//! pulled loses what is sent, both ways, and says nothing to anybody, as a broken network does.

use super::process::watcher;
use crate::Trouble;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};

/// Removes the namespaces `$1` when standard input ends and their users have had time to go.
const SWEEP: &str = "trap '' HUP INT TERM
cat >/dev/null
sleep 3
for one in $1; do ip netns del \"$one\" 2>/dev/null; done";

static NETS: AtomicU32 = AtomicU32::new(0);

/// Which cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cable {
    /// Of this machine: it reaches no node, and the nodes reach one another.
    Here,
    /// Of one node, counted from 0: nobody reaches it.
    Node(usize),
}

/// Namespaces with their cables. They go when this is dropped, or when this process ends in any
/// way.
pub struct Net {
    /// Before the names of everything that belongs to it.
    name: String,
    /// The third number of its addresses.
    third: u32,
    nodes: usize,
    sweep: Option<Child>,
}

impl Net {
    /// A network with so many nodes.
    ///
    /// # Errors
    /// `ip` is missing, or this user may not make namespaces; says so.
    pub fn start(nodes: usize) -> Result<Net, Trouble> {
        let number = NETS.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let mut net = Net {
            name: format!("tq{process}n{number}"),
            third: (process + number) % 256,
            nodes,
            sweep: None,
        };
        net.sweep = watcher(SWEEP, &net.namespaces().join(" ")).ok();
        net.build().map_err(|why| {
            Trouble::new(
                "this machine allows no network of namespaces to be made",
                why,
            )
        })?;
        Ok(net)
    }

    fn build(&self) -> Result<(), Trouble> {
        let (switch, here) = (self.switch(), self.here());
        ip(&format!("netns add {switch}"))?;
        ip(&format!("-n {switch} link add bridge type bridge"))?;
        ip(&format!("-n {switch} link set bridge up"))?;
        ip(&format!(
            "link add {here} type veth peer name here netns {switch}"
        ))?;
        ip(&format!("addr add {}/24 dev {here}", self.address(0)))?;
        ip(&format!("link set {here} up"))?;
        self.plug("here")?;
        for node in 0..self.nodes {
            let (space, address) = (self.namespace(node), self.host(node));
            let port = port(node);
            ip(&format!("netns add {space}"))?;
            ip(&format!("-n {space} link set lo up"))?;
            ip(&format!(
                "-n {space} link add cable type veth peer name {port} netns {switch}"
            ))?;
            ip(&format!("-n {space} addr add {address}/24 dev cable"))?;
            ip(&format!("-n {space} link set cable up"))?;
            self.plug(&port)?;
        }
        Ok(())
    }

    fn plug(&self, port: &str) -> Result<(), Trouble> {
        let switch = self.switch();
        ip(&format!("-n {switch} link set {port} master bridge"))?;
        ip(&format!("-n {switch} link set {port} up"))
    }

    /// The address of a node.
    pub fn host(&self, node: usize) -> String {
        self.address(node + 10)
    }

    /// The namespace of a node.
    pub fn namespace(&self, node: usize) -> String {
        format!("{}-{node}", self.name)
    }

    /// Pulls a cable, or puts it back.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn pull(&self, cable: Cable, pulled: bool) -> Result<(), Trouble> {
        let port = match cable {
            Cable::Here => "here".to_owned(),
            Cable::Node(node) => port(node),
        };
        let state = if pulled { "down" } else { "up" };
        ip(&format!("-n {} link set {port} {state}", self.switch()))
    }

    /// An address of the range that is set aside for trying networks (RFC 2544).
    fn address(&self, last: usize) -> String {
        format!("198.18.{}.{}", self.third, last + 1)
    }

    fn switch(&self) -> String {
        format!("{}-switch", self.name)
    }

    fn here(&self) -> String {
        format!("{}h", self.name)
    }

    fn namespaces(&self) -> Vec<String> {
        let nodes = (0..self.nodes).map(|node| self.namespace(node));
        nodes.chain([self.switch()]).collect()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for space in self.namespaces() {
            // Its cables go with it. What was never made is gone already.
            let _ = ip(&format!("netns del {space}"));
        }
        if let Some(mut sweep) = self.sweep.take() {
            let _ = sweep.kill();
            let _ = sweep.wait();
        }
    }
}

/// A node's end of its cable at the switch.
fn port(node: usize) -> String {
    format!("node{node}")
}

fn ip(arguments: &str) -> Result<(), Trouble> {
    let doing = format!("ip {arguments}");
    let done = Command::new("ip").args(arguments.split(' ')).output();
    let done = done.map_err(|why| Trouble::new(&doing, why))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(Trouble::new(doing, said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::net::{SocketAddr, TcpStream};
    use std::time::{Duration, Instant};

    /// How long a call may take that nobody answers.
    const PATIENCE: Duration = Duration::from_millis(1_500);
    /// How long it may take until a neighbour that was gone is asked for again.
    const LIMIT: Duration = Duration::from_secs(20);

    /// Nobody listens there: who is reached refuses, who is not says nothing, or is not found.
    fn is_reached(net: &Net, node: usize) -> bool {
        let address: SocketAddr = format!("{}:9", net.host(node)).parse().unwrap();
        let refused = TcpStream::connect_timeout(&address, PATIENCE);
        match refused.unwrap_err().kind() {
            ErrorKind::ConnectionRefused => true,
            ErrorKind::TimedOut
            | ErrorKind::WouldBlock
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable => false,
            other => panic!("{other}"),
        }
    }

    /// Waits until exactly these nodes are reached.
    fn comes_to(net: &Net, nodes: [bool; 2]) {
        let begun = Instant::now();
        while [is_reached(net, 0), is_reached(net, 1)] != nodes {
            assert!(begun.elapsed() < LIMIT, "never {nodes:?}");
        }
    }

    #[test]
    fn nothing_goes_through_a_cable_that_is_pulled() {
        let net = match Net::start(2) {
            Ok(net) => net,
            Err(missing) => return eprintln!("skipped: {missing}"),
        };
        comes_to(&net, [true, true]);
        net.pull(Cable::Node(1), true).unwrap();
        comes_to(&net, [true, false]);
        net.pull(Cable::Node(1), false).unwrap();
        net.pull(Cable::Here, true).unwrap();
        comes_to(&net, [false, false]);
        net.pull(Cable::Here, false).unwrap();
        comes_to(&net, [true, true]);
        let switch = net.switch();
        drop(net);
        assert!(
            ip(&format!("netns exec {switch} true")).is_err(),
            "it is gone"
        );
    }
}
