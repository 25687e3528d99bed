//! Makes untrusted text printable: nothing invisible, nothing that reorders, nothing unshowable.

use std::fmt::Write as _;

use crate::world::has_glyph;

/// A text ready for the template: lines, each in pieces between which a line may be broken.
pub(crate) type Printable = Vec<Vec<String>>;

/// Which characters are printed as themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repertoire {
    /// Whatever the bundled fonts have a glyph for.
    Fonts,
    /// ASCII only: the fallback, should the fonts have the parts of a character but not the whole.
    Ascii,
}

/// How many characters stand in one piece of a word that may be broken.
const PIECE: usize = 4;
/// Longest word that is set in one line or paragraph: the typesetter takes minutes for a word of a
/// hundred thousand pieces.
const WORD_CHARS_MAX: usize = 512;
/// The same as [`PIECE`] for scripts whose letters join, where a break shows.
const JOINING_PIECE: usize = 24;

/// Makes `text` printable; words of more than `longest` characters may be broken anywhere.
pub(crate) fn printable(text: &str, longest: usize, repertoire: Repertoire) -> Printable {
    line(text, repertoire, true)
        .split('\n')
        .flat_map(cut_words)
        .map(|line| pieces(&line, longest))
        .collect()
}

/// Ends the line after every [`WORD_CHARS_MAX`] characters without a blank.
fn cut_words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut run = 0;
    for c in line.chars() {
        run = if c == ' ' { 0 } else { run + 1 };
        if run > WORD_CHARS_MAX && !is_mark(c) {
            out.push(String::new());
            run = 1;
        }
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out
}

/// Makes `text` printable in one line, for headings and metadata.
pub(crate) fn one_line(text: &str, repertoire: Repertoire) -> String {
    line(text, repertoire, false).trim().to_owned()
}

/// Replaces what cannot or must not be printed as itself; keeps line feeds only where `lines`.
fn line(text: &str, repertoire: Repertoire, lines: bool) -> String {
    let feed = if lines { '\n' } else { ' ' };
    let mut out = String::with_capacity(text.len());
    let mut codes = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let shown = match c {
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(feed),
            '\t' => Some(' '),
            c if is_shown(c, repertoire) => Some(c),
            _ => None,
        };
        match shown {
            Some(c) => {
                if std::mem::take(&mut codes) {
                    out.push(']');
                }
                out.push(c);
            }
            None => {
                out.push_str(if codes { " " } else { "[" });
                codes = true;
                // Writing to a string does not fail.
                let _ = write!(out, "U+{:04X}", u32::from(c));
            }
        }
    }
    if codes {
        out.push(']');
    }
    out
}

/// Whether `c` is printed as itself.
fn is_shown(c: char, repertoire: Repertoire) -> bool {
    match c {
        ' '..='~' => true,
        _ if repertoire == Repertoire::Ascii || c.is_control() => false,
        // Nothing to see: soft hyphen, joiners, zero widths, variation selectors, tags, fillers.
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => false,
        // Reorders what stands around it.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            false
        }
        // Means whatever a private agreement says.
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => false,
        _ => has_glyph(c),
    }
}

/// Splits one line where it may be broken beside its blanks: inside words longer than `longest`.
fn pieces(line: &str, longest: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let long = word.trim_end_matches(' ').chars().count() > longest;
        let mut in_piece = 0;
        for c in word.chars() {
            let piece = if is_joining(c) { JOINING_PIECE } else { PIECE };
            if long && in_piece >= piece && c != ' ' && !is_mark(c) {
                out.push(String::new());
                in_piece = 0;
            }
            if let Some(last) = out.last_mut() {
                last.push(c);
            }
            in_piece += 1;
        }
    }
    out
}

/// Whether the letters around `c` join: Arabic and what is written like it.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// Whether `c` stands on the character before it, among those that the bundled fonts show.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6ed}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        line(text, Repertoire::Fonts, true)
    }

    #[test]
    fn markup_is_left_alone() {
        let hostile = "#panic() *bold* _it_ $x^2$ \\ @ref <label> `raw` = Title // -- ~ \"q\" 'q'";
        assert_eq!(shown(hostile), hostile);
    }

    #[test]
    fn what_cannot_be_shown_is_named() {
        assert_eq!(shown("a\u{7}b"), "a[U+0007]b");
        assert_eq!(shown("中文!"), "[U+4E2D U+6587]!");
        assert_eq!(shown("😀"), "[U+1F600]");
        assert_eq!(shown("\u{e000}\0"), "[U+E000 U+0000]");
    }

    #[test]
    fn what_is_invisible_or_reorders_is_named() {
        assert_eq!(shown("a\u{202e}b\u{200b}c"), "a[U+202E]b[U+200B]c");
        assert_eq!(shown("\u{feff}x\u{ad}"), "[U+FEFF]x[U+00AD]");
    }

    #[test]
    fn scripts_of_the_bundled_fonts_stay() {
        for text in [
            "Zürich — § 5 ½",
            "Ωμέγα",
            "Журнал",
            "שלום",
            "مرحبا",
            "n\u{303}",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn every_line_end_is_one_line_end() {
        assert_eq!(shown("a\r\nb\rc\nd\u{2028}e\tf"), "a\nb\nc\nd\ne f");
        assert_eq!(one_line(" a\r\nb ", Repertoire::Fonts), "a b");
    }

    #[test]
    fn ascii_is_the_last_resort() {
        assert_eq!(line("é§", Repertoire::Ascii, true), "[U+00E9 U+00A7]");
    }

    #[test]
    fn long_words_may_be_broken_and_lose_nothing() {
        let text = format!("short {} end", "0123456789abcdef".repeat(4));
        let printed = printable(&text, 28, Repertoire::Fonts);
        assert_eq!(printed.len(), 1);
        assert_eq!(printed[0].concat(), text);
        assert!(printed[0].len() > 10);
        assert_eq!(
            printable("short words only", 28, Repertoire::Fonts)[0].len(),
            1
        );
    }

    #[test]
    fn an_endless_word_is_cut_into_lines() {
        let text = "x".repeat(3 * WORD_CHARS_MAX);
        let printed = printable(&text, 28, Repertoire::Fonts);
        assert_eq!(printed.len(), 3);
        assert_eq!(printed.concat().concat(), text);
    }

    #[test]
    fn a_mark_stays_with_its_letter() {
        let text = "e\u{301}".repeat(40);
        for piece in &printable(&text, 28, Repertoire::Fonts)[0] {
            assert!(!piece.starts_with('\u{301}'));
        }
    }
}
