//! Memory, by `dlmalloc`, for Rust's code and for the C library's.
//!
//! Source: The GNU C Library manual, "Replacing malloc", which lists what has to be there.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// What precedes each piece that C asks for: C gives it back without its layout.
#[derive(Clone, Copy)]
struct Head {
    /// From the start of the piece to what C got, and the alignment that was asked for: bytes.
    offset: usize,
    /// What C asked for: bytes.
    size: usize,
}

/// Enough for any type of C's.
const ALIGN: usize = 16;

fn layout(size: usize, offset: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(offset)?, offset).ok()
}

/// # Safety
/// As `malloc`; `align` is a power of two.
unsafe fn allocate(size: usize, align: usize, zeroed: bool) -> *mut c_void {
    let offset = align.max(ALIGN);
    let Some(layout) = layout(size, offset) else { return null_mut() };
    // SAFETY: the layout is never empty; the head fits before `offset`, which is at least its size.
    unsafe {
        let start = if zeroed { ALLOCATOR.alloc_zeroed(layout) } else { ALLOCATOR.alloc(layout) };
        if start.is_null() {
            return null_mut();
        }
        let given = start.add(offset);
        given.cast::<Head>().sub(1).write(Head { offset, size });
        given.cast()
    }
}

/// # Safety
/// `given` came from here and was not freed.
unsafe fn head(given: *mut c_void) -> Head {
    // SAFETY: `allocate` wrote it there.
    unsafe { given.cast::<Head>().sub(1).read() }
}

/// malloc(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { allocate(size, ALIGN, false) }
}

/// calloc(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: the caller's.
        Some(size) => unsafe { allocate(size, ALIGN, true) },
        None => null_mut(),
    }
}

/// free(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn free(given: *mut c_void) {
    if given.is_null() {
        return;
    }
    // SAFETY: the caller's; the layout is the one that it was allocated with.
    unsafe {
        let Head { offset, size } = head(given);
        if let Some(layout) = layout(size, offset) {
            ALLOCATOR.dealloc(given.cast::<u8>().sub(offset), layout);
        }
    }
}

/// realloc(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(given: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller's; no more is copied than either piece holds.
    unsafe {
        if given.is_null() {
            return allocate(size, ALIGN, false);
        }
        let larger = allocate(size, ALIGN, false);
        if !larger.is_null() {
            larger.cast::<u8>().copy_from_nonoverlapping(given.cast(), head(given).size.min(size));
            free(given);
        }
        larger
    }
}

/// memalign(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    if !align.is_power_of_two() {
        return null_mut();
    }
    // SAFETY: the caller's.
    unsafe { allocate(size, align, false) }
}

/// aligned_alloc(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { memalign(align, size) }
}

/// posix_memalign(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(into: *mut *mut c_void, align: usize, size: usize) -> c_int {
    const EINVAL: c_int = 22;
    const ENOMEM: c_int = 12;
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<usize>()) {
        return EINVAL;
    }
    // SAFETY: the caller's.
    unsafe {
        let given = allocate(size, align, false);
        if given.is_null() {
            return ENOMEM;
        }
        into.write(given);
    }
    0
}

/// malloc_usable_size(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc_usable_size(given: *mut c_void) -> usize {
    // SAFETY: the caller's.
    if given.is_null() { 0 } else { unsafe { head(given).size } }
}
