//! The rule files: data that carries its own test.
//!
//! A rule says how it matches, what category it names, and shows lines that it drops and lines that
//! look alike and that it must keep. A rule without both does not load.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::error::{Error, Result};
use crate::verdict::Category;
use crate::words;

/// The rule files that come with the program: language, then text.
const BUILT_IN: &[(&str, &str)] = &[
    ("any", include_str!("rules/any.toml")),
    ("ar", include_str!("rules/ar.toml")),
    ("de", include_str!("rules/de.toml")),
    ("el", include_str!("rules/el.toml")),
    ("en", include_str!("rules/en.toml")),
    ("es", include_str!("rules/es.toml")),
    ("fr", include_str!("rules/fr.toml")),
    ("it", include_str!("rules/it.toml")),
    ("ja", include_str!("rules/ja.toml")),
    ("nl", include_str!("rules/nl.toml")),
    ("pl", include_str!("rules/pl.toml")),
    ("pt", include_str!("rules/pt.toml")),
    ("ru", include_str!("rules/ru.toml")),
    ("zh", include_str!("rules/zh.toml")),
];

/// The name of the rules that count in every language.
pub const ANY: &str = "any";

/// How a rule matches a line, and how strong that is.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// The line is one of these phrases. Enough alone.
    Lines(Vec<String>),
    /// The line is a row of these phrases and of such as [`Matcher::Lines`] has. Enough alone.
    Labels(Vec<String>),
    /// The line begins with one of these phrases. Enough alone.
    Starts {
        /// The phrases.
        phrases: Vec<String>,
        /// Whether a colon, dash, bar or angle must follow.
        colon: bool,
    },
    /// One of these phrases stands in the line. Evidence, never enough alone.
    Cues {
        /// The phrases.
        phrases: Vec<String>,
        /// Whether it needs two further kinds of evidence instead of one.
        weak: bool,
    },
    /// The line as it was written matches this regular expression from end to end. Enough alone.
    Pattern(String),
    /// What this regular expression finds (its group `cut`, where it has one) is cut out of the line.
    Span(String),
}

/// Where a rule counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Zone {
    /// Anywhere.
    #[default]
    Any,
    /// Near the article's head or tail, or beside other boilerplate.
    Edge,
    /// Before the article's body.
    Head,
    /// After most of the article's body.
    Tail,
}

/// What a document is known to be when a rule fires in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// A paywall cut it off.
    Truncated,
    /// A machine wrote it.
    MachineGenerated,
    /// A machine translated it.
    MachineTranslated,
    /// It was published elsewhere first.
    Syndicated,
    /// The site marks it as old.
    Archived,
}

impl Flag {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::MachineGenerated => "machine_generated",
            Self::MachineTranslated => "machine_translated",
            Self::Syndicated => "syndicated",
            Self::Archived => "archived",
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Unique name, language first: `en.newsletter.pitch`.
    pub id: String,
    /// What it recognises.
    pub category: Category,
    /// How.
    pub matcher: Matcher,
    /// Where it counts.
    pub zone: Zone,
    /// Longer lines are left alone.
    pub max_words: usize,
    /// What the document is known to be when it fires.
    pub flag: Option<Flag>,
    /// The outlets it counts for; every one where none is named.
    pub outlets: BTreeSet<String>,
    /// Lines it drops.
    pub drops: Vec<String>,
    /// Lines it must not drop.
    pub keeps: Vec<String>,
    /// Where it stands, for people: `rules/en.toml, line 12`.
    pub place: String,
}

impl Rule {
    /// Whether it counts in documents of an outlet.
    pub fn counts_for(&self, outlet: &str) -> bool {
        self.outlets.is_empty() || self.outlets.contains(outlet)
    }
}

/// The words of a language that serve as evidence, all in matching form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WordLists {
    /// Second person, as a site addresses its reader.
    pub you: Vec<String>,
    /// Second person where a capital inside a sentence alone tells it, written so: `Sie`.
    pub polite: Vec<String>,
    /// First person plural, as a site speaks of itself.
    pub we: Vec<String>,
    /// Third-person pronouns, as articles tell.
    pub third: Vec<String>,
    /// Finite verbs of speech.
    pub speech: Vec<String>,
    /// Frequent finite past forms.
    pub past: Vec<String>,
    /// The commonest function words.
    pub function: Vec<String>,
    /// Imperatives that begin a site's requests.
    pub imperative: Vec<String>,
    /// Names of months.
    pub months: Vec<String>,
}

impl WordLists {
    fn extend(&mut self, more: Self) {
        for (list, more) in [
            (&mut self.you, more.you),
            (&mut self.we, more.we),
            (&mut self.third, more.third),
            (&mut self.speech, more.speech),
            (&mut self.past, more.past),
            (&mut self.function, more.function),
            (&mut self.imperative, more.imperative),
            (&mut self.months, more.months),
        ] {
            list.extend(more);
        }
    }
}

/// The rules of one language.
#[derive(Debug, Clone, Default)]
pub struct RuleFile {
    /// Primary language subtag, or `any`.
    pub language: String,
    /// The rules, in the file's order.
    pub rules: Vec<Rule>,
    /// The language's words.
    pub words: WordLists,
    /// The file's name and text, where its rules are not read yet.
    unread: Option<(&'static str, &'static str)>,
}

impl RuleFile {
    /// The file with its rules.
    pub fn whole(&self) -> Result<Cow<'_, Self>> {
        let Some((name, source)) = self.unread else { return Ok(Cow::Borrowed(self)) };
        let mut rules = Rules::default();
        rules.add(&file_name(name), source, source, Forms::Trusted)?;
        Ok(Cow::Owned(rules.files.remove(&self.language).unwrap_or_default()))
    }
}

/// The vocabularies that no language owns.
#[derive(Debug, Clone, Default)]
pub struct Vocabularies {
    /// Names of icons and sprites.
    pub icons: Vec<String>,
    /// Names of networks and share targets.
    pub networks: Vec<String>,
    /// News and picture agencies as credits name them.
    pub agencies: Vec<String>,
    /// Quotation signs.
    pub quotes: Vec<char>,
}

/// Every rule in force.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Rule files by language.
    pub files: BTreeMap<String, RuleFile>,
    /// The vocabularies.
    pub vocabularies: Vocabularies,
    /// Identity of everything that was loaded, for `summary.json`.
    pub hash: u128,
    /// The user's own rule files, in the order in which they were loaded.
    pub own: Vec<OwnFile>,
}

/// A rule file of the user's, as `summary.json` names it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, Deserialize)]
pub struct OwnFile {
    /// Its name, without folders.
    pub name: String,
    /// Identity of its content.
    pub hash: String,
    /// How many rules it adds.
    pub rules: usize,
    /// Rules it switches off.
    pub disabled: Vec<String>,
}

impl Rules {
    /// The rules that come with the program.
    pub fn built_in() -> Result<Self> {
        let mut rules = Self::default();
        for (name, source) in BUILT_IN {
            // A test checks their forms, which would take most of the time a start takes.
            rules.add(&file_name(name), source, source, Forms::Trusted)?;
        }
        Ok(rules)
    }

    /// The same, but of most languages only their words: a corpus speaks few of them, and reading all
    /// rules would be a sixth of a start. What is left out is read by [`RuleFile::whole`], and
    /// [`Rules::all`] knows nothing of it.
    pub fn on_demand() -> Result<Self> {
        let mut rules = Self::default();
        for &(name, source) in BUILT_IN {
            let is_asked = matches!(name, ANY | super::FALLBACK);
            let head = source.split_once("\n[[rule]]").map_or(source, |(head, _)| head);
            let part = if is_asked { source } else { head };
            rules.add(&file_name(name), source, part, Forms::Trusted)?;
            if let Some(file) = rules.files.get_mut(name).filter(|_| !is_asked) {
                file.unread = Some((name, source));
            }
        }
        Ok(rules)
    }

    /// The rules in force where the user has these files: what comes with the program is read on
    /// demand where there are none.
    pub fn in_force(files: &[PathBuf]) -> Result<Self> {
        if files.is_empty() { Self::on_demand() } else { Self::with_files(files) }
    }

    /// The rules that come with the program, and the user's own, file by file.
    pub fn with_files(files: &[PathBuf]) -> Result<Self> {
        let mut rules = Self::built_in()?;
        files.iter().try_for_each(|file| rules.load_file(file))?;
        Ok(rules)
    }

    /// Adds the rules of one of the user's files.
    pub fn load_file(&mut self, file: &Path) -> Result<()> {
        let source = std::fs::read_to_string(file).map_err(|error| {
            Error::config(format!("{}: cannot read the rules: {error}", file.display()))
        })?;
        self.load(&file.display().to_string(), &source)
    }

    /// Adds rules of the user's own, and sees that they can match. `name` is what errors
    /// call them.
    pub fn load(&mut self, name: &str, source: &str) -> Result<()> {
        let own = self.add(name, source, source, Forms::Checked)?;
        self.own.push(own);
        Ok(())
    }

    /// Adds a file, or the part of it that is to be read.
    fn add(&mut self, name: &str, source: &str, part: &str, forms: Forms) -> Result<OwnFile> {
        let mut file: FileSpec =
            toml::from_str(part).map_err(|e| Error::config(format!("{name}: {e}")))?;
        let mut faults = self.disable(&file, name);
        let mut ids: BTreeSet<String> = self.all().map(|rule| rule.id.clone()).collect();
        let mut rules = Vec::with_capacity(file.rule.len());
        let (mut line, mut read) = (1, 0);
        for spec in std::mem::take(&mut file.rule) {
            // Rules come in the order of their lines.
            line += newlines(&source[read..spec.span().start]);
            read = spec.span().start;
            let place = format!("{name}, line {line}");
            let rule = spec.into_inner().check(&file.outlets, &place);
            match rule.and_then(|rule| check_among(rule, &mut ids, forms)) {
                Ok(rule) => rules.push(rule),
                Err(fault) => faults.push(format!("{place}: {fault}")),
            }
        }
        if !faults.is_empty() {
            return Err(Error::config(faults.join("\n")));
        }
        let mut together = self.hash.to_le_bytes().to_vec();
        together.extend_from_slice(source.as_bytes());
        self.hash = crate::hash::identity(&together);
        let own = OwnFile {
            name: Path::new(name).file_name().unwrap_or_default().to_string_lossy().into_owned(),
            hash: format!("{:032x}", crate::hash::identity(source.as_bytes())),
            rules: rules.len(),
            disabled: file.disable.clone(),
        };
        self.take_in(file, rules);
        Ok(own)
    }

    /// Takes in the rules and words of a file in which no fault was found.
    fn take_in(&mut self, file: FileSpec, rules: Vec<Rule>) {
        let entry = self.files.entry(file.language.clone()).or_default();
        entry.language = file.language;
        entry.rules.extend(rules);
        if let Some(words) = file.words {
            entry.words.extend(words);
        }
        for (list, given) in [
            (&mut self.vocabularies.icons, file.icons),
            (&mut self.vocabularies.networks, file.networks),
            (&mut self.vocabularies.agencies, file.agencies),
        ] {
            list.extend(given.words);
        }
        let quotes = file.speech_marks.quotes.iter().flat_map(|q| q.chars());
        self.vocabularies.quotes.extend(quotes);
    }

    /// Switches off the rules that a file names; gives what is wrong with its list.
    fn disable(&mut self, file: &FileSpec, name: &str) -> Vec<String> {
        if file.disable.is_empty() {
            return Vec::new();
        }
        if !file.outlets.is_empty() {
            return vec![format!(
                "{name}: `disable` switches rules off for every outlet; put it into a file without \
                 `outlets`"
            )];
        }
        let unknown = |id: &&String| !self.all().any(|rule| rule.id == **id);
        let faults: Vec<String> = file
            .disable
            .iter()
            .filter(unknown)
            .map(|id| {
                let near = self.all().map(|rule| rule.id.as_str()).max_by_key(|known| {
                    (known.chars().zip(id.chars()).take_while(|(a, b)| a == b).count(), *known)
                });
                let near = near.unwrap_or_default();
                format!("{name}: `disable` names `{id}`, which is no rule; is `{near}` meant? `unchaff rules list` shows all")
            })
            .collect();
        for rules in self.files.values_mut() {
            rules.rules.retain(|rule| !file.disable.contains(&rule.id));
        }
        faults
    }

    /// All rules, language by language.
    pub fn all(&self) -> impl Iterator<Item = &Rule> {
        self.files.values().flat_map(|file| &file.rules)
    }
}

/// A rule file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSpec {
    language: String,
    /// For people who read the file.
    #[serde(default, rename = "note")]
    _note: String,
    /// Outlets that all rules of the file are for.
    #[serde(default)]
    outlets: BTreeSet<String>,
    /// Rules of files before it that are switched off.
    #[serde(default)]
    disable: Vec<String>,
    #[serde(default)]
    words: Option<WordLists>,
    #[serde(default)]
    rule: Vec<Spanned<RuleSpec>>,
    #[serde(default)]
    icons: Vocabulary,
    #[serde(default)]
    networks: Vocabulary,
    #[serde(default)]
    agencies: Vocabulary,
    #[serde(default)]
    speech_marks: SpeechMarks,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vocabulary {
    words: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpeechMarks {
    quotes: Vec<String>,
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleSpec {
    id: String,
    category: String,
    lines: Option<Vec<String>>,
    labels: Option<Vec<String>>,
    starts: Option<Vec<String>>,
    cues: Option<Vec<String>>,
    pattern: Option<String>,
    span: Option<String>,
    #[serde(default)]
    colon: bool,
    #[serde(default)]
    zone: Zone,
    max_words: Option<usize>,
    flag: Option<Flag>,
    /// Outlets it is for, beside those of its file.
    #[serde(default)]
    outlets: BTreeSet<String>,
    weight: Option<Weight>,
    #[serde(default)]
    drops: Vec<String>,
    #[serde(default)]
    keeps: Vec<String>,
    /// For people who read the file.
    #[serde(default, rename = "note")]
    _note: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Weight {
    Weak,
}

impl RuleSpec {
    /// The rule, or what is wrong with it and what to do.
    fn check(mut self, outlets: &BTreeSet<String>, place: &str) -> Result<Rule, String> {
        self.outlets.extend(outlets.iter().cloned());
        let id = self.id;
        let wrong = |what: String| format!("rule `{id}`: {what}");
        let category: Category = self.category.parse().map_err(wrong)?;
        if self.drops.is_empty() || self.keeps.is_empty() {
            return Err(wrong(
                "give at least one line it drops (`drops`) and one that looks alike and stays (`keeps`)"
                    .into(),
            ));
        }
        let weak = self.weight.is_some();
        let mut matchers = Vec::new();
        matchers.extend(self.lines.map(Matcher::Lines));
        matchers.extend(self.labels.map(Matcher::Labels));
        matchers.extend(self.starts.map(|phrases| Matcher::Starts { phrases, colon: self.colon }));
        matchers.extend(self.cues.map(|phrases| Matcher::Cues { phrases, weak }));
        matchers.extend(self.pattern.map(Matcher::Pattern));
        matchers.extend(self.span.map(Matcher::Span));
        let matcher = match matchers.len() {
            1 => matchers.remove(0),
            n => {
                return Err(wrong(format!(
                    "give exactly one of `lines`, `labels`, `starts`, `cues`, `pattern`, `span`; it has {n}"
                )));
            }
        };
        let starts = matches!(matcher, Matcher::Starts { .. });
        let max_words = self.max_words.unwrap_or(if starts { 25 } else { usize::MAX });
        let (zone, flag, drops, keeps) = (self.zone, self.flag, self.drops, self.keeps);
        let (outlets, place) = (self.outlets, place.to_owned());
        Ok(Rule { id, category, matcher, zone, max_words, flag, outlets, drops, keeps, place })
    }
}

/// What errors call a file that comes with the program.
fn file_name(language: &str) -> String {
    format!("rules/{language}.toml")
}

/// Whether phrases and expressions are checked when they are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forms {
    Checked,
    Trusted,
}

/// Checks a rule against the ids that are taken, and its form.
fn check_among(rule: Rule, ids: &mut BTreeSet<String>, forms: Forms) -> Result<Rule, String> {
    if !ids.insert(rule.id.clone()) {
        return Err(format!("two rules are called `{}`; give this one another id", rule.id));
    }
    if forms == Forms::Checked {
        check_form(&rule).map_err(|e| format!("rule `{}`: {e}", rule.id))?;
    }
    Ok(rule)
}

/// The line that a byte stands on, from 1.
fn newlines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}

/// Whether phrases could ever match, and expressions compile.
pub(super) fn check_form(rule: &Rule) -> Result<(), String> {
    match &rule.matcher {
        Matcher::Lines(phrases)
        | Matcher::Labels(phrases)
        | Matcher::Starts { phrases, .. }
        | Matcher::Cues { phrases, .. } => {
            phrases.iter().try_for_each(|phrase| check_phrase(phrase))
        }
        Matcher::Pattern(regex) | Matcher::Span(regex) => {
            super::expressions::Expression::new(regex).map(drop).map_err(|e| e.to_string())
        }
    }
}

/// Phrases are written in matching form, else they could never match.
fn check_phrase(phrase: &str) -> Result<(), String> {
    let mut folded = String::new();
    let plain: Vec<_> = phrase.split(' ').filter(|w| !matches!(*w, "#" | "*")).collect();
    words::folded(&plain.join(" "), &mut folded);
    if folded.replace(' ', "") == plain.concat() && !plain.is_empty() && !phrase.starts_with('*') {
        return Ok(());
    }
    Err(format!("the phrase `{phrase}` is not in matching form; write `{folded}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_on_demand_is_the_same() {
        let (all, demanded) = (Rules::built_in().unwrap(), Rules::on_demand().unwrap());
        assert_eq!((demanded.hash, demanded.files.len()), (all.hash, all.files.len()));
        assert!(demanded.all().count() < all.all().count());
        for (language, file) in &all.files {
            let part = &demanded.files[language];
            assert_eq!(format!("{:?}", part.words), format!("{:?}", file.words));
            assert_eq!(format!("{:?}", part.whole().unwrap().rules), format!("{:?}", file.rules));
        }
    }

    fn load(rule: &str) -> String {
        let source = format!("language = \"en\"\n[[rule]]\nid = \"en.x\"\n{rule}");
        Rules::default().load("mine.toml", &source).unwrap_err().to_string()
    }

    #[test]
    fn own_files_add_and_switch_off() {
        let mut rules = Rules::built_in().unwrap();
        let (before, hash) = (rules.all().count(), rules.hash);
        let off = rules.files["en"].rules[0].id.clone();
        let source = "language = \"en\"\noutlets = [\"Quay Post\"]\n[[rule]]\nid = \"mine.tide\"\n\
             category = \"widget\"\nlines = [\"tide table\"]\noutlets = [\"Saltgate Echo\"]\n\
             drops = [\"Tide table\"]\nkeeps = [\"The table\"]";
        rules.load("folder/mine.toml", source).unwrap();
        rules.load("off.toml", &format!("language = \"en\"\ndisable = [\"{off}\"]")).unwrap();
        assert_eq!(rules.all().count(), before, "one more and one less");
        assert!(rules.all().all(|rule| rule.id != off));
        assert_ne!(rules.hash, hash);
        assert_eq!(rules.own[0].name, "mine.toml");
        assert_eq!((rules.own[0].rules, &rules.own[1].disabled), (1, &vec![off]));
        let mine = rules.all().find(|rule| rule.id == "mine.tide").unwrap();
        assert_eq!(mine.place, "folder/mine.toml, line 3");
        for (outlet, counts) in
            [("Quay Post", true), ("Saltgate Echo", true), ("Switchboard", false)]
        {
            assert_eq!(mine.counts_for(outlet), counts, "{outlet}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_rule_file_is_said_with_its_remedy() {
        let other = "[[rule]]\nid = \"en.y\"\ncategory = \"widget\"\nlines = [\"tide table\"]\n\
                     drops = [\"Tide table\"]\nkeeps = [\"The table\"]";
        let disabled = |source: &str| {
            Rules::built_in().unwrap().load("mine.toml", source).unwrap_err().to_string()
        };
        let complete = "category = \"share_bar\"\ndrops = [\"a\"]\nkeeps = [\"b\"]\n";
        insta::assert_snapshot!(
            [
                load("category = \"share_bar\"\nlines = [\"share\"]"),
                load(&format!("{complete}lines = [\"share\"]\ncues = [\"share\"]")),
                load(&format!("{complete}lines = [\"Share this!\"]")),
                load(&format!("{complete}pattern = \"(a\"")),
                load(&format!("{complete}line = [\"share\"]")),
                load("category = \"sharing\"\n"),
                load(&format!("{complete}lines = [\"share\"]\n{other}").replace("en.y", "en.x")),
                load("").replace("[[rule]]", ""),
                disabled("language = \"en\"\ndisable = [\"en.ad.lines\"]"),
                disabled(
                    "language = \"en\"\noutlets = [\"Quay Post\"]\ndisable = [\"en.ad.line\"]"
                ),
            ]
            .join("\n----\n")
        );
    }
}
