//! `html!` as maud has it, whose words are looked up in the message catalogue. What stands in the markup as a literal is
//! interface text: a literal alone is a message, and literals with splices between them are one message with numbered
//! places, `"Entries " (first) " to " (last)` the message `Entries {0} to {1}`, so that each language has its own order of
//! words. What is spliced is data, or has been looked up already, and is left alone.

mod markup;
mod sentence;
#[cfg(test)]
mod source;
#[cfg(test)]
mod stays;
#[cfg(test)]
mod tests;

use quote::quote;

/// Markup whose literals are looked up in the message catalogue; otherwise as maud's.
#[proc_macro]
pub fn html(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let mut seen = markup::Seen::default();
    let body = markup::looked_up(input.into(), &mut seen);
    quote! { ::maud::plain_html! { #body } }.into()
}
