//! Accesses and grants of one episode.

use super::script::{Episode, EpisodeKind};
use super::{Seeded, account_name};
use facts::{
    Access, Action, ActorKind, Basis, Grant, GrantKind, Information, Moment, Outcome, Private,
    YesNo,
};

/// The accesses of an episode.
pub(super) fn accesses(
    episode: &Episode,
    index: usize,
    seeded: &mut Seeded,
    out: &mut Vec<Access>,
) {
    match episode.kind {
        EpisodeKind::Staff | EpisodeKind::Support => views(episode, index, seeded, out),
        EpisodeKind::Takeover => takeover(episode, index, seeded, out),
        EpisodeKind::None => {}
    }
}

/// The grants that stand behind an episode.
pub(super) fn grants(episode: &Episode, index: usize, out: &mut Vec<Grant>) {
    let Some((from, until)) = episode.from.zip(episode.until) else {
        return;
    };
    let actors = agents(episode);
    let grant = |id: String, kind: GrantKind| Grant {
        id,
        kind,
        recorded_at: Some(from),
        from: Some(from),
        until: Some(until),
        revoked_at: None,
        actors: Some(actors.clone()),
        accounts: None,
        resources: None,
        reference: None,
        of: None,
    };
    if let Some(duty) = &episode.duty {
        let mut one = grant(format!("gr-{index:02}-duty"), GrantKind::Duty);
        one.reference = Some(duty.clone());
        out.push(one);
    }
    let Some(purpose) = episode.purpose else {
        return;
    };
    out.push(grant(
        format!("gr-{index:02}-attestation"),
        GrantKind::Attestation,
    ));
    out.push(grant(
        format!("gr-{index:02}-training"),
        GrantKind::Training,
    ));
    for number in 0..episode.accounts.count {
        let mut one = grant(format!("gr-{index:02}-{number:04}"), purpose.grant_kind());
        one.accounts = Some(vec![account(episode, number)]);
        one.reference = Some(reference(index, number));
        out.push(one);
    }
}

fn reference(index: usize, number: u64) -> String {
    format!("CASE-{index:02}-{number:04}")
}

fn agents(episode: &Episode) -> Vec<Private> {
    let name = episode.actor.clone().unwrap_or_default();
    if episode.agents == 0 {
        return vec![Private::new(name)];
    }
    (0..episode.agents)
        .map(|n| Private::new(format!("{name}-{n:02}")))
        .collect()
}

fn account(episode: &Episode, number: u64) -> Private {
    Private::new(account_name(episode.accounts.first + number))
}

/// An access to a recording that nobody encrypted in the form in which it was seen.
fn recording(id: String, at: Moment, account: Private, device: u64) -> Access {
    let resource = Private::new(format!("rec-{id}"));
    let device = Private::new(format!("cam-{}-{device}", account.reveal()));
    Access {
        id,
        at,
        until: None,
        actor: None,
        actor_kind: None,
        actor_account: None,
        action: Action::View,
        outcome: Some(Outcome::Succeeded),
        information: Information::HomeSecurityRecording,
        account,
        resource: Some(resource),
        device: Some(device),
        session: None,
        source_address: None,
        credential: None,
        client: None,
        encrypted: Some(YesNo::No),
        key: None,
        visibility: Some(facts::Visibility::Private),
        basis: None,
    }
}

fn views(episode: &Episode, index: usize, seeded: &mut Seeded, out: &mut Vec<Access>) {
    let (Some(from), Some(until)) = (episode.from, episode.until) else {
        return;
    };
    let agents = agents(episode);
    for number in 0..episode.accesses {
        // Every account at least once, then as it comes.
        let which = if number < episode.accounts.count {
            number
        } else {
            seeded.below(episode.accounts.count)
        };
        let account = account(episode, which);
        let id = format!("a-{index:02}-{number:06}");
        let mut access = recording(
            id,
            seeded.between(from, until),
            account.clone(),
            seeded.below(2),
        );
        let turn = usize::try_from(number).unwrap_or(0);
        access.action = episode
            .actions
            .get(turn % episode.actions.len().max(1))
            .copied()
            .unwrap_or(access.action);
        if matches!(access.action, Action::LiveView | Action::Talk) {
            access.resource = None;
        }
        if episode.account_user {
            access.actor_kind = Some(ActorKind::Customer);
            access.actor = Some(Private::new(format!("user-{}", account.reveal())));
            access.actor_account = Some(account);
        } else {
            access.actor_kind = Some(episode.actor_kind.unwrap_or(ActorKind::Employee));
            access.actor = agents.get(turn % agents.len().max(1)).cloned();
        }
        access.session = episode.session.clone().map(Private::new);
        access.basis = match (&episode.claims, episode.purpose) {
            (Some(kind), _) => {
                let reference = format!("CASE-X-{number:04}");
                Some(Basis {
                    kind: kind.clone(),
                    reference: Some(reference),
                })
            }
            (None, Some(purpose)) => Some(Basis {
                kind: purpose.as_str().to_owned(),
                reference: Some(reference(index, which)),
            }),
            (None, None) => None,
        };
        out.push(access);
    }
}

fn takeover(episode: &Episode, index: usize, seeded: &mut Seeded, out: &mut Vec<Access>) {
    let (Some(from), Some(until)) = (episode.from, episode.until) else {
        return;
    };
    let address = |seeded: &mut Seeded| {
        let networks = &episode.networks;
        let pick = usize::try_from(seeded.below(networks.len() as u64)).unwrap_or(0);
        let stem = networks
            .get(pick)
            .and_then(|one| one.rsplit_once('.'))
            .map_or("", |one| one.0);
        Private::new(format!("{stem}.{}", 1 + seeded.below(250)))
    };
    let recorded = episode.reached.saturating_sub(episode.profile_only);
    for number in 0..episode.accounts.count {
        let account = account(episode, number);
        let at = seeded.between(from, until);
        let entered = number < episode.reached;
        let base = |id: String, device: u64, at: Moment, address: Private| {
            let mut access = recording(id, at, account.clone(), device);
            access.actor_kind = Some(ActorKind::Customer);
            access.actor = Some(Private::new(format!("user-{}", account.reveal())));
            access.actor_account = Some(account.clone());
            access.source_address = Some(address);
            access
        };
        let mut try_in = base(format!("t-{index:02}-{number:06}"), 0, at, address(seeded));
        try_in.action = Action::Authenticate;
        try_in.information = Information::Credential;
        try_in.outcome = Some(if entered {
            Outcome::Succeeded
        } else {
            Outcome::Denied
        });
        (try_in.resource, try_in.device) = (None, None);
        out.push(try_in);
        if !entered {
            continue;
        }
        let soon = at.saturating_add_micros(60_000_000);
        if number >= recorded {
            let mut profile = base(
                format!("p-{index:02}-{number:06}"),
                0,
                soon,
                address(seeded),
            );
            profile.action = Action::Read;
            profile.information = Information::Profile;
            (profile.resource, profile.device) = (None, None);
            out.push(profile);
            continue;
        }
        // Every account one device; those that are left over go to the first accounts.
        let extra = episode.devices.saturating_sub(recorded);
        let devices = 1 + u64::from(number < extra);
        for device in 0..devices {
            let id = format!("v-{index:02}-{number:06}-{device}");
            let at = soon.saturating_add_micros(1_000_000 * i64::try_from(device).unwrap_or(0));
            let mut view = base(id, device, at, address(seeded));
            if seeded.below(3) == 0 {
                view.action = Action::LiveView;
                view.resource = None;
            }
            out.push(view);
        }
    }
}
