//! A service's variables: its own, those of its files, those of the environment.

use std::collections::BTreeMap;

use crate::Error;
use crate::env_file::{self, Format};
use crate::fields::{Fields, Item};
use crate::load::Context;

/// The files' variables, and the service's own over them; one that has no value, or an empty one, takes that of the
/// environment, if there is one.
pub(super) fn environment(
    fields: &mut Fields<'_>,
    context: &mut Context<'_>,
) -> Result<BTreeMap<String, Option<String>>, Error> {
    let mut variables = BTreeMap::new();
    if let Some(files) = fields.take("env_file") {
        for file in files.one_or_more()? {
            variables.extend(env_file(&file, context)?.into_iter().map(|(key, value)| (key, Some(value))));
        }
    }
    variables.extend(fields.read("environment", Item::pairs)?.unwrap_or_default());
    for (name, value) in &mut variables {
        if value.as_ref().is_none_or(String::is_empty)
            && let Some(outer) = context.around.variable(name)
        {
            *value = Some(outer);
        }
    }
    Ok(variables)
}

/// The short form is `docker stack`'s, and read as raw as there; the long one is the compose spec's.
fn env_file(item: &Item<'_>, context: &Context<'_>) -> Result<Vec<(String, String)>, Error> {
    let (path, required, format) = if item.node.map().is_some() {
        let mut fields = item.fields()?;
        let path = fields.take("path").ok_or_else(|| item.error("`path` is missing"))?;
        let required = fields.read("required", Item::boolean)?.unwrap_or(true);
        let format = fields.read("format", |item| item.one_of(&["raw", "dotenv"]))?;
        fields.end(&[])?;
        (path, required, if format.as_deref() == Some("raw") { Format::Raw } else { Format::Dotenv })
    } else {
        (item.clone(), true, Format::Raw)
    };
    let text = match context.file(&path) {
        Ok(text) => text,
        Err(_) if !required => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    env_file::read(&text, format, context.around)
        .map_err(|reason| path.error(format!("{}: {reason}", path.text().unwrap_or_default())))
}
