//! What is nobody's breach: customers in their own accounts, a service at its standing task, and
//! the reference data.

use super::script::Script;
use super::{Seeded, account_name};
use facts::{
    Access, Account, Action, ActorKind, AgeBand, Grant, GrantKind, Holder, Information, Moment,
    Outcome, Private, Purpose, Visibility, YesNo,
};

/// Uses that are made when they are asked for, in the order of time.
pub(crate) struct Background {
    from: Moment,
    step_micros: i64,
    own: u64,
    all: u64,
    accounts: u64,
    service: Private,
    seed: u64,
}

impl Background {
    /// As the script says.
    pub(super) fn new(script: &Script, seed: u64) -> Background {
        let all = script.own_uses + script.service_uses;
        let span = script.until.micros() - script.from.micros();
        Background {
            from: script.from,
            step_micros: span / i64::try_from(all.max(1)).unwrap_or(i64::MAX),
            own: script.own_uses,
            all,
            accounts: script.accounts,
            service: Private::new(script.service.clone()),
            seed,
        }
    }

    /// How many.
    pub(crate) fn len(&self) -> u64 {
        self.all
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Access> + '_ {
        let mut seeded = Seeded::new(self.seed);
        (0..self.all).map(move |number| self.one(number, &mut seeded))
    }

    fn one(&self, number: u64, seeded: &mut Seeded) -> Access {
        let step = self
            .step_micros
            .saturating_mul(i64::try_from(number).unwrap_or(0));
        let account = Private::new(account_name(1 + seeded.below(self.accounts)));
        // Spread the service's share evenly over the whole.
        let services = self.all - self.own;
        let by_service = (number + 1) * services / self.all != number * services / self.all;
        let device = Private::new(format!("cam-{}-{}", account.reveal(), seeded.below(2)));
        let action = match seeded.below(10) {
            0..5 => Action::View,
            5..8 => Action::LiveView,
            8 => Action::List,
            _ => Action::Download,
        };
        let (actor, actor_kind, actor_account) = if by_service {
            (self.service.clone(), ActorKind::Service, None)
        } else {
            let user = Private::new(format!("user-{}", account.reveal()));
            (user, ActorKind::Customer, Some(account.clone()))
        };
        Access {
            id: format!("u-{number:08}"),
            at: self.from.saturating_add_micros(step),
            until: None,
            actor: Some(actor),
            actor_kind: Some(actor_kind),
            actor_account,
            action: if by_service { Action::Read } else { action },
            outcome: Some(Outcome::Succeeded),
            information: Information::HomeSecurityRecording,
            account,
            resource: Some(Private::new(format!("rec-{:08x}", seeded.below(1 << 32)))),
            device: Some(device),
            session: Some(Private::new(format!("s-{:08x}", seeded.below(1 << 32)))),
            source_address: Some(Private::new(format!(
                "100.{}.{}.{}",
                64 + seeded.below(64),
                seeded.below(256),
                1 + seeded.below(250)
            ))),
            credential: None,
            client: Some(Private::new("app/9.2")),
            encrypted: Some(YesNo::No),
            key: None,
            visibility: Some(Visibility::Private),
            basis: None,
        }
    }
}

/// The service's standing task, and the declaration that the record is complete.
pub(super) fn grants(script: &Script) -> Vec<Grant> {
    let empty = |id: &str, kind: GrantKind| Grant {
        id: id.to_owned(),
        kind,
        recorded_at: Some(script.from),
        from: Some(script.from),
        until: None,
        revoked_at: None,
        actors: Some(vec![Private::new(script.service.clone())]),
        accounts: None,
        resources: None,
        reference: Some("motion detection".to_owned()),
        of: None,
    };
    let mut complete = empty("gr-complete", GrantKind::Complete);
    complete.recorded_at = Some(script.complete_recorded_at);
    complete.until = Some(script.complete_until);
    complete.of = Some(
        Purpose::ALL
            .iter()
            .map(|purpose| purpose.grant_kind())
            .collect(),
    );
    (complete.from, complete.actors, complete.reference) = (None, None, None);
    vec![empty("gr-service", GrantKind::Duty), complete]
}

/// Who uses the accounts.
pub(super) fn accounts(script: &Script) -> Vec<Account> {
    const STATES: [&str; 6] = ["US-CA", "US-TX", "US-NY", "US-WA", "US-FL", "US-OH"];
    let children: Vec<(u64, u64)> = script
        .episodes
        .iter()
        .filter(|episode| episode.child)
        .map(|episode| (episode.accounts.first, episode.accounts.count))
        .collect();
    (1..=script.accounts)
        .map(|number| {
            let people = 1 + number % 3;
            let child = children
                .iter()
                .any(|(first, count)| (*first..first + count).contains(&number));
            let mut bands = vec![AgeBand::Adult];
            if child {
                bands.insert(0, AgeBand::Child);
            }
            let state = usize::try_from(number).unwrap_or(0) % STATES.len();
            Account {
                id: format!("ar-{number:06}"),
                account: Private::new(account_name(number)),
                recorded_at: script.from,
                consumers: Some(
                    (0..people)
                        .map(|n| Private::new(format!("p-{number:06}-{n}")))
                        .collect(),
                ),
                residence: STATES.get(state).map(|one| (*one).to_owned()),
                age_bands: Some(bands),
                residential: Some(YesNo::Yes),
                holder: Some(Holder::Person),
                client: None,
            }
        })
        .collect()
}
