//! The golden-case harness: runs a module's `cases/*.yml` through its plan.
