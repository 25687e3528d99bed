//! Who may do what on a cluster: Kafka's access control lists as plain values.

use std::fmt;

/// What an ACL is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclResource {
    /// A topic.
    Topic,
    /// A consumer group.
    Group,
    /// The id of a transactional producer.
    TransactionalId,
    /// The cluster itself.
    Cluster,
    /// Something that this crate does not set.
    Other,
}

/// How the name of an ACL is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclPattern {
    /// The resource of that name; `*`: all of them.
    Literal,
    /// All whose names begin so.
    Prefixed,
    /// Something that this crate does not set.
    Other,
}

/// What is done. READ and WRITE imply DESCRIBE to Kafka's own authorizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclOperation {
    /// All of the others.
    All,
    /// Reading records; joining a group and committing its positions.
    Read,
    /// Writing records; using a transactional id.
    Write,
    /// Creating it, or topics on the cluster.
    Create,
    /// Deleting it.
    Delete,
    /// Altering it, or ACLs on the cluster.
    Alter,
    /// Asking about it, or for ACLs on the cluster.
    Describe,
    /// What brokers do among themselves.
    ClusterAction,
    /// Asking for its settings.
    DescribeConfigs,
    /// Changing its settings.
    AlterConfigs,
    /// Writing with an idempotent producer, on brokers before 3.0.
    IdempotentWrite,
    /// Something that this crate does not know.
    Other,
}

impl AclOperation {
    /// The name that Kafka's tools show.
    pub const fn name(self) -> &'static str {
        match self {
            AclOperation::All => "ALL",
            AclOperation::Read => "READ",
            AclOperation::Write => "WRITE",
            AclOperation::Create => "CREATE",
            AclOperation::Delete => "DELETE",
            AclOperation::Alter => "ALTER",
            AclOperation::Describe => "DESCRIBE",
            AclOperation::ClusterAction => "CLUSTER_ACTION",
            AclOperation::DescribeConfigs => "DESCRIBE_CONFIGS",
            AclOperation::AlterConfigs => "ALTER_CONFIGS",
            AclOperation::IdempotentWrite => "IDEMPOTENT_WRITE",
            AclOperation::Other => "another operation",
        }
    }
}

/// Whether an ACL grants or takes away; what is denied stays denied whatever else is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclPermission {
    /// It grants.
    Allow,
    /// It takes away.
    Deny,
}

/// One access control list entry, which Kafka calls an ACL binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Acl {
    /// Who: `User:name`; `User:*` is everybody.
    pub principal: String,
    /// About what.
    pub resource: AclResource,
    /// Its name.
    pub name: String,
    /// How the name is meant.
    pub pattern: AclPattern,
    /// What is done.
    pub operation: AclOperation,
    /// Whether it may be.
    pub permission: AclPermission,
    /// From which address; `*`: from any.
    pub host: String,
}

impl Acl {
    /// `principal` may do `operation`, from anywhere, on the resource of that name.
    pub fn allow(
        principal: impl Into<String>,
        operation: AclOperation,
        resource: AclResource,
        name: impl Into<String>,
    ) -> Self {
        Acl {
            principal: principal.into(),
            resource,
            name: name.into(),
            pattern: AclPattern::Literal,
            operation,
            permission: AclPermission::Allow,
            host: "*".to_owned(),
        }
    }

    /// The same for all whose names begin so.
    #[must_use]
    pub fn prefixed(mut self) -> Self {
        self.pattern = AclPattern::Prefixed;
        self
    }

    /// Whether it is about the resource of that name, among others or alone.
    pub fn covers(&self, resource: AclResource, name: &str) -> bool {
        self.resource == resource
            && match self.pattern {
                AclPattern::Literal => self.name == name || self.name == "*",
                AclPattern::Prefixed => name.starts_with(&self.name),
                AclPattern::Other => false,
            }
    }
}

impl fmt::Display for Acl {
    /// Such as `User:tocsin-verify may READ the topic candidates`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let may = match self.permission {
            AclPermission::Allow => "may",
            AclPermission::Deny => "is denied to",
        };
        write!(f, "{} {may} {} ", self.principal, self.operation.name())?;
        let (one, many) = match self.resource {
            AclResource::Topic => ("the topic", "topics"),
            AclResource::Group => ("the group", "groups"),
            AclResource::TransactionalId => ("the transactional id", "transactional ids"),
            AclResource::Cluster => ("the cluster", "clusters"),
            AclResource::Other => ("another resource,", "other resources"),
        };
        match self.pattern {
            AclPattern::Literal if self.name == "*" => write!(f, "all {many}")?,
            AclPattern::Literal => write!(f, "{one} {}", self.name)?,
            AclPattern::Prefixed => write!(f, "{many} that begin with {}", self.name)?,
            AclPattern::Other => write!(f, "{many} by the pattern {}", self.name)?,
        }
        if self.host != "*" {
            write!(f, " from {}", self.host)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acl_reads_as_a_sentence_and_knows_what_it_covers() {
        let user = "User:tocsin-verify";
        let one = Acl::allow(user, AclOperation::Read, AclResource::Topic, "candidates");
        assert_eq!(
            one.to_string(),
            "User:tocsin-verify may READ the topic candidates"
        );
        assert!(one.covers(AclResource::Topic, "candidates"));
        assert!(!one.covers(AclResource::Group, "candidates"));
        assert!(!one.covers(AclResource::Topic, "candidates-2"));
        let ids = AclResource::TransactionalId;
        let mut many = Acl::allow(user, AclOperation::Write, ids, "verify-").prefixed();
        assert!(many.covers(ids, "verify-0") && !many.covers(ids, "verify"));
        many.permission = AclPermission::Deny;
        many.host = "10.0.0.1".to_owned();
        assert_eq!(
            many.to_string(),
            "User:tocsin-verify is denied to WRITE transactional ids that begin with verify- from \
             10.0.0.1"
        );
        let all = Acl::allow("User:*", AclOperation::All, AclResource::Topic, "*");
        assert!(all.covers(AclResource::Topic, "anything"));
        assert_eq!(all.to_string(), "User:* may ALL all topics");
    }
}
