//! What the kernel offers for volumes: subvolumes, loop devices, mounts, reflinks. Knows no volume.

pub mod btrfs;
pub mod differ;
mod ioctl;
pub mod loops;
pub mod mounts;
pub mod tree;
