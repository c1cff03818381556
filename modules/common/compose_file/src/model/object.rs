//! Secrets and configs, and how a service uses one.

use std::collections::BTreeMap;
use std::fmt;

use crate::Error;
use crate::fields::Item;
use crate::load::Context;
use crate::model::{external, one_name};

/// A secret or a config of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The name to use as it is; none for the stack's name and the key's.
    pub name: Option<String>,
    /// What it holds.
    pub source: ObjectSource,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The driver that fills in templates; empty for none.
    pub template_driver: String,
}

/// What a secret or config holds.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectSource {
    /// It is there already.
    External,
    /// This, from a file, the compose file itself, or the environment.
    Content(Content),
    /// What a driver gives.
    Driver {
        /// The driver.
        name: String,
        /// Its options.
        options: BTreeMap<String, String>,
    },
}

/// Bytes that are shown nowhere.
#[derive(Clone, PartialEq)]
pub struct Content(pub Vec<u8>);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// How a service uses a secret or config.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectReference {
    /// Its name in the file.
    pub source: String,
    /// The file in the containers.
    pub target: String,
    /// The file's user.
    pub uid: String,
    /// The file's group.
    pub gid: String,
    /// The file's mode.
    pub mode: u32,
}

impl Object {
    pub(crate) fn read_secret(item: &Item<'_>, context: &mut Context<'_>) -> Result<Object, Error> {
        Object::read(item, "secret", context)
    }

    pub(crate) fn read_config(item: &Item<'_>, context: &mut Context<'_>) -> Result<Object, Error> {
        Object::read(item, "config", context)
    }

    fn read(item: &Item<'_>, what: &str, context: &mut Context<'_>) -> Result<Object, Error> {
        let key = item.path.rsplit('.').next().unwrap_or_default();
        let mut fields = item.fields()?;
        let name = fields.read("name", Item::text)?;
        let external = external(fields.take("external"))?;
        let (name, external) = one_name(name, external, key, &item.node.place, &item.path)?;
        let sources = [
            ("file", fields.take("file")),
            ("content", fields.take("content")),
            ("environment", fields.take("environment")),
            ("driver", if what == "secret" { fields.take("driver") } else { None }),
        ];
        let driver_opts = if what == "secret" { fields.take("driver_opts") } else { None };
        let labels = fields.read("labels", Item::texts_by_key)?.unwrap_or_default();
        let template_driver = fields.read("template_driver", Item::text)?.unwrap_or_default();
        fields.end(&[])?;
        let given: Vec<_> = sources.iter().filter_map(|(key, item)| item.as_ref().map(|item| (*key, item))).collect();
        let source = match (external, &given[..]) {
            (true, []) => ObjectSource::External,
            (true, [(key, item), ..]) => return Err(item.error(format!("external and {key} conflict: give one"))),
            (false, [(key, source)]) => match *key {
                "driver" => ObjectSource::Driver {
                    name: source.text()?,
                    options: driver_opts.as_ref().map(Item::texts_by_key).transpose()?.unwrap_or_default(),
                },
                "content" => ObjectSource::Content(Content(source.text()?.into_bytes())),
                "environment" => {
                    let name = source.text()?;
                    let value = context.around.variable(&name);
                    let value = value.ok_or_else(|| source.error(format!("the variable {name} is not set")))?;
                    ObjectSource::Content(Content(value.into_bytes()))
                }
                _ => ObjectSource::Content(Content(context.file(source)?)),
            },
            (false, []) => {
                return Err(item
                    .error(format!("the {what} has no content: give `file`, `content`, `environment` or `external`")));
            }
            (false, [(one, _), (other, item), ..]) => {
                return Err(item.error(format!("{one} and {other} conflict: give one")));
            }
        };
        Ok(Object { name, source, labels, template_driver })
    }
}

impl ObjectReference {
    pub(crate) fn read(
        item: &Item<'_>,
        what: &str,
        defined: &BTreeMap<String, Object>,
    ) -> Result<ObjectReference, Error> {
        let short = item.node.scalar();
        let reference = match short {
            Some(source) => ObjectReference { target: source.clone(), source, ..ObjectReference::default() },
            None => {
                let mut fields = item.fields()?;
                let source = fields.read("source", Item::text)?.ok_or_else(|| item.error("`source` is missing"))?;
                let reference = ObjectReference {
                    target: fields
                        .read("target", Item::text)?
                        .filter(|target| !target.is_empty())
                        .unwrap_or_else(|| source.clone()),
                    uid: fields
                        .read("uid", Item::text)?
                        .filter(|uid| !uid.is_empty())
                        .unwrap_or_else(|| "0".to_owned()),
                    gid: fields
                        .read("gid", Item::text)?
                        .filter(|gid| !gid.is_empty())
                        .unwrap_or_else(|| "0".to_owned()),
                    mode: fields.read("mode", Item::mode)?.unwrap_or(0o444),
                    source,
                };
                fields.end(&[])?;
                reference
            }
        };
        if defined.contains_key(&reference.source) {
            return Ok(reference);
        }
        Err(item.error(format!("undefined {what} {:?}: define it under `{what}s`", reference.source)))
    }
}

impl Default for ObjectReference {
    fn default() -> Self {
        ObjectReference {
            source: String::new(),
            target: String::new(),
            uid: "0".to_owned(),
            gid: "0".to_owned(),
            mode: 0o444,
        }
    }
}
