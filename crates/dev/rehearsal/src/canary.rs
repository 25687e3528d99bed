//! Planted faults: what a loop like ours gets wrong when somebody is not careful. Each is a switch
//! of the log's wrapper, so that what ships has none; the rehearsal must catch every one.

/// A planted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canary {
    /// Now and then a commit carries the positions and not the outputs.
    PositionsWithoutOutputs,
    /// Now and then a commit carries the positions and half of the outputs.
    TornOutputs,
    /// Positions are committed first, outputs in a transaction of their own.
    PositionsFirst,
    /// Outputs are committed first, positions in a transaction of their own.
    OutputsFirst,
    /// Outputs are written outside of the transaction.
    WriteBeforeBegin,
    /// Now and then a commit says that it is done, and aborts.
    CommitThatAborts,
    /// A commit is one record ahead of what was read, where there is one.
    OneAhead,
    /// After a failure a stage goes on where it stood, not where it committed.
    ForgetToRewind,
    /// What was committed is forgotten: every start is a first start.
    ForgetPositions,
    /// Now and then a record of a broadcast topic is skipped.
    SkipBroadcast,
    /// A stage begins to work before it has read the broadcast topics to their end.
    StartTooEarly,
    /// A stage begins to work before it has read again what it had committed.
    WorkTooEarly,
    /// A worker that was fenced writes and commits all the same.
    IgnoreFencing,
    /// Each worker has a transactional id of its own, so that nobody is fenced.
    IdsOfTheirOwn,
    /// A worker is not told that partitions went to another.
    MissRevocation,
    /// Now and then a record is delivered twice.
    DeliverTwice,
    /// Tombstones are not written.
    LoseTombstones,
    /// What was said before is read back, but for the last records.
    ReadBackTooLittle,
    /// What is on the log cannot be told from what was aborted: outputs of a transaction that
    /// fails are seen.
    SeeAborted,
    /// A disk forgets what was to be judged.
    DiskForgetsDue,
    /// A disk forgets the candidates, and not how far they went.
    DiskForgetsCandidates,
    /// Now and then what a step comes to is on disk before the transaction is decided, and the
    /// stage fails before it is.
    DiskBeforeCommit,
    /// A disk holds what it once held, and says that it goes as far as it did last.
    DiskIsAhead,
}

impl Canary {
    /// All, each with its name on the command line and a seed that catches it.
    pub const ALL: [(Canary, &'static str, u64); 23] = [
        (
            Canary::PositionsWithoutOutputs,
            "positions-without-outputs",
            0,
        ),
        (Canary::TornOutputs, "torn-outputs", 0),
        (Canary::PositionsFirst, "positions-first", 6),
        (Canary::OutputsFirst, "outputs-first", 6),
        (Canary::WriteBeforeBegin, "write-before-begin", 6),
        (Canary::CommitThatAborts, "commit-that-aborts", 0),
        (Canary::OneAhead, "one-ahead", 15),
        (Canary::ForgetToRewind, "forget-to-rewind", 6),
        (Canary::ForgetPositions, "forget-positions", 0),
        (Canary::SkipBroadcast, "skip-broadcast", 0),
        (Canary::StartTooEarly, "start-too-early", 11),
        (Canary::WorkTooEarly, "work-too-early", 0),
        (Canary::IgnoreFencing, "ignore-fencing", 8),
        (Canary::IdsOfTheirOwn, "ids-of-their-own", 8),
        (Canary::MissRevocation, "miss-revocation", 7),
        (Canary::DeliverTwice, "deliver-twice", 7),
        (Canary::LoseTombstones, "lose-tombstones", 0),
        (Canary::ReadBackTooLittle, "read-back-too-little", 0),
        (Canary::SeeAborted, "see-aborted", 6),
        (Canary::DiskForgetsDue, "disk-forgets-due", 33),
        (Canary::DiskForgetsCandidates, "disk-forgets-candidates", 1),
        (Canary::DiskBeforeCommit, "disk-before-commit", 1),
        (Canary::DiskIsAhead, "disk-is-ahead", 1),
    ];

    /// The canary of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Canary> {
        let found = Canary::ALL.iter().find(|(_, known, _)| *known == name);
        found.map(|(canary, ..)| *canary)
    }
}
