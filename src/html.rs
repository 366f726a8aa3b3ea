//! The article in a page: main content and metadata, by a well-kept extractor.

#[cfg(feature = "html")]
use std::collections::HashMap;

#[cfg(feature = "html")]
use dom_query::{Document, NodeRef};
#[cfg(feature = "html")]
use dom_smoothie::{Config, Readability, TextMode};

#[cfg(feature = "html")]
use crate::block::Block;
use crate::document::Markup;
#[cfg(feature = "html")]
use crate::document::Tag;
use crate::panics;
#[cfg(feature = "html")]
use crate::segment::segment;

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
    /// What the markup says of each line, as [`crate::segment`] sees lines.
    pub markup: Vec<Markup>,
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
    let too_deep = || Err(format!("the page's markup is nested deeper than {DEEPEST} elements"));
    if is_surely_too_deep(page) {
        return too_deep();
    }
    let document = Document::from(page);
    if is_too_deep(&document) {
        return too_deep();
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
        markup: markup(&article.content, &article.text_content),
        text: article.text_content.to_string(),
    })
}

/// An element that is a line of the text, while its end is not reached.
#[cfg(feature = "html")]
#[derive(Default)]
struct Open {
    tag: Tag,
    text: String,
    /// Bytes of it inside links.
    linked: usize,
    /// Whether another one stands in it.
    is_outer: bool,
}

/// What the markup of an article says of each line of its text, where one element holds the line and
/// no other.
#[cfg(feature = "html")]
fn markup(content: &str, text: &str) -> Vec<Markup> {
    let page = Document::fragment(content);
    let mut known: HashMap<String, Markup> = HashMap::new();
    let mut open: Vec<Open> = Vec::new();
    let mut links = 0;
    each_node(&page, |node, step| {
        if node.is_text() {
            if let (Some(line), Step::Enter) = (open.last_mut(), step) {
                let before = line.text.len();
                line.text.extend(node.text().split_whitespace());
                line.linked += if links > 0 { line.text.len() - before } else { 0 };
            }
            return true;
        }
        let name = node.node_name();
        let is_link = name.as_deref() == Some("a");
        let Some(tag) = name.as_deref().and_then(tag) else {
            match step {
                Step::Enter => links += u32::from(is_link),
                Step::Leave => links -= u32::from(is_link),
            }
            return true;
        };
        match step {
            Step::Enter => {
                if let Some(around) = open.last_mut() {
                    around.is_outer = true;
                }
                open.push(Open { tag, ..Open::default() });
            }
            Step::Leave => {
                if let Some(line) = open.pop().filter(|line| !line.is_outer) {
                    let linked = (100 * line.linked / line.text.len().max(1)) as u8;
                    known.insert(line.text, Markup { linked, tag: line.tag });
                }
            }
        }
        true
    });
    let of = |block: &Block| known.get(&squeezed(block.text(text))).copied().unwrap_or_default();
    segment(text).iter().map(of).collect()
}

/// What an element that is a line of the text is for.
#[cfg(feature = "html")]
fn tag(name: &str) -> Option<Tag> {
    match name {
        "p" | "dt" | "dd" | "td" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Some(Tag::Plain),
        "li" => Some(Tag::Item),
        "figcaption" => Some(Tag::Caption),
        _ => None,
    }
}

/// A text without white space, which is the formatter's.
#[cfg(feature = "html")]
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Elements that can stand in each other, and whose beginning ends none of the others.
#[cfg(feature = "html")]
const CONTAINERS: [&str; 15] = [
    "article",
    "aside",
    "blockquote",
    "center",
    "dl",
    "div",
    "fieldset",
    "figure",
    "footer",
    "header",
    "nav",
    "ol",
    "section",
    "span",
    "ul",
];

/// Whether so many elements begin one after the other, with no other tag between, that the page is too
/// deep whatever stands around them. A parser looks through all that are open at every tag: a page a
/// hundred thousand deep took more than a minute.
#[cfg(feature = "html")]
fn is_surely_too_deep(page: &str) -> bool {
    let mut open = 0;
    page.split('<').skip(1).any(|tag| {
        let length = tag.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let is_container = CONTAINERS.iter().any(|one| one.eq_ignore_ascii_case(&tag[..length]));
        open = if is_container { open + 1 } else { 0 };
        open > 8 * DEEPEST
    })
}

#[cfg(feature = "html")]
fn is_too_deep(document: &Document) -> bool {
    let (mut depth, mut deepest) = (0, 0);
    each_node(document, |_, step| {
        match step {
            Step::Enter => depth += 1,
            Step::Leave => depth -= 1,
        }
        deepest = deepest.max(depth);
        deepest <= DEEPEST
    });
    deepest > DEEPEST
}

/// Which side of a node is passed.
#[cfg(feature = "html")]
#[derive(Clone, Copy)]
enum Step {
    Enter,
    Leave,
}

/// Goes through the tree below the root, without calls of its own for every level, until told to
/// stop.
#[cfg(feature = "html")]
fn each_node(document: &Document, mut pass: impl FnMut(&NodeRef<'_>, Step) -> bool) {
    let root = document.root();
    let Some(mut node) = root.first_child() else { return };
    while pass(&node, Step::Enter) {
        if let Some(child) = node.first_child() {
            node = child;
            continue;
        }
        loop {
            if !pass(&node, Step::Leave) {
                return;
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            match node.parent() {
                Some(parent) if parent.id != root.id => node = parent,
                _ => return,
            }
        }
    }
}

#[cfg(all(test, feature = "html"))]
mod tests {
    use super::*;

    #[test]
    fn links_and_tags_are_told_line_by_line() {
        let told = "Every bridge in the city rose and none came down before dusk. ".repeat(5);
        let page = format!(
            "<html><body><article><h2>At the gauge</h2><p>{told}</p><p>{told}\u{2028}And on.</p><p>{told}<a href=/x>More</a></p>\
             <figure><img src=a.jpg><figcaption>The pier at noon.</figcaption></figure>\
             <ul><li><a href=/a>Ferries are late again</a></li><li>Bring a lamp.</li></ul>\
             <p>{told}</p></article></body></html>"
        );
        let article = extract(&page, None).unwrap();
        let of = |wanted: &str| {
            let blocks = segment(&article.text);
            let at = blocks.iter().position(|block| block.text(&article.text).contains(wanted));
            article.markup[at.unwrap_or_else(|| panic!("{wanted}: {}", article.text))]
        };
        assert_eq!(of("At the gauge"), Markup::default());
        assert_eq!(of("pier at noon").tag, Tag::Caption);
        assert_eq!(of("Ferries are late"), Markup { linked: 100, tag: Tag::Item });
        assert_eq!(of("Bring a lamp"), Markup { linked: 0, tag: Tag::Item });
        assert!(!of("Every bridge").is_link());
        assert_eq!(article.markup.len(), segment(&article.text).len());
    }

    #[test]
    fn depth() {
        let page = |depth: usize| {
            let inside =
                "<p>Every bridge in the city rose and none came down before dusk.".repeat(9);
            format!("<html><body>{}{inside}", "<div>".repeat(depth))
        };
        assert!(extract(&page(400), None).unwrap().text.contains("Every bridge"));
        assert!(extract(&page(100_000), None).unwrap_err().contains("nested deeper"));
        assert!(is_surely_too_deep(&page(100_000)) && !is_surely_too_deep(&page(1000)));
        assert!(is_surely_too_deep(&"<DIV class=a>It was wet.".repeat(10_000)));
        assert!(!is_surely_too_deep(&"<div>It was wet.</div>".repeat(10_000)));
        assert!(!is_surely_too_deep(
            &"<li><span>What a list item ends is no deeper.".repeat(10_000)
        ));
        // Whatever it makes of these, it comes back.
        let _ = extract(&("<div>".repeat(100) + &"<b><i></b>".repeat(1000) + "x"), None);
        assert!(extract(&"<p>It was wet.</p>".repeat(2000), None).is_ok());
    }
}
