//! A file to choose, or to drop.

use maud::{Markup, Render, html, words};

use super::field::notes;
use super::{Errors, Text};

/// A labelled place for a file, or for several. Browsers take a file that is dropped on it, and forget it when the form comes again.
#[derive(Clone, Debug)]
pub struct FileField {
    name: &'static str,
    label: Text,
    accept: &'static str,
    most: u32,
    camera: Option<&'static str>,
    hint: Option<Text>,
    error: Option<Text>,
    optional: bool,
    many: bool,
}

impl FileField {
    /// For what (as the HTML standard writes it: `image/png,.pdf`), of at most so many bytes.
    pub fn new(
        name: &'static str,
        label: impl Into<Text>,
        accept: &'static str,
        most: u32,
    ) -> Self {
        Self {
            name,
            label: label.into(),
            accept,
            most,
            camera: None,
            hint: None,
            error: None,
            optional: false,
            many: false,
        }
    }

    /// On a phone the camera opens: the one that looks at what lies in front.
    #[must_use]
    pub fn camera(mut self) -> Self {
        self.camera = Some("environment");
        self
    }

    /// What helps to choose it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Text>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.text_of(self.name).cloned();
        self
    }

    /// There may be several.
    #[must_use]
    pub fn many(mut self) -> Self {
        self.many = true;
        self
    }

    /// There may be none.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// One as it is at first, and one that was wrong.
    pub fn samples() -> Vec<Self> {
        let errors = Errors::one("scan-wrong", "Choose a file");
        let sample = |name| Self::new(name, "File", ".pdf,.png,.jpg,.txt", 20_000_000);
        vec![
            sample("scan").hint("PDF, PNG, JPEG or plain text, 20 MB at most"),
            sample("scan-wrong").errors(&errors),
        ]
    }
}

impl Render for FileField {
    fn render(&self) -> Markup {
        let wrong = match &self.error {
            Some(_) => "field wrong",
            None => "field",
        };
        let hint = self.hint.as_ref().map(|_| format!("f-{}-hint", self.name));
        let error = self
            .error
            .as_ref()
            .map(|_| format!("f-{}-error", self.name));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        let described = (!ids.is_empty()).then(|| ids.join(" "));
        html! {
            div class=(wrong) {
                label for={ "f-" (self.name) } {
                    (self.label)
                    @if self.optional { " " span.optional { "(optional)" } }
                }
                (notes(self.name, self.hint.as_ref(), self.error.as_ref()))
                input type="file" id={ "f-" (self.name) } name=(self.name) accept=[Some(self.accept).filter(|a| !a.is_empty())] capture=[self.camera] multiple[self.many] required[!self.optional]
                    aria-describedby=[described] aria-invalid=[self.error.as_ref().map(|_| "true")]
                    data-most=(self.most) data-large=(words("This file is larger than is taken: choose a smaller one").to_string());
                p.error data-problem="" role="alert" hidden {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_said_to_whoever_does_not_see_it() {
        let all = FileField::samples();
        let shown: Vec<String> = all.iter().map(|f| f.render().into_string()).collect();
        assert!(
            shown[0].contains("aria-describedby=\"f-scan-hint\""),
            "{}",
            shown[0]
        );
        assert!(
            shown[1].contains("aria-describedby=\"f-scan-wrong-error\"")
                && shown[1].contains("aria-invalid=\"true\""),
            "{}",
            shown[1]
        );
    }
}
