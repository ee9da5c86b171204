//! Finds the interface text in markup, and puts look-ups in its place.

use proc_macro2::{Delimiter, Group, Literal, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

use crate::sentence::{sentences, word};

/// What was found on the way.
#[derive(Default)]
pub(crate) struct Seen {
    /// The messages, as the catalogue names them.
    pub(crate) messages: Vec<String>,
    /// The expressions in the markup: they may hold words of their own.
    pub(crate) expressions: Vec<TokenStream>,
}

/// Attributes that people read or hear.
const READ: [&str; 7] = [
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "title",
    "alt",
    "placeholder",
    "data-label",
];

/// Elements that stand within a sentence.
const INLINE: [&str; 16] = [
    "a", "abbr", "b", "bdi", "code", "em", "i", "kbd", "q", "small", "span", "strong", "sub",
    "sup", "time", "var",
];

/// Elements whose text is for machines.
const VERBATIM: [&str; 6] = ["code", "kbd", "pre", "samp", "script", "style"];

/// A piece of markup.
pub(crate) enum Node {
    /// A literal with its text.
    Words(Literal, String),
    /// An expression in parentheses.
    Splice(TokenTree),
    /// An element within a sentence.
    Inline(TokenStream),
    /// Anything else: it ends a sentence.
    Other(TokenStream),
}

/// The markup with look-ups in place of its words.
pub(crate) fn looked_up(body: TokenStream, seen: &mut Seen) -> TokenStream {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let mut at = Cursor { tokens, next: 0 };
    let mut nodes = Vec::new();
    while let Some(node) = at.node(seen) {
        nodes.push(node);
    }
    sentences(nodes, seen)
}

struct Cursor {
    tokens: Vec<TokenTree>,
    next: usize,
}

impl Cursor {
    fn peek(&self, ahead: usize) -> Option<&TokenTree> {
        self.tokens.get(self.next + ahead)
    }

    fn take(&mut self) -> Option<TokenTree> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn node(&mut self, seen: &mut Seen) -> Option<Node> {
        let token = self.take()?;
        Some(match token {
            TokenTree::Literal(literal) => match text(&literal) {
                Some(text) => Node::Words(literal, text),
                None => Node::Other(literal.into_token_stream()),
            },
            TokenTree::Group(group) => match group.delimiter() {
                Delimiter::Parenthesis => {
                    seen.expressions.push(group.stream());
                    Node::Splice(TokenTree::Group(group))
                }
                Delimiter::Brace => Node::Other(block(&group, seen).into_token_stream()),
                Delimiter::Bracket | Delimiter::None => Node::Other(group.into_token_stream()),
            },
            TokenTree::Punct(punct) if punct.as_char() == '@' => {
                let mut out = punct.into_token_stream();
                self.control(&mut out, seen);
                Node::Other(out)
            }
            TokenTree::Punct(punct) if !".#".contains(punct.as_char()) => {
                Node::Other(punct.into_token_stream())
            }
            first @ (TokenTree::Punct(_) | TokenTree::Ident(_)) => self.element(first, seen),
        })
    }

    /// `if`, `for`, `while`, `match` and `let`, after their `@`.
    fn control(&mut self, out: &mut TokenStream, seen: &mut Seen) {
        let Some(word) = self.take() else { return };
        let word_text = word.to_string();
        out.extend([word]);
        if word_text == "let" {
            let mut head = TokenStream::new();
            while let Some(token) = self.take() {
                let last = is(&token, ';');
                head.extend([token]);
                if last {
                    break;
                }
            }
            seen.expressions.push(head.clone());
            out.extend(head);
            return;
        }
        let Some(body) = self.head(out, seen) else {
            return;
        };
        if word_text == "match" {
            let inner = arms(body.stream(), seen);
            out.extend([braces(inner)]);
            return;
        }
        out.extend([block(&body, seen)]);
        let another = self.peek(0).is_some_and(|t| is(t, '@'))
            && self.peek(1).is_some_and(|t| t.to_string() == "else");
        if !another {
            return;
        }
        out.extend(self.take());
        out.extend(self.take());
        if self.peek(0).is_some_and(|t| t.to_string() == "if") {
            // What follows is read as an `if` of its own.
            self.control(out, seen);
        } else if let Some(TokenTree::Group(last)) = self.take() {
            out.extend([block(&last, seen)]);
        }
    }

    /// All up to the braces of the body: those of a pattern are followed by `=` or `in`.
    fn head(&mut self, out: &mut TokenStream, seen: &mut Seen) -> Option<Group> {
        let mut head = TokenStream::new();
        while let Some(token) = self.take() {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let pattern = self
                        .peek(0)
                        .is_some_and(|t| is(t, '=') || is(t, '|') || t.to_string() == "in");
                    if !pattern {
                        seen.expressions.push(head.clone());
                        out.extend(head);
                        return Some(group);
                    }
                    head.extend([TokenTree::Group(group)]);
                }
                other => head.extend([other]),
            }
        }
        out.extend(head);
        None
    }

    /// An element: its name, its attributes, and its body or a semicolon.
    fn element(&mut self, first: TokenTree, seen: &mut Seen) -> Node {
        let name = first.to_string();
        let mut whole = vec![first];
        while let Some(token) = self.take() {
            let value = whole.last().is_some_and(|t| is(t, '='));
            let named = whole.last().is_some_and(|t| is(t, '.') || is(t, '#'));
            match token {
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Brace && !value && !named =>
                {
                    let body = if VERBATIM.contains(&name.as_str()) {
                        TokenTree::Group(group)
                    } else {
                        block(&group, seen)
                    };
                    whole.push(body);
                    break;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let read = value && READ.contains(&attribute(&whole).as_str());
                    whole.push(if read {
                        block(&group, seen)
                    } else {
                        TokenTree::Group(group)
                    });
                }
                TokenTree::Group(group) => {
                    seen.expressions.push(group.stream());
                    whole.push(TokenTree::Group(group));
                }
                TokenTree::Literal(literal)
                    if value && READ.contains(&attribute(&whole).as_str()) =>
                {
                    let read = text(&literal).map(|text| braces(word(&text, seen)));
                    whole.push(read.unwrap_or(TokenTree::Literal(literal)));
                }
                other => {
                    let last = is(&other, ';');
                    whole.push(other);
                    if last {
                        break;
                    }
                }
            }
        }
        let whole = whole.into_iter().collect();
        if INLINE.contains(&name.as_str()) {
            Node::Inline(whole)
        } else {
            Node::Other(whole)
        }
    }
}

/// The name of the attribute whose `=` comes last: `aria-label`.
fn attribute(tokens: &[TokenTree]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut joined = true;
    for token in tokens.iter().rev().skip(1) {
        match token {
            TokenTree::Ident(name) if joined => {
                parts.push(name.to_string());
                joined = false;
            }
            TokenTree::Punct(punct) if !joined && punct.as_char() == '-' => {
                parts.push("-".to_owned());
                joined = true;
            }
            _ => break,
        }
    }
    parts.reverse();
    parts.concat()
}

/// The arms of a match: patterns as they are, what they show looked up.
fn arms(body: TokenStream, seen: &mut Seen) -> TokenStream {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let mut at = Cursor { tokens, next: 0 };
    let mut out = TokenStream::new();
    while let Some(token) = at.take() {
        let arrow = matches!(&token, TokenTree::Punct(p) if p.as_char() == '=' && p.spacing() == Spacing::Joint)
            && at.peek(0).is_some_and(|t| is(t, '>'));
        out.extend([token]);
        if !arrow {
            continue;
        }
        out.extend(at.take());
        if let Some(node) = at.node(seen) {
            let shown = sentences(vec![node], seen);
            // One piece of markup stands in an arm; several need braces.
            let one = matches!(shown.clone().into_iter().next(), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Brace);
            out.extend(if one {
                shown
            } else {
                braces(shown).into_token_stream()
            });
        }
        if at.peek(0).is_some_and(|t| is(t, ',')) {
            out.extend(at.take());
        }
    }
    out
}

fn block(group: &Group, seen: &mut Seen) -> TokenTree {
    braces(looked_up(group.stream(), seen))
}

fn braces(inner: TokenStream) -> TokenTree {
    TokenTree::Group(Group::new(Delimiter::Brace, inner))
}

fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// The text of a string literal.
pub(crate) fn text(literal: &Literal) -> Option<String> {
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}
