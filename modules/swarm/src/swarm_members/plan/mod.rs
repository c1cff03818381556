//! What `swarm_members` will do, from the options and what all members' engines know.
//!
//! The order: whoever can decide first (begin, unlock), then what makes the swarm larger, then what makes it smaller. So
//! there are never fewer managers than the fewer of before and after, and each that goes is counted first (`quorum.rs`).

mod action;
mod quorum;
mod seen;
mod standing;

use std::collections::{BTreeMap, BTreeSet};

use ansible::{Failure, Plan};
use docker::Part;

pub use self::action::{Action, Change, Listen, What};
use self::quorum::Quorum;
pub use self::seen::{Observed, Seen, SeenNode, SeenSwarm};
pub use self::standing::{NodeState, Standing};
use super::options::{Availability, Options, Others, Role, Wish};

pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Standing, Action>, Failure> {
    let wanted = wanted(options)?;
    let silent = wanted.keys().find(|name| !observed.0.contains_key(name.as_str()));
    if let Some(name) = silent {
        return Err(Failure::new(format!("nothing is known of the member {name}")));
    }
    match found(options, observed)? {
        None => begin(options, &wanted, observed),
        Some((swarm, through)) => Planning::new(options, &wanted, observed, swarm, through)?.whole(),
    }
}

/// Each member's role and what else is wanted of it.
fn wanted(options: &Options) -> Result<BTreeMap<String, (Role, Wish)>, Failure> {
    let nodes = options.nodes.clone().unwrap_or_default();
    let mut wanted = BTreeMap::new();
    let managers = options.managers.iter().map(|name| (name, Role::Manager));
    for (name, role) in managers.chain(options.workers.iter().map(|name| (name, Role::Worker))) {
        let wish = nodes.get(name).cloned().unwrap_or_default();
        if wanted.insert(name.clone(), (role, wish)).is_some() {
            return Err(Failure::new(format!("{name} is named twice in `managers` and `workers`")));
        }
    }
    if options.managers.is_empty() {
        return Err(Failure::new("`managers` is empty: a swarm needs one at least"));
    }
    match nodes.keys().find(|name| !wanted.contains_key(*name)) {
        Some(name) => Err(Failure::new(format!("`nodes` has {name}, which is in neither `managers` nor `workers`"))),
        None => Ok(wanted),
    }
}

/// The swarm that there is, and the member to speak to it through; `None`: no member is in any.
fn found<'a>(options: &Options, observed: &'a Observed) -> Result<Option<(&'a SeenSwarm, String)>, Failure> {
    let telling = |(name, seen): (&'a String, &'a Seen)| Some((name, seen.swarm.as_ref()?));
    let all: Vec<(&String, &SeenSwarm)> = observed.0.iter().filter_map(telling).collect();
    // A manager that stays one is the better mouth.
    let stays = all.iter().find(|(name, _)| options.managers.contains(name));
    if let Some((name, swarm)) = stays.or(all.first()) {
        return match all.iter().find(|(_, other)| other.id != swarm.id) {
            Some((other, _)) => Err(Failure::new(format!(
                "{name} and {other} are managers of two different swarms: take one out of its swarm first, with docker_swarm \
                 and `state=absent`"
            ))),
            None => Ok(Some((swarm, (*name).clone()))),
        };
    }
    let headless = observed.0.iter().find_map(|(name, seen)| Some((name, seen.error.as_ref()?, &seen.managers)));
    if let Some((name, error, managers)) = headless {
        let needed = managers.len() / 2 + 1;
        let all = managers.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(Failure::new(format!(
            "{name} is a manager of a swarm without a leader ({error}): of its {} managers ({all}) {} / 2 + 1 = {needed} must \
             hear one another. Start those that are down; if they are lost for good, begin anew from this one with \
             `docker swarm init --force-new-cluster`",
            managers.len(),
            managers.len()
        )));
    }
    let locked = observed.0.iter().find(|(_, seen)| seen.part == Part::Locked);
    let inside = observed.0.iter().find(|(_, seen)| seen.part != Part::None && seen.unreachable.is_none());
    match (locked, inside) {
        (Some((name, _)), _) => Err(Failure::new(format!(
            "{name} is locked, and no other member is a manager that could tell the key: `docker swarm unlock` there first"
        ))),
        (None, Some((name, seen))) => Err(Failure::new(format!(
            "{name} is in a swarm of which no member is a manager (its managers: {}): name those in `managers`, or take it \
             out with docker_swarm and `state=absent`",
            seen.managers.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        ))),
        (None, None) => Ok(None),
    }
}

fn listen(wish: &Wish) -> Listen {
    let Wish { listen_addr, advertise_addr, data_path_addr, .. } = wish.clone();
    Listen { listen_addr, advertise_addr, data_path_addr }
}

fn begin(
    options: &Options,
    wanted: &BTreeMap<String, (Role, Wish)>,
    observed: &Observed,
) -> Result<Plan<Standing, Action>, Failure> {
    let first = &options.managers[0];
    let (_, wish) = &wanted[first];
    let availability = wish.availability.unwrap_or_default();
    let begin = What::Begin { listen: listen(wish), availability, autolock: options.autolock.unwrap_or_default() };
    reachable(first, &observed.0[first])?;
    let mut planning = Planning {
        options,
        wanted,
        observed,
        through: first.clone(),
        nodes: BTreeMap::new(),
        ids: BTreeMap::new(),
        down: BTreeMap::new(),
        quorum: Quorum::default(),
        autolock: options.autolock.unwrap_or_default(),
        actions: vec![Action { on: first.clone(), what: begin }],
    };
    let labels = BTreeMap::new();
    planning.nodes.insert(first.clone(), NodeState { role: Role::Manager, availability, labels });
    planning.quorum.heard.insert(first.clone());
    let mut plan = planning.whole()?;
    plan.before = None;
    Ok(plan)
}

fn reachable(name: &str, seen: &Seen) -> Result<(), Failure> {
    match &seen.unreachable {
        Some(reason) => Err(Failure::new(format!("{name} is to be in the swarm and can't be reached: {reason}"))),
        None => Ok(()),
    }
}

/// The swarm as it will be after the actions so far.
struct Planning<'a> {
    options: &'a Options,
    wanted: &'a BTreeMap<String, (Role, Wish)>,
    observed: &'a Observed,
    /// The manager that is spoken through.
    through: String,
    nodes: BTreeMap<String, NodeState>,
    /// The IDs of the nodes that there were.
    ids: BTreeMap<String, String>,
    /// Those of them that are silent and no member, with their hosts' names.
    down: BTreeMap<String, String>,
    quorum: Quorum,
    autolock: bool,
    actions: Vec<Action>,
}

impl<'a> Planning<'a> {
    fn new(
        options: &'a Options,
        wanted: &'a BTreeMap<String, (Role, Wish)>,
        observed: &'a Observed,
        swarm: &SeenSwarm,
        through: String,
    ) -> Result<Planning<'a>, Failure> {
        let mut planning = Planning {
            options,
            wanted,
            observed,
            through,
            nodes: BTreeMap::new(),
            ids: BTreeMap::new(),
            down: BTreeMap::new(),
            quorum: Quorum::default(),
            autolock: swarm.autolock,
            actions: Vec::new(),
        };
        for node in &swarm.nodes {
            let name = planning.name(node);
            if node.role == Role::Manager {
                let side = if node.heard { &mut planning.quorum.heard } else { &mut planning.quorum.silent };
                side.insert(name.clone());
            }
            let SeenNode { role, availability, labels, .. } = node.clone();
            planning.nodes.insert(name.clone(), NodeState { role, availability, labels });
            // A manager is heard no more long before its node counts as down.
            let silent = node.state != "ready" || (node.role == Role::Manager && !node.heard);
            if silent && !wanted.contains_key(&name) {
                planning.down.insert(name.clone(), node.hostname.clone());
            }
            planning.ids.insert(name, node.id.clone());
        }
        if planning.quorum.holds() {
            Ok(planning)
        } else {
            Err(Failure::new(format!("the swarm can't be changed: it hears {}", planning.quorum.count())))
        }
    }

    /// A node's name: the member whose engine has its ID, or one that can't be asked and has its host's name; else that,
    /// with the ID where another has it too.
    fn name(&self, node: &SeenNode) -> String {
        // One that is locked does not tell its ID.
        let locked = |seen: &Seen| seen.part == Part::Locked && seen.hostname == node.hostname && !node.heard;
        let own = self.observed.0.iter().find(|(_, seen)| seen.node_id == node.id || locked(seen));
        let asked = self.observed.0.get(&node.hostname).is_none_or(|seen| seen.unreachable.is_none());
        match own {
            Some((name, _)) => name.clone(),
            None if asked && (self.wanted.contains_key(&node.hostname) || self.nodes.contains_key(&node.hostname)) => {
                format!("{} ({})", node.hostname, node.id)
            }
            None => node.hostname.clone(),
        }
    }

    fn whole(mut self) -> Result<Plan<Standing, Action>, Failure> {
        let before = self.standing();
        self.unlock();
        self.settings();
        self.lost()?;
        self.join()?;
        self.change(Role::Manager)?;
        self.change(Role::Worker)?;
        self.others()?;
        let after = self.standing();
        if self.options.rotate_tokens {
            self.act(What::RotateTokens);
        }
        if self.options.rotate_ca {
            self.act(What::RotateCa);
        }
        Ok(Plan { before: Some(before), after: Some(after), actions: self.actions })
    }

    fn standing(&self) -> Standing {
        Standing { autolock: self.autolock, nodes: self.nodes.clone() }
    }

    /// Through the manager that is spoken through.
    fn act(&mut self, what: What) {
        self.actions.push(Action { on: self.through.clone(), what });
    }

    fn unlock(&mut self) {
        let locked = self.wanted.keys().filter(|name| self.observed.0[*name].part == Part::Locked);
        for name in locked.cloned().collect::<Vec<_>>() {
            self.quorum.silent.remove(&name);
            self.quorum.heard.insert(name.clone());
            self.actions.push(Action { on: name, what: What::Unlock { from: self.through.clone() } });
        }
    }

    fn settings(&mut self) {
        if let Some(autolock) = self.options.autolock.filter(|autolock| *autolock != self.autolock) {
            self.autolock = autolock;
            self.act(What::Autolock(autolock));
        }
    }

    /// What members that have come back as new hosts have left: nodes of their hosts' names for which nobody answers.
    fn lost(&mut self) -> Result<(), Failure> {
        let members = self.wanted.keys().map(|name| self.observed.0[name].hostname.as_str());
        let hostnames: BTreeSet<&str> = members.filter(|hostname| !hostname.is_empty()).collect();
        let stale = self.down.iter().filter(|(_, hostname)| hostnames.contains(hostname.as_str()));
        for name in stale.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.remove(&name, false)?;
        }
        Ok(())
    }

    fn join(&mut self) -> Result<(), Failure> {
        let newcomers = self.wanted.iter().filter(|(name, _)| !self.nodes.contains_key(name.as_str()));
        let mut newcomers: Vec<_> = newcomers.map(|(name, (role, wish))| (name.clone(), *role, wish.clone())).collect();
        newcomers.sort_by_key(|(_, role, _)| *role == Role::Worker);
        for (name, role, wish) in newcomers {
            let seen = &self.observed.0[&name];
            reachable(&name, seen)?;
            if seen.part != Part::None {
                self.knows(&name, seen)?;
                self.actions.push(Action { on: name.clone(), what: What::Leave });
            }
            let availability = wish.availability.unwrap_or_default();
            let what = What::Join { from: self.through.clone(), role, listen: listen(&wish), availability };
            self.actions.push(Action { on: name.clone(), what });
            self.nodes.insert(name.clone(), NodeState { role, availability, labels: BTreeMap::new() });
            if role == Role::Manager {
                self.quorum.heard.insert(name);
            }
        }
        Ok(())
    }

    /// A node that the swarm knows no more may leave by itself what it was part of, if that was this swarm.
    fn knows(&self, name: &str, seen: &Seen) -> Result<(), Failure> {
        let ours = &self.observed.0[&self.through].managers;
        if seen.managers.intersection(ours).next().is_some() {
            return Ok(());
        }
        let theirs = seen.managers.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let theirs = if theirs.is_empty() { "not known".to_owned() } else { theirs };
        Err(Failure::new(format!(
            "{name} is in another swarm, whose managers are {theirs}: take it out first, with docker_swarm and `state=absent`"
        )))
    }

    /// Members that are to have this role, and what else is wanted of them.
    fn change(&mut self, role: Role) -> Result<(), Failure> {
        let members = self.wanted.iter().filter(|(_, (wanted, _))| *wanted == role);
        let mut members: Vec<_> = members.map(|(name, (_, wish))| (name.clone(), wish.clone())).collect();
        // Whoever is silent goes first: that makes the others' majority larger.
        members.sort_by_key(|(name, _)| !self.quorum.silent.contains(name));
        for (name, wish) in members {
            let before = self.nodes[&name].clone();
            let labels = wish.labels.map_or_else(|| before.labels.clone(), |labels| labels.0);
            let availability = wish.availability.unwrap_or(before.availability);
            let after = NodeState { role, availability, labels };
            match (before.role, role) {
                (Role::Manager, Role::Worker) => {
                    self.elsewhere(&name);
                    self.quorum.without(&name, &format!("making {name} a worker"))?;
                }
                (Role::Worker, Role::Manager) => drop(self.quorum.heard.insert(name.clone())),
                (Role::Manager, Role::Manager) | (Role::Worker, Role::Worker) => {}
            }
            let change = after.against(&before);
            if !change.is_nothing() {
                self.act(What::Update { id: self.ids.get(&name).cloned(), name: name.clone(), change });
                self.nodes.insert(name, after);
            }
        }
        Ok(())
    }

    /// A manager that is to go is not spoken through.
    fn elsewhere(&mut self, name: &str) {
        let stays = |member: &&String| *member != name && self.quorum.heard.contains(*member);
        if self.through == name
            && let Some(other) = self.options.managers.iter().find(stays)
        {
            self.through = other.clone();
        }
    }

    fn others(&mut self) -> Result<(), Failure> {
        match self.options.others {
            Others::Keep => Ok(()),
            Others::Remove => {
                let others = self.nodes.keys().filter(|name| !self.wanted.contains_key(name.as_str()));
                others.cloned().collect::<Vec<_>>().iter().try_for_each(|name| self.remove(name, true))
            }
        }
    }

    /// Takes a node out; with `drain` its tasks move first.
    fn remove(&mut self, name: &str, drain: bool) -> Result<(), Failure> {
        let before = self.nodes[name].clone();
        let id = self.ids.get(name).cloned().unwrap_or_default();
        if before.role == Role::Manager {
            self.quorum.without(name, &format!("removing {name}"))?;
        }
        let availability = (drain && before.availability != Availability::Drain).then_some(Availability::Drain);
        let role = (before.role == Role::Manager).then_some(Role::Worker);
        let change = Change { role, availability, labels: None };
        if !change.is_nothing() {
            self.act(What::Update { name: name.to_owned(), id: Some(id.clone()), change });
        }
        self.act(What::Remove { name: name.to_owned(), id });
        self.nodes.remove(name);
        self.ids.remove(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
