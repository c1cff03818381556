//! One step at a time. What has to be undone is on record before it is done.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use ansible::Failure;
use archive::{Opening, Packing};
use bollard::models::VolumeCreateRequest;
use docker::Engine;

use super::observe::{of_backup, opening};
use super::options::Options;
use super::plan::{Action, volume_name};
use crate::backup::card::Card;
use crate::backup::data::Data;
use crate::backup::record::{Held, Journal, Undo};
use crate::backup::store::{self, Store};
use crate::backup::swap::Staged;
use crate::backup::{blocking, data, recover, rest, swap};

/// What the steps share.
pub struct Work<'a> {
    pub engine: &'a Engine,
    pub docker_host: &'a str,
    pub options: &'a Options,
    pub store: &'a Arc<dyn Store>,
    pub held: &'a Held,
    journal: OnceCell<Journal>,
    staged: RefCell<Option<(Data, Staged)>>,
}

impl<'a> Work<'a> {
    pub fn new(
        engine: &'a Engine,
        docker_host: &'a str,
        options: &'a Options,
        store: &'a Arc<dyn Store>,
        held: &'a Held,
    ) -> Self {
        Work { engine, docker_host, options, store, held, journal: OnceCell::new(), staged: RefCell::new(None) }
    }

    /// Does one step. Of a backup it gives the card.
    pub async fn apply(&self, action: &Action) -> Result<Option<Card>, Failure> {
        let (engine, journal) = (self.engine, self.journal()?);
        match action {
            Action::Pause(user) => rest::pause(engine, journal, user).await?,
            Action::Stop { user, timeout } => rest::stop(engine, journal, user, *timeout).await?,
            Action::ScaleDown(service) => {
                let replicas = service.replicas.unwrap_or_default();
                rest::scale_down(engine, journal, (&service.id, &service.name, replicas)).await?;
            }
            Action::HookBefore(hook) => {
                if let Some(after) = &hook.after {
                    journal.add(hook_undo(&hook.container, after, hook.user.as_ref()))?;
                }
                rest::run_hook(engine, &hook.container, &hook.argv, hook.user.as_ref()).await?;
            }
            Action::Unpause(user) => self.undo(&rest::unpause_of(user)).await?,
            Action::Start { user, timeout } => self.undo(&rest::start_of(user, *timeout)).await?,
            Action::ScaleBack(service) => {
                let (id, name) = (service.id.clone(), service.name.clone());
                self.undo(&Undo::Scale { id, name, replicas: service.replicas.unwrap_or_default() }).await?;
            }
            Action::HookAfter(hook) => {
                self.undo(&hook_undo(&hook.container, &hook.argv, hook.user.as_ref())).await?;
            }
            Action::Backup { card, .. } => return self.back_up(card).await.map(Some),
            Action::Forget { card, .. } => self.forget(card).await?,
            Action::CreateVolume(volume) => {
                journal.add(Undo::RemoveVolume { name: volume.name.clone() })?;
                let request = VolumeCreateRequest {
                    name: Some(volume.name.clone()),
                    driver: Some(volume.driver.clone()),
                    driver_opts: Some(volume.driver_options.clone().into_iter().collect()),
                    labels: Some(volume.labels.clone().into_iter().collect()),
                    ..VolumeCreateRequest::default()
                };
                engine.write(|client| client.create_volume(request)).await?;
            }
            Action::Unpack { card, volume } => self.unpack(card, volume).await?,
            Action::Swap { volume, .. } => {
                let staged = self.staged.borrow_mut().take();
                let (data, staged) = staged.ok_or_else(|| Failure::new("nothing has been unpacked"))?;
                swap::swap(journal, &data, &staged)?;
                journal.done(&Undo::RemoveVolume { name: volume.clone() })?;
            }
        }
        Ok(None)
    }

    /// Undoes what a step that failed left, now; a failure to do so is added to that one. The record stays for what
    /// could not be undone.
    pub async fn end<T>(self, result: Result<T, Failure>) -> Result<T, Failure> {
        let Some(journal) = self.journal.into_inner() else { return result };
        let mut undone = Vec::new();
        let mut failed = Vec::new();
        for undo in journal.left() {
            match recover::undo_one(&mut None, self.docker_host, &undo).await {
                Ok(()) => {
                    journal.done(&undo)?;
                    undone.push(recover::sentence(&undo));
                }
                Err(failure) => failed.push(failure.msg().to_owned()),
            }
        }
        journal.end();
        result.map_err(|failure| match failed.is_empty() {
            true => failure.with("actions_undone", undone),
            false => failure
                .and(&format!("; and what had been done could not be undone: {}", failed.join("; ")))
                .with("actions_undone", undone),
        })
    }

    fn journal(&self) -> Result<&Journal, Failure> {
        if self.journal.get().is_none() {
            let of = format!("task on volume {}", volume_name(self.options));
            let begun = Journal::begin(self.held, of, self.docker_host)?;
            let _ = self.journal.set(begun);
        }
        self.journal.get().ok_or_else(|| Failure::new("the record of the run is gone"))
    }

    async fn undo(&self, undo: &Undo) -> Result<(), Failure> {
        rest::undo(self.engine, undo).await?;
        self.journal()?.done(undo)
    }

    async fn back_up(&self, card: &Card) -> Result<Card, Failure> {
        let volume = self.engine.volume(&card.volume).await?;
        let volume = volume.ok_or_else(|| Failure::new("the volume has gone"))?;
        let data = data::find(self.engine, &volume).await?;
        let partial = self.store.partial(&card.file().archive());
        let undo = partial.map(|path| Undo::RemoveFile { path });
        if let Some(undo) = &undo {
            self.journal()?.add(undo.clone())?;
        }
        let packing = Packing {
            level: self.options.compression_level.0,
            threads: threads(self.options.threads),
            recipients: self.options.age_recipients.iter().map(|recipient| recipient.0.clone()).collect(),
            about: serde_json::to_value(card)?,
        };
        let (store, card) = (self.store.clone(), card.clone());
        let verify = self.options.verify.then(|| opening(self.options, &card));
        let card = blocking(move || {
            let file = card.file();
            let name = file.archive();
            let sink = store.create(&name)?;
            let (packed, sink) = archive::pack(swap::open(&data.path)?, &packing, sink)?;
            let card = Card {
                entries: packed.entries,
                files: packed.files,
                bytes: packed.bytes,
                size: packed.stored,
                sha256: packed.sha256,
                unsteady: packed.unsteady_count,
                ..card
            };
            // A card without a backup is nothing; so it comes first.
            store::put(store.as_ref(), &file.card(), serde_json::to_string_pretty(&card)?.as_bytes())?;
            sink.finish()?;
            if let Some(opening) = verify {
                let opening = Opening { sha256: Some(card.sha256.clone()), ..opening? };
                let read = archive::verify(store.read(&name)?, opening);
                read.map_err(|error| of_backup(&card, store.as_ref(), error))?;
            }
            Ok(card)
        })
        .await?;
        if let Some(undo) = &undo {
            self.journal()?.done(undo)?;
        }
        Ok(card)
    }

    async fn forget(&self, card: &Card) -> Result<(), Failure> {
        let (store, file) = (self.store.clone(), card.file());
        blocking(move || {
            store.remove(&file.archive())?;
            store.remove(&file.card())
        })
        .await
    }

    async fn unpack(&self, card: &Card, volume: &str) -> Result<(), Failure> {
        let found = self.engine.volume(volume).await?.ok_or_else(|| Failure::new("the volume has gone"))?;
        let data = data::find(self.engine, &found).await?;
        let staged = swap::stage(self.journal()?, &data)?;
        let opening = opening(self.options, card)?;
        let (store, card, tree) = (self.store.clone(), card.clone(), staged.tree.clone());
        blocking(move || {
            let source = store.read(&card.file().archive())?;
            let read = archive::extract(source, opening, swap::open(&tree)?);
            read.map(drop).map_err(|error| of_backup(&card, store.as_ref(), error))
        })
        .await?;
        self.staged.replace(Some((data, staged)));
        Ok(())
    }
}

fn hook_undo(container: &str, argv: &[String], user: Option<&String>) -> Undo {
    Undo::Hook { container: container.to_owned(), argv: argv.to_vec(), user: user.cloned() }
}

/// As many as there are processors, but no more than four: memory grows with each.
fn threads(asked: u32) -> u32 {
    let processors = || std::thread::available_parallelism().map_or(1, |number| number.get());
    if asked > 0 { asked } else { u32::try_from(processors().min(4)).unwrap_or(1) }
}
