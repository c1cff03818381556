//! Who may still decide: a swarm can be changed while a majority of its managers hear one another.

use std::collections::BTreeSet;

use ansible::Failure;

/// The managers, by the names under which the task knows them.
#[derive(Clone, Debug, Default)]
pub struct Quorum {
    pub heard: BTreeSet<String>,
    pub silent: BTreeSet<String>,
}

impl Quorum {
    pub fn holds(&self) -> bool {
        self.heard.len() >= majority(self.heard.len() + self.silent.len())
    }

    /// The same without this manager.
    ///
    /// # Errors
    /// The rest would be no majority.
    pub fn without(&mut self, name: &str, doing: &str) -> Result<(), Failure> {
        self.heard.remove(name);
        self.silent.remove(name);
        if !self.heard.is_empty() && self.holds() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{doing} would leave {}: the swarm could not be changed any more. Nothing was done. Bring back who is silent, or \
             name more `managers`",
            self.count()
        )))
    }

    /// `1 of 2 managers (h1; silent: h3), and a majority of 2 is 2`
    pub fn count(&self) -> String {
        let total = self.heard.len() + self.silent.len();
        let names = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let silent = if self.silent.is_empty() { String::new() } else { format!("; silent: {}", names(&self.silent)) };
        format!(
            "{} of {total} managers ({}{silent}), and a majority of {total} is {total} / 2 + 1 = {}",
            self.heard.len(),
            names(&self.heard),
            majority(total)
        )
    }
}

/// More than half.
fn majority(total: usize) -> usize {
    total / 2 + 1
}
