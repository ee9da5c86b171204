//! What stands on a paper.

/// The paper's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sheet {
    /// 210 by 297 mm.
    #[default]
    A4,
    /// 297 by 210 mm, for tables of many columns.
    A4Landscape,
    /// 8.5 by 11 inches.
    Letter,
    /// 11 by 8.5 inches.
    LetterLandscape,
}

impl Sheet {
    /// Width and height in points (1/72 inch).
    pub(crate) const fn size(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.3, 841.9),
            Self::A4Landscape => (841.9, 595.3),
            Self::Letter => (612.0, 792.0),
            Self::LetterLandscape => (792.0, 612.0),
        }
    }
}

/// A paper: a title, and what follows. Nothing in it is markup; line feeds in a text begin a new line.
#[derive(Clone, Debug)]
pub struct Paper {
    pub(crate) sheet: Sheet,
    pub(crate) language: String,
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) head: Vec<String>,
    pub(crate) about: Option<String>,
    pub(crate) foot: Vec<String>,
    pub(crate) parts: Vec<Part>,
}

/// A part of a paper.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Heading(String),
    Paragraph(String),
    Facts(Vec<(String, String)>),
    Table(Table),
}

/// A table. It may be longer than a page: its head stands again on each.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub(crate) columns: Vec<(String, f32)>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Paper {
    /// A paper of this title, in English, on A4.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            sheet: Sheet::default(),
            language: "en".to_owned(),
            number: "Page {0} of {1}".to_owned(),
            title: title.into(),
            head: Vec::new(),
            about: None,
            foot: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// On paper of this size.
    #[must_use]
    pub const fn on(mut self, sheet: Sheet) -> Self {
        self.sheet = sheet;
        self
    }

    /// In this language (BCP 47), for readers that read aloud. One that is written from right to left begins its lines, its columns
    /// and its names of facts there.
    #[must_use]
    pub fn language(mut self, tag: impl Into<String>) -> Self {
        self.language = tag.into();
        self
    }

    /// How a page says its number, with a place for it and for how many there are: `Page {0} of {1}`.
    #[must_use]
    pub fn number(mut self, text: impl Into<String>) -> Self {
        self.number = text.into();
        self
    }

    /// Whether its lines begin at the right.
    pub(crate) fn is_from_right(&self) -> bool {
        let first = self.language.split('-').next().unwrap_or_default();
        ["ar", "fa", "he", "ur"].contains(&first)
    }

    /// A small line at the top of each page, under those before: the clinic's name, its address.
    #[must_use]
    pub fn head(mut self, line: impl Into<String>) -> Self {
        self.head.push(line.into());
        self
    }

    /// Whom the paper is about, in bold at the top of each page: name, birth date, record number.
    #[must_use]
    pub fn about(mut self, line: impl Into<String>) -> Self {
        self.about = Some(line.into());
        self
    }

    /// A small line at the bottom of each page, under those before; the page's number stands beside them.
    #[must_use]
    pub fn foot(mut self, line: impl Into<String>) -> Self {
        self.foot.push(line.into());
        self
    }

    /// A heading. It stays with what follows.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Heading(text.into()));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Paragraph(text.into()));
    }

    /// Names with what is so: `Born` – `3 May 1980`.
    pub fn facts<N: Into<String>, V: Into<String>>(
        &mut self,
        facts: impl IntoIterator<Item = (N, V)>,
    ) {
        let facts = facts.into_iter();
        let facts = facts.map(|(name, value)| (name.into(), value.into()));
        self.parts.push(Part::Facts(facts.collect()));
    }

    /// A table.
    pub fn table(&mut self, table: Table) {
        self.parts.push(Part::Table(table));
    }
}

impl Table {
    /// A table of these columns: heads, and how wide they are beside each other.
    pub fn new(columns: &[(&str, f32)]) -> Self {
        let columns = columns.iter();
        Self {
            columns: columns
                .map(|(head, wide)| ((*head).to_owned(), *wide))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: a cell for each column; what is missing is empty, what is too many is left out.
    pub fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let mut cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }
}
