//! Forms: every one carries the token that shows it is ours.

use maud::{Markup, Render, html};

/// The name of the hidden field that holds the patient of a patient's form.
pub const PATIENT: &str = "patient";

/// The token that a form must carry: it belongs to the session, or to the visit before sign-in. Renders as the hidden
/// field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csrf(String);

impl Csrf {
    /// The name of the hidden field.
    pub const FIELD: &'static str = "csrf";

    /// With this token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.0
    }
}

impl Render for Csrf {
    fn render(&self) -> Markup {
        html! { input type="hidden" name=(Self::FIELD) value=(self.0); }
    }
}

/// A form that is posted.
#[derive(Clone, Debug)]
pub struct Form {
    action: String,
    csrf: Csrf,
    patient: Option<String>,
    kept: Vec<(String, String)>,
    inline: bool,
    id: Option<&'static str>,
    draft: Option<String>,
    part: Option<String>,
    finds: Option<&'static str>,
    files: bool,
    passkey: Option<(Passkey, String)>,
    body: Markup,
}

/// What a form asks the browser's passkeys for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passkey {
    /// To sign, when the person presses the button.
    Use,
    /// To sign, also by being chosen in the user name's field.
    UseFromField,
    /// To make a new one.
    Make,
}

impl Form {
    /// To this address of ours.
    pub fn post(csrf: &Csrf, action: impl Into<String>, body: Markup) -> Self {
        Self {
            action: action.into(),
            csrf: csrf.clone(),
            patient: None,
            kept: Vec::new(),
            inline: false,
            id: None,
            draft: None,
            part: None,
            finds: None,
            files: false,
            passkey: None,
            body,
        }
    }

    /// About this patient: the form says so in a field that [`crate::site::Ask::of_patient`] compares with the address.
    #[must_use]
    pub fn of_patient(mut self, id: impl Into<String>) -> Self {
        self.patient = Some(id.into());
        self
    }

    /// With a hidden field.
    #[must_use]
    pub fn keep(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.kept.push((name.into(), value.into()));
        self
    }

    /// Within a line: a form that is only a button.
    #[must_use]
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }

    /// Asks a passkey, with the options that the server made; its answer goes into the field `credential`. Shown by the
    /// script, since it does nothing without.
    #[must_use]
    pub fn passkey(mut self, what: Passkey, options: impl Into<String>) -> Self {
        self.passkey = Some((what, options.into()));
        self.keep("credential", "")
    }

    /// Saves itself while it is filled in: the script posts its fields to this address, which answers with the new
    /// version for the field `version`, or 409 when somebody else was faster.
    #[must_use]
    pub fn draft(mut self, to: impl Into<String>) -> Self {
        self.draft = Some(to.into());
        self
    }

    /// Asks, while it is filled in, which of its parts are asked now: the script posts its fields to this address, which
    /// answers with JSON: `asked` names the parts (`data-item`) to show, `values` holds the texts of those that are computed
    /// (`data-value`).
    #[must_use]
    pub fn parts(mut self, from: impl Into<String>) -> Self {
        self.part = Some(from.into());
        self
    }

    /// Finds while somebody types: the script posts it, and shows the part of the answer with this id in place of the one
    /// that is there.
    #[must_use]
    pub fn finds(mut self, part: &'static str) -> Self {
        self.finds = Some(part);
        self
    }

    /// Brings files: its row takes them.
    #[must_use]
    pub fn with_files(mut self) -> Self {
        self.files = true;
        self
    }

    /// With an id for the script to find it by.
    #[must_use]
    pub fn id(mut self, id: &'static str) -> Self {
        self.id = Some(id);
        self
    }
}

impl Render for Form {
    fn render(&self) -> Markup {
        // The browser's own checks would hide ours, which say how to mend it. What is typed is about patients: browsers
        // keep nothing of it for another time, but for fields that name their purpose.
        let asks = self.passkey.as_ref().map(|(what, _)| match what {
            Passkey::Use | Passkey::UseFromField => "get",
            Passkey::Make => "create",
        });
        let options = self.passkey.as_ref().map(|(_, options)| options);
        let quietly = self
            .passkey
            .as_ref()
            .filter(|(what, _)| *what == Passkey::UseFromField);
        html! {
            form method="post" action=(self.action) enctype=[self.files.then_some("multipart/form-data")] novalidate autocomplete="off" id=[self.id] class=[self.inline.then_some("inline")]
                data-passkey=[asks] data-options=[options] data-quietly=[quietly.map(|_| "")] data-draft=[&self.draft] data-part=[&self.part] data-finds=[self.finds] hidden[asks.is_some()] {
                (self.csrf)
                @if let Some(id) = &self.patient { input type="hidden" name=(PATIENT) value=(id); }
                @for (name, value) in &self.kept { input type="hidden" name=(name) value=(value); }
                @if asks.is_some() { p.error data-problem="" role="alert" hidden {} }
                (self.body)
            }
        }
    }
}
