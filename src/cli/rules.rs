//! `unchaff rules`: what is in force, and a check of one's own rules.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::boilerplate::Judge;
use crate::boilerplate::rules::{Matcher, Rule, Rules};
use crate::error::Error;

use super::args::{RulesArgs, RulesCommand};
use super::{DONE, FAILED};

pub(super) fn rules(args: &RulesArgs) -> anyhow::Result<u8> {
    match &args.command {
        RulesCommand::List { rules, lang } => list(rules, lang.as_deref()),
        RulesCommand::Check { file } => check(file),
    }
}

fn list(own: &[PathBuf], lang: Option<&str>) -> anyhow::Result<u8> {
    let rules = Rules::with_files(own)?;
    if let Some(lang) = lang.filter(|lang| !rules.files.contains_key(*lang)) {
        let known: Vec<_> = rules.files.keys().map(String::as_str).collect();
        let what = format!("no rules for `{lang}`; there are rules for {}", known.join(" "));
        return Err(Error::config(what).into());
    }
    let files = rules.files.values().filter(|file| lang.is_none_or(|lang| lang == file.language));
    let mut out = anstream::stdout().lock();
    for rule in files.flat_map(|file| &file.rules) {
        writeln!(out, "{:44} {:22} {}", rule.id, rule.category.name(), describe(rule))?;
    }
    Ok(DONE)
}

fn describe(rule: &Rule) -> String {
    match &rule.matcher {
        Matcher::Lines(phrases) => format!("whole line: {}", phrases.join(" · ")),
        Matcher::Labels(phrases) => format!("row: {}", phrases.join(" · ")),
        Matcher::Starts { phrases, .. } => format!("line begins: {}", phrases.join(" · ")),
        Matcher::Cues { phrases, weak: false } => format!("cue: {}", phrases.join(" · ")),
        Matcher::Cues { phrases, weak: true } => format!("weak cue: {}", phrases.join(" · ")),
        Matcher::Pattern(regex) => format!("whole line: /{regex}/"),
        Matcher::Span(regex) => format!("inside a line: /{regex}/"),
    }
}

fn check(file: &Path) -> anyhow::Result<u8> {
    let mut rules = Rules::built_in()?;
    let before: BTreeSet<String> = rules.all().map(|rule| rule.id.clone()).collect();
    rules.load_file(file)?;
    let judge = Judge::new(rules)?;
    let faults = judge.check_examples(|id| !before.contains(id))?;
    let mut out = anstream::stdout().lock();
    for fault in &faults {
        writeln!(out, "{fault}")?;
    }
    let new = judge.rules().all().filter(|rule| !before.contains(&rule.id)).count();
    let off = judge.rules().own.iter().map(|own| own.disabled.len()).sum::<usize>();
    let switched = if off > 0 { format!(", {off} switched off") } else { String::new() };
    writeln!(out, "{new} rules{switched}, {} faults", faults.len())?;
    Ok(if faults.is_empty() { DONE } else { FAILED })
}
