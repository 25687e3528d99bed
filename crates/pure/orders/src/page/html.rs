//! HTML by parts: every text is escaped when it enters, so that no pack can write markup.

/// A piece of HTML, well-formed by construction.
#[derive(Default)]
pub(super) struct Html {
    body: String,
    /// Headings of the second level, for the table of contents.
    contents: Vec<(String, String)>,
}

fn escape(text: &str, into: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            // What XML and HTML do not allow, even escaped.
            other if other.is_control() && !matches!(other, '\n' | '\t') => into.push('\u{FFFD}'),
            other => into.push(other),
        }
    }
}

impl Html {
    /// A text.
    pub(super) fn text(text: &str) -> Html {
        let mut html = Html::default();
        html.push_text(text);
        html
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// Adds a text.
    pub(super) fn push_text(&mut self, text: &str) {
        escape(text, &mut self.body);
    }

    /// Adds a piece.
    pub(super) fn add(&mut self, piece: Html) {
        self.body.push_str(&piece.body);
        self.contents.extend(piece.contents);
    }

    /// Adds a paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.add(element("p", text));
    }

    /// Adds a heading that links can point at.
    pub(super) fn heading(&mut self, level: u8, id: &str, text: &str, cite: Option<&str>) {
        if level == 2 {
            self.contents.push((id.to_owned(), text.to_owned()));
        }
        self.body.push_str(&format!("<h{level} id=\""));
        escape(id, &mut self.body);
        self.body.push_str("\">");
        escape(text, &mut self.body);
        self.body.push_str(&format!("</h{level}>\n"));
        if let Some(cite) = cite {
            self.add(self::cite(cite));
        }
    }

    /// The page as a file: title, style, contents and body.
    pub(super) fn finish(self, title: &str, style: &str) -> String {
        let mut links = Html::default();
        for (id, text) in &self.contents {
            links.add(wrap("li", "", link(id, text)));
        }
        let contents = wrap("nav", "", wrap("ul", "", links));
        let mut head = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n");
        head.push_str("<meta charset=\"utf-8\"/>\n<title>");
        escape(title, &mut head);
        head.push_str("</title>\n<style>\n");
        head.push_str(style);
        head.push_str("</style>\n</head>\n<body>\n");
        format!("{head}{}{}</body>\n</html>\n", contents.body, self.body)
    }
}

/// An element that holds a text.
pub(super) fn element(tag: &str, text: &str) -> Html {
    wrap(tag, "", Html::text(text))
}

/// An element that holds a piece; `class` may be empty.
pub(super) fn wrap(tag: &str, class: &str, inner: Html) -> Html {
    let class = match class {
        "" => String::new(),
        class => format!(" class=\"{class}\""),
    };
    let end = match tag {
        "code" | "em" | "strong" | "span" => "",
        _ => "\n",
    };
    Html {
        body: format!("<{tag}{class}>{}</{tag}>{end}", inner.body),
        contents: inner.contents,
    }
}

/// A link to a heading of the page.
pub(super) fn link(id: &str, text: &str) -> Html {
    let mut body = String::from("<a href=\"#");
    escape(id, &mut body);
    body.push_str("\">");
    escape(text, &mut body);
    body.push_str("</a>");
    Html {
        body,
        contents: Vec::new(),
    }
}

/// A citation.
pub(super) fn cite(text: &str) -> Html {
    wrap("p", "cite", Html::text(text))
}

/// A term and what it means, inside of a `dl`.
pub(super) fn pair(label: &str, value: Html) -> Html {
    let mut html = element("dt", label);
    html.add(wrap("dd", "", value));
    html
}

/// A row of a table.
pub(super) fn row(cells: &[Html]) -> Html {
    let cells: String = cells
        .iter()
        .map(|cell| format!("<td>{}</td>", cell.body))
        .collect();
    Html {
        body: format!("<tr>{cells}</tr>\n"),
        contents: Vec::new(),
    }
}

/// A table under its heads.
pub(super) fn table(heads: &[&str], rows: Html) -> Html {
    let mut cells = Html::default();
    for head in heads {
        cells.add(element("th", head));
    }
    let mut table = wrap("thead", "", wrap("tr", "", cells));
    table.add(wrap("tbody", "", rows));
    wrap("table", "", table)
}

/// Literal lines, one under the other.
pub(super) fn lines(lines: impl Iterator<Item = String>) -> Html {
    let mut html = Html::default();
    for line in lines {
        if !html.is_empty() {
            html.body.push_str("<br/>");
        }
        html.add(element("code", &line));
    }
    html
}
