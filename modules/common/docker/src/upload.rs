//! Request bodies that a thread writes while they are sent: archives, which nobody wants to hold in memory.

use std::io::{self, BufWriter, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;

const CHUNK: usize = 64 * 1024;

/// The body. It is written as fast as the engine takes it.
#[derive(Debug)]
pub(crate) struct Upload {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
}

/// Why the upload broke off, to be asked after the request failed.
#[derive(Debug)]
pub(crate) struct WhyBroken<E>(Arc<Mutex<Option<E>>>);

impl<E> WhyBroken<E> {
    pub(crate) fn take(&self) -> Option<E> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Upload {
    /// Starts the thread that writes.
    pub(crate) fn start<E: Send + 'static>(
        write: impl FnOnce(&mut dyn Write) -> Result<(), E> + Send + 'static,
    ) -> (Upload, WhyBroken<E>) {
        let (sender, chunks) = mpsc::channel(4);
        let why = WhyBroken(Arc::default());
        let told = Arc::clone(&why.0);
        std::thread::spawn(move || {
            let mut out = BufWriter::with_capacity(CHUNK, Chunks { sender, closed: false });
            let written = write(&mut out);
            let written = written.map(|()| out.flush());
            match written {
                Ok(_) => {}
                // The engine went away or had enough; its own answer tells why.
                Err(_) if out.get_ref().closed => {}
                Err(error) => {
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    // What is still in the buffer must not follow the break.
                    let (chunks, _) = out.into_parts();
                    let _ = chunks.sender.blocking_send(Err(io::Error::other("the upload can't be read")));
                }
            }
        });
        (Upload { chunks }, why)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> task::Poll<Option<io::Result<Frame<Bytes>>>> {
        self.chunks.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

struct Chunks {
    sender: mpsc::Sender<io::Result<Bytes>>,
    closed: bool,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.sender.blocking_send(Ok(Bytes::copy_from_slice(bytes))) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => {
                self.closed = true;
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
