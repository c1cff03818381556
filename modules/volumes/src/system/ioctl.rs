//! The ioctls that no crate offers: btrfs subvolumes and quotas, loop devices. All unsafe code of this binary is here.
//!
//! Source: `linux/btrfs.h`, `linux/loop.h`.

#![expect(unsafe_code, reason = "an ioctl's argument is known to the kernel alone")]

use std::ffi::c_void;
use std::os::fd::{AsFd, AsRawFd};

use rustix::io::Result;
use rustix::ioctl::{IntegerSetter, Ioctl, IoctlOutput, NoArg, Opcode, Setter, Updater, ioctl, opcode};

const BTRFS: u8 = 0x94;

/// `struct btrfs_ioctl_vol_args`: a name in a folder.
#[repr(C)]
struct VolArgs {
    fd: i64,
    name: [u8; 4088],
}

/// `struct btrfs_ioctl_vol_args_v2`, for snapshots: the last field is a union of which only the name is used.
#[repr(C)]
struct VolArgsV2 {
    fd: i64,
    transid: u64,
    flags: u64,
    unused: [u64; 4],
    name: [u8; 4040],
}

/// `struct btrfs_ioctl_quota_ctl_args`.
#[repr(C)]
struct QuotaCtl {
    command: u64,
    status: u64,
}

/// `struct btrfs_ioctl_qgroup_limit_args`.
#[repr(C)]
struct QgroupLimit {
    qgroupid: u64,
    flags: u64,
    max_referenced: u64,
    max_exclusive: u64,
    reserved: [u64; 2],
}

/// `BTRFS_SUBVOL_RDONLY`.
const READ_ONLY: u64 = 1 << 1;
/// `BTRFS_QGROUP_LIMIT_MAX_RFER`.
const LIMIT_REFERENCED: u64 = 1;
/// `BTRFS_QUOTA_CTL_ENABLE`.
const ENABLE: u64 = 1;

fn bytes<const N: usize>(name: &str) -> Result<[u8; N]> {
    let mut field = [0; N];
    // The last byte stays 0.
    if name.len() >= N {
        return Err(rustix::io::Errno::NAMETOOLONG);
    }
    field[..name.len()].copy_from_slice(name.as_bytes());
    Ok(field)
}

/// Makes the subvolume `name` in `folder`.
pub fn create_subvolume(folder: impl AsFd, name: &str) -> Result<()> {
    let args = VolArgs { fd: 0, name: bytes(name)? };
    // SAFETY: BTRFS_IOC_SUBVOL_CREATE reads a btrfs_ioctl_vol_args, and no longer than the call.
    unsafe { ioctl(folder, Setter::<{ opcode::write::<VolArgs>(BTRFS, 14) }, _>::new(args)) }
}

/// Makes a snapshot of `subvolume` as `name` in `folder`.
pub fn snapshot_subvolume(subvolume: impl AsFd, folder: impl AsFd, name: &str, read_only: bool) -> Result<()> {
    let args = VolArgsV2 {
        fd: subvolume.as_fd().as_raw_fd().into(),
        transid: 0,
        flags: if read_only { READ_ONLY } else { 0 },
        unused: [0; 4],
        name: bytes(name)?,
    };
    // SAFETY: BTRFS_IOC_SNAP_CREATE_V2 reads a btrfs_ioctl_vol_args_v2, and no longer than the call.
    unsafe { ioctl(folder, Setter::<{ opcode::write::<VolArgsV2>(BTRFS, 23) }, _>::new(args)) }
}

/// Removes the subvolume `name` in `folder`, with all that is in it.
pub fn destroy_subvolume(folder: impl AsFd, name: &str) -> Result<()> {
    let args = VolArgs { fd: 0, name: bytes(name)? };
    // SAFETY: BTRFS_IOC_SNAP_DESTROY reads a btrfs_ioctl_vol_args, and no longer than the call.
    unsafe { ioctl(folder, Setter::<{ opcode::write::<VolArgs>(BTRFS, 15) }, _>::new(args)) }
}

/// Turns quotas on for the file system of `folder`; nothing when they are.
pub fn enable_quota(folder: impl AsFd) -> Result<()> {
    let mut args = QuotaCtl { command: ENABLE, status: 0 };
    // SAFETY: BTRFS_IOC_QUOTA_CTL reads and writes a btrfs_ioctl_quota_ctl_args, and no longer than the call.
    unsafe { ioctl(folder, Updater::<{ opcode::read_write::<QuotaCtl>(BTRFS, 40) }, _>::new(&mut args)) }
}

/// Lets `subvolume` hold so many bytes, those that it shares with snapshots included.
pub fn limit_subvolume(subvolume: impl AsFd, bytes: u64) -> Result<()> {
    let args = QgroupLimit {
        // 0: the subvolume that the file descriptor is in.
        qgroupid: 0,
        flags: LIMIT_REFERENCED,
        max_referenced: bytes,
        max_exclusive: 0,
        reserved: [0; 2],
    };
    // SAFETY: BTRFS_IOC_QGROUP_LIMIT reads a btrfs_ioctl_qgroup_limit_args, and no longer than the call.
    unsafe { ioctl(subvolume, Setter::<{ opcode::read::<QgroupLimit>(BTRFS, 43) }, _>::new(args)) }
}

/// `struct loop_info64`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LoopInfo {
    pub device: u64,
    pub inode: u64,
    rdevice: u64,
    offset: u64,
    sizelimit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `LO_FLAGS_AUTOCLEAR`.
const AUTOCLEAR: u32 = 4;
const LOOP_SET_FD: Opcode = 0x4c00;
const LOOP_CLR_FD: Opcode = 0x4c01;
const LOOP_SET_STATUS64: Opcode = 0x4c04;
const LOOP_GET_STATUS64: Opcode = 0x4c05;
const LOOP_CTL_GET_FREE: Opcode = 0x4c82;

impl LoopInfo {
    const NONE: LoopInfo = LoopInfo {
        device: 0,
        inode: 0,
        rdevice: 0,
        offset: 0,
        sizelimit: 0,
        number: 0,
        encrypt_type: 0,
        encrypt_key_size: 0,
        flags: 0,
        file_name: [0; 64],
        crypt_name: [0; 64],
        encrypt_key: [0; 32],
        init: [0; 2],
    };
}

/// A request whose answer is the call's own result.
struct GetFree;

// SAFETY: LOOP_CTL_GET_FREE takes no argument and returns a number.
unsafe impl Ioctl for GetFree {
    type Output = u32;
    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        LOOP_CTL_GET_FREE
    }

    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::null_mut()
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> Result<u32> {
        u32::try_from(out).map_err(|_| rustix::io::Errno::INVAL)
    }
}

/// The number of a loop device that is free, made where there is none; another process may take it first.
pub fn free_loop(control: impl AsFd) -> Result<u32> {
    // SAFETY: see GetFree.
    unsafe { ioctl(control, GetFree) }
}

/// Binds a loop device to a file, until its last user closes it: a mount, or an open file descriptor.
pub fn bind_loop(device: impl AsFd, file: impl AsFd) -> Result<()> {
    let number = file.as_fd().as_raw_fd().unsigned_abs() as usize;
    // SAFETY: LOOP_SET_FD takes a file descriptor, which is open for as long as the call.
    unsafe { ioctl(&device, IntegerSetter::<LOOP_SET_FD>::new_usize(number))? };
    let info = LoopInfo { flags: AUTOCLEAR, ..LoopInfo::NONE };
    // SAFETY: LOOP_SET_STATUS64 reads a loop_info64, and no longer than the call.
    let set = unsafe { ioctl(&device, Setter::<LOOP_SET_STATUS64, _>::new(info)) };
    if set.is_err() {
        // SAFETY: LOOP_CLR_FD takes no argument. That it fails too changes nothing: the first error is told.
        let _ = unsafe { ioctl(&device, NoArg::<LOOP_CLR_FD>::new()) };
    }
    set
}

/// What a loop device is bound to.
pub fn loop_status(device: impl AsFd) -> Result<LoopInfo> {
    let mut info = LoopInfo::NONE;
    // SAFETY: LOOP_GET_STATUS64 writes a loop_info64, and no longer than the call.
    unsafe { ioctl(device, Updater::<LOOP_GET_STATUS64, _>::new(&mut info)) }.map(|()| info)
}
