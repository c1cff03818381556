//! Texts of the C library: those of errors, untranslated, and none where nobody would read one.

use std::ffi::{c_char, c_int, c_uint};

unsafe extern "C" {
    fn abort() -> !;
    /// The text of an error, of static lifetime; null for a number that is none. glibc since 2.32.
    fn strerrordesc_np(number: c_int) -> *const c_char;
}

const EINVAL: c_int = 22;
const UNKNOWN: &std::ffi::CStr = c"Unknown error";

/// What `assert` of C calls when it does not hold.
#[unsafe(no_mangle)]
extern "C" fn __assert_fail(_what: *const c_char, _file: *const c_char, _line: c_uint, _of: *const c_char) -> ! {
    // SAFETY: it has no conditions.
    unsafe { abort() }
}

/// dcgettext(3): there are no catalogues, a text stays as it is.
#[unsafe(no_mangle)]
extern "C" fn __dcgettext(_domain: *const c_char, text: *const c_char, _category: c_int) -> *const c_char {
    text
}

/// dcgettext(3).
#[unsafe(no_mangle)]
extern "C" fn dcgettext(_domain: *const c_char, text: *const c_char, _category: c_int) -> *const c_char {
    text
}

/// strerror_r(3) of POSIX, which Rust's `io::Error` prints.
#[unsafe(no_mangle)]
unsafe extern "C" fn __xpg_strerror_r(number: c_int, into: *mut c_char, length: usize) -> c_int {
    // SAFETY: `into` has room for `length` bytes, says the caller; the text ends with a zero.
    unsafe {
        let known = strerrordesc_np(number);
        let text = if known.is_null() { UNKNOWN.as_ptr() } else { known };
        let mut at = 0;
        while at + 1 < length && *text.add(at) != 0 {
            *into.add(at) = *text.add(at);
            at += 1;
        }
        if length > 0 {
            *into.add(at) = 0;
        }
        if known.is_null() { EINVAL } else { 0 }
    }
}

/// strerror_r(3) of GNU, which the C library itself calls.
#[unsafe(no_mangle)]
unsafe extern "C" fn __strerror_r(number: c_int, _into: *mut c_char, _length: usize) -> *const c_char {
    // SAFETY: it has no conditions.
    let known = unsafe { strerrordesc_np(number) };
    if known.is_null() { UNKNOWN.as_ptr() } else { known }
}

/// What a list of the C library's calls when it is asked for an element that it has not.
#[unsafe(no_mangle)]
extern "C" fn __libc_dynarray_at_failure(_size: usize, _index: usize) -> ! {
    // SAFETY: it has no conditions.
    unsafe { abort() }
}
