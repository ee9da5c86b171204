//! Reads the sources of the pages for the messages that they use: what stands in markup, what is said with `say`, `counted` and
//! `words`, and what is handed to the parts of pages as a literal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::markup::{Seen, looked_up, text};

/// What one file uses.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Its path below `crates`.
    pub(crate) path: String,
    /// Messages, as the catalogue names them.
    pub(crate) messages: BTreeSet<String>,
    /// Messages that count, with their English texts for several.
    pub(crate) counted: BTreeSet<(String, String)>,
    /// Every literal, also of what is no message.
    pub(crate) literals: BTreeSet<String>,
    /// What it puts together with `format!` or `write!`, with numbered places: a message when it is kept so and told again.
    pub(crate) forms: BTreeSet<String>,
    /// What its errors say: `#[error("…")]`.
    pub(crate) rules: BTreeSet<String>,
}

/// Calls whose arguments are interface text: a type or nothing, the function, the places of the text.
const TEXTS: [(&str, &str, &[usize]); 39] = [
    ("Banner", "new", &[1]),
    ("Button", "*", &[0]),
    ("Link", "*", &[0]),
    ("Card", "new", &[0]),
    ("Choice", "new", &[1]),
    ("Choices", "*", &[1]),
    ("Select", "new", &[1]),
    ("Field", "*", &[1]),
    ("FileField", "new", &[1]),
    ("Crumb", "new", &[0]),
    ("Empty", "new", &[0, 1]),
    ("Errors", "one", &[1]),
    ("Facts", "*", &[0]),
    ("Pager", "new", &[0]),
    ("Panel", "new", &[0]),
    ("Plot", "new", &[0]),
    ("Measured", "new", &[0]),
    ("Readings", "new", &[0]),
    ("Column", "*", &[0]),
    ("Table", "new", &[0]),
    ("Tab", "new", &[0]),
    ("Tabs", "new", &[0]),
    ("Tag", "plain", &[0]),
    ("Tag", "new", &[1]),
    ("Toast", "*", &[0]),
    ("Page", "new", &[0]),
    ("Part", "Ours", &[0]),
    ("Phrase", "of", &[0]),
    ("Sentence", "new", &[0]),
    ("", "act", &[0, 1]),
    ("", "filled", &[0]),
    ("", "hint", &[0]),
    ("", "known", &[0]),
    ("", "lead", &[0]),
    ("", "mark", &[1]),
    ("", "note", &[0]),
    ("", "of", &[0]),
    ("", "words", &[0]),
    ("", "say", &[0]),
];

/// Fields of a struct that hold interface text.
const FIELDS: [&str; 4] = ["label", "about", "group", "title"];

/// Macros whose first literal is no text of a page.
const FORMS: [&str; 22] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "bail",
    "concat",
    "debug",
    "debug_span",
    "eprintln",
    "error",
    "format",
    "include_str",
    "info",
    "info_span",
    "panic",
    "print",
    "println",
    "trace",
    "unreachable",
    "warn",
    "write",
    "writeln",
    "json",
];

/// All sources below a directory of `crates`, without their tests.
pub(crate) fn read(below: &str) -> Vec<Source> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    list(&crates.join(below), &mut files);
    files.sort();
    files
        .iter()
        .map(|file| {
            let tokens: TokenStream = std::fs::read_to_string(file).unwrap().parse().unwrap();
            let path = file.strip_prefix(&crates).unwrap().to_str().unwrap();
            let mut source = Source {
                path: path.to_owned(),
                ..Source::default()
            };
            source.code(tokens);
            source
        })
        .collect()
}

/// Columns of a table that stands in a file, as texts of ours.
pub(crate) fn table(path: &str, columns: &[usize]) -> Source {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let text = std::fs::read_to_string(file).unwrap();
    let rows = text.lines().filter(|row| !row.starts_with('#'));
    let cells = rows.flat_map(|row| {
        let cells: Vec<String> = row.split('\t').map(str::to_owned).collect();
        columns.iter().filter_map(move |at| cells.get(*at).cloned())
    });
    let literals: BTreeSet<String> = cells.filter(|cell| !cell.is_empty()).collect();
    Source {
        path: path.to_owned(),
        messages: literals.clone(),
        literals,
        ..Source::default()
    }
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            list(&path, files);
        } else if name.ends_with(".rs")
            && !["tests.rs", "contrast.rs", "samples.rs"].contains(&name)
        {
            files.push(path);
        }
    }
}

impl Source {
    fn code(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at + 1..];
            at += 1 + match token {
                TokenTree::Punct(p) if p.as_char() == '#' => {
                    self.rules.extend(rule(rest));
                    attribute(rest)
                }
                TokenTree::Ident(word) => {
                    let before = &tokens[..at];
                    self.word(&word.to_string(), before, rest)
                }
                TokenTree::Group(group) => {
                    self.code(group.stream());
                    0
                }
                TokenTree::Literal(literal) => {
                    self.literals.extend(text(literal));
                    0
                }
                TokenTree::Punct(_) => 0,
            };
        }
    }

    /// A word and what follows it; says how much of that has been read.
    fn word(&mut self, word: &str, before: &[TokenTree], rest: &[TokenTree]) -> usize {
        let mark =
            |place: usize, sign: &str| rest.get(place).is_some_and(|t| t.to_string() == sign);
        if word == "fn" && (mark(0, "samples") || mark(0, "sample")) {
            return 1 + rest.iter().take_while(|t| braces(t).is_none()).count();
        }
        if mark(0, "!") {
            return match rest.get(1) {
                Some(TokenTree::Group(group)) => {
                    self.called(word, group);
                    2
                }
                _ => 0,
            };
        }
        if FIELDS.contains(&word)
            && mark(0, ":")
            && let Some(TokenTree::Literal(literal)) = rest.get(1)
        {
            self.messages
                .extend(text(literal).filter(|t| !t.is_empty()));
        }
        let Some(TokenTree::Group(group)) = rest.first() else {
            return 0;
        };
        if group.delimiter() != Delimiter::Parenthesis {
            return 0;
        }
        let owner = match before {
            [
                ..,
                TokenTree::Ident(owner),
                TokenTree::Punct(a),
                TokenTree::Punct(b),
            ] if a.as_char() == ':' && b.as_char() == ':' => owner.to_string(),
            _ => String::new(),
        };
        self.arguments(&owner, word, group);
        0
    }

    fn called(&mut self, word: &str, group: &Group) {
        if word == "html" {
            let mut seen = Seen::default();
            looked_up(group.stream(), &mut seen);
            self.messages.extend(seen.messages);
            for expression in seen.expressions {
                self.code(expression);
            }
            return;
        }
        let mut tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        if FORMS.contains(&word)
            && let Some(place) = tokens
                .iter()
                .position(|t| matches!(t, TokenTree::Literal(_)))
            && let TokenTree::Literal(form) = tokens.remove(place)
            && matches!(word, "format" | "write")
        {
            self.forms.extend(text(&form).map(|form| numbered(&form)));
        }
        self.code(tokens.into_iter().collect());
    }

    fn arguments(&mut self, owner: &str, word: &str, group: &Group) {
        let arguments = split(group.stream());
        let literal = |place: usize| match arguments.get(place).map(Vec::as_slice) {
            Some([TokenTree::Literal(literal)]) => text(literal).filter(|t| !t.is_empty()),
            _ => None,
        };
        if word == "counted"
            && let (Some(one), Some(several)) = (literal(1), literal(2))
        {
            self.counted.insert((one, several));
        }
        // An error of a form: its field comes first.
        if word == "add" && arguments.len() == 2 && literal(0).is_some() {
            self.messages.extend(literal(1));
        }
        for (kind, name, places) in TEXTS {
            let said = matches!(name, "known" | "say" | "words") && name == word;
            if said || owner == kind && (name == "*" || name == word) {
                self.messages
                    .extend(places.iter().filter_map(|place| literal(*place)));
            }
        }
    }
}

/// A form of `format!` with its places numbered, as a message has them: `{count} of {}` is `{0} of {1}`.
fn numbered(form: &str) -> String {
    let mut pieces = form.split('{');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for (place, piece) in pieces.enumerate() {
        let after = piece.split_once('}').map_or("", |(_, after)| after);
        out.push_str(&format!("{{{place}}}{after}"));
    }
    out
}

/// What an error says, where its attribute follows.
fn rule(rest: &[TokenTree]) -> Option<String> {
    let Some(TokenTree::Group(attribute)) = rest.first() else {
        return None;
    };
    let mut tokens = attribute.stream().into_iter();
    match (tokens.next()?, tokens.next()?) {
        (TokenTree::Ident(name), TokenTree::Group(said)) if name == "error" => {
            match said.stream().into_iter().next()? {
                TokenTree::Literal(literal) => text(&literal),
                TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => None,
            }
        }
        _ => None,
    }
}

/// How much of an attribute is to be left out; with `cfg(test)` also the item that it stands on.
fn attribute(rest: &[TokenTree]) -> usize {
    let inner = usize::from(rest.first().is_some_and(|t| t.to_string() == "!"));
    let test = rest
        .get(inner)
        .is_some_and(|t| t.to_string().replace(' ', "") == "[cfg(test)]");
    match test {
        false => inner + 1,
        true => {
            let end = |t: &&TokenTree| braces(t).is_none() && t.to_string() != ";";
            inner + 2 + rest.iter().skip(inner + 1).take_while(end).count()
        }
    }
}

fn braces(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

/// Arguments, by their commas.
fn split(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut all = vec![Vec::new()];
    for token in tokens {
        if token.to_string() == "," {
            all.push(Vec::new());
        } else if let Some(last) = all.last_mut() {
            last.push(token);
        }
    }
    all
}
