//! The field of our own in a record: what is said of it, added to what it came with.
//!
//! A record may have the field already, from an earlier run or as somebody else's: nothing of it is lost
//! but what is said anew.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::input::record::{self, Record};

/// Its name.
pub(super) const FIELD: &str = "unchaff";
/// Under this name stands in it what a record had there that was no object.
const BEFORE: &str = "before";
/// Under this name stands in it what fits into no column.
pub(super) const NO_COLUMN: &str = "fields";

/// The field with what a record has there, as text or as JSON, and with the object that is added. Names
/// that both have are the new one's, but for what fitted into no column, of which all is kept.
pub(super) fn merged(before: &str, added: &str) -> String {
    let (old, new) = (fields(before.as_bytes()), fields(added.as_bytes()));
    let mut record = Record::new();
    let is_object =
        before.trim_start().starts_with('{') && serde_json::from_str::<&RawValue>(before).is_ok();
    if !is_object && before.trim() != "null" {
        record.raw(BEFORE, &as_json(before));
    }
    for (name, value) in &old {
        match new.iter().find(|(other, _)| other == name) {
            None => record.raw(name, value.get()),
            Some((_, other)) if name == NO_COLUMN => {
                record.raw(name, &merged(value.get(), other.get()));
            }
            Some(_) => {}
        }
    }
    let is_new = |name: &str| name != NO_COLUMN || old.iter().all(|(other, _)| other != name);
    for (name, value) in new.iter().filter(|(name, _)| is_new(name)) {
        record.raw(name, value.get());
    }
    record.end()
}

/// What a cell or a field holds as JSON: itself, or the string that it is.
pub(super) fn as_json(held: &str) -> String {
    let is_json = serde_json::from_str::<&RawValue>(held).is_ok();
    if is_json { held.to_owned() } else { record::quoted(held) }
}

/// The fields of a line, in their order; none of what is no object.
pub(super) fn fields(line: &[u8]) -> Vec<(String, &RawValue)> {
    let mut reader = serde_json::Deserializer::from_slice(line);
    reader.deserialize_map(Fields).unwrap_or_default()
}

struct Fields;

impl<'a> Visitor<'a> for Fields {
    type Value = Vec<(String, &'a RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_but_what_is_said_anew() {
        for (before, added, both) in [
            (r#"{"mine":1,"byline":["a"]}"#, r#"{"byline":["b"]}"#, r#"{"mine":1,"byline":["b"]}"#),
            (r#""words""#, r#"{"flags":[]}"#, r#"{"before":"words","flags":[]}"#),
            ("no json", r#"{"flags":[]}"#, r#"{"before":"no json","flags":[]}"#),
            ("null", r#"{"flags":[]}"#, r#"{"flags":[]}"#),
            (r#"{"fields":{"a":1}}"#, r#"{"fields":{"b":2}}"#, r#"{"fields":{"a":1,"b":2}}"#),
            ("{ }", r#"{"flags":[]}"#, r#"{"flags":[]}"#),
        ] {
            assert_eq!(merged(before, added), both);
        }
    }
}
