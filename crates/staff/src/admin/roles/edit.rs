//! `/admin/roles/new` and `/admin/roles/{role}/edit`: a clinic's own role as a grid. What it would mean is shown before
//! it is saved; saving needs a fresh proof.

use aceso_policy::{Action, Grid, GridRow, Group, Label, Masks, Role, Task, Within};
use aceso_store::{NewRole, PeopleError, RoleError, RoleForm, RoleRecord};
use aceso_web::page::{Button, Choice, Choices, Csrf, Errors, Field, Form, Icon, Link, Page, View};
use aceso_web::site::{Ask, Fields, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::list::sample_role;
use super::{HERE, affected, crumbs, group, label, path, people, verb};
use crate::Staff;
use crate::admin::recheck::task;
use crate::fault::fault;
use crate::words::{rule, sentence};

const NEW: &str = "/admin/roles/new";

/// The columns: what is ticked, and the acts that it stands for.
const COLUMNS: [(&str, &[Action]); 4] = [
    ("read", &[Action::Read, Action::Search]),
    ("create", &[Action::Create]),
    ("update", &[Action::Update]),
    ("delete", &[Action::Delete]),
];

/// Tasks that a clinic's own role can be given: those that are not everybody's anyway.
const TASKS: [Task; 16] = [
    Task::ManageUsers,
    Task::ManageRoles,
    Task::ManageClients,
    Task::ManageSessions,
    Task::ManageSettings,
    Task::ManageKeys,
    Task::ErasePatient,
    Task::ReadAudit,
    Task::Export,
    Task::BreakGlass,
    Task::ReviewBreakGlass,
    Task::Recertify,
    Task::PrescribeControlled,
    Task::TakeCare,
    Task::TestPolicies,
    Task::WorkOnCases,
];

/// The form.
pub(crate) struct EditRole {
    /// The role; none for a new one.
    role: Option<Role>,
    id: String,
    title: String,
    version: Option<u64>,
    typed: Typed,
    preview: Option<Preview>,
    errors: Errors,
}

/// What is ticked.
#[derive(Clone, Default)]
struct Typed {
    /// `clinical:read`
    acts: Vec<String>,
    /// Groups that are limited to patients in care.
    care: Vec<String>,
    tasks: Vec<String>,
    sees: Vec<String>,
    /// Elements and identifiers, one word each.
    hides: String,
}

/// What it would mean.
struct Preview {
    cedar: String,
    people: Option<usize>,
}

pub(crate) async fn show_new(_: Staff, ask: Ask) -> Outcome {
    let page = EditRole {
        role: None,
        id: String::new(),
        title: String::new(),
        version: None,
        typed: Typed::default(),
        preview: None,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (role, record) = super::of(&staff, &ask).await?;
    let record = record.ok_or(PageFault::Missing)?;
    let RoleForm::Grid(text) = &record.form else {
        // Written in Cedar: there is no grid of it.
        return Ok(Reply::to(Local::with(
            &[&path(&role), "/cedar"].concat(),
            &[],
        )));
    };
    let grid = Grid::parse(text).map_err(PageFault::hidden)?;
    let page = EditRole {
        id: role.to_string(),
        role: Some(role),
        title: record.title.clone(),
        version: Some(record.version),
        typed: Typed::of_grid(&grid),
        preview: None,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn save_new(staff: Staff, ask: Ask) -> Outcome {
    let fields = fields(&ask)?;
    let mut page = EditRole::of(&fields, None, None);
    match Role::parse(fields.trimmed("id")) {
        Ok(role) if role.built_in().is_some() => page
            .errors
            .add("id", "This is a role of the program's own: take another id"),
        Ok(role) => return go_on(&staff, &ask, &fields, page, role).await,
        Err(error) => page.errors.add("id", rule(&error)),
    }
    Ok(Reply::wrong(&ask, &page))
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = fields(&ask)?;
    let (role, record) = super::of(&staff, &ask).await?;
    record.ok_or(PageFault::Missing)?;
    let page = EditRole::of(&fields, Some(&role), fields.one("version").parse().ok());
    go_on(&staff, &ask, &fields, page, role).await
}

fn fields(ask: &Ask) -> Result<Fields, PageFault> {
    ask.fields(&[
        Take::One("id"),
        Take::One("title"),
        Take::One("version"),
        Take::One("act"),
        Take::Many("grid"),
        Take::Many("care"),
        Take::Many("tasks"),
        Take::Many("sees"),
        Take::One("hides"),
    ])
}

/// Shows what it would mean, or saves it.
async fn go_on(
    staff: &Staff,
    ask: &Ask,
    fields: &Fields,
    mut page: EditRole,
    role: Role,
) -> Outcome {
    if page.title.is_empty() || page.title.chars().count() > 100 {
        page.errors
            .add("title", "Enter what people call it, at most 100 characters");
    }
    if let Err(error) = Masks::parse(&page.typed.hides) {
        page.errors.add("hides", rule(&error));
    }
    let grid = page.typed.grid();
    if grid.rows.is_empty() && grid.tasks.is_empty() {
        page.errors
            .add("grid", "Tick at least one box: the role could do nothing");
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(ask, &page));
    }
    if fields.one("act") != "save" {
        let people = affected(staff, ask, &role).await?;
        let cedar = grid.to_cedar(&role);
        page.preview = Some(Preview { cedar, people });
        return Ok(Reply::page(ask, &page));
    }
    let new = NewRole {
        role: role.clone(),
        title: page.title.clone(),
        form: RoleForm::Grid(grid.to_string()),
        version: page.version,
    };
    match staff.store().set_role(ask.caller()?, new).await {
        Ok(_) => Ok(Reply::to(Local::with(&path(&role), &[("done", "saved")]))),
        Err(error) => {
            page.errors.add("grid", refusal(error)?);
            Ok(Reply::wrong(ask, &page))
        }
    }
}

/// What stands against a role; what is no rule is a fault.
pub(super) fn refusal(error: RoleError) -> Result<String, PageFault> {
    match error {
        RoleError::Grid(error) => Ok(rule(&error)),
        RoleError::Policy(error) => Ok(rule(&error)),
        RoleError::People(PeopleError::Refused(why)) => Ok(rule(&why)),
        RoleError::People(error) => Err(fault(error)),
    }
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let many = |name| fields.many(name).map(str::to_owned).collect();
        Self {
            acts: many("grid"),
            care: many("care"),
            tasks: many("tasks"),
            sees: many("sees"),
            hides: fields.trimmed("hides").to_owned(),
        }
    }

    fn of_grid(grid: &Grid) -> Self {
        let mut typed = Self {
            tasks: grid.tasks.iter().map(|t| t.name().to_owned()).collect(),
            sees: grid.sees.iter().map(|l| l.name().to_owned()).collect(),
            hides: grid.hides.to_string(),
            ..Self::default()
        };
        for row in &grid.rows {
            for group in &row.groups {
                let ticked = COLUMNS
                    .iter()
                    .filter(|(_, acts)| acts.iter().any(|a| row.actions.contains(a)));
                typed
                    .acts
                    .extend(ticked.map(|(name, _)| [group.name(), ":", name].concat()));
                if row.within == Within::Care {
                    typed.care.push(group.name().to_owned());
                }
            }
        }
        typed
    }

    /// As a grid: groups that are treated alike share a row.
    fn grid(&self) -> Grid {
        let mut rows: Vec<GridRow> = Vec::new();
        for group in Group::ALL {
            let ticked = COLUMNS
                .iter()
                .filter(|(name, _)| self.acts.contains(&[group.name(), ":", name].concat()));
            let actions: Vec<Action> = ticked.flat_map(|(_, acts)| acts.iter().copied()).collect();
            if actions.is_empty() {
                continue;
            }
            let care = self.care.iter().any(|c| c == group.name());
            let within = if care {
                Within::Care
            } else {
                Within::Everybody
            };
            match rows
                .iter_mut()
                .find(|row| row.actions == actions && row.within == within)
            {
                Some(row) => row.groups.push(group),
                None => rows.push(GridRow {
                    groups: vec![group],
                    actions,
                    within,
                }),
            }
        }
        Grid {
            rows,
            tasks: self
                .tasks
                .iter()
                .filter_map(|t| Task::parse(t))
                .filter(|t| TASKS.contains(t))
                .collect(),
            sees: self.sees.iter().filter_map(|l| Label::parse(l)).collect(),
            hides: Masks::parse(&self.hides).unwrap_or_default(),
        }
    }
}

impl EditRole {
    fn of(fields: &Fields, role: Option<&Role>, version: Option<u64>) -> Self {
        Self {
            role: role.cloned(),
            id: fields.trimmed("id").to_owned(),
            title: fields.trimmed("title").to_owned(),
            version,
            typed: Typed::of(fields),
            preview: None,
            errors: Errors::none(),
        }
    }

    fn table(&self) -> Markup {
        let wrong = self.errors.text_of("grid");
        html! {
            fieldset.field.wrong[wrong.is_some()] id="f-grid" {
                legend { "What it may do with data" }
                @if let Some(wrong) = wrong { p.error { (Icon::Danger) span { span.hidden { "Error: " } (wrong) } } }
                div.table tabindex="0" role="region" aria-label="What it may do with data" {
                    table role="table" {
                        thead role="rowgroup" {
                            tr role="row" {
                                @for column in ["Data", "Read", "Add", "Change", "Delete", "Only in care"] { th role="columnheader" scope="col" { (maud::words(column)) } }
                            }
                        }
                        tbody role="rowgroup" { @for group in Group::ALL { (self.row(group)) } }
                    }
                }
            }
        }
    }

    fn row(&self, of: Group) -> Markup {
        let (name, about) = group(of);
        let verbs = [Action::Read, Action::Create, Action::Update, Action::Delete].map(verb);
        let labels = ["Read", "Add", "Change", "Delete"];
        html! {
            tr role="row" {
                th role="rowheader" scope="row" data-label="Data" { div { (maud::words(name)) br; span.soft.small { (maud::words(about)) } } }
                @for (((column, _), verb), label) in COLUMNS.iter().zip(verbs).zip(labels) {
                    @let value = [of.name(), ":", column].concat();
                    td role="cell" data-label=(maud::words(label)) {
                        div { input type="checkbox" name="grid" value=(value) aria-label={ (maud::words(name)) ": " (maud::words(verb)) } checked[self.typed.acts.contains(&value)]; }
                    }
                }
                td role="cell" data-label="Only in care" {
                    div { input type="checkbox" name="care" value=(of.name()) aria-label={ (maud::words(name)) ": only of patients in their care" } checked[self.typed.care.iter().any(|c| c == of.name())]; }
                }
            }
        }
    }

    fn preview(&self) -> Markup {
        let Some(Preview {
            cedar,
            people: count,
        }) = &self.preview
        else {
            return Markup::default();
        };
        html! {
            section.group {
                h2 { "What it would mean" }
                @match count {
                    Some(0) => p { "Nobody has the role yet." },
                    Some(count) => p { strong { (people(*count)) } " would be affected at once." },
                    None => {},
                }
                pre.code tabindex="0" { (cedar) }
            }
        }
    }
}

impl View for EditRole {
    fn page(&self, csrf: &Csrf) -> Page {
        let tasks = TASKS
            .into_iter()
            .map(|t| Choice::new(t.name(), sentence(&maud::known(task(t)))))
            .collect();
        let labels = Label::ALL
            .into_iter()
            .map(|l| Choice::new(l.name(), label(l)))
            .collect();
        let (to, back) = match &self.role {
            Some(role) => ([&path(role), "/edit"].concat(), path(role)),
            None => (NEW.to_owned(), HERE.to_owned()),
        };
        let fields = html! {
            (self.errors)
            @if self.role.is_none() {
                (Field::text("id", "Id").value(&self.id).errors(&self.errors).longest(40).first().hint("Small letters, digits and single hyphens: vip-desk. It stays as it is."))
            }
            (Field::text("title", "Name").value(&self.title).errors(&self.errors).longest(100).hint("What people call it."))
            (self.table())
            (Choices::many("tasks", "What else it may do", tasks).chosen(&self.typed.tasks).errors(&self.errors))
            (Choices::many("sees", "Sensitive data that it may see", labels).chosen(&self.typed.sees).errors(&self.errors)
                .hint("Beyond what the program's own policies allow anyway."))
            (Field::text("hides", "What it does not see of what it may read").any().value(&self.typed.hides).errors(&self.errors).longest(2000)
                .hint("Elements, such as Patient.photo, and identifiers by their system, such as identifier=http://hl7.org/fhir/sid/us-ssn; a space between them. It cannot search for them either."))
            (self.preview())
            div.buttons {
                (Button::secondary("What would it mean?").says("act", "preview"))
                (Button::primary("Save the role").says("act", "save"))
                (Link::quiet("Cancel", back))
            }
        };
        let form = Form::post(csrf, to, fields);
        let form = match self.version {
            Some(version) => form.keep("version", version.to_string()),
            None => form,
        };
        let title = match &self.role {
            Some(_) => crate::words::say("Change the role {0}", &[&self.title]),
            None => crate::words::say("Make a role", &[]),
        };
        Page::new(title, html! { div.card { (form) } })
            .here(HERE)
            .crumbs(crumbs())
            .lead("What is ticked is permitted; what nothing permits is refused. The program's own rules stand above it.")
    }

    fn samples() -> Vec<Self> {
        let empty = Self {
            role: None,
            id: "counsellor".into(),
            title: String::new(),
            version: None,
            typed: Typed::default(),
            preview: None,
            errors: Errors::one("grid", "Tick at least one box: the role could do nothing"),
        };
        let full = Self {
            role: sample_role(),
            id: "counsellor".into(),
            title: "Counsellor".into(),
            version: Some(2),
            typed: Typed {
                acts: vec!["clinical:read".into()],
                care: vec!["clinical".into()],
                tasks: vec!["BreakGlass".into()],
                sees: vec!["PSY".into()],
                hides: "Patient.photo".into(),
            },
            preview: Some(Preview {
                cedar: "permit (principal, action, resource);".into(),
                people: Some(3),
            }),
            errors: Errors::none(),
        };
        vec![empty, full]
    }
}

/// The record of a role that is written as a grid or in Cedar.
pub(super) fn text(record: &RoleRecord) -> Result<String, PageFault> {
    match &record.form {
        RoleForm::Cedar { text, .. } => Ok(text.clone()),
        RoleForm::Grid(text) => Ok(Grid::parse(text)
            .map_err(PageFault::hidden)?
            .to_cedar(&record.role)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ticked_is_the_grid_and_the_grid_is_what_is_ticked() {
        let text = "allergies clinical: read search (care)\nscheduling: create update read search\ntasks: BreakGlass\nsees: PSY\nhides: Patient.photo\n";
        let grid = Grid::parse(text).unwrap();
        let again = Typed::of_grid(&grid).grid();
        assert_eq!(again.tasks, grid.tasks);
        assert_eq!(again.sees, grid.sees);
        assert_eq!(again.hides, grid.hides);
        let shown = again.to_string();
        assert!(
            shown.contains("clinical allergies: read search (care)"),
            "{shown}"
        );
        assert!(
            shown.contains("scheduling: read search create update\n"),
            "{shown}"
        );
    }
}
