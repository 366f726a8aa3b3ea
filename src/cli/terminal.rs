//! The summary of a run as a person likes to read it: eighty columns, with or without colour.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use indicatif::{HumanBytes, HumanCount};
use owo_colors::OwoColorize;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthChar;

use crate::boilerplate::template::Jump;
use crate::config::OutFolder;
use crate::report::passages::Family;
use crate::report::preview::{Example, Preview, Row};
use crate::report::summary::{DuplicateCounts, Run, Summary};
use crate::report::tally::{Amount, Counts};
use crate::report::{PAGE_FILE, REJECTS_FILE};
use crate::verdict::Category;

/// Columns of a terminal that nobody has widened.
const WIDTH: usize = 80;
/// Categories shown one by one.
const CATEGORIES: usize = 12;
/// Passages shown.
const PASSAGES: usize = 5;

/// Prints the summary.
pub(super) fn print(
    summary: &Summary,
    run: &Run,
    out: &OutFolder,
    to: &mut dyn Write,
) -> io::Result<()> {
    let counts = &summary.counts;
    documents(summary, run, to)?;
    let all = &counts.all;
    if !all.removed.is_empty() {
        taken("took", &all.removed, all.removed_in_all(), all.characters_in, to)?;
    }
    if !all.tagged.is_empty() {
        taken("would take", &all.tagged, all.tagged_in_all(), all.characters_in, to)?;
    }
    jumped(summary, to)?;
    if let Some(passages) = &summary.passages {
        writeln!(to)?;
        let families = HumanCount(passages.families);
        let occurrences = HumanCount(passages.occurrences);
        let between = summary.settings["passages"]["across"].as_str().unwrap_or("outlets");
        let what =
            format!("{families} passages shared between {between}, {occurrences} occurrences");
        writeln!(to, "{}", what.bold())?;
        held_against(passages.against, passages.against_unread, to)?;
        kinds(&passages.kinds, to)?;
        passages.top.iter().take(PASSAGES).try_for_each(|family| passage(family, to))?;
    }
    if let Some(counts) = &summary.duplicates {
        duplicates(counts, to)?;
    }
    outlets(summary, to)?;
    if counts.rejects > 0 {
        let where_to = out.join(REJECTS_FILE);
        let n = HumanCount(counts.rejects);
        writeln!(
            to,
            "\n{} could not be read: {}",
            format!("{n} records").red().bold(),
            where_to.display()
        )?;
    }
    where_it_is(out.path(), to)
}

/// The same for programs: `summary.json`, the first of the shared passages, and `run.json`.
pub(super) fn json(summary: &Summary, run: &Run) -> serde_json::Result<Value> {
    let mut told = serde_json::to_value(summary)?;
    if let Some(passages) = &summary.passages {
        let brief = |family: &Family| {
            json!({
                "id": family.id, "kind": family.kind, "words": family.words,
                "outlets": family.outlets, "documents": family.documents,
                "interest": family.interest, "first_seen": family.first_seen,
                "text": family.exemplar.text,
            })
        };
        told["passages"]["top"] = passages.top.iter().take(PASSAGES).map(brief).collect();
    }
    told["run"] = serde_json::to_value(run)?;
    Ok(told)
}

fn documents(summary: &Summary, run: &Run, to: &mut dyn Write) -> io::Result<()> {
    let counts = &summary.counts;
    let outlets = counts.outlets.len() as u64;
    let what = format!(
        "{} documents of {} outlets, {} in {:.1} s",
        HumanCount(counts.all.documents),
        HumanCount(outlets),
        HumanBytes(summary.inputs.bytes),
        run.seconds
    );
    writeln!(to, "{}", what.bold())
}

fn taken(
    verb: &str,
    amounts: &BTreeMap<Category, Amount>,
    sum: Amount,
    characters: u64,
    to: &mut dyn Write,
) -> io::Result<()> {
    let share = 100.0 * sum.characters as f64 / characters.max(1) as f64;
    writeln!(to, "{} removals {verb} {share:.1} % of the characters", HumanCount(sum.removals))?;
    let mut by_size: Vec<_> = amounts.iter().collect();
    by_size.sort_by_key(|(category, amount)| (std::cmp::Reverse(amount.characters), **category));
    let most = by_size.first().map_or(1, |(_, amount)| amount.characters).max(1);
    for (category, amount) in by_size.iter().take(CATEGORIES) {
        let bar = "█".repeat((amount.characters * 24).div_ceil(most) as usize);
        writeln!(
            to,
            "  {:<22}{:>7}  {:>10} chars  {}",
            category.name(),
            HumanCount(amount.removals).to_string(),
            HumanCount(amount.characters).to_string(),
            bar.cyan()
        )?;
    }
    if by_size.len() > CATEGORIES {
        writeln!(to, "  and {} categories more", by_size.len() - CATEGORIES)?;
    }
    Ok(())
}

fn duplicates(counts: &DuplicateCounts, to: &mut dyn Write) -> io::Result<()> {
    let all = counts.documents.values().sum();
    let what =
        format!("{} duplicates of {} documents", HumanCount(all), HumanCount(counts.clusters));
    let kinds: Vec<_> =
        counts.documents.iter().map(|(kind, n)| format!("{} {kind}", HumanCount(*n))).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
    writeln!(to, "\n{}{kinds}", what.bold())?;
    if counts.dropped > 0 {
        let left = counts.compared - counts.dropped;
        let (read, left) = (HumanCount(counts.compared), HumanCount(left));
        writeln!(to, "  {read} documents read, {left} written")?;
    }
    if counts.stretches > 0 {
        let (stretches, words) = (HumanCount(counts.stretches), HumanCount(counts.stretch_words));
        writeln!(
            to,
            "  {stretches} stretches inside documents stay in another one, {words} words"
        )?;
    }
    held_against(counts.against, counts.against_unread, to)?;
    if counts.without_words > 0 {
        let n = HumanCount(counts.without_words);
        writeln!(to, "  {n} documents without words are duplicates of nothing")?;
    }
    Ok(())
}

/// Tells of the other corpus, if there was one.
fn held_against(documents: u64, unread: u64, to: &mut dyn Write) -> io::Result<()> {
    if documents + unread == 0 {
        return Ok(());
    }
    let (documents, unread) = (HumanCount(documents), HumanCount(unread));
    writeln!(
        to,
        "  compared against {documents} documents; {unread} records there could not be read"
    )
}

/// Prints what a dry run found: categories, in them what speaks against lines, and examples.
pub(super) fn preview(preview: &Preview, to: &mut dyn Write) -> io::Result<()> {
    let rows = preview.rows();
    let all: u64 = rows.iter().map(|row| row.characters).sum();
    let share = 100.0 * all as f64 / preview.characters.max(1) as f64;
    let removals = HumanCount(rows.iter().map(|row| row.removals).sum());
    let documents = HumanCount(preview.documents);
    let what = format!("{removals} removals would take {share:.1} % of {documents} documents");
    writeln!(to, "{}", what.bold())?;
    for rows in rows.chunk_by(|a, b| a.category == b.category) {
        let sum = |of: fn(&Row) -> u64| HumanCount(rows.iter().map(of).sum());
        let (removals, bytes) = (sum(|row| row.removals), sum(|row| row.bytes));
        let category = rows[0].category;
        writeln!(to, "\n{} {removals} removals, {bytes} bytes", category.bold())?;
        for row in rows {
            let (removals, bytes) = (HumanCount(row.removals), HumanCount(row.bytes));
            writeln!(to, "  {} {removals} removals, {bytes} bytes", row.by.cyan())?;
            for Example { doc, line, text, .. } in &row.examples {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let whence = format!("{doc}, line {line}");
                writeln!(to, "    {text}  {}", whence.dimmed())?;
            }
        }
    }
    Ok(())
}

/// Outlets that were only tagged.
fn jumped(summary: &Summary, to: &mut dyn Write) -> io::Result<()> {
    if summary.jumped.is_empty() {
        return Ok(());
    }
    writeln!(to, "\n{}", "Only tagged, since much more would go than their profile says".bold())?;
    for (outlet, Jump { before, now }) in &summary.jumped {
        let (before, now) = (100.0 * before, 100.0 * now);
        writeln!(to, "  {outlet}: {now:.1} % instead of {before:.1} %")?;
    }
    writeln!(to, "  Look at them (unchaff explain); if it is a redesign, learn them again")
}

/// What passages are, the most frequent kind first.
fn kinds(kinds: &BTreeMap<String, u64>, to: &mut dyn Write) -> io::Result<()> {
    let mut by_number: Vec<_> = kinds.iter().collect();
    by_number.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
    let told =
        by_number.iter().map(|(kind, n)| format!("{} {}", kind.replace('_', " "), HumanCount(**n)));
    let told = told.collect::<Vec<_>>().join(", ");
    if told.is_empty() { Ok(()) } else { writeln!(to, "  {}", shortened(&told, WIDTH - 2)) }
}

fn passage(family: &Family, to: &mut dyn Write) -> io::Result<()> {
    let mut outlets: Vec<&str> = family.occurrences.iter().map(|o| o.outlet.as_str()).collect();
    outlets.sort_unstable();
    outlets.dedup();
    let text = family.exemplar.text.split_whitespace().collect::<Vec<_>>().join(" ");
    writeln!(to, "  {}", shortened(&format!("“{text}”"), WIDTH - 2).italic())?;
    let kind = family.kind.name().replace('_', " ");
    let who = format!(
        "{kind}, {} words in {} outlets: {}",
        family.words,
        outlets.len(),
        outlets.join(", ")
    );
    writeln!(to, "    {}", shortened(&who, WIDTH - 4).dimmed())?;
    if let Some(first) = &family.first_seen {
        let ties = match first.ties.len() {
            0 => String::new(),
            1 => format!(", or as early in {}", first.ties[0]),
            n => format!(", or as early in {n} others"),
        };
        let when = format!("first seen {} in {}{ties}", first.date, first.outlet);
        writeln!(to, "    {}", shortened(&when, WIDTH - 4).dimmed())?;
    }
    Ok(())
}

/// A text in at most so many columns, without what would move the cursor.
fn shortened(text: &str, width: usize) -> String {
    let (mut line, mut columns, mut fits) = (String::new(), 0, 0);
    for c in text.chars().filter(|c| !c.is_control()) {
        columns += c.width().unwrap_or(0);
        if columns > width {
            line.truncate(fits);
            return format!("{}…", line.trim_end());
        }
        line.push(c);
        // Up to here it may be cut: there is room for the ellipsis.
        if columns < width {
            fits = line.len();
        }
    }
    line
}

/// How outlets were found, and which are too small for templates to show.
fn outlets(summary: &Summary, to: &mut dyn Write) -> io::Result<()> {
    let Counts { outlets_found_by: by, .. } = &summary.counts;
    let by: Vec<_> = by.iter().map(|(how, n)| format!("{how} {}", HumanCount(*n))).collect();
    writeln!(to, "\noutlets were found by: {}", by.join(", "))?;
    let templates = &summary.templates;
    if templates.too_small > 0 {
        writeln!(
            to,
            "{} of {} outlets have fewer than {} documents: no template can show there",
            templates.too_small, templates.outlets, templates.few
        )?;
    }
    Ok(())
}

fn where_it_is(out: &Path, to: &mut dyn Write) -> io::Result<()> {
    let page = out.join(PAGE_FILE);
    let shown = if page.exists() { page } else { out.to_path_buf() };
    writeln!(to, "\n{}", shown.display().underline())
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::shortened;

    #[test]
    fn a_line_keeps_to_its_columns() {
        assert_eq!(shortened("a ferry", 7), "a ferry");
        assert_eq!(shortened("a ferry", 6), "a fer…");
        assert_eq!(shortened("a ferry", 3), "a…");
        assert_eq!(shortened("a\u{1b}[2Jb", 9), "a[2Jb");
        let wide = shortened("港の橋が上がったまま降りない", 11);
        assert!(wide.width() <= 11 && wide.ends_with('…'), "{wide}");
    }
}
