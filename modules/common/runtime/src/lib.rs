//! Small stand-ins for parts of the C library that a static binary would otherwise carry whole.
//!
//! A handful of functions make the linker take in `printf` with wide characters, message catalogues, character sets,
//! locales and `dlopen`, none of which a static binary of ours uses: 600 kB of each. Defined here, they are found
//! first. It is so in static builds only; all others, the tests' among them, have the C library as it is. Decision 0003
//! has the figures.

#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
mod absent;
#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
mod allocate;
#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
mod message;
#[cfg(any(test, all(target_env = "gnu", target_feature = "crt-static")))]
mod number;
