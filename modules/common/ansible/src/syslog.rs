//! The target's system log: RFC 3164 messages as datagrams to `/dev/log`, as `syslog(3)` sends them.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;

use serde_json::Value;

use crate::Call;
use crate::scrub::scrub;

const SOCKET: &str = "/dev/log";

/// Facility `user` (1), severity `info` (6).
const PRIORITY: u8 = 1 << 3 | 6;

impl Call {
    /// Writes a text to the target's system log, a message for each line, without the task's secrets. Nothing where
    /// the task has `no_log`, the controller has `no_target_syslog`, or the target has no system log: a log is no
    /// reason to fail.
    pub fn log(&self, text: &str) {
        let Some(log) = &self.log else { return };
        let Ok(socket) = UnixDatagram::unbound() else { return };
        if socket.connect(SOCKET).is_err() {
            return;
        }
        for message in messages(&log.module, text, &log.secrets) {
            let _ = socket.send(message.as_bytes());
        }
    }
}

/// Who writes, and what is kept out.
#[derive(Debug)]
pub(crate) struct Log {
    pub module: String,
    pub secrets: BTreeSet<String>,
}

fn messages(module: &str, text: &str, secrets: &BTreeSet<String>) -> Vec<String> {
    let mut scrubbed = Value::from(text);
    scrub(&mut scrubbed, secrets);
    let lines = scrubbed.as_str().unwrap_or_default().lines();
    lines.map(|line| format!("<{PRIORITY}>ansible-{module}: {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_for_each_line_without_secrets() {
        let secrets = ["hunter2".to_owned()].into();
        let sent = messages("docker_container", "login hunter2\ndone\n", &secrets);
        assert_eq!(sent, ["<14>ansible-docker_container: login ********", "<14>ansible-docker_container: done"]);
    }
}
