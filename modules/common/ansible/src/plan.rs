//! The plan: what will be done, as data, before anything is done.

use std::fmt::Display;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Call, Failure, Outcome};

/// The state before and after, and the actions that lead from one to the other.
///
/// `State` is what the module observes and what it wants, in the words of its options; `None` means absent. An action
/// is a sentence: its `Display` is the result's `actions`, the error's context and the golden case.
#[derive(Debug)]
pub struct Plan<State, Action> {
    /// What is there now.
    pub before: Option<State>,
    /// What will be there when every action is done.
    pub after: Option<State>,
    /// The steps, in order. Empty means unchanged.
    pub actions: Vec<Action>,
}

impl<State: Serialize, Action: Display> Plan<State, Action> {
    /// The result's `diff`: the fields that differ, under `before` and `after`.
    pub fn diff(&self) -> Value {
        let (mut before, mut after) = (fields(self.before.as_ref()), fields(self.after.as_ref()));
        let same: Vec<String> = before.keys().filter(|key| before.get(*key) == after.get(*key)).cloned().collect();
        for key in same {
            before.shift_remove(&key);
            after.shift_remove(&key);
        }
        serde_json::json!({ "before": before, "after": after })
    }

    /// The actions as sentences.
    pub fn sentences(&self) -> Vec<String> {
        self.actions.iter().map(ToString::to_string).collect()
    }
}

/// A state's fields; nothing for an absent one. `exists` makes creation and removal visible in the diff.
fn fields<State: Serialize>(state: Option<&State>) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("exists".to_owned(), state.is_some().into());
    if let Some(Ok(Value::Object(fields))) = state.map(serde_json::to_value) {
        map.extend(fields);
    }
    map
}

impl Call {
    /// Carries out a plan: in check mode nothing, otherwise each action in turn by `apply`.
    ///
    /// This is the workspace's only look at check mode. Applying makes no choice that the plan has not made. An error
    /// is led by the action's alternate form (`{:#}`), for sentences that sound like success.
    ///
    /// # Errors
    /// The failure of the first action that failed, which names the action, with `actions_done`: those before it.
    pub async fn carry_out<State: Serialize, Action: Display>(
        &self,
        plan: &Plan<State, Action>,
        apply: impl AsyncFn(&Action) -> Result<(), Failure>,
    ) -> Result<Outcome, Failure> {
        if !self.check_mode {
            for action in &plan.actions {
                let failed = |failure: Failure| failure.while_doing(&format!("{action:#}"));
                apply(action).await.map_err(|failure| failed(failure).after(&self.progress.done()))?;
                self.progress.add(action.to_string());
            }
        }
        let mut outcome = Outcome::new(!plan.actions.is_empty()).with("actions", plan.sentences());
        if self.diff {
            outcome = outcome.with("diff", plan.diff());
        }
        Ok(outcome)
    }
}
