//! What is wrong with a pack: where, what was expected, the nearest word and an example.

/// A file of a pack that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackError {
    /// The file, as a path below the packs.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub message: String,
    /// The known word that is nearest to an unknown one.
    pub nearest: Option<String>,
    /// How it is written right.
    pub example: Option<String>,
}

impl PackError {
    /// An error that concerns a whole file.
    pub fn at_start(file: &str, message: impl Into<String>) -> PackError {
        PackError {
            file: file.to_owned(),
            line: 1,
            column: 1,
            message: message.into(),
            nearest: None,
            example: None,
        }
    }

    /// An error at byte `offset` of `text`.
    pub fn at(file: &str, text: &str, offset: usize, message: impl Into<String>) -> PackError {
        let (line, column) = position(text, offset);
        PackError {
            line,
            column,
            ..PackError::at_start(file, message)
        }
    }

    /// The same error with an example.
    #[must_use]
    pub fn with_example(mut self, example: impl Into<String>) -> PackError {
        self.example = Some(example.into());
        self
    }
}

/// Line and column, from 1, of byte `offset` of `text`; columns count characters.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

impl std::fmt::Display for PackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        if let Some(example) = &self.example {
            write!(f, "\n  for example: {example}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PackError {}
