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
    /// The result's `diff`: the fields that differ, under `before` and `after`. Of something that goes, only that it
    /// goes.
    pub fn diff(&self) -> Value {
        let (mut before, mut after) = match (&self.before, &self.after) {
            (Some(_), None) => (exists(true), exists(false)),
            (before, after) => (fields(before.as_ref()), fields(after.as_ref())),
        };
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

/// A state's fields, without those that are not known (null). `exists` makes creation visible in the diff.
fn fields<State: Serialize>(state: Option<&State>) -> Map<String, Value> {
    let mut map = exists(state.is_some());
    if let Some(Ok(Value::Object(fields))) = state.map(serde_json::to_value) {
        map.extend(known(fields));
    }
    map
}

fn exists(exists: bool) -> Map<String, Value> {
    Map::from_iter([("exists".to_owned(), exists.into())])
}

/// What is not null, at any depth.
fn known(fields: Map<String, Value>) -> Map<String, Value> {
    let deeper = |(key, value)| match value {
        Value::Object(inner) => (key, Value::Object(known(inner))),
        value => (key, value),
    };
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(deeper).collect()
}

impl Call {
    /// Carries out a plan: in check mode nothing, otherwise each action in turn by `apply`, which makes no choice that
    /// the plan has not made.
    ///
    /// Beside the outcome it gives what each action that was really done answered: nothing in check mode. There the
    /// plan speaks; else what is there now may tell more than the plan could, as after a pull.
    ///
    /// An error is led by the action's alternate form (`{:#}`), for sentences that sound like success.
    ///
    /// # Errors
    /// The failure of the first action that failed, which names the action, with `actions_done`: those before it.
    pub async fn carry_out<State: Serialize, Action: Display, Answer>(
        &self,
        plan: &Plan<State, Action>,
        apply: impl AsyncFn(&Action) -> Result<Answer, Failure>,
    ) -> Result<(Outcome, Vec<Answer>), Failure> {
        let done = self.steps(&plan.actions, apply).await?;
        let mut outcome = Outcome::new(!plan.actions.is_empty()).with("actions", plan.sentences());
        if self.diff {
            outcome = outcome.with("diff", plan.diff());
        }
        Ok((outcome, done))
    }

    /// Waits for what a plan leads to, such as a healthy container: a step that changes nothing itself. In check mode
    /// there is nothing to wait for.
    ///
    /// # Errors
    /// The failure of the step, as in [`Call::carry_out`].
    pub async fn wait_for<Action: Display, Answer>(
        &self,
        action: Action,
        apply: impl AsyncFn(&Action) -> Result<Answer, Failure>,
    ) -> Result<(), Failure> {
        self.steps(&[action], apply).await.map(drop)
    }

    /// Does what only a diff needs, where the user wants one: reads that would cost time otherwise.
    ///
    /// # Errors
    /// That of the work.
    pub async fn for_diff<T>(&self, work: impl AsyncFnOnce() -> Result<T, Failure>) -> Result<Option<T>, Failure> {
        if self.diff { work().await.map(Some) } else { Ok(None) }
    }

    /// The workspace's only look at check mode.
    async fn steps<Action: Display, Answer>(
        &self,
        actions: &[Action],
        apply: impl AsyncFn(&Action) -> Result<Answer, Failure>,
    ) -> Result<Vec<Answer>, Failure> {
        let mut done = Vec::new();
        if self.check_mode {
            return Ok(done);
        }
        for action in actions {
            let failed = |failure: Failure| failure.while_doing(&format!("{action:#}"));
            done.push(apply(action).await.map_err(|failure| failed(failure).after(&self.progress.done()))?);
            self.progress.add(action.to_string());
        }
        Ok(done)
    }
}
