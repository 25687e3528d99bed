//! Tells code, comments, strings and tests apart in Rust text, well enough for the checks.

/// What a byte of the text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Code.
    Code,
    /// A comment, with its marks.
    Comment,
    /// What stands between the quotes of a string or character.
    Text,
}

/// Rust text with the kind of every byte, and where its unit tests are.
pub struct RustText<'a> {
    text: &'a str,
    kinds: Vec<Kind>,
    tests: Vec<std::ops::Range<usize>>,
}

impl<'a> RustText<'a> {
    /// Reads `text`.
    pub fn new(text: &'a str) -> RustText<'a> {
        let kinds = kinds(text.as_bytes());
        let mut read = RustText {
            text,
            kinds,
            tests: Vec::new(),
        };
        read.tests = read.find_tests();
        read
    }

    /// The text with everything that is not of `kind`, or is in a unit test, blanked out. Lines
    /// and columns stay.
    pub fn only(&self, kind: Kind) -> String {
        self.keep(|at| self.kinds[at] == kind && !self.in_test(at))
    }

    /// All code, that of unit tests too, with comments and strings blanked out.
    pub fn all_code(&self) -> String {
        self.keep(|at| self.kinds[at] == Kind::Code)
    }

    /// The text without unit tests.
    pub fn shipped(&self) -> String {
        self.keep(|at| !self.in_test(at))
    }

    /// What stands between the quotes of each string and character, those of unit tests left out.
    pub fn literals(&self) -> Vec<&'a str> {
        let (mut found, mut begin) = (Vec::new(), None);
        for at in 0..=self.kinds.len() {
            let inside = self.kinds.get(at) == Some(&Kind::Text) && !self.in_test(at);
            match (inside, begin) {
                (true, None) => begin = Some(at),
                (false, Some(from)) => {
                    found.push(&self.text[from..at]);
                    begin = None;
                }
                _ => {}
            }
        }
        found
    }

    fn in_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    fn keep(&self, keep: impl Fn(usize) -> bool) -> String {
        let kept = |(at, letter): (usize, char)| match letter {
            '\n' => '\n',
            _ if keep(at) => letter,
            _ => ' ',
        };
        self.text.char_indices().map(kept).collect()
    }

    /// The items under `#[cfg(test)]`, from the attribute to the closing brace or semicolon.
    fn find_tests(&self) -> Vec<std::ops::Range<usize>> {
        let bytes = self.text.as_bytes();
        let code = |at: &usize| self.kinds[*at] == Kind::Code;
        let marks = self
            .text
            .match_indices("#[cfg(test)]")
            .map(|(at, _)| at)
            .filter(code);
        let ends = marks.map(|begin| {
            let mut depth = 0_usize;
            let after = begin + "#[cfg(test)]".len();
            for at in (after..bytes.len()).filter(code) {
                match bytes[at] {
                    b'{' => depth += 1,
                    b'}' if depth <= 1 => return begin..at + 1,
                    b'}' => depth -= 1,
                    b';' if depth == 0 => return begin..at + 1,
                    _ => {}
                }
            }
            begin..bytes.len()
        });
        ends.collect()
    }
}

/// The number of the line that byte `at` stands in, from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn kinds(bytes: &[u8]) -> Vec<Kind> {
    let mut kinds = vec![Kind::Code; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let (kind, inner, end) = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                let end = find(bytes, at, b"\n").unwrap_or(bytes.len());
                (Kind::Comment, at..end, end)
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let end = block_end(bytes, at);
                (Kind::Comment, at..end, end)
            }
            b'"' => {
                let end = string_end(bytes, at + 1);
                (Kind::Text, at + 1..end, end + 1)
            }
            b'r' if !follows_name(bytes, at) => match raw_string(bytes, at) {
                Some((inner, end)) => (Kind::Text, inner, end),
                None => (Kind::Code, at..at + 1, at + 1),
            },
            b'\'' => match character_end(bytes, at) {
                Some(end) => (Kind::Text, at + 1..end, end + 1),
                None => (Kind::Code, at..at + 1, at + 1),
            },
            _ => (Kind::Code, at..at + 1, at + 1),
        };
        let stop = inner.end.min(bytes.len());
        kinds[inner.start.min(stop)..stop].fill(kind);
        at = end;
    }
    kinds
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(what.len())
        .position(|window| window == what)
        .map(|at| from + at)
}

fn block_end(bytes: &[u8], begin: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = begin;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn raw_string(bytes: &[u8], at: usize) -> Option<(std::ops::Range<usize>, usize)> {
    let hashes = bytes[at + 1..]
        .iter()
        .take_while(|byte| **byte == b'#')
        .count();
    let open = at + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let end = find(bytes, open + 1, &close).unwrap_or(bytes.len());
    Some((open + 1..end, end + close.len()))
}

/// The closing quote of a character; none where the quote opens a lifetime.
fn character_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at + 1) == Some(&b'\\') {
        return find(bytes, at + 3, b"'");
    }
    // One letter of up to four bytes.
    let end = find(bytes, at + 2, b"'")?;
    let letter = std::str::from_utf8(&bytes[at + 1..end]).ok()?;
    (letter.chars().count() == 1).then_some(end)
}

fn follows_name(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| bytes[before]);
    // `br"…"` is a string too.
    let byte_string = before == Some(b'b') && (at < 2 || !is_name(bytes[at - 2]));
    before.is_some_and(is_name) && !byte_string
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comments_and_strings_are_told_apart() {
        let text = "let a = \"x // y\"; // say \"z\"\n/* /* in */ b */ c('\"', 'd') + r#\"e\"f\"#;";
        let read = RustText::new(text);
        let code = read.only(Kind::Code);
        assert!(code.contains("let a ="), "{code}");
        assert!(code.contains("c("), "{code}");
        for absent in ["x", "say", "b", "d", "e\"f"] {
            assert!(!code.contains(absent), "{absent} in {code}");
        }
        assert!(read.only(Kind::Text).contains("x // y"));
        assert!(read.only(Kind::Text).contains("e\"f"));
        assert!(read.only(Kind::Comment).contains("say"));
        assert_eq!(code.len(), text.len());
    }

    #[test]
    fn literals_are_whole_and_those_of_tests_and_comments_are_none() {
        let text = "let a = [\"x y\", \"z-1\"]; // \"no\"\nr#\"e\"f\"#; 'é'; \"\";\n\
                    #[cfg(test)]\nmod tests { const A: &str = \"neither\"; }\nb(\"w\")";
        let found = RustText::new(text).literals();
        assert_eq!(found, ["x y", "z-1", "e\"f", "é", "w"]);
    }

    #[test]
    fn a_lifetime_opens_no_character() {
        let code = RustText::new("fn a<'a>(b: &'a str, c: &'a str) { d }").only(Kind::Code);
        assert!(code.contains("{ d }"), "{code}");
    }

    #[test]
    fn unit_tests_are_not_shipped() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { \"}\" } }\nfn c() {}";
        let shipped = RustText::new(text).shipped();
        assert!(
            shipped.contains("fn a") && shipped.contains("fn c"),
            "{shipped}"
        );
        assert!(!shipped.contains("fn b"), "{shipped}");
    }

    #[test]
    fn a_module_of_tests_in_another_file_ends_at_its_semicolon() {
        let shipped = RustText::new("#[cfg(test)]\nmod tests;\nfn c() {}").shipped();
        assert!(shipped.contains("fn c"), "{shipped}");
    }
}
