//! Two forms of a difference: ours, which shows what differs and nothing else, and the peer's, which its users match on.

use serde_json::{Map, Value, json};

/// The parts of two values that differ, at any depth of mappings.
pub fn differing(before: &Value, after: &Value) -> (Value, Value) {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return (before.clone(), after.clone()) };
    let (mut left, mut right) = (Map::new(), Map::new());
    for (key, old) in before {
        match after.get(key) {
            Some(new) if new == old => {}
            Some(new) => {
                let (old, new) = differing(old, new);
                left.insert(key.clone(), old);
                right.insert(key.clone(), new);
            }
            None => {
                left.insert(key.clone(), old.clone());
            }
        }
    }
    let added = after.iter().filter(|(key, _)| !before.contains_key(*key));
    right.extend(added.map(|(key, new)| (key.clone(), new.clone())));
    (Value::Object(left), Value::Object(right))
}

/// A difference as the Python package jsondiff has it in its compact syntax, and how alike both values are: from 0 to 1.
pub fn jsondiff(before: &Value, after: &Value) -> (Value, f64) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => of_objects(before, after),
        (Value::Array(before), Value::Array(after)) => of_lists(before, after),
        (before, after) if before == after => (json!({}), 1.0),
        (_, after) => (replaced(after), 0.0),
    }
}

fn replaced(after: &Value) -> Value {
    if after.is_object() { json!({ "$replace": after }) } else { after.clone() }
}

fn of_objects(before: &Map<String, Value>, after: &Map<String, Value>) -> (Value, f64) {
    let mut diff = Map::new();
    let (mut alike, mut total) = (0.0, 0.0);
    let mut removed = Vec::new();
    for (key, old) in before {
        total += 1.0;
        let Some(new) = after.get(key) else {
            removed.push(key.clone());
            continue;
        };
        let (change, similarity) = jsondiff(old, new);
        if similarity < 1.0 {
            diff.insert(key.clone(), change);
        }
        alike += 0.5 + 0.5 * similarity;
    }
    for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        total += 1.0;
        diff.insert(key.clone(), new.clone());
    }
    let similarity = if total == 0.0 { 1.0 } else { alike / total };
    if similarity == 0.0 {
        return (replaced(&Value::Object(after.clone())), similarity);
    }
    if !removed.is_empty() {
        diff.insert("$delete".to_owned(), json!(removed));
    }
    (Value::Object(diff), similarity)
}

/// By the longest common subsequence, where two items have as much in common as they are alike.
fn of_lists(before: &[Value], after: &[Value]) -> (Value, f64) {
    let pairs: Vec<Vec<(Value, f64)>> =
        before.iter().map(|old| after.iter().map(|new| jsondiff(old, new)).collect()).collect();
    let mut common = vec![vec![0.0_f64; after.len() + 1]; before.len() + 1];
    for i in 1..=before.len() {
        for j in 1..=after.len() {
            common[i][j] = common[i][j - 1].max(common[i - 1][j]).max(common[i - 1][j - 1] + pairs[i - 1][j - 1].1);
        }
    }
    let (mut i, mut j, mut alike) = (before.len(), after.len(), 0.0);
    let (mut changed, mut inserted, mut deleted) = (Map::new(), Vec::new(), Vec::new());
    while i > 0 || j > 0 {
        if i > 0 && j > 0 {
            let (change, similarity) = &pairs[i - 1][j - 1];
            if *similarity > 0.0 && common[i][j] == common[i - 1][j - 1] + similarity {
                if *similarity < 1.0 {
                    changed.insert((j - 1).to_string(), change.clone());
                }
                alike += similarity;
                (i, j) = (i - 1, j - 1);
                continue;
            }
        }
        if j > 0 && (i == 0 || common[i][j - 1] >= common[i - 1][j]) {
            inserted.insert(0, json!([j - 1, after[j - 1]]));
            j -= 1;
        } else {
            deleted.push(json!(i - 1));
            i -= 1;
        }
    }
    let total = before.len() + inserted.len();
    let similarity = if total == 0 { 1.0 } else { alike / total as f64 };
    if similarity == 0.0 {
        return (Value::Array(after.to_vec()), similarity);
    }
    let mut diff: Map<String, Value> = changed.into_iter().rev().collect();
    for (key, list) in [("$insert", inserted), ("$delete", deleted)] {
        if !list.is_empty() {
            diff.insert(key.to_owned(), Value::Array(list));
        }
    }
    (Value::Object(diff), similarity)
}
