//! Every metric's name, meaning and labels, in one place.
//!
//! Alerts, dashboards and runbooks rely on these names. A metric that is not here does not exist.

/// One metric: what it is called, what it says and by what it is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// The name, with the unit last and `_total` on counters.
    pub name: &'static str,
    /// What it counts or measures, in a sentence.
    pub help: &'static str,
    /// The labels, each with a small and closed set of values; never anything personal.
    pub labels: &'static [&'static str],
}

macro_rules! metrics {
    ($($(#[$meta:meta])* $key:ident = $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(
            $(#[$meta])*
            pub const $key: Metric =
                Metric { name: $name, help: $help, labels: &[$($label),*] };
        )+

        /// Every metric of tocsin itself; the `process_*` metrics come on top of these.
        pub const ALL: &[Metric] = &[$($key),+];
    };
}

metrics! {
    /// Records read, counted when their transaction is committed. Every record that was read is
    /// also in exactly one of [`RECORDS_PASSED_OVER`], [`RECORDS_KEPT`] and [`DEAD_LETTERS`], under
    /// the same topic: by its name in the design, whatever it is called on the cluster. An access
    /// that is searched again is read again.
    RECORDS_READ = "tocsin_records_read_total" ["stage", "topic"]
        "Records read in committed transactions; equals passed over + kept + dead letters.";
    /// Records that the stage had no use for, by the reason: `own_use` (screen: by the account's
    /// own user), `account_not_stated` (screen: by a customer of whom nobody stated the account,
    /// read as the account's own user's), `standing_duty` (screen: a service's standing task),
    /// `not_sought` (scope: no selector that is searched for looks for it), `duplicate` (the same
    /// was read before), `no_value` (there is nothing to take back), `buried_elsewhere` (it cannot
    /// be used, and its dead letter is another stage's).
    RECORDS_PASSED_OVER = "tocsin_records_passed_over_total" ["stage", "topic", "reason"]
        "Records read that needed nothing more, by reason.";
    /// Records that the stage used: a candidate was written or a fact was taken into its state.
    RECORDS_KEPT = "tocsin_records_kept_total" ["stage", "topic"]
        "Records read that were passed on or taken into the state of the stage.";
    /// Records that could not be used, by the code of the error.
    DEAD_LETTERS = "tocsin_dead_letters_total" ["stage", "topic", "code"]
        "Records read that could not be used and went to dead-letters, by error code.";
    /// Records written in committed transactions, tombstones included.
    RECORDS_WRITTEN = "tocsin_records_written_total" ["stage", "topic"]
        "Records written in committed transactions, tombstones included.";
    /// Transactions by how they ended: `committed`, `aborted` or `fenced`.
    TRANSACTIONS = "tocsin_transactions_total" ["stage", "result"]
        "Transactions ended, by result: committed, aborted, fenced.";
    /// How long a committed transaction took, from its begin to the broker's answer.
    TRANSACTION_SECONDS = "tocsin_transaction_seconds" ["stage"]
        "Duration of committed transactions in seconds, from begin to the broker's answer.";
    /// How many bytes one transaction reads and writes.
    TRANSACTION_BYTES = "tocsin_transaction_bytes" ["stage"]
        "Keys and values that were read and written in one committed transaction, in bytes.";
    /// What the configuration lets a stage hold at once, by what it holds.
    MEMORY_BOUND = "tocsin_memory_bound_bytes" ["stage", "of"]
        "What a stage may hold at once by its configuration, in bytes: batch, fetch, state_cache.";
    /// Changes of the partitions that an instance works on.
    REBALANCES = "tocsin_rebalances_total" ["stage"]
        "Changes of the partitions assigned to this instance.";
    /// How often a stage had to wait for the schema registry.
    REGISTRY_WAITS = "tocsin_registry_waits_total" ["stage"]
        "Waits for the schema registry, which did not answer or did not know a schema yet.";
    /// Records that a stage keeps on disk, where a folder for state is configured.
    STATE_RECORDS = "tocsin_state_records" ["stage"]
        "Records that the stage keeps on disk, where a folder for state is configured.";
    /// How long the file of a stage's state is.
    STATE_BYTES = "tocsin_state_bytes" ["stage"]
        "Length of the file of the stage's state in bytes, where a folder for it is configured.";
    /// Changes of task state, by the state that was entered.
    TASK_STATE_CHANGES = "tocsin_task_state_changes_total" ["stage", "state"]
        "Changes of task state, by the state that was entered.";
    /// How many tasks of a stage are in a state now.
    TASK_STATE = "tocsin_task_state" ["stage", "state"]
        "Tasks of the stage on this instance that are in the state now.";
    /// Seconds since the slowest task of a stage last came round its loop.
    LAST_LOOP_AGE = "tocsin_last_loop_age_seconds" ["stage"]
        "Seconds since the slowest working task of the stage last came round its loop.";
    /// Whether nothing is outstanding: no input, search or held verdict.
    SETTLED = "tocsin_settled" ["stage"]
        "1 when the stage has no input, search or held verdict outstanding, else 0.";
    /// Records between a task's position and the end of its partition.
    LAG_RECORDS = "tocsin_lag_records" ["stage", "topic", "partition"]
        "Records between the committed position and the end of the partition.";
    /// Age of the newest processed record while records are waiting, else 0.
    LAG_SECONDS = "tocsin_lag_seconds" ["stage", "topic"]
        "Age of the newest record processed while others wait behind it, else 0.";
    /// Incidents, by how far they are known.
    INCIDENTS = "tocsin_incidents" ["state"]
        "Incidents on record, by state.";
    /// Determinations, by their answer.
    DETERMINATIONS = "tocsin_determinations" ["answer"]
        "Determinations on record, by answer: owed, not_owed, open.";
    /// When the nearest duty of a kind ends that has not been performed.
    NEAREST_DEADLINE_TIMESTAMP = "tocsin_nearest_deadline_timestamp_seconds" ["order", "duty"]
        "Unix time at which the nearest unperformed duty of the kind is due at the latest.";
    /// The same as a distance, computed when somebody looks; negative when overdue.
    NEAREST_DEADLINE = "tocsin_nearest_deadline_seconds" ["order", "duty"]
        "Seconds until the nearest unperformed duty of the kind is due; negative: overdue.";
    /// How many unperformed duties end within a time; an overdue one hides no other.
    DEADLINES = "tocsin_deadlines" ["order", "duty", "window"]
        "Unperformed duties by time left: overdue, within_24h, within_72h, later.";
    /// Always 1; the labels say what is running.
    BUILD_INFO = "tocsin_build_info" ["version", "packs_digest"]
        "Always 1; version of the executable and digest of the law that it carries.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_prefixed_and_carry_nothing_personal() {
        let mut seen = std::collections::BTreeSet::new();
        let personal = [
            "actor", "account", "session", "address", "key", "consumer", "incident",
        ];
        for metric in ALL {
            assert!(seen.insert(metric.name), "{} twice", metric.name);
            assert!(metric.name.starts_with("tocsin_"), "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}", metric.name);
            for label in metric.labels {
                assert!(
                    !personal.contains(label),
                    "{} has label {label}",
                    metric.name
                );
            }
        }
    }
}
