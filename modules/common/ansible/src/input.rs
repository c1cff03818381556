//! Where the arguments come from: a file, standard input, or `key=value` words on the command line.

use std::io::Read;

use serde_json::{Map, Value};

use crate::Failure;

/// The arguments as they came in: the user's options and Ansible's own.
#[derive(Debug, Default)]
pub struct Input {
    /// The user's options, not yet checked.
    pub params: Map<String, Value>,
    /// Ansible's internal arguments, without their `_ansible_` prefix.
    pub internal: Map<String, Value>,
    /// What our action plugin sends beside them, without its `_native_` prefix: `environment` (the task's, never in
    /// argv), `crc32` (see `intact`), `async` (see `jobs`).
    pub native: Map<String, Value>,
}

impl Input {
    /// Reads arguments from standard input.
    pub fn from_stdin() -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|e| Failure::new(format!("reading the arguments from standard input: {e}")))?;
        Input::from_json(&bytes, "on standard input")
    }

    /// Reads arguments from a file, as Ansible hands them to a binary module.
    pub fn from_file(path: &str) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|e| Failure::new(format!("reading the arguments from {path}: {e}")))?;
        Input::from_json(&bytes, &format!("in {path}"))
    }

    /// Takes apart a JSON object. Its text is never repeated in a message: it may hold secrets. Of a key that comes twice
    /// the last counts, as in Python.
    fn from_json(bytes: &[u8], place: &str) -> Result<Self, Failure> {
        let refuse = |why: String| Failure::new(format!("the arguments {place} {why}"));
        let text = std::str::from_utf8(bytes)
            .map_err(|error| refuse(format!("are not UTF-8: byte {} is invalid", error.valid_up_to())))?;
        let value: Value = serde_json::from_str(text).map_err(|error| refuse(format!("are not JSON: {error}")))?;
        if let Some((line, column)) = too_large(text) {
            return Err(refuse(format!(
                "hold a whole number of more than 64 bits at line {line} column {column}: write it in quotes"
            )));
        }
        let Value::Object(all) = value else { return Err(refuse("are not a JSON object".to_owned())) };
        // An old form wraps them: {"ANSIBLE_MODULE_ARGS": {…}}
        let all = match all.get("ANSIBLE_MODULE_ARGS") {
            Some(Value::Object(inner)) if all.len() == 1 => inner.clone(),
            _ => all,
        };
        let mut input = Input::default();
        for (key, value) in all {
            if let Some(name) = key.strip_prefix("_ansible_") {
                input.internal.insert(name.to_owned(), value);
            } else if let Some(name) = key.strip_prefix("_native_") {
                input.native.insert(name.to_owned(), value);
            } else {
                input.params.insert(key, value);
            }
        }
        Ok(input)
    }

    /// Takes `key=value` words from the command line; `--check` and `--diff` are the entry's business.
    pub fn from_words(words: &[String]) -> Result<Self, Failure> {
        let mut input = Input::default();
        for word in words {
            let (key, value) = word
                .split_once('=')
                .ok_or_else(|| Failure::new(format!("`{word}` is not an option: write key=value")))?;
            input.params.insert(key.to_owned(), value.into());
        }
        Ok(input)
    }

    /// Puts the task's environment variables into the process's own: fallbacks and child processes look there.
    #[expect(unsafe_code, reason = "set_var needs a single thread, and none has been started yet")]
    pub fn enter_environment(&self) {
        for (name, value) in self.native_object("environment") {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if !name.is_empty() && !name.contains(['=', '\0']) && !text.contains('\0') {
                unsafe { std::env::set_var(name, text) };
            }
        }
    }

    /// All arguments as they came in, but for what the plugin said under `async`, and with `value` under `name`. Null
    /// leaves `name` out.
    pub fn with_native(&self, name: &str, value: &Value) -> Value {
        let mut all = self.params.clone();
        all.extend(self.internal.iter().map(|(name, value)| (format!("_ansible_{name}"), value.clone())));
        let mut native = self.native.clone();
        native.shift_remove("async");
        native.shift_remove(name);
        if !value.is_null() {
            native.insert(name.to_owned(), value.clone());
        }
        all.extend(native.into_iter().map(|(name, value)| (format!("_native_{name}"), value)));
        Value::Object(all)
    }

    /// One of the plugin's messages that is an object; empty when it was not sent.
    pub fn native_object(&self, name: &str) -> Map<String, Value> {
        self.native.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// An internal flag, false when Ansible did not send it.
    pub fn flag(&self, name: &str) -> bool {
        self.internal.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The module's name as Ansible knows it (`cdgp.docker.docker_volume`).
    pub fn module_name(&self) -> Option<&str> {
        self.internal.get("module_name").and_then(Value::as_str)
    }
}

/// Where a valid JSON text holds the first whole number that 64 bits are too few for: line and column, from 1. The parser
/// would silently make a float of it, which Ansible does not.
fn too_large(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        match byte {
            b'"' => {
                at += 1;
                while bytes.get(at).is_some_and(|&byte| byte != b'"') {
                    at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                while bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || b"-+.eE".contains(byte)) {
                    at += 1;
                }
                let number = &text[start..at];
                let whole = !number.contains(['.', 'e', 'E']);
                if whole && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
                    let before = &text[..start];
                    let column = before.rsplit('\n').next().map_or(0, str::len);
                    return Some((before.matches('\n').count() + 1, column + 1));
                }
            }
            _ => at += 1,
        }
    }
    None
}
