//! The volume plug-in: the protocol as engines speak it, the back ends, then the engines themselves.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

mod backends;
mod engines;
mod managed;
mod protocol;
mod service;

use serde_json::{Value, json};
use tests::{Inside, Plugin};

fn ask(plugin: &Plugin, call: &str, body: Value) -> Value {
    plugin.try_call(&format!("VolumeDriver.{call}"), &body).unwrap()
}

fn create(plugin: &Plugin, name: &str, options: Value) -> String {
    ask(plugin, "Create", json!({"Name": name, "Opts": options}))["Err"].as_str().unwrap().to_owned()
}

fn mount(plugin: &Plugin, name: &str, id: &str) -> Value {
    ask(plugin, "Mount", json!({"Name": name, "ID": id}))
}

fn unmount(plugin: &Plugin, name: &str, id: &str) -> String {
    ask(plugin, "Unmount", json!({"Name": name, "ID": id}))["Err"].as_str().unwrap().to_owned()
}

fn remove(plugin: &Plugin, name: &str) -> String {
    ask(plugin, "Remove", json!({"Name": name}))["Err"].as_str().unwrap().to_owned()
}

fn mounts(plugin: &Plugin, name: &str) -> Value {
    ask(plugin, "Get", json!({"Name": name}))["Volume"]["Status"]["mounts"].clone()
}

fn is_mounted(host: &impl Inside, path: &str) -> bool {
    host.command_inside("mountpoint").args(["-q", path]).status().unwrap().success()
}

/// Runs a shell script in the fixture; what it prints.
fn sh(host: &impl Inside, script: &str) -> String {
    let output = host.command_inside("sh").args(["-euc", script]).current_dir("/").output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A tool of the binary `volumes`, in the fixture; whether it succeeded, and what it says.
fn tool(host: &impl Inside, words: &[&str]) -> (bool, String) {
    let name = tests::tool("volumes", words[0]).unwrap();
    let output = host.command_inside(name.get_program()).args(words).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.success(), text)
}
