//! The verdict: what was decided about a block or a span, and why.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Declares the closed list of categories once: variant, name in files, what it is for people.
macro_rules! categories {
    ($($variant:ident $name:literal $label:literal,)*) => {
        /// What a removed block or span is. The list is closed: files and reports rest on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Category { $(#[doc = $label] $variant,)* }

        impl Category {
            /// Every category, boilerplate first, then metadata.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name used in files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name used in reports.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }
    };
}

categories! {
    AccessibilityNav "accessibility_nav" "skip link",
    AdSlot "ad_slot" "advertising slot",
    AffiliateDisclosure "affiliate_disclosure" "affiliate disclosure",
    AppPromo "app_promo" "app promotion",
    ArchiveNotice "archive_notice" "archive notice",
    AuthorBioPromo "author_bio_promo" "author promotion",
    Breadcrumb "breadcrumb" "breadcrumb",
    BrowserNotice "browser_notice" "browser notice",
    CommentPolicy "comment_policy" "comment policy",
    CommentUi "comment_ui" "comment controls",
    ContactAppeal "contact_appeal" "appeal for tips",
    CookieConsent "cookie_consent" "cookie consent",
    CopyrightLegal "copyright_legal" "copyright or legal line",
    CounterLine "counter_line" "counter",
    DonationAppeal "donation_appeal" "donation appeal",
    DuplicateLine "duplicate_line" "repeated line",
    FollowSocial "follow_social" "invitation to follow",
    GalleryUi "gallery_ui" "gallery controls",
    HtmlResidue "html_residue" "markup residue",
    InlineTeaser "inline_teaser" "teaser inside the article",
    JsNotice "js_notice" "JavaScript notice",
    LinkUi "link_ui" "link label",
    MachineNotice "machine_notice" "machine-made notice",
    MediaPlayerUi "media_player_ui" "media player controls",
    NavMenu "nav_menu" "navigation menu",
    NewsletterSignup "newsletter_signup" "newsletter pitch",
    PaywallPrompt "paywall_prompt" "paywall prompt",
    PollWidget "poll_widget" "poll",
    RelatedHeadlines "related_headlines" "related headlines",
    SectionLabel "section_label" "section label",
    ShareBar "share_bar" "share bar",
    SocialEmbedResidue "social_embed_residue" "social embed residue",
    SponsorSlot "sponsor_slot" "sponsor slot",
    SvgIconResidue "svg_icon_residue" "icon residue",
    SyndicationNotice "syndication_notice" "syndication notice",
    Template "template" "outlet template",
    VendorPoweredBy "vendor_powered_by" "vendor line",
    Widget "widget" "widget",
    Other "other" "other boilerplate",
    Byline "byline" "byline",
    Dateline "dateline" "dateline",
    Timestamp "timestamp" "timestamp",
    Caption "caption" "caption",
    PhotoCredit "photo_credit" "photo credit",
    SourceCredit "source_credit" "source credit",
    PageTitle "page_title" "page title",
    ImageAlt "image_alt" "image description",
    TagList "tag_list" "tag list",
}

impl Category {
    /// Whether this says something about the article rather than about the site: taken out of the
    /// text by default, kept on request, and written as a field either way.
    pub fn is_metadata(self) -> bool {
        matches!(
            self,
            Self::Byline
                | Self::Dateline
                | Self::Timestamp
                | Self::Caption
                | Self::PhotoCredit
                | Self::SourceCredit
                | Self::PageTitle
                | Self::ImageAlt
                | Self::TagList
        )
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Category {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|c| c.name() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|c| c.name()).collect();
            format!("no category `{name}`; the categories are {}", known.join(" "))
        })
    }
}

/// Why a block or span goes, or stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule that spoke loudest, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What speaks for removal, strongest first, such as `template: in 9 of 12 documents`.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// What speaks against removal, and was weighed.
    #[serde(default)]
    pub vetoes: Vec<String>,
    /// Removal happens at 1 or above.
    pub score: f32,
}

/// What was decided about one block.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Verdict {
    /// It is the article's.
    #[default]
    Keep,
    /// It is the article's, though something spoke against it.
    KeepDespite(Category, Reason),
    /// All of it goes.
    Remove(Category, Reason),
    /// It stays, but for these spans of the block's normalised body, sorted and disjoint.
    Cut(Vec<Cut>),
}

/// A span inside a block that goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// Bytes of the block's normalised body.
    pub range: Range<usize>,
    /// What it is.
    pub category: Category,
    /// Why it goes.
    pub reason: Reason,
}

impl Verdict {
    /// Whether the whole block goes.
    pub fn removes(&self) -> bool {
        matches!(self, Self::Remove(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_one_name_in_files() {
        for &category in Category::ALL {
            assert_eq!(category.name().parse(), Ok(category));
            assert_eq!(serde_json::to_value(category).unwrap(), category.name());
        }
        assert!("teaser".parse::<Category>().unwrap_err().contains("inline_teaser"));
    }
}
