//! The one JSON object on standard output, whatever happens.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::call::Progress;
use crate::scrub::scrub;
use crate::{Failure, Outcome};

/// Everything that goes into the printed object beside the result itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub progress: Progress,
    pub deprecations: Vec<Value>,
    pub secrets: BTreeSet<String>,
    pub invocation: Option<Value>,
}

/// Set by the first to print: a panic or a signal after that prints nothing.
static PRINTED: AtomicBool = AtomicBool::new(false);

/// What a panic reports with.
static WATCHED: Mutex<Option<Report>> = Mutex::new(None);

impl Report {
    /// Prints the result, unless one has been printed. The exit status is 1 for a failure, as Ansible's modules do it.
    pub(crate) fn print(&self, result: Result<Outcome, Failure>) -> ExitCode {
        let mut open_diff = None;
        let (mut object, code) = match result {
            Ok(mut outcome) => {
                open_diff = outcome.open_diff.then(|| outcome.result.shift_remove("diff")).flatten();
                (outcome.result, ExitCode::SUCCESS)
            }
            Err(failure) => (failure.result, ExitCode::FAILURE),
        };
        let warnings = self.progress.lock().warnings.clone();
        if !warnings.is_empty() {
            object.insert("warnings".to_owned(), json!(warnings));
        }
        if !self.deprecations.is_empty() {
            object.insert("deprecations".to_owned(), json!(self.deprecations));
        }
        if let Some(invocation) = &self.invocation {
            object.entry("invocation").or_insert_with(|| invocation.clone());
        }
        let mut object = Value::Object(object);
        scrub(&mut object, &self.secrets);
        if let Some(diff) = open_diff {
            object["diff"] = diff;
        }
        if PRINTED.swap(true, Ordering::SeqCst) || say(&format!("{object}\n")) { code } else { ExitCode::FAILURE }
    }

    /// Makes a later panic report with what is known now.
    pub(crate) fn watch_for_panics(&self) {
        *WATCHED.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clone());
    }
}

/// Writes to standard output. False when it is full or nobody reads it any more: then only the exit status can tell.
pub(crate) fn say(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// Turns a panic into a failure. Its text stays out: it could hold a secret that no list names; the place is enough.
pub(crate) fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let report = WATCHED.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
        let msg = format!("internal error{place}: this is a bug in cdgp.docker {}", env!("CARGO_PKG_VERSION"));
        report.print(Err(Failure::new(msg).after(&report.progress.done())));
        std::process::exit(1);
    }));
}
