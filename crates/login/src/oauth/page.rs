//! What these pages look like.

use aceso_base::Instant;
use aceso_policy::Scope;
use aceso_store::{AppGrant, ClientRecord, PatientLine};
use aceso_web::page::time::day;
use aceso_web::page::{
    Button, Choice, Choices, Column, Crumb, Csrf, Empty, Errors, Facts, Field, Form, Layout, Link,
    Page, Table, View, known, say,
};
use maud::{Markup, html};

use super::consent::Life;
use super::request::{NoAddress, Request};
use super::words;
use crate::scopes::{Special, clinical};

/// What an app wants, and the way to say yes or no.
pub(crate) struct ConsentPage {
    pub(crate) app: String,
    pub(crate) contact: String,
    pub(crate) patient: Option<PatientLine>,
    pub(crate) scopes: String,
    pub(crate) request: String,
    pub(crate) ticked: Vec<String>,
    pub(crate) life: Option<Life>,
    pub(crate) errors: Errors,
}

impl ConsentPage {
    pub(crate) fn of(
        app: &ClientRecord,
        request: &Request,
        patient: Option<&PatientLine>,
        sealed: &str,
    ) -> Self {
        Self {
            app: app.name.clone(),
            contact: app
                .app
                .as_ref()
                .map(|a| a.contact.clone())
                .unwrap_or_default(),
            patient: patient.cloned(),
            scopes: request.scopes.clone(),
            request: sealed.to_owned(),
            ticked: request.scopes.split(' ').map(str::to_owned).collect(),
            life: Some(Life::Once),
            errors: Errors::none(),
        }
    }

    pub(crate) fn again(mut self, ticked: &[&str], life: Option<Life>, errors: Errors) -> Self {
        self.ticked = ticked.iter().map(|t| (*t).to_owned()).collect();
        (self.life, self.errors) = (life, errors);
        self
    }

    fn choices(&self) -> Vec<Choice> {
        let clinical = clinical(&self.scopes);
        let mut all: Vec<Choice> = clinical.iter().map(choice).collect();
        if Special::Offline.is_in(&self.scopes) {
            let text = "Do this also while you are not here";
            let hint = "It can fetch new data by itself, for as long as you say below";
            all.push(Choice::new(Special::Offline.name(), text).hint(hint));
        }
        all
    }

    fn knows(&self) -> Option<&'static str> {
        let user = Special::FhirUser.is_in(&self.scopes) || Special::Profile.is_in(&self.scopes);
        match (Special::OpenId.is_in(&self.scopes), user) {
            (_, true) => Some("It learns who you are here."),
            (true, false) => Some("It recognizes you when you come again."),
            (false, false) => None,
        }
    }
}

fn choice(scope: &Scope) -> Choice {
    Choice::new(crate::grant::text(scope), words::act(scope)).hint(words::about(scope))
}

fn lives() -> Vec<Choice> {
    Life::ALL
        .into_iter()
        .map(|life| {
            let text = match life {
                Life::Once => "Until you sign out, at most 12 hours",
                Life::Quarter => "Three months, without asking you again",
                Life::Year => "A year, without asking you again",
            };
            Choice::new(life.name(), text)
        })
        .collect()
}

impl View for ConsentPage {
    fn page(&self, csrf: &Csrf) -> Page {
        let mut facts = Facts::new();
        if let Some(patient) = &self.patient {
            facts = facts.show("Patient", html! { strong { (patient.name) } });
            if let Some(born) = &patient.born {
                facts = facts.with("Date of birth", born.as_str());
            }
        }
        if !self.contact.is_empty() {
            facts = facts.with("Who answers for the app", self.contact.as_str());
        }
        let scopes = self.choices();
        let body = html! {
            (self.errors)
            (facts)
            @if !scopes.is_empty() {
                (Choices::many("scope", format!("{} may", self.app), scopes)
                    .chosen(self.ticked.iter().map(String::as_str))
                    .hint("Take away the tick from what it should not do. The app may then not work as a whole.")
                    .errors(&self.errors))
            }
            @if let Some(knows) = self.knows() { p { (maud::words(knows)) } }
            (Choices::one("life", "For how long", lives())
                .chosen(self.life.map(Life::name))
                .errors(&self.errors))
            p.soft { "You can take this back at any time under “Your apps”." }
            div.row {
                (Button::primary("Allow").says("answer", "allow"))
                (Button::secondary("Do not allow").says("answer", "deny"))
            }
        };
        let chosen = self
            .patient
            .as_ref()
            .map(|p| p.id.clone())
            .unwrap_or_default();
        let form = Form::post(csrf, "/oauth/consent", body)
            .keep("request", self.request.as_str())
            .keep("chosen", chosen);
        Page::new(say("Let {0} act for you?", &[&self.app]), html! { (form) })
            .layout(Layout::AloneBroad)
            .lead("The app is not part of this clinic's record. What it learns it may keep.")
    }

    fn samples() -> Vec<Self> {
        let one = Self {
            app: "Growth Chart".into(),
            contact: "Example Apps, help@apps.example".into(),
            patient: Some(sample_patient()),
            scopes: "openid fhirUser launch/patient offline_access patient/Patient.r \
                     patient/Observation.rs?category=laboratory patient/Appointment.cruds"
                .into(),
            request: "sealed".into(),
            ticked: vec!["patient/Patient.r".into(), "offline_access".into()],
            life: Some(Life::Once),
            errors: Errors::none(),
        };
        let staff = Self {
            app: "Rounds".into(),
            contact: String::new(),
            patient: None,
            scopes: "openid user/*.rs".into(),
            request: "sealed".into(),
            ticked: Vec::new(),
            life: None,
            errors: Errors::one("scope", "Tick at least one thing, or choose “Do not allow”"),
        };
        vec![one, staff]
    }
}

fn sample_patient() -> PatientLine {
    PatientLine {
        id: "7".into(),
        name: "Ann Example".into(),
        born: Some("1984-03-12".into()),
    }
}

/// Which patient.
pub(crate) struct PickerPage {
    pub(crate) app: String,
    pub(crate) request: String,
    pub(crate) name: String,
    pub(crate) found: Vec<PatientLine>,
}

impl View for PickerPage {
    fn page(&self, csrf: &Csrf) -> Page {
        let search = html! {
            (Field::search("name", "Name").value(self.name.as_str()).hint("The beginning of a first or last name").first())
            (Button::secondary("Search"))
        };
        let form =
            Form::post(csrf, "/oauth/patient", search).keep("request", self.request.as_str());
        let body = html! {
            (form)
            @if !self.found.is_empty() { (self.table()) }
            @else if !self.name.is_empty() {
                (Empty::new("Nobody found", "No patient that you may see has a name that begins like this."))
            }
        };
        Page::new("Which patient?", body)
            .layout(Layout::AloneBroad)
            .lead(say(
                "“{0}” will see the record of the patient that you choose.",
                &[&self.app],
            ))
    }

    fn samples() -> Vec<Self> {
        let page = |name: &str, found| Self {
            app: "Growth Chart".into(),
            request: "sealed".into(),
            name: name.into(),
            found,
        };
        vec![
            page("", Vec::new()),
            page("Exa", vec![sample_patient()]),
            page("Zz", Vec::new()),
        ]
    }
}

impl PickerPage {
    fn table(&self) -> Markup {
        let columns = [
            Column::text("Patient"),
            Column::text("Date of birth"),
            Column::acts("Choose"),
        ];
        let mut table = Table::new("Patients", &columns);
        for patient in &self.found {
            let to = format!(
                "/oauth/consent?request={}&patient={}",
                self.request, patient.id
            );
            table.row(vec![
                html! { (patient.name) },
                html! { @match &patient.born { Some(born) => (born), None => "not known" } },
                html! { (Link::secondary("Choose", to).small()) },
            ]);
        }
        html! { (table) }
    }
}

/// On the way to an app.
pub(crate) struct Leaving {
    pub(crate) app: String,
    pub(crate) address: String,
}

impl View for Leaving {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! { (Link::primary(say("Go to {0}", &[&self.app]), self.address.as_str())) };
        Page::new(say("Going to {0}", &[&self.app]), body)
            .layout(Layout::Alone)
            .lead("If nothing happens, use the button.")
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            app: "Growth Chart".into(),
            address: "https://app.example/cb?code=x".into(),
        }]
    }
}

/// A request that cannot be answered to the app.
pub(crate) struct NoWay(pub(crate) NoAddress);

impl View for NoWay {
    fn page(&self, _: &Csrf) -> Page {
        let (what, mend) = match self.0 {
            NoAddress::Client => (
                "The app is not registered here, or was switched off.",
                "Ask the clinic's administrator whether the app should be there.",
            ),
            NoAddress::Redirect => (
                "The app wants the answer at an address that it did not register.",
                "Nothing was sent there. If you know who makes the app, tell them.",
            ),
            NoAddress::Twice => (
                "The app's request says something twice.",
                "Go back to the app and start again. If it happens again, tell who makes it.",
            ),
            NoAddress::Over => (
                "The app's request is over.",
                "It is good for half an hour. Go back to the app and start again.",
            ),
        };
        Page::new(
            "This app cannot be opened",
            html! { p { (maud::words(mend)) } (Link::secondary("To the first page", "/")) },
        )
        .layout(Layout::Alone)
        .lead(what)
    }

    fn samples() -> Vec<Self> {
        [
            NoAddress::Client,
            NoAddress::Redirect,
            NoAddress::Twice,
            NoAddress::Over,
        ]
        .map(Self)
        .into()
    }
}

/// The apps that act for a person.
pub(crate) struct AppsPage {
    pub(crate) apps: Vec<AppGrant>,
}

impl View for AppsPage {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = if self.apps.is_empty() {
            let text = "When you let an app see data from here, it stands in this list, and you can stop it.";
            html! { (Empty::new("No app acts for you", text)) }
        } else {
            self.table(csrf)
        };
        Page::new("Your apps", body)
            .here("/account/apps")
            .crumbs(vec![Crumb::new("Your account", "/account")])
            .lead("These apps may act for you until the day that you said. Stopping one ends its access at once.")
    }

    fn samples() -> Vec<Self> {
        let day = 86_400_000;
        let app = AppGrant {
            id: "1".into(),
            client: "growth".into(),
            name: "Growth Chart".into(),
            scopes: "openid offline_access patient/Observation.rs?category=laboratory patient/*.rs"
                .into(),
            patient: Some("7".into()),
            made: Instant::from_millis(1_795_314_068_000),
            ends: Instant::from_millis(1_795_314_068_000 + 92 * day),
            used: Some(Instant::from_millis(1_795_314_068_000 + day)),
        };
        vec![Self { apps: vec![app] }, Self { apps: Vec::new() }]
    }
}

impl AppsPage {
    fn table(&self, csrf: &Csrf) -> Markup {
        let columns = [
            Column::text("App"),
            Column::text("What it may do"),
            Column::text("Allowed"),
            Column::text("Last used"),
            Column::text("Until"),
            Column::acts("Stop"),
        ];
        let mut table = Table::new("Apps that act for you", &columns).under_heading();
        for app in &self.apps {
            let stop = Button::danger("Stop").of(&app.name).small();
            let form = Form::post(csrf, "/account/apps/revoke", html! { (stop) })
                .keep("client", app.client.as_str())
                .inline();
            table.row(vec![
                html! { (app.name) },
                html! { ul { @for words in clinical(&app.scopes).iter().map(words::act) { li { (words) } } } },
                html! { (day(app.made)) },
                html! { (app.used.map_or_else(|| known("never"), day)) },
                html! { (day(app.ends)) },
                html! { (form) },
            ]);
        }
        html! { (table) }
    }
}

/// Apps to open from here: their ids and names.
pub(crate) struct OpenPage {
    pub(crate) apps: Vec<(String, String)>,
    pub(crate) patient: Option<String>,
}

impl View for OpenPage {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            @if self.apps.is_empty() {
                (Empty::new("No apps to open", "The clinic's administrator registers apps that can be opened from here."))
            } @else {
                (self.table(csrf))
            }
        };
        Page::new("Open an app", body)
            .lead("The app learns who you are and which patient you have open.")
    }

    fn samples() -> Vec<Self> {
        vec![
            Self {
                apps: vec![("growth".into(), "Growth Chart".into())],
                patient: Some("7".into()),
            },
            Self {
                apps: Vec::new(),
                patient: None,
            },
        ]
    }
}

impl OpenPage {
    fn table(&self, csrf: &Csrf) -> Markup {
        let mut table =
            Table::new("Apps", &[Column::text("App"), Column::acts("Open")]).under_heading();
        for (id, name) in &self.apps {
            let open = Button::secondary("Open").of(name).small();
            let mut form = Form::post(csrf, "/apps/open", html! { (open) })
                .keep("client", id.as_str())
                .inline();
            if let Some(patient) = &self.patient {
                form = form.keep("of", patient.as_str());
            }
            table.row(vec![html! { (name) }, html! { (form) }]);
        }
        html! { (table) }
    }
}
