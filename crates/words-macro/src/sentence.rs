//! Literals and what stands between them as one message.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::markup::{Node, Seen};

/// Puts look-ups in place of words: a run of literals and what stands between them is one message.
pub(crate) fn sentences(nodes: Vec<Node>, seen: &mut Seen) -> TokenStream {
    let mut out = TokenStream::new();
    let mut at = 0;
    while at < nodes.len() {
        let end = run_end(&nodes, at);
        let Some(run) = nodes.get(at..end).filter(|run| !run.is_empty()) else {
            plain(nodes.get(at), &mut out);
            at += 1;
            continue;
        };
        let worded: Vec<usize> = run
            .iter()
            .enumerate()
            .filter(|(_, node)| matches!(node, Node::Words(_, text) if has_letters(text)))
            .map(|(place, _)| place)
            .collect();
        match (worded.first(), worded.last()) {
            (Some(first), Some(last)) => {
                let (from, to) = attached(run, *first, *last);
                run.iter()
                    .take(from)
                    .for_each(|node| plain(Some(node), &mut out));
                out.extend(message(run.get(from..to).unwrap_or_default(), seen));
                run.iter()
                    .skip(to)
                    .for_each(|node| plain(Some(node), &mut out));
            }
            _ => run.iter().for_each(|node| plain(Some(node), &mut out)),
        }
        at = end;
    }
    out
}

fn run_end(nodes: &[Node], from: usize) -> usize {
    let part = |node: &&Node| !matches!(node, Node::Other(_));
    from + nodes.iter().skip(from).take_while(part).count()
}

/// What belongs to the sentence from its first word to its last: also a splice that a space or a mark joins to it.
fn attached(run: &[Node], first: usize, last: usize) -> (usize, usize) {
    let joins = |place: usize, edge: fn(&str) -> Option<char>| match run.get(place) {
        Some(Node::Words(_, text)) => edge(text).is_some_and(|c| !c.is_alphanumeric()),
        Some(Node::Splice(_) | Node::Inline(_) | Node::Other(_)) | None => false,
    };
    let filled = |place: Option<usize>| {
        place
            .and_then(|at| run.get(at))
            .is_some_and(|node| matches!(node, Node::Splice(_) | Node::Inline(_)))
    };
    let before = first.checked_sub(1);
    let from = match before {
        Some(at) if joins(first, |t| t.chars().next()) && filled(before) => at,
        Some(_) | None => first,
    };
    let mut to = last + 1;
    // What follows, as long as spaces or marks join it: `as ` (name) `, ` (role) `.`
    loop {
        if joins(to - 1, |t| t.chars().next_back()) && filled(Some(to)) {
            to += 1;
        } else {
            break;
        }
        if !matches!(run.get(to), Some(Node::Words(_, text)) if !text.trim().is_empty()) {
            break;
        }
        to += 1;
    }
    (from, to)
}

fn message(run: &[Node], seen: &mut Seen) -> TokenStream {
    let (mut key, mut filled) = (String::new(), Vec::new());
    for node in run {
        match node {
            Node::Words(_, text) => key.push_str(text),
            Node::Splice(part) => {
                key.push_str(&format!("{{{}}}", filled.len()));
                filled.push(part.to_token_stream());
            }
            Node::Inline(part) | Node::Other(part) => {
                key.push_str(&format!("{{{}}}", filled.len()));
                filled.push(part.clone());
            }
        }
    }
    if filled.is_empty() {
        return word(&key, seen);
    }
    let (lead, middle, trail) = trimmed(&key);
    seen.messages.push(middle.to_owned());
    let (lead, trail) = (space(lead), space(trail));
    quote! { #lead (::maud::sentence(#middle, &[#(::maud::plain_html! { #filled }),*])) #trail }
}

/// A text without places: the spaces around it stay where they are.
pub(crate) fn word(text: &str, seen: &mut Seen) -> TokenStream {
    let (lead, middle, trail) = trimmed(text);
    if !has_letters(middle) {
        return Literal::string(text).into_token_stream();
    }
    seen.messages.push(middle.to_owned());
    let (lead, trail) = (space(lead), space(trail));
    quote! { #lead (::maud::words(#middle)) #trail }
}

fn plain(node: Option<&Node>, out: &mut TokenStream) {
    match node {
        Some(Node::Words(literal, _)) => out.extend(literal.to_token_stream()),
        Some(Node::Splice(part)) => out.extend([part.clone()]),
        Some(Node::Inline(part) | Node::Other(part)) => out.extend(part.clone()),
        None => {}
    }
}

fn trimmed(text: &str) -> (&str, &str, &str) {
    let middle = text.trim();
    let lead = text.len() - text.trim_start().len();
    let (lead, rest) = text.split_at(lead);
    (lead, middle, rest.get(middle.len()..).unwrap_or_default())
}

fn space(text: &str) -> TokenStream {
    match text.is_empty() {
        true => TokenStream::new(),
        false => Literal::string(text).into_token_stream(),
    }
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}
