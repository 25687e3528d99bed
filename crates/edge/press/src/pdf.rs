//! Sets a document as PDF/A-2a and PDF/UA-1 by typst: what it says arrives as data, never markup.

use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::document::Document;
use crate::error::PressError;
use crate::text::Repertoire;
use crate::view::View;
use crate::world::Sheet;

/// How many documents ago a part must have been used last for its layout to be forgotten.
const CACHE_AGE_DOCUMENTS: usize = 1;
/// The last second of the year 2999, the latest instant of the vocabulary.
pub(crate) const LAST_SECOND: i64 = 32_503_679_999;

/// Typesets `document` on US Letter.
///
/// The same document gives the same bytes: fonts, template and file identifier are fixed, and the
/// only date in the file is [`Document::dated`]. With one the file is PDF/A-2a and PDF/UA-1 (for
/// archives and for screen readers), without one PDF/UA-1 only.
///
/// Errors: a blank or overlong title or heading, a ragged table, a date outside 1970 to 2999, a
/// document above the limits (256 KiB of text, 20,000 parts).
pub fn pdf(document: &Document) -> Result<Vec<u8>, PressError> {
    let options = options(document)?;
    // A font may have a letter and a mark, yet no font both: then the file would not be valid.
    // ASCII always is, and code points say what stood there.
    set(document, Repertoire::Fonts, &options).or_else(|error| match error {
        PressError::Typeset { .. } => set(document, Repertoire::Ascii, &options),
        other => Err(other),
    })
}

fn options(document: &Document) -> Result<PdfOptions, PressError> {
    let timestamp = document.dated.map(timestamp).transpose()?;
    let standards: &[PdfStandard] = match timestamp {
        Some(_) => &[PdfStandard::A_2a, PdfStandard::Ua_1],
        None => &[PdfStandard::Ua_1],
    };
    let standards = PdfStandards::new(standards).map_err(|error| PressError::Typeset {
        why: error.message().to_string(),
    })?;
    Ok(PdfOptions {
        // What the file is made from names it; without a digest typst takes the title.
        ident: document
            .footer
            .digest
            .clone()
            .map_or(Smart::Auto, Smart::Custom),
        creator: Smart::Custom(Some("tocsin".to_owned())),
        timestamp,
        standards,
        ..PdfOptions::default()
    })
}

/// The file's date, in UTC.
fn timestamp(seconds: i64) -> Result<Timestamp, PressError> {
    let refused = || PressError::Document {
        place: "dated".to_owned(),
        why: "the instant lies outside the years 1970 to 2999; give seconds since 1970".to_owned(),
    };
    if !(0..=LAST_SECOND).contains(&seconds) {
        return Err(refused());
    }
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let small = |value: i64| u8::try_from(value).ok();
    let parts = i32::try_from(year).ok().zip(small(month)).zip(small(day));
    let clock = small(second / 3600)
        .zip(small(second / 60 % 60))
        .zip(small(second % 60));
    let (Some(((year, month), day)), Some(((hour, minute), second))) = (parts, clock) else {
        return Err(refused());
    };
    Datetime::from_ymd_hms(year, month, day, hour, minute, second)
        .map(Timestamp::new_utc)
        .ok_or_else(refused)
}

/// Year, month and day of the Gregorian calendar, `days` after 1970-01-01.
///
/// Counts in years from March, so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

fn set(
    document: &Document,
    repertoire: Repertoire,
    options: &PdfOptions,
) -> Result<Vec<u8>, PressError> {
    let view = View::new(document, repertoire)?;
    let json = serde_json::to_vec(&view).map_err(|error| PressError::Typeset {
        why: error.to_string(),
    })?;
    let sheet = Sheet::new(json);
    let bytes = typst::compile::<PagedDocument>(&sheet)
        .output
        .and_then(|pages| typst_pdf::pdf(&pages, options))
        .map_err(|diagnostics| refused(&sheet, &diagnostics));
    typst::comemo::evict(CACHE_AGE_DOCUMENTS);
    bytes
}

/// The first thing that the typesetter said, with the line of the template where it is known. It
/// may quote a letter or two, never a passage.
fn refused(sheet: &Sheet, diagnostics: &[SourceDiagnostic]) -> PressError {
    let Some(first) = diagnostics.first() else {
        return PressError::Typeset {
            why: "without a reason".to_owned(),
        };
    };
    let line = sheet.template_line(first);
    let place = line.map(|line| format!(" at line {line} of the template"));
    PressError::Typeset {
        why: format!("{}{}", first.message, place.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_802), (2026, 12, 15));
        assert_eq!(civil(LAST_SECOND / 86_400), (2999, 12, 31));
    }

    #[test]
    fn a_date_outside_the_vocabulary_is_refused() {
        for dated in [-1, LAST_SECOND + 1, i64::MAX] {
            assert!(
                timestamp(dated)
                    .unwrap_err()
                    .to_string()
                    .contains("1970 to 2999")
            );
        }
        assert!(timestamp(LAST_SECOND).is_ok());
    }
}
