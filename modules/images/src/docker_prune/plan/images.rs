//! Which images go: those that no container has, and what only they were built on.

use std::collections::{BTreeMap, BTreeSet};

use docker::{ImageName, ListedImage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::filter::Filter;
use super::{Gone, Observed};

/// With `dangling` only those without a tag.
pub fn images(filter: &Filter, dangling: bool, left: &mut Observed) -> (Gone, BTreeSet<String>) {
    let used: BTreeSet<&str> = left.containers.iter().map(|container| container.image_id.as_str()).collect();
    let parents: BTreeSet<String> = left.images.iter().map(|image| image.parent_id.clone()).collect();
    let mut items = Vec::new();
    let mut names = BTreeSet::new();
    // Those that may go, by ID: whatever becomes of their names.
    let mut doomed = BTreeSet::new();
    let before = left.images.clone();
    for image in &mut left.images {
        let has_names = !image.repo_tags.is_empty() || !image.repo_digests.is_empty();
        let is_between = parents.contains(&image.id) && (dangling || !has_names);
        if is_between || (dangling && !image.repo_tags.is_empty()) || !filter.passes(&image.labels, Some(image.created))
        {
            continue;
        }
        let is_used = used.contains(image.id.as_str());
        let off = if is_used { all_names_but_the_last(image) } else { every_name(image) };
        image.repo_tags.retain(|name| !off.contains(name));
        image.repo_digests.retain(|name| !off.contains(name));
        items.extend(off.iter().map(|name| json!({ "Untagged": name })));
        names.extend(off);
        if !is_used {
            doomed.insert(image.id.clone());
        }
    }
    // An image goes when nothing is built on it; then what it was built on may go too.
    let mut gone: Vec<ListedImage> = Vec::new();
    loop {
        let held: BTreeSet<String> = left.images.iter().map(|image| image.parent_id.clone()).collect();
        let goes = |image: &ListedImage| {
            doomed.contains(&image.id) && !held.contains(&image.id) && every_name(image).is_empty()
        };
        let (go, stay) = std::mem::take(&mut left.images).into_iter().partition::<Vec<_>, _>(goes);
        left.images = stay;
        if go.is_empty() {
            break;
        }
        doomed.extend(go.iter().map(|image| image.parent_id.clone()).filter(|parent| !used.contains(parent.as_str())));
        gone.extend(go);
    }
    for image in &gone {
        items.push(json!({ "Deleted": image.id }));
        let name = before.iter().find(|had| had.id == image.id).map(every_name).unwrap_or_default();
        if name.is_empty() {
            names.insert(image.id.clone());
        }
    }
    let kept: BTreeSet<String> = left.images.iter().flat_map(chains).map(|(id, _)| id).collect();
    let layers: BTreeMap<String, i64> = gone.iter().flat_map(chains).filter(|(id, _)| !kept.contains(id)).collect();
    items.extend(layers.keys().map(|id| -> Value { json!({ "Deleted": id }) }));
    (Gone { items, bytes: layers.values().sum() }, names)
}

fn every_name(image: &ListedImage) -> BTreeSet<String> {
    image.repo_tags.union(&image.repo_digests).cloned().collect()
}

/// What the engine takes off an image that a container has: names, in their order, until it has one left, to which
/// digests of its repository belong.
fn all_names_but_the_last(image: &ListedImage) -> BTreeSet<String> {
    let (mut left, mut off) = (every_name(image), BTreeSet::new());
    for name in every_name(image) {
        if is_one(&left) {
            break;
        }
        left.remove(&name);
        off.insert(name);
    }
    off
}

fn is_one(names: &BTreeSet<String>) -> bool {
    let parsed: Vec<ImageName> = names.iter().map(|name| ImageName::parse(name)).collect();
    let repositories: BTreeSet<&String> = parsed.iter().map(|name| &name.repository).collect();
    let tags = parsed.iter().filter(|name| name.digest.is_none()).count();
    names.len() <= 1 || (tags <= 1 && repositories.len() == 1)
}

/// Its layers as the engine names them, each by all that is below it, with their bytes.
fn chains(image: &ListedImage) -> Vec<(String, i64)> {
    let mut chain = String::new();
    let step = |layer: &docker::Layer| {
        chain = if chain.is_empty() {
            layer.diff_id.clone()
        } else {
            let digest = Sha256::digest(format!("{chain} {}", layer.diff_id));
            let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("sha256:{hexadecimal}")
        };
        (chain.clone(), layer.size)
    };
    image.layers.iter().map(step).collect()
}
