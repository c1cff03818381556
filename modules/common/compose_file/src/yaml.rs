//! YAML text to a tree: anchors, merge keys, the tags `!reset` and `!override`, and a place for every value.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::node::{Data, Map, Node, Order};
use crate::{Error, Place, scalar};

/// How deep values may be nested: the tree is walked by recursion.
pub(crate) const DEEPEST: usize = 100;
/// How many values a file may have once its aliases stand for what they name: a page of aliases to aliases would fill
/// the memory.
const MOST: usize = 200_000;

/// Reads one file; `name` is what errors call it.
///
/// # Errors
/// It is no YAML, no mapping, has more than one document, a key twice, or an unknown tag.
pub(crate) fn read(name: &str, text: &str) -> Result<Node, Error> {
    let mut builder = Builder::new(name);
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        let (event, span) = event.map_err(|error| {
            Error::at(&builder.place(error.marker().line()), format!("it is no YAML: {}", error.info()))
        })?;
        builder.take(event, span)?;
    }
    let start = builder.place(1);
    match builder.root {
        Some(root) if root.map().is_some() => Ok(root),
        Some(root) => Err(Error::at(
            &root.place,
            format!("a compose file is a mapping with the key `services`, not {}", root.kind()),
        )),
        None => Err(Error::at(&start, "it is empty: a compose file is a mapping with the key `services`")),
    }
}

struct Builder {
    file: Arc<str>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    documents: usize,
    values: usize,
    root: Option<Node>,
}

/// A list or mapping whose end is still to come.
struct Open {
    place: Place,
    anchor: usize,
    order: Option<Order>,
    /// How many values there were before it.
    before: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Map { map: Map, key: Option<Key>, merged: Vec<Node> },
}

struct Key {
    name: String,
    place: Place,
    merges: bool,
}

impl Builder {
    fn new(name: &str) -> Builder {
        Builder { file: name.into(), open: Vec::new(), anchors: BTreeMap::new(), documents: 0, values: 0, root: None }
    }

    fn place(&self, line: usize) -> Place {
        Place { file: Arc::clone(&self.file), line: Some(line.max(1)) }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        let place = self.place(span.start.line());
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Error::at(&place, "a second document begins here: give each a file of its own"));
                }
                Ok(())
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    return Err(Error::at(&place, "the alias stands inside of what it names"));
                };
                let (mut node, size) = (node.clone(), *size);
                node.place = place;
                self.values += size;
                self.put(node, 0, size, false)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let (order, data) = self.scalar(&text, style, tag.as_deref(), &place)?;
                let merges = matches!(style, ScalarStyle::Plain) && text == "<<";
                self.values += 1;
                self.put(Node { data, place, order }, anchor, 1, merges)
            }
            Event::SequenceStart(anchor, tag) => self.begin(place, anchor, tag.as_deref(), Kind::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                let kind = Kind::Map { map: Map::new(), key: None, merged: Vec::new() };
                self.begin(place, anchor, tag.as_deref(), kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        place: &Place,
    ) -> Result<(Option<Order>, Data), Error> {
        let plain = matches!(style, ScalarStyle::Plain);
        let data = match tag {
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Data::Text(text.to_owned()),
            _ if plain => scalar::plain(text),
            Some(tag) if tag.is_yaml_core_schema() => scalar::plain(text),
            _ => Data::Text(text.to_owned()),
        };
        Ok((order(tag, place)?, data))
    }

    fn begin(&mut self, place: Place, anchor: usize, tag: Option<&Tag>, kind: Kind) -> Result<(), Error> {
        if self.open.len() >= DEEPEST {
            return Err(Error::at(&place, "it is nested too deeply"));
        }
        let order = order(tag, &place)?;
        self.values += 1;
        self.open.push(Open { place, anchor, order, before: self.values, kind });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(Open { place, anchor, order, before, kind }) = self.open.pop() else { return Ok(()) };
        let data = match kind {
            Kind::List(items) => Data::List(items),
            Kind::Map { mut map, merged, .. } => {
                merged.into_iter().try_for_each(|node| merge_into(&mut map, node, true))?;
                Data::Map(map)
            }
        };
        let size = self.values - before + 1;
        self.put(Node { data, place, order }, anchor, size, false)
    }

    /// A whole value goes into what is open around it.
    fn put(&mut self, node: Node, anchor: usize, size: usize, merges: bool) -> Result<(), Error> {
        if self.values > MOST {
            return Err(Error::at(&node.place, "its aliases stand for too many values"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.kind {
            Kind::List(items) => items.push(node),
            Kind::Map { map, key, merged } => match key.take() {
                None => {
                    let name = match &node.data {
                        Data::Null => "null".to_owned(),
                        _ => node
                            .scalar()
                            .ok_or_else(|| Error::at(&node.place, format!("a key is text, not {}", node.kind())))?,
                    };
                    *key = Some(Key { name, place: node.place, merges });
                }
                Some(Key { merges: true, .. }) => merged.push(node),
                Some(Key { name, place, .. }) => {
                    if let Some(first) = map.get(&name) {
                        let line = first.place.line.unwrap_or_default();
                        return Err(Error::at(&place, format!("the key `{name}` stands in line {line} already")));
                    }
                    map.insert(name, Node { place, ..node });
                }
            },
        }
        Ok(())
    }
}

/// What a merge key names: a mapping, or a list of them, the first of which wins.
fn merge_into(map: &mut Map, node: Node, lists: bool) -> Result<(), Error> {
    match node.data {
        Data::Map(more) => {
            for (key, value) in more {
                map.entry(key).or_insert(value);
            }
            Ok(())
        }
        Data::List(items) if lists => items.into_iter().try_for_each(|item| merge_into(map, item, false)),
        _ => Err(Error::at(&node.place, format!("the merge key `<<` takes mappings, not {}", node.kind()))),
    }
}

fn order(tag: Option<&Tag>, place: &Place) -> Result<Option<Order>, Error> {
    let Some(tag) = tag else { return Ok(None) };
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", "reset") => Ok(Some(Order::Reset)),
        ("!", "override") => Ok(Some(Order::Override)),
        ("", "!") => Ok(None),
        _ if tag.is_yaml_core_schema() => Ok(None),
        _ => Err(Error::at(place, format!("unknown tag {tag}: a compose file has !reset and !override"))),
    }
}
