//! What a page is asked.

use aceso_policy::{Caller, Origin};

use super::cookie::sent;
use super::{Cookie, Fields, FormProblem, Local, PageFault, SignedIn, Take, Upload, urlencoded};
use crate::Visit;
use crate::page::{Csrf, Group, Look, PATIENT};

/// A form that had to wait: its address and its fields, carried through unlocking or stepping up and then continued. What
/// is secret (fields whose names begin with `password` or `code`) is left out and has to be typed again; a file has to be
/// chosen again.
#[derive(Clone)]
pub struct Kept {
    /// Where it was sent.
    pub to: Local,
    pub(super) fields: Vec<(String, String)>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Kept {{ to: {}, fields: {} }}",
            self.to.path(),
            self.fields.len()
        )
    }
}

impl Kept {
    pub(super) fn of(to: Local, pairs: &[(String, String)]) -> Self {
        let kept = pairs.iter().filter(|(name, _)| !is_secret(name));
        let fields = kept.cloned().collect();
        Self { to, fields }
    }

    /// As a hidden field carries it.
    pub fn write(&self) -> String {
        urlencoded::write(self.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())))
    }

    /// From where it was sent to and what the hidden field carried.
    pub fn read(to: &str, text: &str) -> Option<Self> {
        let to = Local::parse(to)?;
        let mut fields = urlencoded::parse(text.as_bytes())?;
        fields.retain(|(name, _)| !is_secret(name));
        Some(Self { to, fields })
    }

    /// Its fields, for showing them to whoever typed them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

fn is_secret(name: &str) -> bool {
    name == Csrf::FIELD || name.starts_with("password") || name.starts_with("code")
}

/// One request for a page.
#[derive(Clone)]
pub struct Ask {
    /// The request's id, its peer, the address that the client used.
    pub visit: Visit,
    /// The address that was asked for.
    pub at: Local,
    /// Who is signed in. Always somebody where the row says so.
    pub who: Option<SignedIn>,
    /// The token for the forms of the answer.
    pub csrf: Csrf,
    /// A form that waits until this page has been answered.
    pub kept: Option<Kept>,
    /// Where the person may go: the navigation.
    pub places: Vec<Group>,
    /// How the person wants pages to look.
    pub look: Look,
    /// What the browser calls itself, cut to 256 characters.
    pub agent: String,
    pub(super) params: Vec<(&'static str, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) form: Vec<(String, String)>,
    pub(super) files: Vec<Upload>,
    pub(super) headers: http::HeaderMap,
}

impl std::fmt::Debug for Ask {
    /// Neither the form nor the cookies.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ask {{ {} {} }}", self.visit.id, self.at.path())
    }
}

impl Ask {
    /// The value of the path's placeholder.
    pub fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(n, _)| *n == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A value of the query; none when it is not there, or there twice.
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut found = self.query.iter().filter(|(n, _)| n == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value.as_str())
    }

    /// Whether something stands in the query twice.
    pub fn repeats(&self) -> bool {
        let mut names: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == b))
    }

    /// The form's fields. One that is not named here, or comes twice, refuses the whole form.
    pub fn fields(&self, known: &[Take]) -> Result<Fields, PageFault> {
        Ok(Fields::take(&self.form, known)?)
    }

    /// As [`Ask::fields`], of a form whose other fields depend on what it is a form of: those that `also` knows may come
    /// any number of times.
    pub fn fields_and(
        &self,
        known: &[Take],
        also: &dyn Fn(&str) -> bool,
    ) -> Result<Fields, PageFault> {
        Ok(Fields::take_and(&self.form, known, also)?)
    }

    /// The file that came in the form's field of this name; none where none was chosen. One in another field refuses the
    /// whole form.
    pub fn file(&self, name: &str) -> Result<Option<&Upload>, PageFault> {
        match self.files(name)? {
            [] => Ok(None),
            [file] => Ok(Some(file)),
            _ => Err(FormProblem::Twice.into()),
        }
    }

    /// The files that came in the form's field of this name. One in another field refuses the whole form.
    pub fn files(&self, name: &str) -> Result<&[Upload], PageFault> {
        if self.files.iter().any(|file| file.field != name) {
            return Err(FormProblem::Unknown.into());
        }
        Ok(&self.files)
    }

    /// Who is signed in, where the row asks for somebody.
    pub fn person(&self) -> Result<&SignedIn, PageFault> {
        self.who.as_ref().ok_or(PageFault::SignIn)
    }

    /// The signed-in person as a caller of the store.
    pub fn caller(&self) -> Result<&Caller, PageFault> {
        Ok(&self.person()?.caller)
    }

    /// Where the request came from, for the audit log.
    pub fn origin(&self) -> Origin {
        Origin {
            address: self.visit.peer,
            request: self.visit.id.clone(),
        }
    }

    /// A cookie of ours that the browser sent.
    pub fn cookie(&self, name: &str) -> Option<String> {
        sent(&self.headers, name)
    }

    /// Whose look it is: the account's, or nobody's before sign-in.
    pub(super) fn account(&self) -> Option<&str> {
        let person = self.who.as_ref()?.caller.as_person()?;
        Some(&person.account)
    }

    /// The cookie that keeps another look, for whoever asks.
    pub fn look_cookie(&self, look: Look) -> Cookie {
        Cookie::look(self.account(), look)
    }

    /// The patient of a patient's page: the address's `{patient}`, which every form on the page repeats. A form that
    /// names another one, or none, is refused: it was left open in another tab.
    pub fn of_patient(&self) -> Result<&str, PageFault> {
        let patient = self.param(PATIENT);
        let said = self.form.iter().find(|(name, _)| name == PATIENT);
        let agrees = match said {
            Some((_, said)) => said == patient,
            None => self.form.is_empty(),
        };
        if patient.is_empty() || !agrees {
            return Err(FormProblem::OtherPatient.into());
        }
        Ok(patient)
    }

    /// Where to go on to: the form's or the query's `to`, if that is an address of ours, else the first page.
    pub fn onward(&self) -> Local {
        let said = self
            .form
            .iter()
            .find(|(name, _)| name == "to")
            .map(|(_, value)| value.as_str());
        said.or_else(|| self.query("to"))
            .and_then(Local::parse)
            .unwrap_or_else(Local::home)
    }
}
