//! Why a rule is refused.

/// What is wrong with a rule, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {fix}")]
pub struct Invalid {
    /// What is wrong, with the words that are.
    pub what: String,
    /// What to write instead.
    pub fix: String,
}

impl Invalid {
    pub(crate) fn new(what: impl Into<String>, fix: impl Into<String>) -> Invalid {
        Invalid { what: what.into(), fix: fix.into() }
    }
}
