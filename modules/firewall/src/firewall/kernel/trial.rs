//! Loads rules into a network namespace that nobody uses, to see what iptables and the kernel say of them.

use std::thread;

use ansible::Failure;
use netfilter::{Change, RuleSet};
use rustix::thread::UnshareFlags;

use super::own::{desired, label};
use super::{Held, Kernel, NftTable, program};
use crate::firewall::render::Own;

/// Tries what `wanted` says. Gives our table of nftables as the kernel lists it, which only the kernel knows.
///
/// # Errors
/// It is refused: the message has the user's rule and the way out.
pub fn trial(kernel: &Kernel, wanted: &Held) -> Result<Option<NftTable>, Failure> {
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            // Of this thread only, and of the programs that it starts; the thread ends with it.
            #[allow(deprecated)] // The safe form: no file descriptors are unshared.
            if rustix::thread::unshare(UnshareFlags::NEWNET).is_err() {
                // Not allowed here. The next best thing knows iptables, but not the kernel.
                return test(kernel, wanted).map(|()| wanted.nft.clone());
            }
            load(kernel, wanted)
        });
        thread.join().unwrap_or_else(|_| Err(Failure::new("trying the rules: the thread that tried ended early")))
    })
}

fn load(kernel: &Kernel, wanted: &Held) -> Result<Option<NftTable>, Failure> {
    if let Some(iptables) = &kernel.iptables {
        for family in kernel.families() {
            let own = wanted.of(family);
            program::make_sets(&own.sets.clone().into_iter().collect::<Vec<_>>())?;
            let empty = RuleSet::empty(family.of_netfilter());
            let change = Change::between(&empty, &desired(own, family)?);
            iptables.system.apply(&change).map_err(|error| refused(error, own))?;
        }
    }
    let Some(table) = &wanted.nft else { return Ok(None) };
    program::nft(Some(table)).map_err(|failure| failure.and(". Nothing was changed"))?;
    let listed = program::nft_table().and_then(|table| table.listed);
    Ok(Some(NftTable { script: table.script.clone(), listed }))
}

fn test(kernel: &Kernel, wanted: &Held) -> Result<(), Failure> {
    let Some(iptables) = &kernel.iptables else { return Ok(()) };
    for family in kernel.families() {
        let own = wanted.of(family);
        // A rule with a set can't be tested before there is the set.
        if let (Some(seen), true) = (kernel.seen(family), own.sets.is_empty()) {
            let change = Change::between(seen, &desired(own, family)?);
            iptables.system.test(&change).map_err(|error| refused(error, own))?;
        }
    }
    Ok(())
}

/// The refusal, led by the user's rule.
fn refused(error: netfilter::Error, own: &Own) -> Failure {
    let rule = match &error {
        netfilter::Error::Refused { origin, .. } => label(own, origin).map(|label| format!("{label}: ")),
        _ => None,
    };
    Failure::new(format!("{}{error}. Nothing was changed", rule.unwrap_or_default()))
}
