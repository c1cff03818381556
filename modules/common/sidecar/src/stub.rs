//! The Python files that `ansible-doc`, ansible-lint and editors read: documentation and nothing else.

use serde_json::Value;

use crate::read::{Fragment, Sidecar};
use crate::yaml;

impl Sidecar {
    /// `plugins/modules/NAME.py`.
    pub fn stub(&self) -> String {
        let mut out = header(&format!("{}.yml; what runs is the binary under bin/", self.name));
        out.push_str("\nfrom __future__ import annotations\n");
        let mut documentation = self.written["DOCUMENTATION"].clone();
        documentation["author"] = self.file.documentation.author.all().iter().map(|name| author(name)).collect();
        out.push_str(&section("\nDOCUMENTATION", &block(&documentation)));
        out.push_str(&section("\nEXAMPLES", &format!("---\n{}\n", self.file.examples.trim())));
        out.push_str(&section("\nRETURN", &block(&self.written["RETURN"])));
        out
    }
}

impl Fragment {
    /// `plugins/doc_fragments/NAME.py`.
    pub fn stub(&self) -> String {
        let mut out = header(&format!("fragments/{}.yml", self.name));
        out.push_str("\nfrom __future__ import annotations\n\n\nclass ModuleDocFragment:\n");
        out.push_str(&section("    DOCUMENTATION", &block(&self.written["DOCUMENTATION"])));
        out
    }
}

fn header(source: &str) -> String {
    format!(
        "# -*- coding: utf-8 -*-\n# SPDX-License-Identifier: Apache-2.0 OR MIT\n\
         # Made by `cargo xtask collection` from {source}.\n"
    )
}

/// An author as Ansible's checker wants one: with a GitHub name, or with this mark for none.
fn author(name: &str) -> String {
    if name.contains("(@") { name.to_owned() } else { format!("{name} (!UNKNOWN)") }
}

fn section(name: &str, text: &str) -> String {
    format!("{name} = r\"\"\"\n{text}\"\"\"\n")
}

fn block(value: &Value) -> String {
    let mut out = "---\n".to_owned();
    if value.is_null() {
        out.push_str("{}\n")
    } else {
        yaml::block(value, 0, &mut out)
    }
    out
}
