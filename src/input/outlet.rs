//! Who published a document.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Result};

/// What an outlet was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutletBy {
    /// The record's outlet field.
    Field,
    /// The registrable domain of the record's address.
    Url,
    /// The record's `source` field.
    Source,
    /// The first folder below INPUT.
    Folder,
    /// Nothing: the document is an outlet of its own.
    Document,
}

impl OutletBy {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Url => "url",
            Self::Source => "source",
            Self::Folder => "folder",
            Self::Document => "document",
        }
    }
}

/// What a record says about its outlet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clues<'a> {
    /// The outlet field.
    pub field: Option<&'a str>,
    /// The address.
    pub url: Option<&'a str>,
    /// The `source` field.
    pub source: Option<&'a str>,
    /// The first folder below INPUT.
    pub folder: Option<&'a str>,
    /// What no other document is called.
    pub itself: &'a str,
}

/// Finds the outlet by the first clue there is, and corrects it by the table.
pub fn resolve(clues: &Clues<'_>, table: &OutletTable) -> (String, OutletBy) {
    if let Some(name) = clues.field {
        return (table.correct(name), OutletBy::Field);
    }
    if let Some(host) = clues.url.and_then(host) {
        return (table.of_host(&host), OutletBy::Url);
    }
    if let Some(name) = clues.source {
        return (table.correct(name), OutletBy::Source);
    }
    if let Some(name) = clues.folder {
        return (table.correct(name), OutletBy::Folder);
    }
    (clues.itself.to_owned(), OutletBy::Document)
}

/// The host of an address, in lower case. Addresses without a scheme are common in dumps, and so is
/// `n/a`: without one, a host needs a dot.
fn host(url: &str) -> Option<String> {
    let url = url.trim();
    let (rest, needs_dot) = match url.split_once("//") {
        Some((scheme, rest)) if is_scheme(scheme) => (rest, false),
        _ => (url, true),
    };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => host.split(':').next()?,
    };
    let host = host.trim_end_matches('.').to_lowercase();
    let plausible = !host.is_empty() && !host.contains(char::is_whitespace);
    (plausible && (!needs_dot || host.contains('.'))).then_some(host)
}

/// What may stand before `//`: `https:`, or nothing.
fn is_scheme(scheme: &str) -> bool {
    let name = scheme.strip_suffix(':');
    scheme.is_empty() || name.is_some_and(|name| name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// `bbc.co.uk` of `news.bbc.co.uk`; what has no registrable domain stands for itself.
fn registrable(host: &str) -> &str {
    if host.parse::<IpAddr>().is_ok() {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

/// The user's corrections: a host or name, and the outlet it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutletTable {
    outlets: HashMap<String, String>,
}

impl OutletTable {
    /// The same for tables that say the same.
    pub fn hash(&self) -> String {
        let sorted: std::collections::BTreeMap<_, _> = self.outlets.iter().collect();
        format!("{:032x}", crate::hash::identity(format!("{sorted:?}").as_bytes()))
    }

    /// Reads a table of two columns, `host or name,outlet`. A heading is recognised by its second
    /// column, `outlet`; lines that begin with `#` are comments.
    pub fn load(path: &Path) -> Result<Self> {
        let fail = |place: &str, what: String| {
            Error::config(format!("--outlets {}{place}: {what}", path.display()))
        };
        let text = fs::read_to_string(path).map_err(|error| fail("", error.to_string()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut table = Self::default();
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            // A name has no line breaks, and a line at a time its number is sure.
            for row in rows(line) {
                let row = row.map_err(|error| error.to_string());
                let added = row.and_then(|row| table.add(&row));
                added.map_err(|what| fail(&format!(", line {}", i + 1), what))?;
            }
        }
        Ok(table)
    }

    fn add(&mut self, row: &csv::StringRecord) -> Result<(), String> {
        let &[name, outlet] = row.iter().collect::<Vec<_>>().as_slice() else {
            let count = row.len();
            return Err(format!("{count} columns; write two, as in `bbc.co.uk,BBC`"));
        };
        if outlet.eq_ignore_ascii_case("outlet") && self.outlets.is_empty() {
            return Ok(());
        }
        if name.is_empty() || outlet.is_empty() {
            return Err(
                "an empty column; write a host or name, and the outlet it stands for".into()
            );
        }
        match self.outlets.insert(key(name), outlet.to_owned()) {
            Some(other) if other != outlet => {
                Err(format!("{name} is {outlet} here and {other} before; remove one of the lines"))
            }
            _ => Ok(()),
        }
    }

    /// The outlet a name stands for.
    fn correct(&self, name: &str) -> String {
        self.get(name).unwrap_or(name.trim()).to_owned()
    }

    /// The outlet of a host: that of the nearest domain above it in the table, or else its
    /// registrable domain.
    fn of_host(&self, host: &str) -> String {
        let domain = registrable(host);
        let mut above = host;
        loop {
            if let Some(outlet) = self.get(above) {
                return outlet.to_owned();
            }
            match above.split_once('.') {
                Some((_, rest)) if above.len() > domain.len() => above = rest,
                _ => return domain.to_owned(),
            }
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        if self.outlets.is_empty() {
            return None;
        }
        self.outlets.get(&key(name)).map(String::as_str)
    }
}

fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The row of a line, if it has one.
fn rows(line: &str) -> impl Iterator<Item = csv::Result<csv::StringRecord>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(line.as_bytes())
        .into_records()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(csv: &str) -> Result<OutletTable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outlets.csv");
        std::fs::write(&path, csv).unwrap();
        OutletTable::load(&path)
    }

    #[test]
    fn hosts() {
        let cases = [
            ("https://www.harbour-post.example/a?b", Some("www.harbour-post.example")),
            ("HTTP://User:pw@News.Example.:8080/x", Some("news.example")),
            ("//cdn.example/x", Some("cdn.example")),
            ("example.co.uk/story", Some("example.co.uk")),
            ("http://[2001:db8::1]:80/", Some("2001:db8::1")),
            ("https://", None),
            ("not an address", None),
            ("n/a", None),
            ("a.example/go?to=http://b.example", Some("a.example")),
            ("/relative/path", None),
        ];
        for (url, expected) in cases {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn registrable_domains() {
        let cases = [
            ("news.bbc.co.uk", "bbc.co.uk"),
            ("co.uk", "co.uk"),
            ("localhost", "localhost"),
            ("192.0.2.7", "192.0.2.7"),
            ("a.b.example", "b.example"),
            ("town.github.io", "town.github.io"),
        ];
        for (host, expected) in cases {
            assert_eq!(registrable(host), expected);
        }
    }

    #[test]
    fn the_first_clue_counts() {
        let all = Clues {
            field: Some(" Harbour Post "),
            url: Some("https://m.example.org/1"),
            source: Some("wire"),
            folder: Some("north"),
            itself: "a:1",
        };
        let none = OutletTable::default();
        let of = |clues: &Clues<'_>| resolve(clues, &none);
        assert_eq!(of(&all), ("Harbour Post".into(), OutletBy::Field));
        let rest = Clues { field: None, ..all };
        assert_eq!(of(&rest), ("example.org".into(), OutletBy::Url));
        let rest = Clues { url: Some("n/a or so"), ..rest };
        assert_eq!(of(&rest), ("wire".into(), OutletBy::Source));
        let rest = Clues { source: None, ..rest };
        assert_eq!(of(&rest), ("north".into(), OutletBy::Folder));
        let rest = Clues { folder: None, ..rest };
        assert_eq!(of(&rest), ("a:1".into(), OutletBy::Document));
    }

    #[test]
    fn the_table_corrects_names_hosts_and_domains() {
        let table =
            table("host,outlet\n# ours\nExample.org,Example\nlive.example.org,\"Live, Inc\"\nHP,Harbour Post\n")
                .unwrap();
        let by_url = |url| resolve(&Clues { url: Some(url), ..Clues::default() }, &table).0;
        assert_eq!(by_url("http://m.example.org/"), "Example");
        assert_eq!(by_url("http://eu.live.example.org/"), "Live, Inc");
        assert_eq!(by_url("http://m.example.net/"), "example.net");
        let named = Clues { field: Some("hp"), ..Clues::default() };
        assert_eq!(resolve(&named, &table).0, "Harbour Post");
    }

    #[test]
    fn a_broken_table_is_told_with_its_line() {
        for (csv, line) in [("a,b\nc\n", 2), ("a,b,c\n", 1), ("a,\n", 1), ("a,b\n\na,c\n", 3)] {
            let message = table(csv).unwrap_err().to_string();
            assert!(message.contains(&format!("line {line}:")), "{message}");
        }
        assert!(table("a,\u{e9}\n").is_ok());
    }
}
