//! Who may do what on the cluster: the ACLs that the topology implies for the principals of the
//! configuration, and how they differ from those that are there.

use crate::topology::{Stage, Topic, TopicNames, decision_id, reader_group, redrive_id};
use serde::Deserialize;
use std::collections::BTreeSet;
use stream::{Acl, AclOperation, AclPattern, AclPermission, AclResource};

/// The code of an ACL that is needed and not there.
const ACL_MISSING: &str = "acl-missing";
/// The code of an ACL that is there and not needed.
const ACL_TOO_MANY: &str = "acl-too-many";
/// Kafka's word for whoever it is.
const EVERYBODY: &str = "User:*";

/// One principal or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a principal such as \"User:name\", or a list of them"
)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// As whom the brokers know somebody, such as `User:tocsin-verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "OneOrMany")]
pub(crate) struct Users(Vec<String>);

impl From<OneOrMany> for Users {
    fn from(given: OneOrMany) -> Users {
        Users(match given {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        })
    }
}

/// Who runs what, as the brokers know them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Principals {
    /// `tocsin run screen`.
    screen: Users,
    /// `tocsin run scope`.
    scope: Users,
    /// `tocsin run verify`.
    verify: Users,
    /// `tocsin run assess`.
    assess: Users,
    /// `tocsin run notify`.
    notify: Users,
    /// `tocsin notices`: reads notices and writes decisions.
    #[serde(default)]
    notices: Users,
    /// `tocsin dead-letters`: reads dead letters, and writes them back to the inputs.
    #[serde(default)]
    dead_letters: Users,
    /// `tocsin replay` and `tocsin certify` over a broker: reads everything and writes nothing.
    #[serde(default)]
    replay: Users,
}

impl Principals {
    fn of(&self, stage: Stage) -> &[String] {
        let users = match stage {
            Stage::Screen => &self.screen,
            Stage::Scope => &self.scope,
            Stage::Verify => &self.verify,
            Stage::Assess => &self.assess,
            Stage::Notify => &self.notify,
        };
        &users.0
    }

    /// An error that names the key.
    pub(crate) fn check(&self) -> Result<(), String> {
        let stages = Stage::ALL.map(|stage| (stage.name(), self.of(stage)));
        if let Some((name, _)) = stages.iter().find(|(_, users)| users.is_empty()) {
            return Err(format!(
                "`kafka.principals.{name}` names nobody; every stage needs a principal"
            ));
        }
        let commands: [(&str, &[String]); 3] = [
            ("notices", &self.notices.0),
            ("dead-letters", &self.dead_letters.0),
            ("replay", &self.replay.0),
        ];
        for (name, users) in stages.into_iter().chain(commands) {
            let bad = users.iter().find(|user| !is_principal(user));
            if let Some(bad) = bad {
                return Err(format!(
                    "`kafka.principals.{name}`: `{bad}` is no principal; write a type and a name, \
                     such as \"User:tocsin-{name}\", as the brokers know it"
                ));
            }
        }
        Ok(())
    }
}

/// `User:name`, and not everybody.
fn is_principal(text: &str) -> bool {
    let parts = text.split_once(':');
    parts.is_some_and(|(kind, name)| {
        !kind.is_empty() && !name.is_empty() && name != "*" && !text.contains('\0')
    })
}

/// What the topology implies.
pub(crate) struct Rights {
    /// Exactly what is needed.
    wanted: BTreeSet<Acl>,
    /// Who may do nothing else at all.
    stages: BTreeSet<String>,
    /// The names of the topics that others write.
    inputs: BTreeSet<String>,
}

impl Rights {
    /// The rights of these principals on topics of these names.
    pub(crate) fn new(principals: &Principals, names: &TopicNames, prefix: &str) -> Rights {
        let mut rights = Rights {
            wanted: BTreeSet::new(),
            stages: BTreeSet::new(),
            inputs: Topic::INPUTS
                .map(|topic| names.name(topic).to_string())
                .into(),
        };
        for stage in Stage::ALL {
            for user in principals.of(stage) {
                rights.stages.insert(user.clone());
                rights.wanted.extend(of_stage(stage, user, names, prefix));
            }
        }
        for user in &principals.notices.0 {
            let mut grant = Grant::to(user, names, prefix);
            grant.read(&[Topic::Notices]);
            grant.write(&[Topic::Decisions]);
            grant.ids_that_begin_with(decision_id(prefix, ""));
            rights.wanted.extend(grant.acls);
        }
        for user in &principals.dead_letters.0 {
            let mut grant = Grant::to(user, names, prefix);
            grant.read(&[Topic::DeadLetters]);
            grant.write(&[Topic::DeadLetters]);
            // Who could write decisions here could approve and release as anybody.
            let inputs = Topic::INPUTS.into_iter();
            let inputs: Vec<Topic> = inputs.filter(|one| *one != Topic::Decisions).collect();
            grant.write(&inputs);
            grant.id(redrive_id(prefix));
            rights.wanted.extend(grant.acls);
        }
        for user in &principals.replay.0 {
            let mut grant = Grant::to(user, names, prefix);
            grant.read(&Topic::ALL);
            rights.wanted.extend(grant.acls);
        }
        rights
    }

    /// How many ACLs there should be.
    pub(crate) fn count(&self) -> usize {
        self.wanted.len()
    }

    /// Whose ACLs must be looked at: those of the principals, and those of everybody.
    pub(crate) fn principals(&self) -> BTreeSet<String> {
        let named = self.wanted.iter().map(|acl| acl.principal.clone());
        named.chain([EVERYBODY.to_owned()]).collect()
    }

    /// What is needed and not there.
    pub(crate) fn missing(&self, found: &BTreeSet<Acl>) -> BTreeSet<Acl> {
        self.wanted.difference(found).cloned().collect()
    }

    /// What is there and goes further.
    fn too_many<'a>(&'a self, found: &'a BTreeSet<Acl>) -> impl Iterator<Item = &'a Acl> {
        found.difference(&self.wanted).filter(|acl| {
            // People may do other things as well with what is not tocsin's, and it is harmless to
            // let everybody know that a topic is there.
            self.stages.contains(&acl.principal)
                || self.is_about_ours(acl) && (acl.principal != EVERYBODY || !is_harmless(acl))
        })
    }

    /// What the stages have, and do not need, of what was set under another prefix: exactly that.
    pub(crate) fn former(&self, before: &Rights, found: &BTreeSet<Acl>) -> BTreeSet<Acl> {
        let no_more = before.wanted.difference(&self.wanted);
        let of_stages = no_more.filter(|acl| self.stages.contains(&acl.principal));
        of_stages
            .filter(|acl| found.contains(*acl))
            .cloned()
            .collect()
    }

    /// What is there, goes further, and can be taken away without touching anything but tocsin:
    /// what lets a stage use one of tocsin's own topics, groups or ids that is not the stage's.
    /// What reaches beyond, what writes an input, what people may, what everybody may and what is
    /// denied stays with those who set it.
    pub(crate) fn revocable(&self, found: &BTreeSet<Acl>) -> BTreeSet<Acl> {
        let revocable = self.too_many(found).filter(|acl| {
            self.stages.contains(&acl.principal)
                && acl.permission == AclPermission::Allow
                && self.is_ours_alone(acl)
                // Whoever writes an input may come by the same name.
                && (acl.operation == AclOperation::Read || !self.is_an_input(acl))
        });
        revocable.cloned().collect()
    }

    fn is_an_input(&self, acl: &Acl) -> bool {
        acl.resource == AclResource::Topic && self.inputs.contains(&acl.name)
    }

    /// Whether it is about nothing but a topic or group of tocsin's, or ids within tocsin's.
    fn is_ours_alone(&self, acl: &Acl) -> bool {
        self.wanted.iter().any(|ours| {
            let within = match ours.pattern {
                AclPattern::Prefixed => {
                    acl.pattern != AclPattern::Other && acl.name.starts_with(&ours.name)
                }
                _ => acl.pattern == AclPattern::Literal && acl.name == ours.name,
            };
            ours.resource == acl.resource && within
        })
    }

    /// Whether it is about a topic, group or id of tocsin's.
    fn is_about_ours(&self, acl: &Acl) -> bool {
        self.wanted.iter().any(|ours| {
            let within = ours.pattern == AclPattern::Prefixed
                && ours.resource == acl.resource
                && acl.name.starts_with(&ours.name);
            within || acl.covers(ours.resource, &ours.name)
        })
    }

    /// What is missing, and what is too many, a sentence each.
    pub(crate) fn differences(&self, found: &BTreeSet<Acl>) -> (Vec<String>, Vec<String>) {
        let missing = self.missing(found);
        let missing = missing.iter().map(|acl| {
            let how = "`tocsin topics apply` sets it";
            format!("{acl}: this ACL is missing; {how} [{ACL_MISSING}]")
        });
        let revocable = self.revocable(found);
        let too_many = self.too_many(found).map(|acl| {
            let how = if revocable.contains(acl) {
                "`tocsin topics apply --revoke` takes it away"
            } else {
                "whoever set it should take it away (`kafka-acls --remove`)"
            };
            let why = "no part of tocsin needs it";
            format!("{acl}: this ACL is too many, {why}; {how} [{ACL_TOO_MANY}]")
        });
        (missing.collect(), too_many.collect())
    }
}

/// Whether it only allows to ask.
fn is_harmless(acl: &Acl) -> bool {
    let asks = [AclOperation::Describe, AclOperation::DescribeConfigs];
    acl.permission == AclPermission::Allow && asks.contains(&acl.operation)
}

/// What a stage may do with each topic: exactly this.
pub(crate) fn on_topics(stage: Stage) -> Vec<(Topic, Vec<AclOperation>)> {
    let of = |topic: Topic| {
        let reads = [
            stage.reads(),
            stage.broadcast(),
            stage.searches(),
            stage.reads_back(),
        ];
        let mut may = Vec::new();
        if reads.iter().any(|topics| topics.contains(&topic)) {
            may.push(AclOperation::Read);
        }
        if stage.writes().contains(&topic) {
            may.push(AclOperation::Write);
        }
        if !may.is_empty() || stage.asks_about().contains(&topic) {
            // Its settings as well: no stage starts on a topic that loses what counts.
            may.extend([AclOperation::Describe, AclOperation::DescribeConfigs]);
        }
        (topic, may)
    };
    let all = Topic::ALL.into_iter().map(of);
    all.filter(|(_, may)| !may.is_empty()).collect()
}

fn of_stage(stage: Stage, user: &str, names: &TopicNames, prefix: &str) -> BTreeSet<Acl> {
    let mut grant = Grant::to(user, names, prefix);
    for (topic, may) in on_topics(stage) {
        grant.topic(topic, &may);
    }
    grant.group(stage.group(prefix));
    if stage.is_single() {
        grant.id(stage.transactional_id(prefix, ""));
    } else {
        grant.ids_that_begin_with(stage.transactional_id(prefix, ""));
    }
    if stage.turns_on().is_some() {
        grant.group(stage.turn_group(prefix));
        grant.ids_that_begin_with(stage.turn_id(prefix, ""));
    }
    grant.acls
}

/// The ACLs of one principal, as they come together. READ and WRITE imply DESCRIBE to Kafka's own
/// authorizer, not to every other, so it is named as Kafka's tools name it.
struct Grant<'a> {
    user: &'a str,
    names: &'a TopicNames,
    acls: BTreeSet<Acl>,
}

impl<'a> Grant<'a> {
    /// Whoever it is reads some topic in the name of the group of readers.
    fn to(user: &'a str, names: &'a TopicNames, prefix: &str) -> Grant<'a> {
        let group = reader_group(prefix);
        let ask = Acl::allow(user, AclOperation::Describe, AclResource::Group, group);
        Grant {
            user,
            names,
            acls: BTreeSet::from([ask]),
        }
    }

    fn topic(&mut self, topic: Topic, may: &[AclOperation]) {
        for operation in may {
            let name = &*self.names.name(topic);
            let acl = Acl::allow(self.user, *operation, AclResource::Topic, name);
            self.acls.insert(acl);
        }
    }

    fn read(&mut self, topics: &[Topic]) {
        for topic in topics {
            self.topic(*topic, &[AclOperation::Read, AclOperation::Describe]);
        }
    }

    fn write(&mut self, topics: &[Topic]) {
        for topic in topics {
            self.topic(*topic, &[AclOperation::Write, AclOperation::Describe]);
        }
    }

    fn group(&mut self, name: String) {
        let of = |operation| Acl::allow(self.user, operation, AclResource::Group, &*name);
        let may = [AclOperation::Read, AclOperation::Describe];
        self.acls.extend(may.map(of));
    }

    fn id(&mut self, name: String) {
        self.acls.extend(self.of_id(&name));
    }

    fn ids_that_begin_with(&mut self, name: String) {
        self.acls.extend(self.of_id(&name).map(Acl::prefixed));
    }

    fn of_id(&self, name: &str) -> [Acl; 2] {
        let of = |operation| Acl::allow(self.user, operation, AclResource::TransactionalId, name);
        [AclOperation::Write, AclOperation::Describe].map(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const TEXT: &str = "screen = \"User:screen\"\nscope = \"User:scope\"\n\
                        verify = [\"User:verify\", \"User:verify-2\"]\nassess = \"User:assess\"\n\
                        notify = \"User:notify\"\nnotices = [\"User:kim\", \"User:sam\"]\n\
                        dead-letters = \"User:ops\"\n";

    fn rights() -> Rights {
        let principals: Principals = toml::from_str(TEXT).unwrap();
        principals.check().unwrap();
        let names = TopicNames::new("t-", &BTreeMap::new());
        Rights::new(&principals, &names, "t-")
    }

    /// What somebody may do, as `OPERATION name` with `*` behind the beginning of names.
    fn of(rights: &Rights, user: &str, resource: AclResource) -> BTreeSet<String> {
        let of_user = |acl: &&Acl| acl.principal == user && acl.resource == resource;
        let shown = |acl: &Acl| {
            let star = match acl.pattern {
                AclPattern::Prefixed => "*",
                _ => "",
            };
            format!("{} {}{star}", acl.operation.name(), acl.name)
        };
        rights.wanted.iter().filter(of_user).map(shown).collect()
    }

    fn set(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|one| (*one).to_owned()).collect()
    }

    #[test]
    fn a_stage_may_do_what_the_topology_says_and_nothing_else() {
        let rights = rights();
        let topics = of(&rights, "User:verify-2", AclResource::Topic);
        let mut expected = BTreeSet::new();
        let reads = ["candidates", "breach-events", "grants", "coverage"];
        let reads_and_writes = ["findings", "excused", "searched"];
        for name in reads.iter().chain(&reads_and_writes) {
            expected.insert(format!("READ t-{name}"));
        }
        for name in reads_and_writes.iter().chain(&["dead-letters"]) {
            expected.insert(format!("WRITE t-{name}"));
        }
        for name in reads
            .iter()
            .chain(&reads_and_writes)
            .chain(&["dead-letters"])
        {
            expected.insert(format!("DESCRIBE t-{name}"));
            expected.insert(format!("DESCRIBE_CONFIGS t-{name}"));
        }
        expected.insert("DESCRIBE t-access-events".to_owned());
        expected.insert("DESCRIBE_CONFIGS t-access-events".to_owned());
        assert_eq!(topics, expected);
        assert_eq!(
            of(&rights, "User:verify", AclResource::Group),
            set(&["READ t-verify", "DESCRIBE t-verify", "DESCRIBE t-reader"])
        );
        assert_eq!(
            of(&rights, "User:verify", AclResource::TransactionalId),
            set(&["WRITE t-verify-*", "DESCRIBE t-verify-*"])
        );
        assert!(of(&rights, "User:verify", AclResource::Cluster).is_empty());
        let assess = of(&rights, "User:assess", AclResource::Topic);
        assert!(!assess.contains("DESCRIBE t-access-events"));
        assert!(!assess.contains("READ t-access-events"));
        assert_eq!(
            of(&rights, "User:assess", AclResource::TransactionalId),
            set(&[
                "WRITE t-assess",
                "DESCRIBE t-assess",
                "WRITE t-assess-turn-*",
                "DESCRIBE t-assess-turn-*"
            ])
        );
        assert_eq!(
            of(&rights, "User:assess", AclResource::Group),
            set(&[
                "READ t-assess",
                "DESCRIBE t-assess",
                "READ t-assess-turn",
                "DESCRIBE t-assess-turn",
                "DESCRIBE t-reader"
            ])
        );
    }

    #[test]
    fn people_may_do_what_their_command_does() {
        let rights = rights();
        assert_eq!(
            of(&rights, "User:kim", AclResource::Topic),
            set(&[
                "READ t-notices",
                "DESCRIBE t-notices",
                "WRITE t-decisions",
                "DESCRIBE t-decisions"
            ])
        );
        assert_eq!(
            of(&rights, "User:ops", AclResource::TransactionalId),
            set(&["WRITE t-redrive", "DESCRIBE t-redrive"])
        );
        let ops = of(&rights, "User:ops", AclResource::Topic);
        assert!(ops.contains("WRITE t-access-events") && !ops.contains("WRITE t-findings"));
        assert!(
            !ops.contains("WRITE t-decisions"),
            "nobody approves by a letter"
        );
    }

    #[test]
    fn what_is_missing_and_what_is_too_many_is_named() {
        let rights = rights();
        let nothing = (Vec::<String>::new(), Vec::new());
        assert_eq!(rights.differences(&rights.wanted), nothing);
        let mut found = rights.wanted.clone();
        let gone = Acl::allow(
            "User:scope",
            AclOperation::Write,
            AclResource::Topic,
            "t-coverage",
        );
        assert!(found.remove(&gone));
        let topic = |user, operation, name| Acl::allow(user, operation, AclResource::Topic, name);
        found.extend([
            // A stage may do nothing else at all.
            topic("User:scope", AclOperation::Read, "payroll"),
            // People may, but not with what is tocsin's.
            topic("User:kim", AclOperation::Read, "payroll"),
            topic("User:kim", AclOperation::Read, "t-find").prefixed(),
            // Everybody may ask, and not write.
            topic(EVERYBODY, AclOperation::Describe, "*"),
            topic(EVERYBODY, AclOperation::All, "*"),
        ]);
        let (missing, too_many) = rights.differences(&found);
        assert_eq!((missing.len(), too_many.len()), (1, 3));
        let said = [missing, too_many].concat();
        let begins = |start: &str| said.iter().any(|line| line.starts_with(start));
        assert!(begins(
            "User:scope may WRITE the topic t-coverage: this ACL is missing"
        ));
        assert!(begins(
            "User:scope may READ the topic payroll: this ACL is too many"
        ));
        assert!(begins(
            "User:kim may READ topics that begin with t-find: this ACL is too many"
        ));
        assert!(begins("User:* may ALL all topics: this ACL is too many"));
        assert_eq!(said.len(), 4, "{said:?}");
        let of_code = |code: &str| said.iter().filter(|line| line.ends_with(code)).count();
        assert_eq!(
            (of_code("[acl-missing]"), of_code("[acl-too-many]")),
            (1, 3)
        );
        assert_eq!(rights.missing(&found), BTreeSet::from([gone]));
    }

    #[test]
    fn only_what_a_stage_may_with_what_is_tocsins_alone_can_be_taken_away() {
        let rights = rights();
        let mut found = rights.wanted.clone();
        let topic = |user, operation, name| Acl::allow(user, operation, AclResource::Topic, name);
        let ids = AclResource::TransactionalId;
        let taken = BTreeSet::from([
            topic("User:verify", AclOperation::Read, "t-accounts"),
            topic("User:assess", AclOperation::Read, "t-access-events"),
            Acl::allow("User:scope", AclOperation::Write, ids, "t-verify-0"),
            Acl::allow("User:scope", AclOperation::Write, ids, "t-verify-").prefixed(),
            Acl::allow(
                "User:scope",
                AclOperation::Read,
                AclResource::Group,
                "t-assess",
            ),
        ]);
        found.extend(taken.clone());
        let mut denied = topic("User:notify", AclOperation::Read, "t-accounts");
        denied.permission = AclPermission::Deny;
        found.extend([
            denied,
            topic("User:scope", AclOperation::Read, "payroll"),
            topic("User:scope", AclOperation::Read, "t-").prefixed(),
            topic("User:scope", AclOperation::Read, "t-accounts").prefixed(),
            topic("User:scope", AclOperation::Read, "*"),
            topic("User:kim", AclOperation::Write, "t-findings"),
            topic("User:scope", AclOperation::Write, "t-access-events"),
            topic(EVERYBODY, AclOperation::Write, "t-findings"),
            Acl::allow("User:scope", AclOperation::Write, ids, "t-").prefixed(),
        ]);
        assert_eq!(rights.revocable(&found), taken);
        let (missing, said) = rights.differences(&found);
        let by_itself = said.iter().filter(|line| line.contains("--revoke")).count();
        assert_eq!((by_itself, said.len()), (taken.len(), taken.len() + 9));
        assert!(missing.is_empty(), "{missing:?}");
        assert!(rights.revocable(&rights.wanted).is_empty());
    }

    #[test]
    fn after_a_move_to_another_prefix_the_stages_lose_what_they_had_under_the_old_one() {
        let principals: Principals = toml::from_str(TEXT).unwrap();
        let inputs = BTreeMap::from(Topic::INPUTS.map(|one| {
            let name = one.name().to_owned();
            (name.clone(), format!("t-{name}"))
        }));
        let under = |prefix| Rights::new(&principals, &TopicNames::new(prefix, &inputs), prefix);
        let (before, now) = (under("t-"), under("u-"));
        let theirs = Acl::allow(
            "User:scope",
            AclOperation::Read,
            AclResource::Topic,
            "t-other",
        );
        let mut found: BTreeSet<Acl> = before.wanted.union(&now.wanted).cloned().collect();
        found.insert(theirs.clone());
        let former = now.former(&before, &found);
        let names = |acl: &&Acl, name: &str| acl.name == name;
        assert!(former.iter().any(|acl| names(&acl, "t-candidates")));
        assert!(former.iter().any(|acl| names(&acl, "t-verify-")));
        // Inputs are the same, people go on reading what stands there, others' is others'.
        assert!(!former.iter().any(|acl| names(&acl, "t-access-events")));
        assert!(former.iter().all(|acl| now.stages.contains(&acl.principal)));
        assert!(!former.contains(&theirs));
        let left: BTreeSet<Acl> = found.difference(&former).cloned().collect();
        assert!(now.missing(&left).is_empty());
        let of_stages = |acl: &&&Acl| now.stages.contains(&acl.principal);
        let too_many: Vec<&Acl> = now.too_many(&left).collect();
        assert_eq!(too_many.iter().filter(of_stages).count(), 1, "{too_many:?}");
    }

    #[test]
    fn a_principal_is_a_type_and_a_name() {
        for bad in ["tocsin", "User:", ":x", "User:*"] {
            let text = TEXT.replace("User:screen", bad);
            let principals: Principals = toml::from_str(&text).unwrap();
            let said = principals.check().unwrap_err();
            assert!(said.contains("kafka.principals.screen"), "{said}");
        }
        let nobody = TEXT.replace("\"User:notify\"", "[]");
        let principals: Principals = toml::from_str(&nobody).unwrap();
        assert!(principals.check().unwrap_err().contains("notify"));
        let error = toml::from_str::<Principals>(&TEXT.replace("\"User:scope\"", "7"));
        assert!(error.unwrap_err().to_string().contains("a list of them"));
    }
}
