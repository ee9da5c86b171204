//! One line, or some lines, to type into.

use std::borrow::Cow;

use maud::{Markup, Render, html};

use super::{Errors, Icon, Text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Password,
    Email,
    Search,
    Date,
    Time,
    Moment,
    Number,
    Code,
    Area,
}

impl Kind {
    const fn input(self) -> &'static str {
        match self {
            Self::Text | Self::Code | Self::Area => "text",
            Self::Password => "password",
            Self::Email => "email",
            Self::Search => "search",
            Self::Date => "date",
            Self::Time => "time",
            Self::Moment => "datetime-local",
            Self::Number => "number",
        }
    }
}

/// A labelled input with its hint, its error, and what was typed.
#[derive(Clone, Debug)]
pub struct Field {
    name: Cow<'static, str>,
    label: Text,
    kind: Kind,
    hint: Option<Text>,
    error: Option<Text>,
    value: String,
    autocomplete: Option<&'static str>,
    optional: bool,
    quiet: bool,
    short: bool,
    first: bool,
    fixed: bool,
    suggested: bool,
    longest: Option<u32>,
    offers: Vec<String>,
}

impl Field {
    fn new(kind: Kind, name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            hint: None,
            error: None,
            value: String::new(),
            autocomplete: None,
            optional: false,
            quiet: false,
            short: false,
            first: false,
            fixed: false,
            suggested: false,
            longest: None,
            offers: Vec::new(),
        }
    }

    /// A line of text.
    pub fn text(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Text, name, label)
    }

    /// A password; what was typed is never sent back.
    pub fn password(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Password, name, label)
    }

    /// An e-mail address.
    pub fn email(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Email, name, label)
    }

    /// Something to look for.
    pub fn search(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Search, name, label)
            .optional()
            .autocomplete("off")
    }

    /// A day.
    pub fn date(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Date, name, label)
    }

    /// A time of day.
    pub fn time(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Time, name, label).short()
    }

    /// A day with a time of day.
    pub fn moment(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Moment, name, label)
    }

    /// A number.
    pub fn number(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Number, name, label).short()
    }

    /// A one-time code; what was typed is never sent back.
    pub fn code(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Code, name, label).autocomplete("one-time-code")
    }

    /// Some lines of text.
    pub fn area(name: impl Into<Cow<'static, str>>, label: impl Into<Text>) -> Self {
        Self::new(Kind::Area, name, label)
    }

    /// What helps to fill it in.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Text>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What was typed, or what is known already.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.text_of(&self.name).cloned();
        self
    }

    /// The purpose, as the HTML standard names it, so that browsers and password managers can fill it in (WCAG 2.2, 1.3.5).
    #[must_use]
    pub fn autocomplete(mut self, purpose: &'static str) -> Self {
        self.autocomplete = Some(purpose);
        self
    }

    /// It may stay empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// It may stay empty, as all in its form may: that is not said of each.
    #[must_use]
    pub fn any(mut self) -> Self {
        self.quiet = true;
        self.optional()
    }

    /// What goes in is short, and the input shows it.
    #[must_use]
    pub fn short(mut self) -> Self {
        self.short = true;
        self
    }

    /// The cursor starts here.
    #[must_use]
    pub fn first(mut self) -> Self {
        self.first = true;
        self
    }

    /// It shows what cannot be changed here.
    #[must_use]
    pub fn fixed(mut self) -> Self {
        self.fixed = true;
        self
    }

    /// What stands in it is a suggestion: who types into it replaces it whole, so that no digit of it stays.
    #[must_use]
    pub fn suggested(mut self) -> Self {
        self.suggested = true;
        self
    }

    /// The most characters it takes.
    #[must_use]
    pub fn longest(mut self, characters: u32) -> Self {
        self.longest = Some(characters);
        self
    }

    /// What the browser offers while one types; anything else may be typed too.
    #[must_use]
    pub fn offers<T: Into<String>>(mut self, all: impl IntoIterator<Item = T>) -> Self {
        self.offers = all.into_iter().map(Into::into).collect();
        self
    }

    /// One of each kind.
    pub fn samples() -> Vec<Self> {
        let errors = Errors::one("user-wrong", "Enter your user name");
        vec![
            Self::text("user", "User name").autocomplete("username"),
            Self::text("user-wrong", "User name")
                .value("")
                .errors(&errors),
            Self::password("password", "Password").autocomplete("current-password"),
            Self::code("code", "Code from your app").hint("Six digits"),
            Self::email("mail", "E-mail")
                .value("ann@clinic.example")
                .autocomplete("email"),
            Self::search("q", "Search people"),
            Self::text("drug", "Drug").offers(["amlodipine", "amoxicillin"]),
            Self::date("birth", "Date of birth"),
            Self::time("at", "Time of day").value("09:30"),
            Self::moment("since", "Since").value("2026-03-01T09:30"),
            Self::number("hours", "Hours").value("4"),
            Self::area("reason", "Reason")
                .optional()
                .hint("The security officer reads this."),
        ]
    }

    fn described(&self) -> Option<String> {
        let hint = self.hint.is_some().then(|| format!("f-{}-hint", self.name));
        let error = self
            .error
            .is_some()
            .then(|| format!("f-{}-error", self.name));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn input(&self) -> Markup {
        let id = format!("f-{}", self.name);
        let described = self.described();
        let invalid = self.error.is_some().then_some("true");
        let spell =
            matches!(self.kind, Kind::Password | Kind::Code | Kind::Email).then_some("false");
        let class = match (self.kind, self.short) {
            (Kind::Code, _) => Some("code"),
            (_, true) => Some("short"),
            (_, false) => None,
        };
        if self.kind == Kind::Area {
            return html! {
                textarea id=(id) name=(self.name) aria-describedby=[described] aria-invalid=[invalid] maxlength=[self.longest]
                    required[!self.optional] autofocus[self.first] { (self.value) }
            };
        }
        // What is secret does not go back into the page.
        let value = match self.kind {
            Kind::Password | Kind::Code => None,
            _ => Some(&self.value).filter(|v| !v.is_empty()),
        };
        let list = (!self.offers.is_empty()).then(|| [&id, "-list"].concat());
        html! {
            input class=[class] list=[&list] type=(self.kind.input()) id=(id) name=(self.name) value=[value] autocomplete=[self.autocomplete]
                inputmode=[(self.kind == Kind::Number).then_some("decimal")] spellcheck=[spell] autocapitalize=[spell.map(|_| "none")]
                aria-describedby=[described] aria-invalid=[invalid] maxlength=[self.longest] required[!self.optional] autofocus[self.first] readonly[self.fixed]
                data-suggested=[self.suggested.then_some("")];
            @if let Some(list) = &list { datalist id=(list) { @for offer in &self.offers { option value=(offer) {} } } }
        }
    }
}

/// Hint and error below a label.
pub(super) fn notes(name: &str, hint: Option<&Text>, error: Option<&Text>) -> Markup {
    html! {
        @if let Some(hint) = hint { p.hint id={ "f-" (name) "-hint" } { (hint) } }
        @if let Some(error) = error {
            p.error id={ "f-" (name) "-error" } { (Icon::Danger) span { span.hidden { "Error: " } (error) } }
        }
    }
}

impl Render for Field {
    fn render(&self) -> Markup {
        let wrong = if self.error.is_some() {
            "field wrong"
        } else {
            "field"
        };
        html! {
            div class=(wrong) {
                label for={ "f-" (self.name) } {
                    (self.label)
                    @if self.optional && !self.quiet && self.kind != Kind::Search { " " span.optional { "(optional)" } }
                }
                (notes(&self.name, self.hint.as_ref(), self.error.as_ref()))
                (self.input())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_does_not_go_back_into_the_page() {
        let typed = "correct horse";
        for field in [Field::password("p", "P"), Field::code("c", "C")] {
            assert!(!field.value(typed).render().0.contains(typed));
        }
        assert!(
            Field::text("t", "T")
                .value(typed)
                .render()
                .0
                .contains(typed)
        );
    }

    #[test]
    fn asvs_1_2_1_what_was_typed_is_escaped() {
        let typed = "\"><script>alert(1)</script>";
        for field in [Field::text("t", typed), Field::area("t", typed)] {
            let errors = Errors::one("t", typed);
            let shown = field.value(typed).hint(typed).errors(&errors).render().0;
            assert!(!shown.contains("<script"), "{shown}");
        }
    }
}
