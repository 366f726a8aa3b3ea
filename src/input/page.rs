//! Pages: from the bytes a server sent to a document, wherever they were kept.

use super::fields::Role;
use super::record::Record;
use super::{Corpus, InputFile, Parsed, charset, jsonl};
use crate::document::Source;
use crate::html;

/// A page and what is known about it from outside.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) id: Option<String>,
    pub(super) url: Option<String>,
    /// When it was fetched. What the page says about its publication is better.
    pub(super) date: Option<String>,
    /// The first folder below INPUT.
    pub(super) folder: Option<String>,
    /// It is plain text.
    pub(super) is_text: bool,
    /// As its sender said.
    pub(super) charset: Option<String>,
    pub(super) body: Vec<u8>,
    /// Further fields of the record, as JSON.
    pub(super) own: Vec<(&'static str, String)>,
}

/// Makes a document of a page.
pub(super) fn document(page: &Page, source: Source, corpus: &Corpus) -> Result<Parsed, String> {
    let (content, encoding) = charset::page(&page.body, page.charset.as_deref());
    let article = if page.is_text {
        html::Article { text: content, ..html::Article::default() }
    } else {
        html::extract(&content, page.url.as_deref())?
    };
    if article.text.trim().is_empty() {
        return Err("no article was found in the page".into());
    }
    let mut record = Record::new();
    let mut field = |role, value: Option<&String>| {
        if let Some(value) = value {
            record.string(corpus.fields.first(role), value);
        }
    };
    field(Role::Id, page.id.as_ref());
    field(Role::Url, page.url.as_ref().or(article.url.as_ref()));
    field(Role::Title, article.title.as_ref());
    field(Role::Date, article.date.as_ref().or(page.date.as_ref()));
    field(Role::Lang, article.lang.as_ref());
    field(Role::Text, Some(&article.text));
    let told = [("byline", &article.byline), ("site_name", &article.site)];
    for (name, value) in told {
        if let Some(value) = value {
            record.string(name, value);
        }
    }
    for (name, json) in &page.own {
        record.raw(name, json);
    }
    let mut parsed = jsonl::parse_made(record.end(), page.folder.as_deref(), source, corpus)?;
    parsed.document.extracted = true;
    parsed.document.markup = article.markup;
    parsed.encoding = encoding;
    Ok(parsed)
}

/// Makes a document of a file.
pub(super) fn parse(
    bytes: &[u8],
    source: Source,
    file: &InputFile,
    corpus: &Corpus,
) -> Result<Parsed, String> {
    let page = Page {
        id: Some(file.below.clone()),
        folder: file.folder().map(str::to_owned),
        body: bytes.to_vec(),
        ..Page::default()
    };
    document(&page, source, corpus)
}
