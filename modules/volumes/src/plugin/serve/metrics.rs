//! Metrics in Prometheus' text format.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::calls::Call;
use crate::plugin::desk::Desk;

/// What is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    calls: Mutex<BTreeMap<Call, Counted>>,
    busy: AtomicUsize,
}

#[derive(Debug, Default, Clone)]
struct Counted {
    succeeded: u64,
    failed: u64,
    seconds: f64,
    /// By the bounds in [`BOUNDS`]; each holds the calls that took no longer.
    within: [u64; BOUNDS.len()],
}

/// Seconds.
const BOUNDS: [f64; 8] = [0.001, 0.002, 0.005, 0.01, 0.1, 1.0, 10.0, 60.0];

/// A call that is being answered.
pub struct Busy<'m>(&'m AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Says that a call is being answered.
    pub fn begin(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(&self.busy)
    }

    /// Waits for the calls that are being answered, but not for ever.
    pub async fn idle(&self) {
        for _ in 0..100 {
            if self.busy.load(Ordering::Relaxed) == 0 {
                // The last answer is on its way through the socket.
                tokio::time::sleep(Duration::from_millis(20)).await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Counts a call.
    pub fn count(&self, call: Call, succeeded: bool, took: Duration) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = calls.entry(call).or_default();
        if succeeded {
            counted.succeeded += 1;
        } else {
            counted.failed += 1;
        }
        let seconds = took.as_secs_f64();
        counted.seconds += seconds;
        for (bound, count) in BOUNDS.iter().zip(&mut counted.within) {
            *count += u64::from(seconds <= *bound);
        }
    }

    /// The calls.
    pub fn text(&self) -> String {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut text = String::from(
            "# HELP cdgp_volume_plugin_calls_total Calls of the engine.\n# TYPE cdgp_volume_plugin_calls_total counter\n",
        );
        for (call, counted) in &calls {
            for (result, count) in [("ok", counted.succeeded), ("error", counted.failed)] {
                let name = call.name();
                let _ = writeln!(text, "cdgp_volume_plugin_calls_total{{call=\"{name}\",result=\"{result}\"}} {count}");
            }
        }
        text.push_str(
            "# HELP cdgp_volume_plugin_call_seconds Time to answer a call.\n# TYPE cdgp_volume_plugin_call_seconds histogram\n",
        );
        for (call, counted) in &calls {
            let (name, all) = (call.name(), counted.succeeded + counted.failed);
            let bounds = BOUNDS.iter().map(ToString::to_string).zip(counted.within);
            for (bound, count) in bounds.chain([("+Inf".to_owned(), all)]) {
                let _ =
                    writeln!(text, "cdgp_volume_plugin_call_seconds_bucket{{call=\"{name}\",le=\"{bound}\"}} {count}");
            }
            let _ = writeln!(text, "cdgp_volume_plugin_call_seconds_sum{{call=\"{name}\"}} {}", counted.seconds);
            let _ = writeln!(text, "cdgp_volume_plugin_call_seconds_count{{call=\"{name}\"}} {all}");
        }
        text
    }
}

/// The volumes, counted now.
pub fn volumes(desk: &Desk) -> String {
    let mut counted: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for name in desk.store.names().unwrap_or_default() {
        if let Ok(Some(volume)) = desk.store.volume(&name) {
            let (count, mounts) = counted.entry(volume.record.backend.name()).or_default();
            *count += 1;
            *mounts += volume.users(&desk.here).map_or(0, |users| users.ids.len() as u64);
        }
    }
    let mut text = String::new();
    for (metric, help, mounts) in [
        ("cdgp_volumes", "Volumes that there are.", false),
        ("cdgp_volume_mounts", "Mounts of volumes by containers.", true),
    ] {
        let _ = writeln!(text, "# HELP {metric} {help}\n# TYPE {metric} gauge");
        for (backend, (count, mounted)) in &counted {
            let value = if mounts { mounted } else { count };
            let _ = writeln!(text, "{metric}{{backend=\"{backend}\"}} {value}");
        }
    }
    text
}
