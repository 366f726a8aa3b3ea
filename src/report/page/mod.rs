//! `report.html`: one self-contained page for people.
//!
//! The page is made from what stands in OUT, and from nothing else: `run` and `unchaff report OUT`
//! write the same bytes. It holds no time, and of long lists the top, within [`index`]'s limits.
//!
//! Article text is hostile. It reaches the page as data only, the browser puts it there as text, and
//! the page's own policy runs one script and one style sheet by their hashes, fetches nothing and
//! refuses to parse markup from strings.

mod articles;
mod choice;
mod index;
mod matrix;
mod names;
mod pack;
mod removals;
mod shared;

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::summary::Summary;
use super::{PAGE_FILE, SUMMARY_FILE};
use crate::engine::Threads;
use crate::error::{Error, Result};
use crate::output::AtomicFile;
use index::Content;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// The script: one after the other, each file knows what stands before it.
const SCRIPT: [&str; 10] = [
    include_str!("js/dom.js"),
    include_str!("js/data.js"),
    include_str!("js/charts.js"),
    include_str!("js/lists.js"),
    include_str!("js/overview.js"),
    include_str!("js/outlets.js"),
    include_str!("js/passages.js"),
    include_str!("js/articles.js"),
    include_str!("js/records.js"),
    include_str!("js/app.js"),
];

/// Makes the page of the folder of a run.
pub fn write(out: &Path, threads: Threads) -> Result<()> {
    let summary = read_summary(out)?;
    let content = Content::read(out, &summary, threads)?;
    let page = render(&summary, &content)
        .map_err(|e| Error::config(format!("cannot make {PAGE_FILE}: {e:#}")))?;
    let path = out.join(PAGE_FILE);
    let mut file = AtomicFile::create(&path)?;
    file.write_all(page.as_bytes()).map_err(Error::io("cannot write", &path))?;
    file.commit()
}

/// The counts and settings of the run.
fn read_summary(out: &Path) -> Result<Summary> {
    let path = out.join(SUMMARY_FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let what =
                format!("{}: no such file; report reads the folder of a run", path.display());
            return Err(Error::config(what));
        }
        Err(error) => return Err(Error::io("cannot read", &path)(error)),
    };
    serde_json::from_slice(&bytes).map_err(|error| Error::Corrupt {
        what: format!("it is no summary of this version ({error}); run again"),
        path,
    })
}

/// What the template is given.
#[derive(Debug, Serialize)]
struct View<'v> {
    summary: &'v Summary,
    /// What was asked for, each with its name.
    settings: Vec<(String, String)>,
    style: &'static str,
    script: String,
    /// The hashes by which the policy knows them.
    style_hash: String,
    script_hash: String,
    index: String,
    packs: Vec<(&'static str, usize, &'v str)>,
}

fn render(summary: &Summary, content: &Content) -> Result<String, minijinja::Error> {
    let script = SCRIPT.concat();
    let packs = [("families", &content.family_packs), ("articles", &content.article_packs)];
    let view = View {
        summary,
        settings: settings(&summary.settings),
        style: STYLE,
        style_hash: policy_hash(STYLE),
        script_hash: policy_hash(&script),
        script,
        index: island(&content.index),
        packs: packs
            .iter()
            .flat_map(|(of, packs)| packs.iter().enumerate().map(|(i, p)| (*of, i, p.as_str())))
            .collect(),
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page", TEMPLATE)?;
    environment.get_template("page")?.render(Value::from(Serde(view)))
}

/// Settings as a sentence can hold them; those that ask for nothing are left out.
fn settings(value: &serde_json::Value) -> Vec<(String, String)> {
    use serde_json::Value as Json;
    let Json::Object(parts) = value else { return Vec::new() };
    let words = |value: &Json| match value {
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" and "),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    let mut settings = Vec::new();
    for (name, value) in parts {
        match value {
            Json::Object(_) => settings.extend(self::settings(value)),
            _ => settings.push((name.replace('_', " "), words(value))),
        }
    }
    settings.retain(|(_, value)| !value.is_empty());
    settings
}

fn policy_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// JSON as it may stand in a `script` element: nothing in it can end or begin a tag.
fn island(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_ends_an_island() {
        let json = island(&["</script><script>alert(1)</script><!--"]);
        assert!(!json.contains('<'), "{json}");
        let back: [String; 1] = serde_json::from_str(&json).unwrap();
        assert!(back[0].starts_with("</script>"));
    }

    #[test]
    fn script_and_style_hold_nothing_that_ends_them() {
        for text in SCRIPT.iter().chain(&[STYLE]) {
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
    }
}
