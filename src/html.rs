//! The article in a page: main content and metadata, by a well-kept extractor.

use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(feature = "html")]
use dom_smoothie::{Config, Readability, TextMode};

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

/// Finds the article in a page that was found at `url`.
///
/// # Errors
///
/// Says why there is none.
pub fn extract(page: &str, url: Option<&str>) -> Result<Article, String> {
    // Written for browsers' input, which is worse than most, but not proven for all of it.
    let result = catch_unwind(AssertUnwindSafe(|| readable(page, url)));
    result.unwrap_or_else(|_| Err("the page's markup is beyond the extractor".into()))
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
    // Needed for links only, and an odd address is no reason to lose the page.
    let absolute = url.filter(|url| url.starts_with("http://") || url.starts_with("https://"));
    let mut found = Readability::new(page, absolute, Some(config.clone()))
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
