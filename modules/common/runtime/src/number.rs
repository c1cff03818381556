//! Numbers from texts, without the locale's separators.

use std::ffi::{c_char, c_int, c_long, c_ulong};

/// What strtol(3) makes of a text: the sign, the value (`None`: more than fits), how many bytes were read (0: no
/// number).
fn read(byte: impl Fn(usize) -> u8, base: u32) -> (bool, Option<u64>, usize) {
    let mut at = 0;
    while matches!(byte(at), b' ' | b'\t'..=b'\r') {
        at += 1;
    }
    let negative = byte(at) == b'-';
    if matches!(byte(at), b'-' | b'+') {
        at += 1;
    }
    let digit = |at: usize, base: u32| char::from(byte(at)).to_digit(base);
    let hexadecimal = byte(at) == b'0' && matches!(byte(at + 1), b'x' | b'X') && digit(at + 2, 16).is_some();
    let base = match base {
        0 | 16 if hexadecimal => {
            at += 2;
            16
        }
        0 if byte(at) == b'0' => 8,
        0 => 10,
        2..=36 => base,
        _ => return (false, Some(0), 0),
    };
    let first = at;
    let mut value = Some(0_u64);
    while let Some(digit) = digit(at, base) {
        value = value.and_then(|value| value.checked_mul(base.into())?.checked_add(digit.into()));
        at += 1;
    }
    (negative, value, if at == first { 0 } else { at })
}

/// # Safety
/// As strtol(3).
unsafe fn read_c(text: *const c_char, end: *mut *mut c_char, base: c_int) -> (bool, Option<u64>) {
    // SAFETY: nothing is read behind the zero that ends the text: it is no digit, and each step looks at one byte more
    // only behind a byte that is not zero.
    let byte = |at: usize| unsafe { *text.add(at).cast::<u8>() };
    let (negative, value, length) = read(byte, u32::try_from(base).unwrap_or(1));
    if !end.is_null() {
        // SAFETY: the caller's.
        unsafe { end.write(text.add(length).cast_mut()) };
    }
    (negative, value)
}

/// strtol(3); but `errno` is left alone.
#[cfg_attr(target_feature = "crt-static", unsafe(no_mangle))]
unsafe extern "C" fn strtol(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_long {
    // SAFETY: the caller's.
    let (negative, value) = unsafe { read_c(text, end, base) };
    match (negative, value) {
        (false, value) => value.and_then(|value| value.try_into().ok()).unwrap_or(c_long::MAX),
        (true, value) => value.and_then(|value| 0_i64.checked_sub_unsigned(value)).unwrap_or(c_long::MIN),
    }
}

/// strtoul(3); but `errno` is left alone.
#[cfg_attr(target_feature = "crt-static", unsafe(no_mangle))]
unsafe extern "C" fn strtoul(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_ulong {
    // SAFETY: the caller's.
    match unsafe { read_c(text, end, base) } {
        (false, value) => value.unwrap_or(c_ulong::MAX),
        (true, value) => value.map_or(c_ulong::MAX, u64::wrapping_neg),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::ptr::null_mut;

    use super::*;

    mod libc {
        use std::ffi::{c_char, c_int, c_long, c_ulong};

        unsafe extern "C" {
            pub fn strtol(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_long;
            pub fn strtoul(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_ulong;
        }
    }

    #[test]
    fn as_the_c_library_does() {
        let texts = [
            "",
            " ",
            "0",
            "7",
            "-7",
            "+7",
            " \t\n42x",
            "0x",
            "0x1F",
            "0X1g",
            "017",
            "08",
            "zz",
            "-zz",
            "--1",
            "1 2",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "18446744073709551616",
            "-18446744073709551615",
            "99999999999999999999999",
            "0b1",
        ];
        for text in texts {
            let text = CString::new(text).unwrap();
            for base in [0, 1, 2, 8, 10, 16, 36, 37, -1] {
                let (mut ours, mut theirs) = (null_mut(), null_mut());
                let start = text.as_ptr();
                let distance = |end: *mut c_char| if end.is_null() { 0 } else { end as usize - start as usize };
                unsafe {
                    assert_eq!(
                        strtol(start, &mut ours, base),
                        libc::strtol(start, &mut theirs, base),
                        "{text:?} {base}"
                    );
                    assert_eq!(distance(ours), distance(theirs), "{text:?} {base}");
                    assert_eq!(
                        strtoul(start, &mut ours, base),
                        libc::strtoul(start, &mut theirs, base),
                        "{text:?} {base}"
                    );
                    assert_eq!(distance(ours), distance(theirs), "{text:?} {base}");
                }
            }
        }
    }
}
