//! The article in a page: main content and metadata, by a well-kept extractor.

#[cfg(feature = "html")]
use dom_query::Document;
#[cfg(feature = "html")]
use dom_smoothie::{Config, Readability, TextMode};

use crate::panics;

/// What a page says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Article {
    /// The headline.
    pub title: Option<String>,
    /// Who wrote it, as the metadata say.
    pub byline: Option<String>,
    /// When it was published, as the metadata say.
    pub date: Option<String>,
    /// Its language.
    pub lang: Option<String>,
    /// The name of the site.
    pub site: Option<String>,
    /// Its own address, as the metadata say.
    pub url: Option<String>,
    /// The main content: a line for every block, blank lines between paragraphs.
    pub text: String,
}

/// Pages of more elements than this are no articles. The largest of real news sites have some ten
/// thousand.
#[cfg(feature = "html")]
const MOST_ELEMENTS: usize = 200_000;

/// Nor are those that are nested deeper: browsers stop at 512, and real pages are a tenth as deep.
/// The extractor looks at every level by a call of its own, for which a thread has so much room and no
/// more.
#[cfg(feature = "html")]
const DEEPEST: usize = 512;

/// Finds the article in a page that was found at `url`.
///
/// # Errors
///
/// Says why there is none.
pub fn extract(page: &str, url: Option<&str>) -> Result<Article, String> {
    // Written for browsers' input, which is worse than most, but not proven for all of it.
    let result = panics::caught(|| readable(page, url));
    result.unwrap_or_else(|| Err("the page's markup is beyond the extractor".into()))
}

#[cfg(not(feature = "html"))]
fn readable(_: &str, _: Option<&str>) -> Result<Article, String> {
    Err("a page, which this build does not read: it needs the feature `html`".to_owned())
}

#[cfg(feature = "html")]
fn readable(page: &str, url: Option<&str>) -> Result<Article, String> {
    let config = Config {
        text_mode: TextMode::Formatted,
        max_elements_to_parse: MOST_ELEMENTS,
        ..Config::default()
    };
    let document = Document::from(page);
    if is_too_deep(&document) {
        return Err(format!("the page's markup is nested deeper than {DEEPEST} elements"));
    }
    // Needed for links only, and an odd address is no reason to lose the page.
    let absolute = url.filter(|url| url.starts_with("http://") || url.starts_with("https://"));
    let mut found = Readability::with_document(document, absolute, Some(config.clone()))
        .or_else(|_| Readability::new(page, None, Some(config)))
        .map_err(|error| error.to_string())?;
    let article = found.parse().map_err(|error| format!("no article was found ({error})"))?;
    let present = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    Ok(Article {
        title: present(Some(article.title)),
        byline: present(article.byline),
        date: present(article.published_time),
        lang: present(article.lang),
        site: present(article.site_name),
        url: present(article.url),
        text: article.text_content.to_string(),
    })
}

/// Goes through the tree without calls of its own for every level.
#[cfg(feature = "html")]
fn is_too_deep(document: &Document) -> bool {
    let mut node = document.root();
    let mut depth = 0;
    loop {
        if let Some(child) = node.first_child() {
            (node, depth) = (child, depth + 1);
            if depth > DEEPEST {
                return true;
            }
            continue;
        }
        while node.next_sibling().is_none() {
            match node.parent() {
                Some(parent) => (node, depth) = (parent, depth - 1),
                None => return false,
            }
        }
        if let Some(next) = node.next_sibling() {
            node = next;
        }
    }
}

#[cfg(all(test, feature = "html"))]
mod tests {
    use super::*;

    #[test]
    fn depth() {
        let page = |depth: usize| {
            let inside =
                "<p>Every bridge in the city rose and none came down before dusk.".repeat(9);
            format!("<html><body>{}{inside}", "<div>".repeat(depth))
        };
        assert!(extract(&page(400), None).unwrap().text.contains("Every bridge"));
        assert!(extract(&page(100_000), None).unwrap_err().contains("nested deeper"));
        // Whatever it makes of these, it comes back.
        let _ = extract(&("<div>".repeat(100) + &"<b><i></b>".repeat(1000) + "x"), None);
        assert!(extract(&"<p>It was wet.</p>".repeat(2000), None).is_ok());
    }
}
