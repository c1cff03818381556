//! Volumes, which a swarm creates on the nodes where tasks need them.

use std::collections::BTreeMap;

use crate::Error;
use crate::fields::Item;
use crate::load::Context;
use crate::model::{external, one_name};

/// A volume of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Volume {
    /// The name to use as it is; none for the stack's name and the key's.
    pub name: Option<String>,
    /// Whether it belongs to somebody else.
    pub external: bool,
    /// The driver; empty for the default.
    pub driver: String,
    /// Its options.
    pub driver_opts: BTreeMap<String, String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl Volume {
    pub(crate) fn read(item: &Item<'_>, context: &mut Context<'_>) -> Result<Volume, Error> {
        let _ = context;
        let key = item.path.rsplit('.').next().unwrap_or_default();
        let mut fields = item.fields()?;
        let name = fields.read("name", Item::text)?;
        let external = external(fields.take("external"))?;
        let (name, external) = one_name(name, external, key, &item.node.place, &item.path)?;
        let (driver, driver_opts, labels) = (fields.take("driver"), fields.take("driver_opts"), fields.take("labels"));
        fields.end(&[])?;
        if external && let Some(other) = [&driver, &driver_opts, &labels].into_iter().flatten().next() {
            return Err(other.error("an external volume is as it is: only its name can be given"));
        }
        Ok(Volume {
            name,
            external,
            driver: driver.as_ref().map(Item::text).transpose()?.unwrap_or_default(),
            driver_opts: driver_opts.as_ref().map(Item::texts_by_key).transpose()?.unwrap_or_default(),
            labels: labels.as_ref().map(Item::texts_by_key).transpose()?.unwrap_or_default(),
        })
    }
}
