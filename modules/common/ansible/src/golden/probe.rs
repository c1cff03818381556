//! Asks a type what it deserializes from: a struct and its fields, an enum and its variants, or something else.

use std::cell::Cell;

use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// What a type asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Shape {
    /// A struct: the names of its fields and their aliases.
    Struct(&'static [&'static str]),
    /// An enum: the names of its variants.
    Enum(&'static [&'static str]),
    /// A scalar, a map, or a type that decides by the value.
    #[default]
    Other,
}

/// The shape of what stands at `path` (names of fields) in `T`. Lists, options and newtypes are looked through.
pub(super) fn shape<T: DeserializeOwned>(path: &[&str]) -> Shape {
    let found = Cell::new(Shape::Other);
    // It always ends in an error: the probe stops as soon as it knows.
    let _ = T::deserialize(Probe { path, found: &found });
    found.get()
}

#[derive(Clone, Copy)]
struct Probe<'p> {
    path: &'p [&'p str],
    found: &'p Cell<Shape>,
}

impl Probe<'_> {
    fn stop<T>(self, shape: Shape) -> Result<T, Error> {
        if self.path.is_empty() {
            self.found.set(shape);
        }
        Err(Error::custom("the probe has seen enough"))
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        self.stop(Shape::Other)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.path.split_first() {
            None => self.stop(Shape::Struct(fields)),
            Some((field, path)) => visitor.visit_map(OneField { field: Some(field), value: Probe { path, ..self } }),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.stop(Shape::Enum(variants))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct map identifier ignored_any
    }
}

/// Elements without end: the first stops the probe.
impl<'de> SeqAccess<'de> for Probe<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        seed.deserialize(*self).map(Some)
    }
}

/// A struct of which one field is given.
struct OneField<'p> {
    field: Option<&'p str>,
    value: Probe<'p>,
}

impl<'de> MapAccess<'de> for OneField<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let key: Option<StrDeserializer<'_, Error>> = self.field.take().map(IntoDeserializer::into_deserializer);
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.value)
    }
}
