//! A value that a packet is tested for, or against.

/// What a packet must have, or must not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Test<T> {
    /// `!`: the packet must not have it.
    pub not: bool,
    /// The value.
    pub value: T,
}

impl<T> Test<T> {
    /// The packet must have it.
    pub fn is(value: T) -> Test<T> {
        Test { not: false, value }
    }

    /// The packet must not have it.
    pub fn is_not(value: T) -> Test<T> {
        Test { not: true, value }
    }

    /// Whether a packet passes of which `holds` is true.
    pub fn passes(&self, holds: impl FnOnce(&T) -> bool) -> bool {
        holds(&self.value) != self.not
    }
}
