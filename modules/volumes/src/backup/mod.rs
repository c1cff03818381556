//! Backups of volumes: where they are kept, who uses a volume and how they are made to rest, and what is undone after a
//! run that did not come to its end.

pub mod card;
pub mod data;
pub mod moment;
pub mod record;
pub mod recover;
pub mod rest;
pub mod store;
pub mod swap;
pub mod users;

use ansible::Failure;
use tokio::sync::oneshot;

/// Runs work that blocks on a thread of its own, so that a signal is heard meanwhile. The thread ends with the process:
/// nobody waits for it.
///
/// # Errors
/// That of the work.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new().spawn(move || sender.send(work()).is_ok())?;
    receiver.await?
}
