//! Dates of publication, with the precision that they have.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// When something was published: the span of time that its date leaves open, in seconds since 1970.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct When {
    /// The first second it may have been.
    pub earliest: i64,
    /// The last.
    pub latest: i64,
}

/// A date without a zone may be a day ahead or behind of what it says in Greenwich.
const ZONES: i64 = 14 * 3600;

impl When {
    /// Reads an ISO 8601 date or time, an RFC 2822 date, a year and month, or seconds or
    /// milliseconds since 1970. None for what is no date or an ambiguous one (`03/04/2031`).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Self::instant(at.as_second()));
        }
        if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
            return Some(Self::instant(at.timestamp().as_second()));
        }
        if let Ok(at) = text.parse::<DateTime>().or_else(|_| text.replacen(' ', "T", 1).parse()) {
            let has_time = text.contains(':');
            let length = if has_time { 0 } else { 86_399 };
            return Self::civil(at, length);
        }
        if let Ok(day) = Date::strptime("%Y-%m-%d", format!("{text}-01")) {
            let length = i64::from(day.days_in_month()) * 86_400 - 1;
            return Self::civil(day.at(0, 0, 0, 0), length);
        }
        Self::epoch(text)
    }

    fn instant(second: i64) -> Self {
        Self { earliest: second, latest: second }
    }

    fn civil(at: DateTime, length: i64) -> Option<Self> {
        let second = at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
        let latest =
            Timestamp::from_second(second).ok()?.checked_add((length + ZONES).seconds()).ok()?;
        Some(Self { earliest: second - ZONES, latest: latest.as_second() })
    }

    fn epoch(text: &str) -> Option<Self> {
        let number: i64 = text.parse().ok()?;
        match text.len() {
            9..=10 => Some(Self::instant(number)),
            12..=13 => Some(Self::instant(number / 1000)),
            _ => None,
        }
    }

    /// Whether the two may have been at the same time.
    pub fn overlaps(self, other: Self) -> bool {
        self.earliest <= other.latest && other.earliest <= self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_keep_their_precision() {
        let hours = |text| When::parse(text).map(|w| (w.latest - w.earliest) / 3600);
        for (text, expected) in [
            ("2031-10-14T07:42:00Z", Some(0)),
            ("2031-10-14T07:42:00+02:00", Some(0)),
            ("Tue, 14 Oct 2031 07:42:00 +0000", Some(0)),
            ("2031-10-14 07:42:00", Some(28)),
            ("2031-10-14", Some(51)),
            ("2031-10", Some(31 * 24 + 27)),
            ("1949736000", Some(0)),
            ("1949736000123", Some(0)),
            ("03/04/2031", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(hours(text), expected, "{text}");
        }
    }

    #[test]
    fn the_zone_counts() {
        assert_eq!(When::parse("2031-10-14T07:42:00Z"), When::parse("2031-10-14T09:42:00+02:00"));
        let (day, next) = (When::parse("2031-10-14").unwrap(), When::parse("2031-10-15").unwrap());
        assert!(day.overlaps(next), "the days are not everywhere the same");
        assert!(!day.overlaps(When::parse("2031-10-17").unwrap()));
    }
}
