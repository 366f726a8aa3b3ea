//! Which field of a record is what.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::parquet::Rows;
use super::{Corpus, InputOptions, ShardKind};
use crate::error::{Error, Result};

/// What a field may be to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The article.
    Text,
    /// Its identifier.
    Id,
    /// Its address.
    Url,
    /// Who published it.
    Outlet,
    /// When it was published.
    Date,
    /// Its headline.
    Title,
    /// Its language.
    Lang,
    /// Who published it, where nothing better says so.
    Source,
}

/// The names that are found by themselves, the likeliest first.
const COMMON: [(Role, &[&str]); 8] = [
    (Role::Text, &["text", "content", "body", "article", "maintext"]),
    (Role::Id, &["id", "doc_id"]),
    (Role::Url, &["url", "link"]),
    (Role::Outlet, &["outlet", "publisher", "domain", "site", "series"]),
    (Role::Date, &["date", "published", "publish_date", "date_publish", "timestamp"]),
    (Role::Title, &["title", "headline"]),
    (Role::Lang, &["lang", "language"]),
    (Role::Source, &["source"]),
];

/// The records that are looked at before anything is done, where none of them has a text; and where one
/// has, as many as show what other fields there are.
const PROBED: usize = 1000;
const TELLING: usize = 100;

/// What the first lines of a pipe have to be before they can show that no record has a text.
const FEW: usize = 5;

/// The field this program adds to a record.
const OWN_FIELD: &str = "unchaff";

/// The names to look for, those of a role in the order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields {
    names: Vec<(Role, String)>,
}

impl Fields {
    /// The common names, but for the roles where the user named the field.
    pub(super) fn new(options: &InputOptions) -> Result<Self> {
        if options.text_field.as_deref() == Some(OWN_FIELD) {
            let what = format!("--text-field {OWN_FIELD}: that field is written by this program");
            return Err(Error::config(what));
        }
        let names = COMMON.iter().flat_map(|(role, common)| {
            let flag = flag(*role, options).map(|name| vec![name]);
            let names = flag.unwrap_or_else(|| common.to_vec());
            names.into_iter().map(|name| (*role, name.to_owned()))
        });
        Ok(Self { names: names.collect() })
    }

    /// One field, to find where it stands.
    pub(super) fn only(name: &str) -> Self {
        Self { names: vec![(Role::Text, name.to_owned())] }
    }

    /// All names, with their roles.
    #[cfg(feature = "parquet")]
    pub(super) fn all(&self) -> &[(Role, String)] {
        &self.names
    }

    /// What a field with this role is called in records that are made here.
    pub(super) fn first(&self, role: Role) -> &str {
        self.names.iter().find(|(of, _)| *of == role).map_or("", |(_, name)| name)
    }

    /// Whether a field of this name has this role.
    pub(super) fn names_a(&self, role: Role, name: &str) -> bool {
        self.names.iter().any(|(of, other)| *of == role && other == name)
    }

    /// The names of a role, for messages.
    pub(super) fn looked_for(&self, role: Role) -> String {
        let names = self.names.iter().filter(|(of, _)| *of == role);
        names.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn flag(role: Role, options: &InputOptions) -> Option<&str> {
    match role {
        Role::Text => options.text_field.as_deref(),
        Role::Id => options.id_field.as_deref(),
        Role::Url => options.url_field.as_deref(),
        Role::Outlet => options.outlet_field.as_deref(),
        Role::Date => options.date_field.as_deref(),
        Role::Title => options.title_field.as_deref(),
        Role::Lang => options.lang_field.as_deref(),
        Role::Source => None,
    }
}

/// The names that were met in the first records, for each role in the order of preference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FieldsFound(pub BTreeMap<Role, Vec<String>>);

/// Looks at the first records: whether there is a text at all, and what names are in use.
pub(super) fn probe(corpus: &Corpus) -> Result<FieldsFound> {
    let (records, seen) = first_keys(corpus);
    found(records, seen, &corpus.fields)
}

/// The same for the first lines of a pipe. Few of them decide nothing.
pub(super) fn probe_lines(head: &[u8], fields: &Fields) -> Result<FieldsFound> {
    let mut seen = BTreeSet::new();
    let lines = head.split_inclusive(|byte| *byte == b'\n');
    let records = lines.filter(|line| is_object(line, &mut seen)).count();
    let found = found(records, seen, fields);
    if records < FEW { Ok(found.unwrap_or_default()) } else { found }
}

fn found(records: usize, seen: BTreeSet<String>, fields: &Fields) -> Result<FieldsFound> {
    let met = fields.names.iter().filter(|(_, name)| seen.contains(name));
    let mut found = FieldsFound::default();
    for (role, name) in met {
        found.0.entry(*role).or_default().push(name.clone());
    }
    if records > 0 && !found.0.contains_key(&Role::Text) {
        let wanted = fields.looked_for(Role::Text);
        let seen = seen.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Error::config(format!(
            "none of the first {records} records has a field {wanted}; they have: {seen}. \
             Name the field that holds the text with --text-field"
        )));
    }
    Ok(found)
}

/// How many of the first records can have a text, and the names of their fields.
fn first_keys(corpus: &Corpus) -> (usize, BTreeSet<String>) {
    let (mut framed, mut records) = (0, 0);
    let mut seen = BTreeSet::new();
    let texts = corpus.fields.names.iter().filter(|(role, _)| *role == Role::Text);
    let is_enough = |framed: usize, seen: &BTreeSet<String>| {
        let has_text = || texts.clone().any(|(_, name)| seen.contains(name));
        framed >= PROBED || framed >= TELLING && has_text()
    };
    for (i, shard) in corpus.shards.iter().enumerate() {
        match shard.kind {
            ShardKind::Jsonl | ShardKind::Csv | ShardKind::Parquet => {}
            ShardKind::Text | ShardKind::Html | ShardKind::Warc => continue,
        }
        for chunk in corpus.read_shard(i, 0) {
            match shard.kind {
                ShardKind::Csv => {
                    let file = shard.files.start;
                    seen.extend(corpus.files[file].dialect.columns().iter().cloned());
                }
                ShardKind::Parquet => seen.extend(chunk.rows.iter().flat_map(Rows::names)),
                _ => {}
            }
            for frame in &chunk.frames {
                let is_record = shard.kind != ShardKind::Jsonl
                    || is_object(&chunk.data[frame.range.clone()], &mut seen);
                (framed, records) = (framed + 1, records + usize::from(is_record));
                if is_enough(framed, &seen) {
                    return (records, seen);
                }
            }
        }
    }
    (records, seen)
}

/// Whether a line is an object. If so, its keys are added.
fn is_object(line: &[u8], seen: &mut BTreeSet<String>) -> bool {
    let Ok(object) = serde_json::from_slice::<BTreeMap<Name<'_>, &RawValue>>(line) else {
        return false;
    };
    for Name(name) in object.into_keys() {
        if !seen.contains(name.as_ref()) {
            seen.insert(name.into_owned());
        }
    }
    true
}

/// A key that is not copied where it has no escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The fields of one record that are wanted, as they stand in the line.
#[derive(Debug)]
pub(super) struct Record<'a> {
    fields: &'a Fields,
    /// One for each of [`Fields::names`].
    values: Vec<Option<&'a RawValue>>,
}

impl<'a> Record<'a> {
    /// Reads an object. Values are skipped over, not looked into: whatever depth or size they have
    /// costs no stack.
    pub(super) fn read(line: &'a str, fields: &'a Fields) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(line);
        let record = Wanted(fields).deserialize(&mut reader)?;
        reader.end()?;
        Ok(record)
    }

    /// The field that has this role: the first name that has a value, else the first that is null.
    fn field(&self, role: Role) -> Option<(&'a str, &'a RawValue)> {
        let named = self.fields.names.iter().zip(&self.values);
        let present = named.filter(|((of, _), _)| *of == role);
        let mut present =
            present.filter_map(|((_, name), value)| value.map(|raw| (name.as_str(), raw)));
        let first = present.next()?;
        Some(
            std::iter::once(first)
                .chain(present)
                .find(|(_, raw)| raw.get() != "null")
                .unwrap_or(first),
        )
    }

    /// The value of the field with this role.
    pub(super) fn value(&self, role: Role) -> Option<&'a RawValue> {
        self.field(role).map(|(_, raw)| raw)
    }

    /// The name of the field with this role.
    pub(super) fn name(&self, role: Role) -> &'a str {
        self.field(role).map_or("", |(name, _)| name)
    }

    /// A string, or a number as it is written; nothing for what is empty or anything else.
    pub(super) fn string(&self, role: Role) -> Option<String> {
        let raw = self.value(role)?.get();
        let string = match raw.as_bytes().first()? {
            b'"' => serde_json::from_str::<Lossy>(raw).ok()?.0,
            b'-' | b'0'..=b'9' => raw.to_owned(),
            _ => return None,
        };
        (!string.trim().is_empty()).then_some(string)
    }

    /// The identifier: a string or number, or an object (as databases export them) as it is written.
    pub(super) fn identifier(&self) -> Option<String> {
        let raw = self.value(Role::Id)?.get();
        if raw.starts_with('{') { Some(raw.to_owned()) } else { self.string(Role::Id) }
    }
}

/// Reads the [`Record`] of these fields.
struct Wanted<'a>(&'a Fields);

impl<'a> DeserializeSeed<'a> for Wanted<'a> {
    type Value = Record<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Record<'a>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Wanted<'a> {
    type Value = Record<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Record<'a>, A::Error> {
        let mut values = vec![None; self.0.names.len()];
        while let Some(key) = map.next_key::<Key<'a>>()? {
            let raw = map.next_value::<&RawValue>()?;
            for ((_, name), value) in self.0.names.iter().zip(&mut values) {
                if name.as_bytes() == key.0.as_ref() {
                    *value = Some(raw); // Of equal keys the last counts, as in Python.
                }
            }
        }
        Ok(Record { fields: self.0, values })
    }
}

/// A key as bytes: escapes that are no Unicode are no reason to lose the record.
struct Key<'a>(Cow<'a, [u8]>);

impl<'a> serde::Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'a> Visitor<'a> for KeyVisitor {
    type Value = Key<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_bytes<E: serde::de::Error>(self, key: &'a [u8]) -> Result<Key<'a>, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_bytes<E: serde::de::Error>(self, key: &[u8]) -> Result<Key<'a>, E> {
        Ok(Key(Cow::Owned(key.to_owned())))
    }
}

/// A string with U+FFFD for what is no Unicode, such as half an emoji at the end of a title that was
/// cut to a length.
struct Lossy(String);

impl<'a> serde::Deserialize<'a> for Lossy {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        let Key(bytes) = Key::deserialize(deserializer).map_err(D::Error::custom)?;
        let string = String::from_utf8(bytes.into_owned());
        Ok(Self(string.unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())))
    }
}
