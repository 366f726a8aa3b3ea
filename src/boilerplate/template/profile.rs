//! The profile: what a survey found, kept in a file, so that a stream or a single article can be
//! judged by it.
//!
//! The file is zstd over JSON lines: a header, a row for each outlet, and a last row with the hash
//! of all before it. `zstdcat FILE` reads it; `unchaff learn --profile FILE` shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Outlet, Seen, Templates};
use crate::boilerplate::Strictness;
use crate::boilerplate::lexicon::Padding;
use crate::boilerplate::line::{line_key, opening};
use crate::error::{Error, Result};
use crate::hash;

/// The form of the file. Another number is another form.
const FORM: u32 = 1;

/// A line whose key tells whether this program makes keys as the one that learnt did.
const PROBE: &str = "Published 14 October 2031 — “the Tide’s” column, p. 7";

/// No row of a profile is longer.
const LONGEST_ROW: u64 = 1 << 30;

/// Characters that are kept of a line's text.
const SAMPLE: usize = 160;

/// What was learnt about outlets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// How strict the cleaning was by which removed shares were measured.
    pub strictness: Strictness,
    /// Identities of the rules it was measured with.
    pub rules: BTreeSet<String>,
    /// What is known of each outlet.
    pub outlets: BTreeMap<String, Known>,
}

/// What is known of an outlet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Distinct documents.
    pub documents: u32,
    /// How many of its documents say which language they are in.
    pub languages: BTreeMap<String, u64>,
    /// How much of it was boilerplate.
    pub share: Share,
    /// Its lines, by their keys in hexadecimal.
    pub lines: BTreeMap<String, KnownLine>,
}

impl Known {
    /// The language that most of its documents claim.
    pub fn language(&self) -> Option<&str> {
        super::majority(&self.languages)
    }

    /// The lines that are templates, most frequent first. What lines begin with is among them
    /// where it says more than one of these lines.
    pub fn templates(&self) -> Vec<&KnownLine> {
        let lines = || self.lines.values().filter(|line| line.seen().is_template(self.documents));
        let mut openings: BTreeMap<String, u32> = BTreeMap::new();
        let mut padding = Padding::default();
        for line in lines().filter(|line| !line.opening) {
            if let Some(words) = opening(padding.of(&line.text)) {
                let most = openings.entry(words.to_owned()).or_default();
                *most = line.documents.max(*most);
            }
        }
        let says_more = |line: &&KnownLine| {
            !line.opening || openings.get(&line.text).is_none_or(|&most| most < line.documents)
        };
        let mut told: Vec<&KnownLine> = lines().filter(says_more).collect();
        told.sort_by_key(|line| (std::cmp::Reverse(line.documents), &line.text));
        told
    }
}

/// How much of an outlet's text was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Characters of its documents.
    pub characters: u64,
    /// How many of them were removed.
    pub removed: u64,
}

impl Share {
    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.characters = self.characters.saturating_add(other.characters);
        self.removed = self.removed.saturating_add(other.removed);
    }

    /// Removed of all, from 0 to 1.
    pub fn removed_share(self) -> f64 {
        self.removed as f64 / self.characters.max(1) as f64
    }
}

/// A line that an outlet repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownLine {
    /// Documents that have it as a line.
    pub documents: u32,
    /// Documents whose headline it is.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub headlines: u32,
    /// Whether it is only the first words of lines.
    #[serde(default, skip_serializing_if = "is_no")]
    pub opening: bool,
    /// How it reads in the first document that has it, cut off where it is long.
    pub text: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_no(yes: &bool) -> bool {
    !yes
}

impl KnownLine {
    /// A line that reads like this.
    pub fn new(seen: Seen, opening: bool, text: &str) -> Self {
        let mut chars = text.chars();
        let mut kept: String = chars.by_ref().take(SAMPLE).collect();
        if chars.next().is_some() {
            kept.push('…');
        }
        Self { documents: seen.documents, headlines: seen.headlines, opening, text: kept }
    }

    /// The one of two that is shown for both.
    fn min_by_text<'l>(&'l self, other: &'l Self) -> &'l Self {
        if other.text < self.text { other } else { self }
    }

    /// How often it was seen.
    pub fn seen(&self) -> Seen {
        Seen { documents: self.documents, headlines: self.headlines }
    }
}

impl Seen {
    /// Whether a profile keeps the line: well below what makes a template, so that profiles of
    /// parts, added up, show the templates of the whole.
    pub fn is_worth_saving(self, of: u32) -> bool {
        self.documents >= 2 && u64::from(self.documents) * 20 >= u64::from(of)
    }
}

/// The key of a line as the file writes it.
pub fn key_name(key: u64) -> String {
    format!("{key:016x}")
}

fn parse_key(name: &str) -> Option<u64> {
    u64::from_str_radix(name, 16).ok()
}

impl Profile {
    /// The templates it holds.
    pub fn templates(&self) -> Templates {
        let outlet = |known: &Known| {
            let lines = known.lines.iter();
            let lines = lines.filter_map(|(name, line)| Some((parse_key(name)?, line.seen())));
            let (documents, languages) = (known.documents, known.languages.clone());
            Outlet { documents, languages, lines: lines.collect() }
        };
        Templates::new(self.outlets.iter().map(|(name, k)| (name.clone(), outlet(k))).collect())
    }

    /// Lines that are the furniture of several outlets: of how many, and how they read. Most
    /// widely spread first.
    pub fn network(&self) -> Vec<(u32, &KnownLine)> {
        let templates = self.templates();
        let mut told: BTreeMap<&str, (u32, &KnownLine)> = BTreeMap::new();
        for (name, line) in self.outlets.values().flat_map(|known| &known.lines) {
            if let Some(outlets) = parse_key(name).and_then(|key| templates.network(key)) {
                let (_, shown) = told.entry(name).or_insert((outlets, line));
                *shown = (*shown).min_by_text(line);
            }
        }
        let mut told: Vec<_> = told.into_values().collect();
        told.sort_by_key(|(outlets, line)| (std::cmp::Reverse(*outlets), &line.text));
        told
    }

    /// Adds what another one knows: counts are added up. A page that both have seen counts twice,
    /// and a line too rare for one of them counts there as none.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if self.outlets.is_empty() {
            self.strictness = other.strictness;
        } else if self.strictness != other.strictness {
            return Err(Error::config(format!(
                "profiles learnt with --strictness {} and {} cannot be put together: their removed \
                 shares differ for no fault of the outlets; learn one of them again",
                self.strictness.name(),
                other.strictness.name()
            )));
        }
        self.rules.extend(other.rules);
        for (name, theirs) in other.outlets {
            let ours = self.outlets.entry(name).or_default();
            ours.documents = ours.documents.saturating_add(theirs.documents);
            ours.share.add(theirs.share);
            for (language, count) in theirs.languages {
                let sum = ours.languages.entry(language).or_default();
                *sum = sum.saturating_add(count);
            }
            for (key, line) in theirs.lines {
                match ours.lines.get_mut(&key) {
                    Some(ours) => {
                        ours.documents = ours.documents.saturating_add(line.documents);
                        ours.headlines = ours.headlines.saturating_add(line.headlines);
                        // Numbers may differ; any order of merging shows the same.
                        ours.text = std::mem::take(&mut ours.text).min(line.text);
                    }
                    None => {
                        ours.lines.insert(key, line);
                    }
                }
            }
        }
        Ok(())
    }

    /// The file's bytes.
    pub fn packed(&self) -> io::Result<Vec<u8>> {
        let mut compressor = zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL)?;
        compressor.include_checksum(true)?;
        compressor.compress(self.rows().0.as_bytes())
    }

    /// Identity of all it holds.
    pub fn hash(&self) -> String {
        self.rows().1
    }

    fn rows(&self) -> (String, String) {
        let header = Header {
            unchaff_profile: FORM,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            keys: probe(),
            strictness: self.strictness,
            rules: self.rules.clone(),
        };
        let mut rows = String::new();
        let mut seal = Seal::default();
        let mut row = |row: String| {
            seal.add(&row);
            rows.push_str(&row);
            rows.push('\n');
        };
        row(json(&header));
        for (outlet, known) in &self.outlets {
            row(json(&(outlet, known)));
        }
        let last = Last { outlets: self.outlets.len(), hash: seal.name() };
        rows.push_str(&json(&last));
        rows.push('\n');
        (rows, last.hash)
    }

    /// Reads a file. Whatever is wrong with it is a wrong setting, told before anything else is
    /// read.
    pub fn read(path: &Path) -> Result<Self> {
        let wrong = |what: String| {
            Error::config(format!("{}: {what}; make it again with unchaff learn", path.display()))
        };
        let file = File::open(path).map_err(|error| {
            Error::config(format!("{}: cannot read the profile: {error}", path.display()))
        })?;
        let decoder = zstd::stream::read::Decoder::new(file)
            .map_err(|_| wrong("this is no profile".into()))?;
        Self::parse(BufReader::new(decoder)).map_err(wrong)
    }

    fn parse(mut source: impl BufRead) -> Result<Self, String> {
        let header = next_row(&mut source).ok().flatten().ok_or("this is no profile")?;
        let mut seal = Seal::default();
        seal.add(&header);
        let header = Header::parse(&header)?;
        let mut outlets = BTreeMap::new();
        loop {
            let row = next_row(&mut source)?.ok_or("the profile is cut off")?;
            if let Ok(last) = serde_json::from_str::<Last>(&row) {
                if last.hash != seal.name() || last.outlets != outlets.len() {
                    return Err("the profile is damaged: its hash is not that of its rows".into());
                }
                // The packing's own checksum stands behind the last row.
                return match next_row(&mut source)? {
                    None => {
                        Ok(Self { strictness: header.strictness, rules: header.rules, outlets })
                    }
                    Some(_) => Err("something stands behind the profile's last row".into()),
                };
            }
            seal.add(&row);
            let (outlet, known): (String, Known) = serde_json::from_str(&row)
                .map_err(|error| format!("row {} is damaged: {error}", outlets.len() + 2))?;
            outlets.insert(outlet, known);
        }
    }
}

/// The first row.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    unchaff_profile: u32,
    program: String,
    keys: String,
    strictness: Strictness,
    rules: BTreeSet<String>,
}

impl Header {
    fn parse(row: &str) -> Result<Self, String> {
        /// What every form of the header has.
        #[derive(Deserialize)]
        struct Form {
            unchaff_profile: u32,
            program: String,
        }
        let form: Form = serde_json::from_str(row).map_err(|_| "this is no profile")?;
        let by = format!("it was made by version {}", form.program);
        if form.unchaff_profile != FORM {
            return Err(format!("{by}, whose form {} is unknown here", form.unchaff_profile));
        }
        let header: Self =
            serde_json::from_str(row).map_err(|error| format!("its header is damaged: {error}"))?;
        if header.keys != probe() {
            return Err(format!("{by}, which told lines apart in another way"));
        }
        Ok(header)
    }
}

/// The last row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    outlets: usize,
    hash: String,
}

/// The hash of rows, one after the other.
#[derive(Debug, Default)]
struct Seal(u128);

impl Seal {
    fn add(&mut self, row: &str) {
        let mut together = self.0.to_le_bytes().to_vec();
        together.extend_from_slice(row.as_bytes());
        self.0 = hash::identity(&together);
    }

    fn name(&self) -> String {
        format!("{:032x}", self.0)
    }
}

fn probe() -> String {
    key_name(line_key(&mut Padding::default(), PROBE))
}

/// A row has no map whose keys are no strings, so this does not fail.
fn json(row: &impl Serialize) -> String {
    serde_json::to_string(row).unwrap_or_default()
}

fn next_row(source: &mut impl BufRead) -> Result<Option<String>, String> {
    let mut row = String::new();
    let read = source.by_ref().take(LONGEST_ROW).read_line(&mut row);
    match read {
        Ok(0) => Ok(None),
        Ok(_) if row.ends_with('\n') => Ok(Some(row.trim_end().to_owned())),
        Ok(_) => Err("the profile is cut off".into()),
        Err(error) => Err(format!("the profile is damaged: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(documents: u32, text: &str) -> KnownLine {
        KnownLine::new(Seen { documents, headlines: 0 }, false, text)
    }

    fn profile(outlet: &str, documents: u32, lines: &[(u64, u32)]) -> Profile {
        let lines = lines.iter().map(|&(key, n)| (key_name(key), line(n, "Tide table"))).collect();
        let share = Share { characters: 1000, removed: 250 };
        let known = Known { documents, share, lines, languages: BTreeMap::new() };
        let outlets = BTreeMap::from([(outlet.to_owned(), known)]);
        Profile { outlets, ..Profile::default() }
    }

    #[test]
    fn what_is_written_is_read_and_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outlets.profile");
        let learnt = profile("Quay Post", 9, &[(7, 9), (8, 3)]);
        let whole = learnt.packed().unwrap();
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(Profile::read(&path).unwrap(), learnt);
        assert!(
            learnt
                .templates()
                .of("Quay Post")
                .is_template(learnt.templates().of("Quay Post").seen(8))
        );

        for end in 0..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            assert!(matches!(Profile::read(&path), Err(Error::Config(_))), "cut at {end}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            std::fs::write(&path, &bytes).unwrap();
            let read = Profile::read(&path);
            // A bit of the packing's own header may mean nothing.
            assert!(read.is_err() || read.is_ok_and(|same| same == learnt), "bit at {at}");
        }
        assert!(Profile::read(&folder.path().join("none")).is_err());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        let told = |rows: &str| {
            std::fs::write(&path, zstd::bulk::compress(rows.as_bytes(), 1).unwrap()).unwrap();
            let error = Profile::read(&path).unwrap_err().to_string();
            error.replace(&folder.path().display().to_string(), "[folder]")
        };
        let (rows, _) = profile("Quay Post", 9, &[(7, 9)]).rows();
        let (header, rest) = rows.split_once('\n').unwrap();
        insta::assert_snapshot!(
            [
                told("{\"id\":1}\n"),
                told(&rows.replacen("profile\":1", "profile\":2", 1)),
                told(&rows.replacen(&probe(), "0123456789abcdef", 1)),
                told(&rows.replacen("\"documents\":9", "\"documents\":8", 1)),
                told(&rows.replacen("[\"Quay", "[7,\"Quay", 1)),
                told(header),
                told(&format!("{header}\n")),
                told(&rest.replace("hash", "hsah")),
            ]
            .join("\n")
        );
    }

    #[test]
    fn profiles_of_parts_add_up_in_any_order() {
        let parts = [
            profile("Quay Post", 10, &[(7, 4), (8, 1)]),
            profile("Quay Post", 5, &[(7, 1), (9, 5)]),
            profile("Saltgate Echo", 6, &[(7, 6)]),
        ];
        let merged = |order: [usize; 3]| {
            let mut all = Profile::default();
            for i in order {
                all.merge(parts[i].clone()).unwrap();
            }
            all
        };
        let all = merged([0, 1, 2]);
        assert_eq!(all, merged([2, 1, 0]));
        let known = &all.outlets["Quay Post"];
        assert_eq!((known.documents, known.lines[&key_name(7)].documents), (15, 5));
        assert_eq!(known.share, Share { characters: 2000, removed: 500 });

        let strict = Profile { strictness: Strictness::Careful, ..parts[0].clone() };
        assert!(merged([0, 1, 2]).merge(strict).unwrap_err().to_string().contains("careful"));
    }
}
