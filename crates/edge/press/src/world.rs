//! The typesetter's whole world: one template, one data file, the bundled fonts, and no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, Source, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};

/// What is the same for every document: parsed once, shared for the life of the process.
struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
}

/// The families in use: no notice has a formula, so the bundled mathematical ones stay out, and
/// with them their rare characters in another style.
const FAMILIES: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let fonts: Vec<Font> = typst_assets::fonts()
        .flat_map(|data| Font::iter(Bytes::new(data)))
        .filter(|font| FAMILIES.contains(&font.info().family.as_str()))
        .collect();
    Shared {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        template: Source::detached(include_str!("report.typ")),
    }
});

/// Where the template finds the document; the only file there is beside the template.
const DATA: &str = "document.json";

fn is_data(id: FileId) -> bool {
    let path = id.get();
    matches!(path.root(), VirtualRoot::Project) && path.vpath().get_without_slash() == DATA
}

/// Whether a bundled font has a glyph for `c`.
pub(crate) fn has_glyph(c: char) -> bool {
    SHARED
        .fonts
        .iter()
        .any(|font| font.info().coverage.contains(u32::from(c)))
}

/// A world that holds one document.
pub(crate) struct Sheet {
    data: Bytes,
}

impl Sheet {
    /// A world in which the template reads `json` as its document.
    pub(crate) fn new(json: Vec<u8>) -> Sheet {
        Sheet {
            data: Bytes::new(json),
        }
    }

    /// The line of the template, from 1, that `diagnostic` is about.
    pub(crate) fn template_line(&self, diagnostic: &SourceDiagnostic) -> Option<usize> {
        let range = self.range(diagnostic.span)?;
        let before = SHARED.template.text().get(..range.start)?;
        Some(before.matches('\n').count() + 1)
    }
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        &SHARED.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &SHARED.book
    }

    fn main(&self) -> FileId {
        SHARED.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == SHARED.template.id() {
            Ok(SHARED.template.clone())
        } else {
            Err(absent(id))
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if is_data(id) {
            Ok(self.data.clone())
        } else {
            Err(absent(id))
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        SHARED.fonts.get(index).cloned()
    }

    /// There is no today: a document has the date that its maker gives it.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn absent(id: FileId) -> FileError {
    FileError::NotFound(id.get().vpath().get_without_slash().into())
}

#[cfg(test)]
mod tests {
    use typst::syntax::{RootedPath, VirtualPath};

    use super::*;

    fn file(path: &str) -> FileId {
        RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).unwrap()).intern()
    }

    #[test]
    fn only_the_two_files_exist_and_there_is_no_today() {
        let sheet = Sheet::new(b"{}".to_vec());
        assert!(sheet.source(sheet.main()).is_ok());
        assert_eq!(
            sheet.file(file("/document.json")).unwrap().as_slice(),
            b"{}"
        );
        assert!(sheet.file(file("/etc/passwd")).is_err());
        assert!(sheet.source(file("/other.typ")).is_err());
        assert!(sheet.today(None).is_none());
    }

    #[test]
    fn the_bundled_fonts_cover_latin_greek_hebrew_and_arabic_but_not_han() {
        for c in ['A', 'ß', 'Ω', 'Ж', 'א', 'ع', '—', '§', '½'] {
            assert!(has_glyph(c), "{c}");
        }
        assert!(!has_glyph('中') && !has_glyph('😀'));
    }
}
