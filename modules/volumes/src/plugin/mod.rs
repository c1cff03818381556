//! The volumes of the Docker volume plug-in `cdgp`: on disk, and as `serve` answers for them.
//!
//! ```text
//! ROOT/volumes/NAME/volume.json      what it is; never changes
//!                   users.HOST.json  who has it mounted, by the mount IDs of the engine
//!                   lock             held (flock) while it is mounted, unmounted, removed, restored
//!                   data             the mount point: the files themselves, a subvolume, or where it is mounted
//!                   image            of the back end `image`: the file system
//! ROOT/volumes/.new-…, .gone-…       on their way in and out
//! ROOT/snapshots/VOLUME/NAME         see `crate::snapshot`
//! ```

pub mod backend;
pub mod by_hand;
pub mod desk;
pub mod fsck;
pub mod serve;
pub mod spec;
pub mod store;
pub mod units;
pub mod users;
