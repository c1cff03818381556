//! Parts of the C library that nobody uses, and that answer so: `stdio`, `dlopen`, the resolver.
//!
//! The names that begin with an underscore are the C library's own, called from the parts of it that are used: `fork`
//! and `pthread_create`. With a C library that has others, the linker takes its part in, and all is as it was.

use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;

const ENOSYS: c_int = 38;

/// pthread_getattr_np(3), by which Rust learns where the stack ends, to say of a fault there that it was an overflow:
/// it does without. (The C library reads it from `/proc/self/maps` with `sscanf`.)
#[unsafe(no_mangle)]
extern "C" fn pthread_getattr_np(_thread: usize, _into: *mut c_void) -> c_int {
    ENOSYS
}

/// pthread_setname_np(3): threads have no names. (The C library prints a path for it.)
#[unsafe(no_mangle)]
extern "C" fn pthread_setname_np(_thread: usize, _name: *const c_char) -> c_int {
    ENOSYS
}

/// dlsym(3): a static binary has nothing to look in. Rust asks for functions that may be missing, and does without.
#[unsafe(no_mangle)]
extern "C" fn dlsym(_library: *mut c_void, _name: *const c_char) -> *mut c_void {
    null_mut()
}

/// Makes `stdio` lock its files when there is a second thread.
#[unsafe(no_mangle)]
extern "C" fn _IO_enable_locks() {}

/// Keeps other threads from opening files of `stdio` while `fork` copies the process.
#[unsafe(no_mangle)]
extern "C" fn _IO_list_lock() {}

/// Undoes [`_IO_list_lock`], in the parent.
#[unsafe(no_mangle)]
extern "C" fn _IO_list_unlock() {}

/// Undoes [`_IO_list_lock`], in the child.
#[unsafe(no_mangle)]
extern "C" fn _IO_list_resetlock() {}

/// The first of the open files of `stdio`, which is the end of them: there are none.
#[unsafe(no_mangle)]
extern "C" fn _IO_iter_begin() -> *mut c_void {
    null_mut()
}

/// What follows the last of the open files of `stdio`.
#[unsafe(no_mangle)]
extern "C" fn _IO_iter_end() -> *mut c_void {
    null_mut()
}

/// What follows one of the open files of `stdio`: never asked.
#[unsafe(no_mangle)]
extern "C" fn _IO_iter_next(_at: *mut c_void) -> *mut c_void {
    null_mut()
}

/// One of the open files of `stdio`: never asked.
#[unsafe(no_mangle)]
extern "C" fn _IO_iter_file(_at: *mut c_void) -> *mut c_void {
    null_mut()
}

/// Sets up the resolver's state of a thread.
#[unsafe(no_mangle)]
extern "C" fn __res_vinit(_state: *mut c_void, _preinit: c_int) -> c_int {
    -1
}

/// Closes the resolver's sockets of a thread.
#[unsafe(no_mangle)]
extern "C" fn __res_iclose(_state: *mut c_void, _free: bool) {}

/// Points a thread to its locale's classes of characters.
#[unsafe(no_mangle)]
extern "C" fn __ctype_init() {}
