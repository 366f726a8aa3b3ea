//! Dates of publication, with the precision that they have.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::document::Document;
use crate::error::{Error, Result};

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

/// What a date of a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// When it was.
    Known(When),
    /// `03/04/2031`: the third of April or the fourth of March.
    Ambiguous,
    /// No date.
    Unreadable,
}

impl Reading {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::Ambiguous => "ambiguous",
            Self::Unreadable => "unreadable",
        }
    }

    /// When it was, if that is known.
    pub fn when(self) -> Option<When> {
        if let Self::Known(when) = self { Some(when) } else { None }
    }
}

/// How dates are written, where it is not plain: formats as `strftime` has them, such as `%d/%m/%Y`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Formats(Vec<String>);

impl Formats {
    /// Fails where a format is none, or gives no day.
    pub fn new(formats: Vec<String>) -> Result<Self> {
        let example = Date::constant(2031, 10, 14).at(7, 42, 0, 0).to_zoned(TimeZone::UTC);
        for format in &formats {
            let written = example.as_ref().ok().and_then(|at| strtime::format(format, at).ok());
            if written.and_then(|text| read_by(format, &text)).is_none() {
                return Err(Error::config(format!(
                    "--date-format {format}: not a format that gives a day; write it like %d/%m/%Y %H:%M"
                )));
            }
        }
        Ok(Self(formats))
    }

    /// When a document was published, if that is known.
    pub fn of(&self, document: &Document) -> Option<When> {
        self.read(document.date.as_deref()?).when()
    }

    /// Reads a date by these formats, else as [`When::parse`] does, else as day, month and year where
    /// only one order is possible.
    pub fn read(&self, text: &str) -> Reading {
        let text = text.trim();
        let mut given = self.0.iter().filter_map(|format| read_by(format, text));
        match given.next().or_else(|| When::parse(text)) {
            Some(when) => Reading::Known(when),
            None => read_numbers(text),
        }
    }
}

/// Reads what a format says: an instant, a time or a day.
fn read_by(format: &str, text: &str) -> Option<When> {
    let parsed = strtime::parse(format, text).ok()?;
    if let Ok(at) = parsed.to_timestamp() {
        return Some(When::instant(at.as_second()));
    }
    match parsed.to_datetime() {
        Ok(at) if parsed.hour().is_some() => When::civil(at, 0),
        _ => When::civil(parsed.to_date().ok()?.at(0, 0, 0, 0), DAY - 1),
    }
}

/// Reads `14/10/2031`, `14.10.2031` and `10-14-2031`.
fn read_numbers(text: &str) -> Reading {
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    let number = |part: &str| part.parse::<i8>().ok().filter(|&n| n > 0 && part.len() <= 2);
    let &[first, second, year] = &parts[..] else { return Reading::Unreadable };
    let year = (year.len() == 4).then(|| year.parse::<i16>().ok()).flatten();
    let (Some(first), Some(second), Some(year)) = (number(first), number(second), year) else {
        return Reading::Unreadable;
    };
    let day = |month, day| {
        let date = Date::new(year, month, day).ok()?;
        When::civil(date.at(0, 0, 0, 0), DAY - 1)
    };
    match (day(second, first), day(first, second)) {
        (Some(a), Some(b)) if a != b => Reading::Ambiguous,
        (Some(when), _) | (None, Some(when)) => Reading::Known(when),
        (None, None) => Reading::Unreadable,
    }
}

const DAY: i64 = 86_400;

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
            let length = if has_time { 0 } else { DAY - 1 };
            return Self::civil(at, length);
        }
        if let Ok(day) = Date::strptime("%Y-%m-%d", format!("{text}-01")) {
            let length = i64::from(day.days_in_month()) * DAY - 1;
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
    fn days_and_months_are_told_apart_or_called_ambiguous() {
        let day = When::parse("2031-10-14").map(Reading::Known).unwrap();
        let plain = Formats::default();
        for (text, expected) in [
            ("14/10/2031", day),
            ("10/14/2031", day),
            ("14.10.2031", day),
            (" 2031-10-14 ", day),
            ("03/04/2031", Reading::Ambiguous),
            ("14/14/2031", Reading::Unreadable),
            ("14/10/31", Reading::Unreadable),
            ("1/2", Reading::Unreadable),
            ("soon", Reading::Unreadable),
            ("", Reading::Unreadable),
        ] {
            assert_eq!(plain.read(text), expected, "{text}");
        }
        let known = |text| When::parse(text).map(Reading::Known).unwrap();
        assert_eq!(plain.read("04/04/2031"), known("2031-04-04"));
        let given = Formats::new(vec!["%d/%m/%Y".into(), "%b %d, %Y %H:%M".into()]).unwrap();
        assert_eq!(given.read("03/04/2031"), known("2031-04-03"));
        assert_eq!(given.read("Oct 14, 2031 07:42"), known("2031-10-14T07:42:00"));
        assert_eq!(given.read("2031-10-14"), day);
    }

    #[test]
    fn a_format_that_gives_no_day_is_refused() {
        for format in ["%H:%M", "%Q!", "", "today"] {
            let refused = Formats::new(vec![format.to_owned()]).unwrap_err().to_string();
            assert!(refused.contains("%d/%m/%Y"), "{refused}");
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
